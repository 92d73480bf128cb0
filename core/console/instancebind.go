package console

import (
	"strconv"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

func (v *Visit) bindForm(i *admin.Instance) (web.Form, error) {
	hooks := web.Input{Name: "hook", Label: "Hook", Kind: "select"}
	for _, hook := range i.Hooks {
		hooks.Options = append(hooks.Options, web.Option{Value: hook, Label: hook})
	}
	clients := web.Input{Name: "client", Label: "For", Kind: "select", Options: []web.Option{{Label: "All applications"}}}
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return web.Form{}, err
	}
	for _, org := range orgs {
		list, err := v.Desk.Clients(v, org.Name)
		if err != nil {
			return web.Form{}, err
		}
		for n := range list {
			clients.Options = append(clients.Options, web.Option{Value: list[n].ID, Label: list[n].Title()})
		}
	}
	return web.Form{
		ID: "bind", Title: "Let it take part", Groups: []web.Group{{Inputs: []web.Input{
			hooks, clients, {Name: "position", Label: "Place", Kind: "number", Value: strconv.Itoa(admin.DefaultPosition), Min: "1", Hint: "Smaller runs first."},
			{Name: "shadow", Label: "As a shadow", Hint: "It runs, and what it would change is counted and not used.", Kind: "check"},
			{Name: "fail_open", Label: "Go on without it if it fails", Hint: "For claims alone.", Kind: "check"},
		}}},
		Buttons: []web.Button{{Label: "Bind", Action: "bind", Kind: "primary", ID: "bind-it"}},
	}, nil
}

func (c *Console) bind(v *Visit) (*Answer, error) {
	i, _, err := v.theInstance()
	if err != nil {
		return nil, err
	}
	place, _ := strconv.Atoi(v.Said("position"))
	_, err = v.Desk.BindPlugin(v, admin.Bind{
		Plugin: i.Plugin, Instance: i.Name, Hooks: []string{v.Said("hook")}, ClientID: v.Said("client"), Position: place, Shadow: v.Checked("shadow"), FailOpen: v.Checked("fail_open"),
	})
	if err != nil {
		return nil, err
	}
	return done(at(instancesPath, i.Name), i.Name+" takes part in "+v.Said("hook")+" for "+v.boundTo(v.Said("client"))+".")
}

func (c *Console) unbind(v *Visit) (*Answer, error) {
	name := v.Param("name")
	if _, err := v.Desk.UnbindPlugin(v, admin.Unbind{Instance: name, Hook: v.Said("hook"), ClientID: v.Said("client"), AllClients: v.Said("client") == ""}); err != nil {
		return nil, err
	}
	return done(at(instancesPath, name), name+" takes no part in "+v.Said("hook")+" for "+v.boundTo(v.Said("client"))+" any more.")
}
