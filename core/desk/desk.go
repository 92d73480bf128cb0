package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// wholeServer stands in the place of an organisation for what belongs to none.
const wholeServer = ""

// Store is what a desk reads to know who may what.
type Store interface {
	User(ctx context.Context, id core.ID) (*core.User, error)
	Client(ctx context.Context, id string) (*core.Client, error)
	InitialToken(ctx context.Context, id core.ID) (*core.InitialToken, error)
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
}

// Caller is who stands at the desk.
type Caller struct {
	Actor admin.Actor
	ID    core.ID // of the user or the service account; empty for the operating system's user
	Roles []core.RoleGrant
	// Only narrows what the roles allow, as an API token does; nil does not.
	Only []core.Permission
}

// Everything gives the caller that may do everything: whoever may read the data directory.
func Everything(actor admin.Actor) Caller {
	return Caller{Actor: actor, Roles: []core.RoleGrant{{Role: core.RoleOwner}}}
}

// May reports whether the caller has the permission in the organisation; "" is the whole
// server.
func (c Caller) May(permission core.Permission, org string) bool {
	if c.Only != nil && !slices.Contains(c.Only, permission) {
		return false
	}
	return slices.ContainsFunc(c.Roles, func(grant core.RoleGrant) bool {
		switch {
		case !grant.Role.Allows(permission):
			return false
		case grant.Org == wholeServer:
			return true
		}
		return !permission.ServerWide() && grant.Org == org && org != wholeServer
	})
}

// Sees reports whether the caller has any role in the organisation.
func (c Caller) Sees(org string) bool {
	return slices.ContainsFunc(c.Roles, func(grant core.RoleGrant) bool { return grant.Org == wholeServer || grant.Org == org })
}

// Covers reports whether the caller's roles reach as far as another's: whoever has more is
// not theirs to change.
func (c Caller) Covers(theirs core.RoleGrant) bool {
	return slices.ContainsFunc(c.Roles, func(own core.RoleGrant) bool {
		return own.Role.Covers(theirs.Role) && (own.Org == wholeServer || own.Org == theirs.Org)
	})
}

// Office makes desks.
type Office struct {
	Admin *admin.Service
	Store Store
}

// For gives the desk at which the caller stands.
func (o *Office) For(who Caller) *Desk { return &Desk{o.Admin, o.Store, who} }

// Desk is where one caller has things done. Its methods are those of [admin.Service], with
// the same meaning; besides, each may give a [DeniedError].
type Desk struct {
	admin *admin.Service
	store Store
	who   Caller
}

// Caller gives who stands here.
func (d *Desk) Caller() Caller { return d.who }

// DeniedError says that the caller may not do something.
type DeniedError struct {
	Permission core.Permission
	Org        string // empty: the whole server
	// Above says that the caller has the permission, but the account is that of somebody
	// who may more.
	Above bool
}

func (e *DeniedError) Error() string {
	switch {
	case e.Above:
		return "this account may do more than you may, so only somebody with the same role can change it"
	case e.Org == wholeServer:
		return fmt.Sprintf("this needs the permission %s for the whole server", e.Permission)
	}
	return fmt.Sprintf("this needs the permission %s in the organisation %s", e.Permission, e.Org)
}

// may refuses what the caller has no permission for in the organisation.
func (d *Desk) may(permission core.Permission, org string) error {
	switch {
	case d.who.May(permission, org):
		return nil
	case org != wholeServer && !d.who.Sees(org):
		return &admin.MissingError{What: "organisation", Name: org}
	}
	return &DeniedError{Permission: permission, Org: org}
}

// mayAnywhere refuses who has the permission nowhere.
func (d *Desk) mayAnywhere(permission core.Permission) error {
	for _, grant := range d.who.Roles {
		if d.who.May(permission, grant.Org) {
			return nil
		}
	}
	return &DeniedError{Permission: permission}
}

// user gives a user whom the caller may deal with so.
func (d *Desk) user(ctx context.Context, id core.ID, permission core.Permission) (*core.User, error) {
	user, err := d.store.User(ctx, id)
	return within(d, user, err, permission, func(u *core.User) string { return u.Org }, "user", string(id))
}

func (d *Desk) look(ctx context.Context, id core.ID, permission core.Permission) error {
	_, err := d.user(ctx, id, permission)
	return err
}

// person refuses to touch somebody who may more than the caller.
func (d *Desk) person(ctx context.Context, id core.ID, permission core.Permission) error {
	_, err := d.touched(ctx, id, permission)
	return err
}

func (d *Desk) touched(ctx context.Context, id core.ID, permission core.Permission) (*core.User, error) {
	user, err := d.user(ctx, id, permission)
	if err != nil {
		return nil, err
	}
	roles, err := d.store.Roles(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	holder := core.APIHolder{User: user, Roles: roles}
	for _, theirs := range holder.AllRoles() {
		if !d.who.Covers(theirs) {
			return nil, &DeniedError{Permission: permission, Org: user.Org, Above: true}
		}
	}
	return user, nil
}

func (d *Desk) client(ctx context.Context, id string, permission core.Permission) (*core.Client, error) {
	client, err := d.store.Client(ctx, id)
	return within(d, client, err, permission, func(c *core.Client) string { return c.Org }, "client", id)
}

func (d *Desk) initial(ctx context.Context, id core.ID) error {
	token, err := d.store.InitialToken(ctx, id)
	_, err = within(d, token, err, core.WriteClients, func(t *core.InitialToken) string { return t.Org }, "initial access token", string(id))
	return err
}

func (d *Desk) connector(ctx context.Context, name string, permission core.Permission) error {
	connector, err := d.admin.FindConnector(ctx, name)
	_, err = within(d, connector, err, permission, func(c *admin.Connector) string { return c.Org }, "connector", name)
	return err
}

// within gives what was read, if it is of an organisation in which the caller has the
// permission. What is of one that the caller does not see is not there.
func within[T any](d *Desk, row *T, err error, permission core.Permission, org func(*T) string, what, name string) (*T, error) {
	switch {
	case errors.Is(err, core.ErrNotFound), err == nil && !d.who.Sees(org(row)):
		return nil, &admin.MissingError{What: what, Name: name}
	case err != nil:
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	if err := d.may(permission, org(row)); err != nil {
		return nil, err
	}
	return row, nil
}

// orDefault gives the organisation's name, the default one for "".
func orDefault(org string) string {
	if org == "" {
		return core.DefaultOrganisation
	}
	return org
}
