package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Client gives the client of that client ID.
func (d *Desk) Client(ctx context.Context, id string) (*core.Client, error) {
	return d.client(ctx, id, core.ReadClients)
}

// CreateClient is [admin.Service.CreateClient]. Only who may write clients of the whole
// server makes one for all organisations, or one that administers. What input.Guard says
// does not count.
func (d *Desk) CreateClient(ctx context.Context, input admin.NewClient) (*admin.CreatedClient, error) {
	if err := d.may(core.WriteClients, orDefault(input.Org)); err != nil {
		return nil, err
	}
	input.Guard = d.mayReach
	return d.admin.CreateClient(ctx, d.who.Actor, input)
}

// FindClient is [admin.Service.FindClient].
func (d *Desk) FindClient(ctx context.Context, org, name string) (*core.Client, error) {
	if err := d.may(core.ReadClients, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.FindClient(ctx, org, name)
}

// Clients is [admin.Service.Clients].
func (d *Desk) Clients(ctx context.Context, org string) ([]core.Client, error) {
	if err := d.may(core.ReadClients, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.Clients(ctx, org)
}

// MissingGroups is [admin.Service.MissingGroups].
func (d *Desk) MissingGroups(ctx context.Context, client *core.Client) ([]string, error) {
	if err := d.may(core.ReadClients, client.Org); err != nil {
		return nil, err
	}
	return d.admin.MissingGroups(ctx, client)
}

// UpdateClient is [admin.Service.UpdateClient]. Only who may write clients of the whole
// server changes one of all organisations, or one that administers, or makes it that.
func (d *Desk) UpdateClient(ctx context.Context, id string, was admin.Version, edit func(*core.Client)) (*core.Client, error) {
	if err := d.writable(ctx, id); err != nil {
		return nil, err
	}
	return d.admin.UpdateClientIf(ctx, d.who.Actor, id, was, edit, func(before, after *core.Client) error {
		if err := d.mayReach(before); err != nil {
			return err
		}
		return d.mayReach(after)
	})
}

// RotateSecret is [admin.Service.RotateSecret].
func (d *Desk) RotateSecret(ctx context.Context, id string) (string, error) {
	if err := d.writable(ctx, id); err != nil {
		return "", err
	}
	return d.admin.RotateSecret(ctx, d.who.Actor, id)
}

// DeleteClient is [admin.Service.DeleteClient].
func (d *Desk) DeleteClient(ctx context.Context, id string) error {
	if err := d.writable(ctx, id); err != nil {
		return err
	}
	return d.admin.DeleteClient(ctx, d.who.Actor, id)
}

// FindClients is [admin.Service.FindClients]; without an organisation it is for who may see
// all.
func (d *Desk) FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error) {
	if err := d.may(core.ReadClients, filter.Org); err != nil {
		return nil, err
	}
	return d.admin.FindClients(ctx, filter)
}

// ClientContents is [admin.Service.ClientContents].
func (d *Desk) ClientContents(ctx context.Context, id string) ([]core.Content, error) {
	if _, err := d.client(ctx, id, core.ReadClients); err != nil {
		return nil, err
	}
	return d.admin.ClientContents(ctx, id)
}

// CreateInitialToken is [admin.Service.CreateInitialToken].
func (d *Desk) CreateInitialToken(ctx context.Context, input admin.NewInitialToken) (*core.InitialToken, string, error) {
	if err := d.may(core.WriteClients, orDefault(input.Org)); err != nil {
		return nil, "", err
	}
	return d.admin.CreateInitialToken(ctx, d.who.Actor, input)
}

// InitialTokens is [admin.Service.InitialTokens].
func (d *Desk) InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error) {
	if err := d.may(core.ReadClients, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.InitialTokens(ctx, org)
}

// RevokeInitialToken is [admin.Service.RevokeInitialToken].
func (d *Desk) RevokeInitialToken(ctx context.Context, id core.ID) error {
	if err := d.initial(ctx, id); err != nil {
		return err
	}
	return d.admin.RevokeInitialToken(ctx, d.who.Actor, id)
}

// ClientGuide is [admin.Service.ClientGuide], by the client ID.
func (d *Desk) ClientGuide(ctx context.Context, id, secret string) (*admin.ClientGuide, error) {
	client, err := d.client(ctx, id, core.ReadClients)
	if err != nil {
		return nil, err
	}
	return d.admin.ClientGuide(ctx, client, secret)
}

// BeginAttempt is [admin.Service.BeginAttempt], by the caller. It is for who may change the
// client: tokens are issued in its name.
func (d *Desk) BeginAttempt(ctx context.Context, id string, input admin.Attempt) (string, error) {
	if err := d.writable(ctx, id); err != nil {
		return "", err
	}
	return d.admin.BeginAttempt(ctx, d.who.ID, id, input)
}

// FinishAttempt is [admin.Service.FinishAttempt], of an attempt of the caller.
func (d *Desk) FinishAttempt(ctx context.Context, query string) (*admin.Tried, error) {
	client, err := d.admin.AttemptOf(ctx, d.who.ID, query)
	if err != nil {
		return nil, err
	}
	if err := d.may(core.WriteClients, client.Org); err != nil {
		return nil, err
	}
	return d.admin.FinishAttempt(ctx, d.who.Actor, d.who.ID, query)
}

// Explain is [admin.Service.Explain], for who may see the client and the user.
func (d *Desk) Explain(ctx context.Context, q admin.Inquiry) (*admin.Explanation, error) {
	if err := d.may(core.ReadClients, q.Client.Org); err != nil {
		return nil, err
	}
	if q.User != nil {
		if err := d.may(core.ReadUsers, q.User.Org); err != nil {
			return nil, err
		}
	}
	return d.admin.Explain(ctx, q)
}
