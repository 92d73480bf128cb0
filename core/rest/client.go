package rest

import (
	"cmp"
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagClients = "clients"

// ClientPath names a client.
type ClientPath struct {
	Client string `path:"client" maxLength:"255" doc:"client_id."`
}

type oneClient struct{ ClientPath }

type changeClient struct {
	ClientPath
	IfMatch
}

type findClients struct {
	OrganisationFilter
	Name   string `query:"name" maxLength:"400" doc:"Exactly the client of that name or client_id: a list of one or none."`
	Search string `query:"search" maxLength:"200" doc:"Part of a name, display name or identifier, regardless of case."`
	Paging
}

func (r *routes) clients() {
	get(r, operation{
		id: "list-clients", path: "/clients", tag: tagClients, summary: "List the clients of an organisation",
		needs: core.ReadClients, desk: []string{"Clients", "FindClients", "FindClient"},
	}, r.listClients)
	send(r, http.MethodPost, operation{
		id: "create-client", path: "/clients", tag: tagClients, summary: "Make a client by a preset, with the plugins that the preset binds",
		more: "The secret is in this answer alone.", needs: core.WriteClients, desk: []string{"CreateClient"}, status: http.StatusCreated,
	}, createClient)
	get(r, operation{
		id: "get-client", path: "/clients/{client}", tag: tagClients, summary: "Read a client", needs: core.ReadClients, desk: []string{"Client"},
	}, func(ctx context.Context, d *desk.Desk, in *oneClient) (*Object[api.Client], error) {
		return aClient(d.Client(ctx, in.Client))
	})
	patch[changeClient, api.Client](r, operation{
		id: "update-client", path: "/clients/{client}", tag: tagClients, summary: "Change a client", needs: core.WriteClients, desk: []string{"UpdateClient"},
	}, updateClient)
	do(r, http.MethodDelete, operation{
		id: "delete-client", path: "/clients/{client}", tag: tagClients, summary: "Delete a client with consents, grants, tokens and bindings",
		needs: core.WriteClients, desk: []string{"DeleteClient"},
	}, func(ctx context.Context, d *desk.Desk, in *changeClient) error {
		return d.DeleteClient(ctx, in.Client)
	})
	get(r, contents("get-client-contents", "/clients/{client}", tagClients, core.ReadClients, "ClientContents"),
		func(ctx context.Context, d *desk.Desk, in *oneClient) (*Answer[api.Page[api.Content]], error) {
			all, err := d.ClientContents(ctx, in.Client)
			return listed(all, wire.Content, err)
		})
	act(r, http.MethodPost, operation{
		id: "rotate-secret", path: "/clients/{client}/secret", tag: tagClients, summary: "Give a client a new secret",
		more: "The old one stops working at once. The new one is in this answer alone.", needs: core.WriteClients, desk: []string{"RotateSecret"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		ClientPath
		IfMatch
		Once
	}) (*Answer[api.Secret], error) {
		secret, err := d.RotateSecret(ctx, in.Client)
		if err != nil {
			return nil, err
		}
		return &Answer[api.Secret]{api.Secret{Secret: secret}}, nil
	})
	get(r, operation{
		id: "list-presets", path: "/presets", tag: tagClients, summary: "List the kinds of clients that there can be",
	}, func(context.Context, *desk.Desk, *struct{}) (*Answer[api.Page[api.Preset]], error) {
		return &Answer[api.Page[api.Preset]]{api.Page[api.Preset]{Items: wire.Each(admin.Presets(), wire.Preset)}}, nil
	})
}

func (r *routes) listClients(ctx context.Context, d *desk.Desk, in *findClients) (*Answer[api.Page[api.Client]], error) {
	if in.Name != "" && in.Organisation != everywhere {
		client, err := d.FindClient(ctx, in.Organisation, in.Name)
		return oneOf(client, err, "client", wire.Client)
	}
	filter := core.ClientFilter{Org: orAll(in.Organisation), Search: cmp.Or(in.Search, in.Name), Limit: in.Limit + 1}
	list := listOf("clients", in.Organisation, in.Name, in.Search)
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 2)
		if err != nil {
			return nil, err
		}
		filter.After, filter.AfterID = place[0], place[1]
	}
	rows, err := d.FindClients(ctx, filter)
	return pageEnd(r, list, rows, in.Limit, func(c *core.Client) []string { return []string{core.FoldName(c.Name), c.ID} }, wire.Client, err)
}

func createClient(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewClient) (*Object[api.CreatedClient], error) {
	edit, err := creating(sent.Settings, wire.ClientSettings, wire.SetClient)
	if err != nil {
		return nil, below(err, "settings")
	}
	made, err := d.CreateClient(ctx, admin.NewClient{Org: sent.Organisation, Name: sent.Name, Preset: sent.Preset, Edit: edit.apply})
	if err := edit.wrong(err); err != nil {
		return nil, within(err, "settings", sortedNames(fieldsOf(typeClientSettings))...)
	}
	told := wire.CreatedClient(made)
	return object(told.Client.Version, told), nil
}

func updateClient(ctx context.Context, d *desk.Desk, in *changeClient, sent api.Patch) (*Object[api.Client], error) {
	was, err := version(in.IfMatch.IfMatch)
	if err != nil {
		return nil, err
	}
	edit := editing(sent, wire.Client, func(c *core.Client, to *api.Client) {
		c.Name = to.Name
		wire.SetClient(c, &to.ClientSettings)
	})
	client, err := d.UpdateClient(ctx, in.Client, was, edit.apply)
	return aClient(client, edit.wrong(err))
}

func aClient(client *core.Client, err error) (*Object[api.Client], error) {
	if err != nil {
		return nil, err
	}
	told := wire.Client(client)
	return object(told.Version, told), nil
}
