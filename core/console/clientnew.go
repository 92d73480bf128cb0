package console

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// newClient asks what the application is, then what is needed of it.
func (c *Console) newClient(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.WriteClients); err != nil {
		return nil, err
	}
	name := v.Ask("preset")
	if v.Form != nil {
		name = v.Said("preset")
	}
	for _, preset := range admin.Presets() {
		if preset.Name == name {
			form, err := v.newClientForm(&preset)
			return show(newClientPage(&preset, form), err)
		}
	}
	return show(choosePage(v), nil)
}

func choosePage(v *Visit) *web.Console {
	products := web.Tiles{Title: "A product", Text: "Everything that it needs is filled in, and its own forms and files are written for you."}
	others := web.Tiles{Title: "Something else", Text: "Anything that speaks OpenID Connect or OAuth 2.0."}
	for _, preset := range admin.Presets() {
		tile := web.Tile{Title: preset.Title, Text: preset.Description, URL: with(clientsPath+"/new", "preset", preset.Name, "org", v.Ask("org"))}
		if preset.Name == admin.PresetGitLab {
			tile.Icon = "gitlab"
		}
		if preset.Product {
			products.Items = append(products.Items, tile)
		} else {
			others.Items = append(others.Items, tile)
		}
	}
	return &web.Console{
		Title: "New application", Lead: "What is it?", Crumbs: []web.Anchor{{Label: "Applications", URL: clientsPath}},
		Blocks: []web.Block{products, others},
	}
}

func newClientPage(preset *admin.Preset, form web.Form) *web.Console {
	return &web.Console{
		Title: "New application: " + preset.Title, Lead: upper(preset.Description) + ".",
		Crumbs: []web.Anchor{{Label: "Applications", URL: clientsPath}, {Label: "New application", URL: clientsPath + "/new"}},
		Blocks: []web.Block{form},
	}
}

// newClientForm asks for as little as the preset can do with.
func (v *Visit) newClientForm(preset *admin.Preset) (web.Form, error) {
	in, err := v.scope(core.WriteClients, false)
	if err != nil {
		return web.Form{}, err
	}
	short := strings.ToLower(strings.NewReplacer(" ", "-", "(", "", ")", "").Replace(product(preset.Title)))
	about := web.Group{Inputs: []web.Input{
		{Name: "display_name", Label: "Name that people see", Kind: "text", Required: true, Focus: true, Value: nameFor(preset)},
		{Name: "name", Label: "Short name", Hint: "For the command line and the log: letters, digits and . _ -", Kind: "text", Required: true, Code: true, Value: shortFor(preset, short)},
	}}
	if len(in.Orgs) > 1 {
		about.Inputs = append(about.Inputs, web.Input{Name: "org", Label: "Organisation", Kind: "select", Value: in.Org, Options: in.options()})
	}
	groups := []web.Group{about}
	if addresses := newAddresses(preset); len(addresses) > 0 {
		groups = append(groups, web.Group{Inputs: addresses})
	}
	if preset.Name != admin.PresetService {
		groups = append(groups, web.Group{Title: "Who may sign in", Folds: true, Inputs: []web.Input{
			{Name: "allowed_groups", Label: "Groups", Hint: "One on each line. Without any, everybody in the organisation may.", Kind: "textarea", Rows: 3},
		}})
	}
	form := web.Form{
		Hidden: []web.Field{{Name: "preset", Value: preset.Name}}, Groups: groups,
		Buttons: []web.Button{{Label: "Add the application", Action: "create", Kind: "primary", ID: "create"}},
		Back:    &web.Anchor{Label: "Cancel", URL: clientsPath},
	}
	if len(in.Orgs) <= 1 {
		form.Hidden = append(form.Hidden, web.Field{Name: "org", Value: in.Org})
	}
	return form, nil
}

func nameFor(preset *admin.Preset) string {
	if preset.Product {
		return product(preset.Title)
	}
	return ""
}

func shortFor(preset *admin.Preset, short string) string {
	if preset.Product {
		return short
	}
	return ""
}

// newAddresses asks where the application is: for its own address, if the preset knows the
// rest.
func newAddresses(preset *admin.Preset) []web.Input {
	switch {
	case preset.Asks():
		return []web.Input{{Name: "address", Label: "Address of " + product(preset.Title), Kind: "url", Required: true, Wide: true,
			Hint: "As the browser shows it. The redirect URIs are made of it.", Placeholder: "https://" + strings.ToLower(strings.ReplaceAll(product(preset.Title), " ", "-")) + ".example.com"}}
	case preset.Name == admin.PresetService:
		return []web.Input{{Name: "scopes", Label: "Scopes", Kind: "textarea", Rows: 3, Required: true, Code: true, Hint: "What the program may ask for, one on each line: reports.read, for instance."}}
	case preset.Product:
		return nil // it listens on the machine of whoever uses it
	}
	return []web.Input{{Name: "redirect_uris", Label: "Redirect URIs", Kind: "textarea", Rows: 3, Required: true, Code: true,
		Hint: "Where the application gets its answers, one on each line. They are compared letter by letter.", Placeholder: "https://app.example.com/callback"}}
}

// createClient makes the client, and shows its secret this once.
func (c *Console) createClient(v *Visit) (*Answer, error) {
	created, err := v.Desk.CreateClient(v, admin.NewClient{
		Org: v.Said("org"), Name: v.Said("name"), Preset: v.Said("preset"), Address: v.Said("address"),
		Edit: func(client *core.Client) {
			client.DisplayName = v.Said("display_name")
			client.AllowedGroups = lines(v.Said("allowed_groups"))
			if uris := lines(v.Said("redirect_uris")); len(uris) > 0 {
				client.RedirectURIs = uris
			}
			if scopes := strings.Fields(strings.ReplaceAll(v.Said("scopes"), ",", " ")); len(scopes) > 0 {
				client.Scopes = scopes
			}
		},
	})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return c.newClientAgain(v, wrong)
	}
	if err != nil {
		return nil, err
	}
	return c.withSecret(v, &created.Client, created.Secret, created.Client.Title()+" was added.")
}

// newClientAgain is the form as it was sent, with what is wrong with it.
func (c *Console) newClientAgain(v *Visit, wrong *admin.InvalidError) (*Answer, error) {
	answer, err := c.newClient(v)
	if err != nil {
		return nil, err
	}
	form, ok := answer.Page.Blocks[0].(web.Form)
	if !ok {
		return nil, wrong // of a preset that there is not
	}
	answer.Page.Blocks[0] = retyped(v, form, wrong)
	return invalid(answer.Page)
}

// retyped is a form with what was sent, and beside each input what is wrong with it.
func retyped(v *Visit, form web.Form, wrong *admin.InvalidError) web.Form {
	told := map[string][]string{}
	for _, p := range wrong.Problems {
		told[p.Field] = append(told[p.Field], sentence(p))
	}
	for g := range form.Groups {
		for i := range form.Groups[g].Inputs {
			input := &form.Groups[g].Inputs[i]
			refill(v, input)
			input.Problem = strings.Join(told[input.Name], " ")
			form.Groups[g].Open = form.Groups[g].Open || input.Problem != ""
			delete(told, input.Name)
		}
	}
	for _, p := range wrong.Problems { // in their order, what is about no input
		if texts := told[p.Field]; texts != nil {
			form.Problem = strings.TrimSpace(form.Problem + " " + strings.Join(texts, " "))
			delete(told, p.Field)
		}
	}
	return form
}

// refill puts what was sent into an input; a secret is typed anew.
func refill(v *Visit, input *web.Input) {
	switch input.Kind {
	case "password", "secret", "file":
	case "checks":
		input.Values = nil
		for _, option := range input.Options {
			if v.Checked(input.Name + "." + option.Value) {
				input.Values = append(input.Values, option.Value)
			}
		}
	default:
		input.Value = v.Said(input.Name)
	}
}
