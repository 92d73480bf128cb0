package console

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// givenBlocks are what the plugin asks for, and beside it what it was given.
func givenBlocks(v *Visit, i *admin.Instance, base string) []web.Block {
	table := web.Table{ID: "asked", Title: "Asked and given", Text: "A plugin can do what it was given, and nothing else.", Columns: []string{"It asks for", "Why", "Given", ""}, Empty: "It asks for nothing."}
	writes := v.May(core.WritePlugins, "")
	var secrets []web.Input
	for _, asked := range i.Asked {
		table.Rows = append(table.Rows, askedRow(&asked, base, writes))
		if asked.Secret != "" {
			secrets = append(secrets, web.Input{Name: "value." + asked.Secret, Label: upper(strings.ReplaceAll(asked.Secret, "_", " ")), Hint: asked.Reason, Kind: "secret"})
		}
	}
	for _, grant := range i.Unasked.Grants {
		row := web.Row{Cells: []web.Cell{{Text: grantWords(grant), Code: true}, {Text: "It does not ask for it."}, {Badges: []web.Badge{{Text: "Given", Kind: "warn"}}}}}
		if writes {
			row.Buttons = []web.Button{revokeButton(grant, base)}
		}
		table.Rows = append(table.Rows, row)
	}
	blocks := []web.Block{table}
	if !writes {
		return blocks
	}
	if len(secrets) > 0 {
		blocks = append(blocks, web.Form{
			ID: "secrets", Title: "Secrets", Text: "They are sealed, and never shown again. What is left empty stays.", To: base, Groups: []web.Group{{Inputs: secrets}},
			Buttons: []web.Button{{Label: "Save the secrets", Action: "secret", ID: "save-secrets"}},
		})
	}
	return append(blocks, grantForm(i, base)...)
}

// grantForm gives a capability for what the plugin's settings say, such as another host.
func grantForm(i *admin.Instance, base string) []web.Block {
	input := web.Input{Name: "capability", Label: "Capability", Kind: "select"}
	seen := map[string]bool{}
	for _, asked := range i.Asked {
		if asked.Capability != "" && !seen[asked.Capability] {
			seen[asked.Capability] = true
			input.Options = append(input.Options, web.Option{Value: asked.Capability, Label: asked.Capability})
		}
	}
	if len(input.Options) == 0 {
		return nil
	}
	return []web.Block{web.Form{
		ID: "grant", Title: "Give it more", To: base, Groups: []web.Group{{Inputs: []web.Input{input,
			{Name: "target", Label: "For", Kind: "text", Code: true, Optional: true, Hint: "A host, like api.example.org or ldap.example.org:636; nothing for the clock."},
		}}},
		Buttons: []web.Button{{Label: "Grant", Action: "grant", ID: "grant-it"}},
	}}
}

func askedRow(asked *admin.Asked, base string, writes bool) web.Row {
	what := web.Cell{Text: strings.TrimSpace(asked.Capability + " " + asked.Target), Code: true}
	if asked.Secret != "" {
		what.Text = "secret " + asked.Secret
	}
	given := web.Cell{Badges: []web.Badge{{Text: "Not given"}}}
	switch {
	case asked.Given && asked.Secret != "":
		given = web.Cell{Badges: []web.Badge{{Text: "Set", Kind: "good"}}, Sub: "on " + asked.SetAt.UTC().Format("2 January 2006")}
	case asked.Given:
		given = web.Cell{Badges: []web.Badge{{Text: "Given", Kind: "good"}}, Sub: grantsWords(asked.Grants)}
	case !asked.Optional:
		given.Badges[0].Kind, given.Sub = "warn", "It does nothing without."
	}
	row := web.Row{Cells: []web.Cell{what, {Text: asked.Reason}, given}}
	if !writes {
		return row
	}
	switch {
	case asked.Secret != "" && asked.Given:
		row.Buttons = []web.Button{{Label: "Delete", About: asked.Secret, Action: "forget-secret", Values: []web.Field{{Name: "secret", Value: asked.Secret}}, To: at(instancesPath, asked.Instance)}}
	case asked.Secret != "":
	case asked.Given:
		for _, grant := range asked.Grants {
			row.Buttons = append(row.Buttons, revokeButton(grant, base))
		}
	case asked.Target != "" || asked.Capability == "clock" || asked.Capability == "kv":
		row.Buttons = []web.Button{{Label: "Grant", About: asked.Capability, Action: "grant", Kind: "primary", To: base, Values: []web.Field{{Name: "capability", Value: asked.Capability}, {Name: "target", Value: asked.Target}}}}
	}
	return row
}

func revokeButton(grant core.PluginGrant, base string) web.Button {
	return web.Button{Label: "Take away", About: grantWords(grant), Action: "revoke", To: base, Values: []web.Field{{Name: "capability", Value: grant.Capability}, {Name: "target", Value: grant.Target}}}
}

func grantWords(grant core.PluginGrant) string {
	return strings.TrimSpace(grant.Capability + " " + grant.Target)
}

func grantsWords(grants []core.PluginGrant) string {
	var targets []string
	for _, grant := range grants {
		if grant.Target != "" {
			targets = append(targets, grant.Target)
		}
	}
	return strings.Join(targets, ", ")
}

func (c *Console) grantHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name, grant := v.Param("name"), core.PluginGrant{Capability: v.Said("capability"), Target: v.Said("target")}
		if err := v.Desk.Grant(v, name, grant.Capability, grant.Target, false); err != nil {
			return nil, err
		}
		return done(at(path, name), name+" may use "+grantWords(grant)+" now.")
	}
}

func (c *Console) revokeHere(path string) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		name, grant := v.Param("name"), core.PluginGrant{Capability: v.Said("capability"), Target: v.Said("target")}
		if err := v.Desk.Revoke(v, name, grant.Capability, grant.Target); err != nil {
			return nil, err
		}
		return done(at(path, name), name+" may not use "+grantWords(grant)+" any more.")
	}
}
