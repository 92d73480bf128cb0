package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// connectors makes those that are not here, disabled. One that is here is left as it is.
func (i *importer) connectors(ctx context.Context, plan *ImportPlan) error {
	seen := map[string]bool{}
	for at := range plan.Connectors {
		in := &plan.Connectors[at]
		row := ImportRow{Kind: "connector", Org: i.placed(in.Org), Name: in.Name, Notes: slices.Clone(in.Notes)}
		err := i.once(seen, in.Name, "name", "connector")
		if err == nil {
			i.led[in.Name] = "" // until it is one
			err = i.connector(ctx, in, &row)
		}
		if err == nil {
			i.led[in.Name] = row.Org
		}
		if err := i.row(row, err); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) connector(ctx context.Context, in *ImportConnector, row *ImportRow) error {
	config, err := i.PluginConfig(ctx)
	if err != nil {
		return err
	}
	if there := connectorOf(config, in.Name); there != nil && there.Org == row.Org {
		row.Result = ImportUnchanged
		return leadsElsewhere(in, instanceOf(config, in.Name))
	}
	if instanceOf(config, in.Name) != nil {
		return invalid("name", "rename it there", "there is a plugin instance of that name here")
	}
	input := NewConnector{
		Name: in.Name, Plugin: in.Plugin, Preset: in.Preset, Org: row.Org, Secrets: map[string][]byte{},
		Edit: func(c *core.Connector) {
			if in.DisplayName != "" {
				keep(&row.Notes, "title", &c.DisplayName, in.DisplayName, func(p *problems, v string) { checkTitle(p, v) })
			}
		},
	}
	if len(in.Settings) > 0 {
		input.Settings = [][]byte{in.Settings}
	}
	for name, value := range in.Secrets {
		if value != "" {
			input.Secrets[name] = []byte(value)
		}
	}
	planned, err := i.planConnector(ctx, input)
	if err != nil {
		return err
	}
	planned.connector.Disabled = true
	changes, err := i.connectorChanges(i.actor, planned)
	if err != nil {
		return err
	}
	if err := i.apply(ctx, i.marked(changes)...); err != nil {
		return connectorFailed("make the connector", &planned.connector, err)
	}
	row.Result = ImportCreated
	row.Notes = append(row.Notes, i.toDo(planned)...)
	return nil
}

// whither are the settings that say which provider or directory a connector leads to, of
// all plugins that come with this program.
var whither = []string{"issuer", "url", "tenant", "authorization_endpoint", "userinfo_endpoint", "user_base"}

// leadsElsewhere refuses a connector where there is one of its name that leads to another
// provider, at which other people may have the same subjects.
func leadsElsewhere(in *ImportConnector, there *core.PluginInstance) error {
	elsewhere := there.Plugin != in.Plugin
	said, known := membersOf(in.Settings), membersOf(there.Settings)
	for _, name := range whither {
		open := in.Preset != "" && said[name] == nil // the preset says it
		elsewhere = elsewhere || !open && !bytes.Equal(said[name], known[name])
	}
	if elsewhere {
		return invalid("name", "rename one of both", "there is a connector of that name here, and it leads elsewhere")
	}
	return nil
}

// membersOf gives the members of a document of settings, in one form; none of what is no
// document.
func membersOf(settings []byte) map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	var values map[string]any
	if json.Unmarshal(settings, &values) != nil {
		return members
	}
	for name, value := range values {
		document, err := json.Marshal(value)
		if err != nil {
			panic(fmt.Sprintf("admin: settings are no document: %v", err)) // they were one
		}
		members[name] = document
	}
	return members
}

// toDo says what is left to do before people sign in with the connector.
func (i *importer) toDo(planned *connectorPlan) []string {
	name := planned.connector.Instance
	var notes []string
	for _, need := range planned.missing {
		notes = append(notes, "run '"+need.Command()+"'")
	}
	return append(notes, "is disabled: register the callback address that 'postern connector show "+name+"' prints at the provider, then run 'postern connector enable "+name+"'")
}

func checkTitle(p *problems, title string) {
	checkLine(p, "title", title)
	if len([]rune(title)) > maxTitle {
		p.add("title", "", "the title %q is too long for a button", strings.TrimSpace(shown(title)))
	}
}
