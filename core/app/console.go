package app

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/store"
)

// console makes the pages of administrators.
func (a *App) console() *console.Console {
	known := owners{a.Store}
	return &console.Console{Office: &desk.Office{Admin: a.Admin, Store: known}, Store: known, Issuer: a.Config.Issuer, Now: a.now}
}

// owners knows no role but that of [core.User.Admin].
type owners struct{ *store.Store }

func (o owners) Roles(context.Context, core.ID) ([]core.RoleGrant, error) { return nil, nil }

func (o owners) HolderOf(ctx context.Context, id core.ID) (*core.APIHolder, error) {
	user, err := o.User(ctx, id)
	if err != nil {
		return nil, err
	}
	org, err := o.Organisation(ctx, user.Org)
	if err != nil {
		return nil, err
	}
	if user.Disabled || org.Disabled {
		return nil, core.ErrNotFound
	}
	return &core.APIHolder{User: user, Org: *org}, nil
}
