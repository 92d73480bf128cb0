package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Declarations gives what files say that there is to be. The error names a part that has
// another form than its type.
func Declarations(files []api.Declaration) ([]admin.Declaration, error) {
	all := make([]admin.Declaration, len(files))
	for i := range files {
		var err error
		if all[i], err = declaration(&files[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func declaration(d *api.Declaration) (admin.Declaration, error) {
	var f former
	declared := admin.Declaration{
		Source: d.Source, File: d.File,
		Organisations: Each(d.Organisations, func(o *api.DeclaredOrganisation) admin.DeclaredOrganisation {
			edit := patching(&f, o.Settings, func(c *core.Organisation) api.OrganisationRules { return OrganisationRules(c) }, SetOrganisation)
			return admin.DeclaredOrganisation{Name: o.Name, Edit: edit, Members: said(o.Settings)}
		}),
		Groups: Each(d.Groups, func(g *api.DeclaredGroup) admin.DeclaredGroup {
			return admin.DeclaredGroup{Org: g.Organisation, Name: g.Name, Edit: patching(&f, g.Settings, groupSettings, setGroup), Members: said(g.Settings)}
		}),
		Clients: Each(d.Clients, func(c *api.DeclaredClient) admin.DeclaredClient {
			return admin.DeclaredClient{
				Org: c.Organisation, ID: c.ID, Name: c.Name, Preset: c.Preset, Secret: c.ClientSecret,
				Edit: patching(&f, c.Settings, ClientSettings, SetClient), Members: said(c.Settings),
			}
		}),
		Instances: Each(d.Plugins, func(p *api.DeclaredInstance) admin.DeclaredInstance { return declaredInstance(&f, p) }),
		Connectors: Each(d.Connectors, func(c *api.DeclaredConnector) admin.DeclaredConnector {
			return admin.DeclaredConnector{
				Org: c.Organisation, Name: c.Name, Plugin: c.Plugin, Preset: c.Preset, Disabled: c.Disabled, Settings: c.Settings, Grants: orNothing(c.Grants),
				Secrets: c.Secrets, Clients: orNothing(c.Clients), Position: c.Position,
				Edit: patching(&f, c.Connector, ConnectorSettings, SetConnector), Members: said(c.Connector),
			}
		}),
	}
	return declared, f.err
}

func declaredInstance(f *former, p *api.DeclaredInstance) admin.DeclaredInstance {
	declared := admin.DeclaredInstance{Name: p.Name, Plugin: p.Plugin, Settings: p.Settings, Grants: orNothing(p.Grants), Secrets: p.Secrets}
	if declared.Plugin == "" {
		declared.Plugin = p.Name
	}
	if p.Limits != nil {
		declared.Limits = new(core.PluginLimits)
		patching(f, p.Limits, tellLimits, setLimits)(declared.Limits)
	}
	if p.Bindings != nil {
		declared.Bindings = new(Each(p.Bindings, func(b *api.DeclaredBinding) admin.DeclaredBinding { return admin.DeclaredBinding(*b) }))
	}
	return declared
}

func tellLimits(l *core.PluginLimits) api.Limits { return Limits(*l) }

func setLimits(l *core.PluginLimits, to *api.Limits) { *l = CoreLimits(*to) }

// orNothing tells a list that is not there from an empty one.
func orNothing(list []string) *[]string {
	if list == nil {
		return nil
	}
	return &list
}

func groupSettings(g *core.Group) api.GroupSettings {
	return api.GroupSettings{DisplayName: g.DisplayName, ExternalID: g.ExternalID}
}

func setGroup(g *core.Group, to *api.GroupSettings) {
	g.DisplayName, g.ExternalID = to.DisplayName, to.ExternalID
}

// said gives the members of a patch.
func said(patch api.Patch) []string {
	var members map[string]json.RawMessage
	if json.Unmarshal(patch, &members) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(members))
}

// former keeps the first patch that has another form than its type.
type former struct{ err error }

// patching gives the edit that a patch makes.
func patching[C, T any](f *former, patch api.Patch, tell func(*C) T, set func(*C, *T)) func(*C) {
	if patch.Empty() {
		return func(*C) {}
	}
	apply := func(c *C) (after T, err error) {
		text, err := json.Marshal(tell(c))
		if err != nil {
			return after, err
		}
		if text, err = patch.Apply(text); err != nil {
			return after, err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		return after, decoder.Decode(&after)
	}
	var nothing C
	if _, err := apply(&nothing); err != nil && f.err == nil {
		f.err = fmt.Errorf("what is declared cannot be read: %w", err)
	}
	return func(c *C) {
		if after, err := apply(c); err == nil { // it was tried
			set(c, &after)
		}
	}
}

// ToDeclarations is the way back: what edits make of nothing, of the members that are said.
func ToDeclarations(declarations []admin.Declaration) ([]api.Declaration, error) {
	var f former
	all := Each(declarations, func(d *admin.Declaration) api.Declaration {
		return api.Declaration{
			Source: d.Source, File: d.File,
			Organisations: Each(d.Organisations, func(o *admin.DeclaredOrganisation) api.DeclaredOrganisation {
				return api.DeclaredOrganisation{Name: o.Name, Settings: saying(&f, o.Edit, OrganisationRules, o.Members)}
			}),
			Groups: Each(d.Groups, func(g *admin.DeclaredGroup) api.DeclaredGroup {
				return api.DeclaredGroup{Organisation: g.Org, Name: g.Name, Settings: saying(&f, g.Edit, groupSettings, g.Members)}
			}),
			Clients: Each(d.Clients, func(c *admin.DeclaredClient) api.DeclaredClient {
				return api.DeclaredClient{
					Organisation: c.Org, ID: c.ID, Name: c.Name, Preset: c.Preset, ClientSecret: c.Secret, Settings: saying(&f, c.Edit, ClientSettings, c.Members),
				}
			}),
			Plugins: Each(d.Instances, func(p *admin.DeclaredInstance) api.DeclaredInstance { return toInstance(&f, p) }),
			Connectors: Each(d.Connectors, func(c *admin.DeclaredConnector) api.DeclaredConnector {
				return api.DeclaredConnector{
					Organisation: c.Org, Name: c.Name, Plugin: c.Plugin, Preset: c.Preset, Disabled: c.Disabled, Settings: c.Settings, Grants: orNil(c.Grants),
					Secrets: c.Secrets, Clients: orNil(c.Clients), Position: c.Position, Connector: saying(&f, c.Edit, ConnectorSettings, c.Members),
				}
			}),
		}
	})
	return all, f.err
}

func toInstance(f *former, p *admin.DeclaredInstance) api.DeclaredInstance {
	told := api.DeclaredInstance{Name: p.Name, Plugin: p.Plugin, Settings: p.Settings, Grants: orNil(p.Grants), Secrets: p.Secrets}
	if p.Limits != nil {
		told.Limits = saying(f, func(l *core.PluginLimits) { *l = *p.Limits }, tellLimits, []string{"cpu", "memory", "wait"})
	}
	if p.Bindings != nil {
		told.Bindings = Each(*p.Bindings, func(b *admin.DeclaredBinding) api.DeclaredBinding { return api.DeclaredBinding(*b) })
	}
	return told
}

func orNil(list *[]string) []string {
	if list == nil {
		return nil
	}
	return append([]string{}, *list...)
}

// saying gives the patch that has the members with what the edit makes of them. Those that
// are not there then are empty.
func saying[C, T any](f *former, edit func(*C), tell func(*C) T, members []string) api.Patch {
	if len(members) == 0 {
		return nil
	}
	var c C
	edit(&c)
	text, err := json.Marshal(tell(&c))
	var all map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	patch := map[string]json.RawMessage{}
	for _, name := range members {
		if patch[name] = all[name]; patch[name] == nil {
			patch[name] = json.RawMessage("null")
		}
	}
	if err == nil {
		text, err = json.Marshal(patch)
	}
	if err != nil && f.err == nil {
		f.err = err
	}
	return text
}

// Applied gives what became of declarations as it is answered.
func Applied(r *admin.ApplyReport) api.Applied {
	told := api.Applied{DryRun: r.DryRun, Rows: Each(r.Rows, func(row *admin.ApplyRow) api.AppliedRow {
		return api.AppliedRow{
			Source: row.Source, Kind: string(row.Kind), Organisation: row.Org, Name: row.Name, ID: row.ID, Result: string(row.Result),
			Fields: Each(row.Fields, func(c *core.FieldChange) api.FieldChange { return api.FieldChange(*c) }), Notes: row.Notes,
		}
	})}
	for i := range r.Rows {
		if row := &r.Rows[i]; row.Secret != "" && !r.DryRun {
			if told.Secrets == nil {
				told.Secrets = map[string]string{}
			}
			told.Secrets[row.ID] = row.Secret
		}
	}
	return told
}

// AdminApplied is the way back.
func AdminApplied(r *api.Applied) admin.ApplyReport {
	back := admin.ApplyReport{DryRun: r.DryRun, Rows: Each(r.Rows, func(row *api.AppliedRow) admin.ApplyRow {
		return admin.ApplyRow{
			Source: row.Source, Kind: core.ManagedKind(row.Kind), Org: row.Organisation, Name: row.Name, ID: row.ID, Result: admin.ApplyResult(row.Result),
			Fields: Each(row.Fields, func(c *api.FieldChange) core.FieldChange { return core.FieldChange(*c) }), Notes: row.Notes,
		}
	})}
	for i := range back.Rows {
		if row := &back.Rows[i]; row.Kind == core.ManagedClient {
			row.Secret = r.Secrets[row.ID]
		}
	}
	return back
}

// Managed gives something that a file manages.
func Managed(m *admin.Managed) api.Managed {
	return api.Managed{
		Kind: string(m.Kind), ID: m.ID, Name: m.Name, Organisation: m.Org, Source: m.Source, File: m.File, Members: list(m.Members), ManagedAt: at(m.ManagedAt),
	}
}

// AdminManaged is the way back.
func AdminManaged(m *api.Managed) admin.Managed {
	return admin.Managed{
		Managed: core.Managed{Kind: core.ManagedKind(m.Kind), ID: m.ID, Source: m.Source, File: m.File, Members: m.Members, ManagedAt: m.ManagedAt},
		Name:    m.Name, Org: m.Organisation,
	}
}
