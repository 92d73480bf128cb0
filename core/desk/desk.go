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

// Governs reports whether the caller may change how the people of an organisation sign in:
// its rules, its connectors and its look. Not all who may write it may, see
// [Desk.UpdateOrganisation].
func (o *Office) Governs(ctx context.Context, who Caller, org string, permission core.Permission) (bool, error) {
	if !who.May(permission, org) {
		return false, nil
	}
	err := o.For(who).governs(ctx, org, permission)
	if _, denied := errors.AsType[*DeniedError](err); denied {
		return false, nil
	}
	return err == nil, err
}

// Desk is where one caller has things done. Its methods are those of [admin.Service], with
// the same meaning; besides, each may give a [DeniedError].
type Desk struct {
	admin *admin.Service
	store Store
	who   Caller
}

// If gives the desk at which an object is changed only in the state that somebody saw: else
// there is an [admin.StaleError]. It is for one change, see [admin.Service.If].
func (d *Desk) If(was admin.Version) *Desk { return &Desk{d.admin.If(was), d.store, d.who} }

// Alongside gives the desk at which a change is made together with each that is made there,
// see [admin.Service.Alongside].
func (d *Desk) Alongside(change core.Change) *Desk {
	return &Desk{d.admin.Alongside(change), d.store, d.who}
}

// Caller gives who stands here.
func (d *Desk) Caller() Caller { return d.who }

// DeniedError says that the caller may not do something.
type DeniedError struct {
	Permission core.Permission
	Org        string // empty: the whole server
	// Above says that the caller has the permission, but it concerns the account of somebody
	// who may more, or an organisation with such people.
	Above bool
}

func (e *DeniedError) Error() string {
	switch {
	case e.Above:
		return "this concerns somebody who may do more than you may, so only somebody with the same role can do it"
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
	user, err := d.user(ctx, id, permission)
	if err != nil {
		return err
	}
	return d.mayTouch(ctx, &core.APIHolder{User: user}, permission, d.who.Covers)
}

// entered refuses what would let the caller in as the person: who has a token for a part of
// what they may do does not get the rest by it.
func (d *Desk) entered(ctx context.Context, id core.ID, permission core.Permission) error {
	user, err := d.user(ctx, id, permission)
	if err != nil {
		return err
	}
	return d.mayTouch(ctx, &core.APIHolder{User: user}, permission, d.contains)
}

// account gives a service account whom the caller may deal with so.
func (d *Desk) account(ctx context.Context, id core.ID, permission core.Permission) (*core.ServiceAccount, error) {
	account, err := d.admin.ServiceAccount(ctx, id)
	return within(d, account, err, permission, func(a *core.ServiceAccount) string { return a.Org }, "service account", string(id))
}

// program refuses to touch a service account that may more than the caller.
func (d *Desk) program(ctx context.Context, id core.ID, permission core.Permission) error {
	account, err := d.account(ctx, id, permission)
	if err != nil {
		return err
	}
	return d.mayTouch(ctx, &core.APIHolder{Account: account}, permission, d.contains)
}

// mayTouch reads the roles of a user or a service account, and refuses one that is not as
// it must be.
func (d *Desk) mayTouch(ctx context.Context, holder *core.APIHolder, permission core.Permission, must func(core.RoleGrant) bool) (err error) {
	var id core.ID
	var org string
	if holder.User != nil {
		id, org = holder.User.ID, holder.User.Org
	} else {
		id, org = holder.Account.ID, holder.Account.Org
	}
	if holder.Roles, err = d.store.Roles(ctx, id); err != nil {
		return fmt.Errorf("read the roles: %w", err)
	}
	for _, theirs := range holder.AllRoles() {
		if !must(theirs) {
			return &DeniedError{Permission: permission, Org: org, Above: true}
		}
	}
	return nil
}

// contains reports whether the caller may all that another's role allows, narrowed as the
// caller is.
func (d *Desk) contains(theirs core.RoleGrant) bool {
	if !d.who.Covers(theirs) {
		return false
	}
	return d.who.Only == nil || !slices.ContainsFunc(core.Permissions(), func(permission core.Permission) bool {
		given := theirs.Role.Allows(permission) && (theirs.Org == wholeServer || !permission.ServerWide())
		return given && !slices.Contains(d.who.Only, permission)
	})
}

// governs refuses to change how people of an organisation sign in where one of them may
// something elsewhere that the caller may not: a connector, or rules, would make the caller
// that person. Who has the permission for the whole server may.
func (d *Desk) governs(ctx context.Context, org string, permission core.Permission) error {
	if d.who.May(permission, wholeServer) {
		return nil
	}
	held, err := d.admin.RolesHeld(ctx, org)
	if err != nil {
		return err
	}
	for _, theirs := range held {
		if theirs.Org != org && !d.who.Covers(theirs) {
			return &DeniedError{Permission: permission, Org: org, Above: true}
		}
	}
	return nil
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

// writable refuses to change a client that is there for more than its organisation.
func (d *Desk) writable(ctx context.Context, id string) error {
	client, err := d.client(ctx, id, core.WriteClients)
	if err != nil {
		return err
	}
	return d.mayReach(client)
}

// mayReach refuses clients of all organisations, and those that administer, to who may not
// write clients of the whole server: others would let them in.
func (d *Desk) mayReach(client *core.Client) error {
	if client.Shared || slices.Contains(client.Scopes, core.ScopeAdministration) {
		return d.may(core.WriteClients, wholeServer)
	}
	return nil
}

func (d *Desk) connector(ctx context.Context, name string, permission core.Permission) error {
	connector, err := d.admin.FindConnector(ctx, name)
	connector, err = within(d, connector, err, permission, func(c *admin.Connector) string { return c.Org }, "connector", name)
	if err != nil || permission.Reads() {
		return err
	}
	if err := d.alone(connector); err != nil {
		return err
	}
	return d.governs(ctx, connector.Org, permission)
}

// alone refuses a connector whose instance does more than sign people in to who may not
// write plugins: its settings are those of the rest too.
func (d *Desk) alone(connector *admin.Connector) error {
	further := slices.ContainsFunc(connector.Plugin.Bindings, func(b core.PluginBinding) bool {
		return b.Hook != core.HookLogin && b.Hook != core.HookPassword
	})
	if !further {
		return nil
	}
	return d.may(core.WritePlugins, wholeServer)
}

// configures is for who may write plugins, and of an instance that is a connector for who
// may write that: what it needs is given when it is made, and must be given again.
func (d *Desk) configures(ctx context.Context, instance string) error {
	if d.who.May(core.WritePlugins, wholeServer) {
		return nil
	}
	err := d.connector(ctx, instance, core.WriteConnectors)
	if _, missing := errors.AsType[*admin.MissingError](err); missing {
		return d.may(core.WritePlugins, wholeServer)
	}
	return err
}

// group gives a group as it is stored.
func (d *Desk) group(ctx context.Context, id core.ID, permission core.Permission) (*core.Group, error) {
	group, err := d.admin.GroupByID(ctx, id)
	return within(d, group, err, permission, func(g *core.Group) string { return g.Org }, "group", string(id))
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
