package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Client is as of [desk.Desk].
func (d *Desk) Client(ctx context.Context, id string) (*core.Client, error) {
	client, err := d.api.GetClient(ctx, id)
	return one(d, client, err, wire.CoreClient)
}

// FindClient is as of [desk.Desk].
func (d *Desk) FindClient(ctx context.Context, org, name string) (*core.Client, error) {
	page, err := d.api.ListClients(ctx, api.ListClientsQuery{Organisation: org, Name: name})
	return only(d, page, err, wire.CoreClient, "client", name)
}

// FindClients is as of [desk.Desk].
func (d *Desk) FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error) {
	query := api.ListClientsQuery{Organisation: orAll(filter.Org), Search: filter.Search, Limit: pageSize}
	return all(d, func(after string) (*api.Page[api.Client], error) {
		query.After = after
		return d.api.ListClients(ctx, query)
	}, wire.CoreClient)
}

// ClientContents is as of [desk.Desk].
func (d *Desk) ClientContents(ctx context.Context, id string) ([]core.Content, error) {
	page, err := d.api.GetClientContents(ctx, id)
	return listed(d, page, err, wire.CoreContent)
}

// CreateClient is as of [desk.Desk]. What Edit changes of the preset, as this program knows
// it, is what the server is told.
func (d *Desk) CreateClient(ctx context.Context, input admin.NewClient) (*admin.CreatedClient, error) {
	before, err := admin.Draft(input.Preset, "")
	if err != nil {
		return nil, err
	}
	draft, err := admin.Draft(input.Preset, input.Address)
	if err != nil {
		return nil, err
	}
	if input.Edit != nil {
		input.Edit(draft)
	}
	settings, err := api.Diff(wire.ClientSettings(before), wire.ClientSettings(draft))
	if err != nil {
		return nil, err
	}
	made, err := d.api.CreateClient(ctx, api.NewClient{Organisation: input.Org, Name: input.Name, Preset: input.Preset, Settings: settings})
	return one(d, made, err, wire.AdminCreatedClient)
}

// UpdateClient is as of [desk.Desk].
func (d *Desk) UpdateClient(ctx context.Context, id string, was admin.Version, edit func(*core.Client)) (*core.Client, error) {
	return edited(ctx, d, was, edit, object[api.Client, core.Client]{
		what: "client", name: id, turn: wire.CoreClient, back: wire.Client,
		version: func(c *api.Client) string { return c.Version },
		read:    func(ctx context.Context) (*api.Client, error) { return d.api.GetClient(ctx, id) },
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.Client, error) {
			return d.api.UpdateClient(ctx, id, patch, version)
		},
	})
}

// RotateSecret is as of [desk.Desk].
func (d *Desk) RotateSecret(ctx context.Context, id string) (string, error) {
	made, err := d.api.RotateSecret(ctx, id)
	if err != nil {
		return "", d.told(err)
	}
	return made.Secret, nil
}

// DeleteClient is as of [desk.Desk].
func (d *Desk) DeleteClient(ctx context.Context, id string) error {
	return d.told(d.api.DeleteClient(ctx, id))
}
