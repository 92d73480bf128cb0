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

const (
	tagAccounts = "service accounts"
	tagRoles    = "roles"
	tagMe       = "caller"
)

// AccountPath names a service account.
type AccountPath struct {
	Account string `path:"account" maxLength:"36" doc:"Identifier of the service account."`
}

func (p AccountPath) id() core.ID { return core.ID(p.Account) }

type oneAccount struct{ AccountPath }

type changeAccount struct {
	AccountPath
	IfMatch
}

func (r *routes) serviceAccounts() {
	get(r, operation{
		id: "list-service-accounts", path: "/service-accounts", tag: tagAccounts, summary: "List the service accounts of an organisation",
		needs: core.ReadAccounts, desk: []string{"ServiceAccounts", "FindServiceAccount"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		OrganisationFilter
		Name string `query:"name" maxLength:"400" doc:"Exactly the account of that name or identifier: a list of one or none."`
	}) (*Answer[api.Page[api.ServiceAccount]], error) {
		if in.Name != "" {
			account, err := d.FindServiceAccount(ctx, in.Organisation, in.Name)
			return oneOf(account, err, "service account", wire.ServiceAccount)
		}
		all, err := d.ServiceAccounts(ctx, in.Organisation)
		return listed(all, wire.ServiceAccount, err)
	})
	send(r, http.MethodPost, operation{
		id: "create-service-account", path: "/service-accounts", tag: tagAccounts, summary: "Make a service account", more: "It may nothing until it gets a role.",
		needs: core.WriteAccounts, desk: []string{"CreateServiceAccount"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewServiceAccount) (*Object[api.ServiceAccount], error) {
		return anAccount(d.CreateServiceAccount(ctx, admin.NewServiceAccount{Org: sent.Organisation, Name: sent.Name, Description: sent.Description}))
	})
	get(r, operation{
		id: "get-service-account", path: "/service-accounts/{account}", tag: tagAccounts, summary: "Read a service account", needs: core.ReadAccounts,
		desk: []string{"ServiceAccount"},
	}, func(ctx context.Context, d *desk.Desk, in *oneAccount) (*Object[api.ServiceAccount], error) {
		return anAccount(d.ServiceAccount(ctx, in.id()))
	})
	patch[changeAccount, api.ServiceAccount](r, operation{
		id: "update-service-account", path: "/service-accounts/{account}", tag: tagAccounts, summary: "Change a service account", needs: core.WriteAccounts,
		desk: []string{"UpdateServiceAccount"},
	}, func(ctx context.Context, d *desk.Desk, in *changeAccount, sent api.Patch) (*Object[api.ServiceAccount], error) {
		was, err := version(in.IfMatch.IfMatch)
		if err != nil {
			return nil, err
		}
		edit := editing(sent, wire.ServiceAccount, wire.SetServiceAccount)
		account, err := d.UpdateServiceAccount(ctx, in.id(), was, edit.apply)
		return anAccount(account, edit.wrong(err))
	})
	do(r, http.MethodDelete, operation{
		id: "delete-service-account", path: "/service-accounts/{account}", tag: tagAccounts, summary: "Delete a service account with its tokens and roles",
		needs: core.WriteAccounts, desk: []string{"DeleteServiceAccount"},
	}, func(ctx context.Context, d *desk.Desk, in *changeAccount) error {
		return d.DeleteServiceAccount(ctx, in.id())
	})
	get(r, contents("get-service-account-contents", "/service-accounts/{account}", tagAccounts, core.ReadAccounts, "ServiceAccountContents"),
		func(ctx context.Context, d *desk.Desk, in *oneAccount) (*Answer[api.Page[api.Content]], error) {
			all, err := d.ServiceAccountContents(ctx, in.id())
			return listed(all, wire.Content, err)
		})
}

func anAccount(account *core.ServiceAccount, err error) (*Object[api.ServiceAccount], error) {
	if err != nil {
		return nil, err
	}
	told := wire.ServiceAccount(account)
	return object(told.Version, told), nil
}

// contents is the operation that says what goes with something that is deleted.
func contents(id, path, tag string, needs core.Permission, method string) operation {
	return operation{id: id, path: path + "/contents", tag: tag, summary: "Say how much would be deleted with it", needs: needs, desk: []string{method}}
}

// HolderPath names a user or a service account.
type HolderPath struct {
	Holder string `path:"holder" maxLength:"36" doc:"Identifier of a user or a service account."`
}

func (p HolderPath) id() core.ID { return core.ID(p.Holder) }

type oneHolder struct{ HolderPath }

func (r *routes) apiTokens() {
	get(r, operation{
		id: "list-api-tokens", path: "/holders/{holder}/tokens", tag: tagAccounts, summary: "List the API tokens of a user or a service account",
		more: "Everybody may see their own. Needs users:read for a person, service_accounts:read for a program.", desk: []string{"APITokens"},
	}, func(ctx context.Context, d *desk.Desk, in *oneHolder) (*Answer[api.Page[api.APIToken]], error) {
		all, err := d.APITokens(ctx, in.id())
		return listed(all, wire.APIToken, err)
	})
	send(r, http.MethodPost, operation{
		id: "create-api-token", path: "/holders/{holder}/tokens", tag: tagAccounts, summary: "Make an API token",
		more:  "Its text is in this answer alone. Nobody makes one for another person, and none that may more than the token that it is made with.",
		needs: core.WriteAccounts, desk: []string{"CreateAPIToken"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		HolderPath
		Once
	}, sent *api.NewAPIToken) (*Answer[api.CreatedAPIToken], error) {
		made, text, err := d.CreateAPIToken(ctx, wire.NewAPIToken(in.id(), sent))
		if err != nil {
			return nil, err
		}
		return told(api.CreatedAPIToken{APIToken: wire.APIToken(made), Token: text}, nil)
	})
	do(r, http.MethodDelete, operation{
		id: "revoke-api-token", path: "/holders/{holder}/tokens/{token}", tag: tagAccounts, summary: "End an API token",
		more: "Everybody may end their own. Needs users:help for a person, service_accounts:write for a program.", desk: []string{"RevokeAPIToken"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		HolderPath
		Token string `path:"token" maxLength:"36" doc:"Identifier of the token."`
	}) error {
		return d.RevokeAPIToken(ctx, in.id(), core.ID(in.Token))
	})
}

func (r *routes) roles() {
	get(r, operation{
		id: "list-roles", path: "/roles", tag: tagRoles, summary: "List who has a role of an organisation, or of the whole server", needs: core.ReadRoles,
		desk: []string{"RoleHolders"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		Organisation string `query:"organisation" maxLength:"64" doc:"Name of the organisation; absent: the whole server."`
	}) (*Answer[api.Page[api.RoleHolder]], error) {
		all, err := d.RoleHolders(ctx, in.Organisation)
		return listed(all, wire.RoleHolder, err)
	})
	get(r, operation{
		id: "list-holder-roles", path: "/holders/{holder}/roles", tag: tagRoles, summary: "List the roles of a user or a service account",
		more: "Everybody may see their own.", needs: core.ReadRoles, desk: []string{"RolesOf"},
	}, func(ctx context.Context, d *desk.Desk, in *oneHolder) (*Answer[api.Page[api.RoleGrant]], error) {
		all, err := d.RolesOf(ctx, in.id())
		return listed(all, wire.RoleGrant, err)
	})
	send(r, http.MethodPut, operation{
		id: "grant-role", path: "/holders/{holder}/roles", tag: tagRoles, summary: "Give a user or a service account a role, in place of the one that they have there",
		more: "Nobody gives a role that reaches further than their own.", needs: core.WriteRoles, desk: []string{"GrantRole"},
	}, func(ctx context.Context, d *desk.Desk, in *heldIn, sent *api.NewRole) (*Nothing, error) {
		return &Nothing{}, d.GrantRole(ctx, in.id(), in.Organisation, core.Role(sent.Role))
	})
	do(r, http.MethodDelete, operation{
		id: "revoke-role", path: "/holders/{holder}/roles", tag: tagRoles, summary: "Take the role of a user or a service account",
		more: "The last owner of the server stays.", needs: core.WriteRoles, desk: []string{"RevokeRole"},
	}, func(ctx context.Context, d *desk.Desk, in *heldIn) error {
		return d.RevokeRole(ctx, in.id(), in.Organisation)
	})
}

type heldIn struct {
	HolderPath
	IfMatch
	Organisation string `query:"organisation" maxLength:"64" doc:"Where; absent: the whole server."`
}

// me declares what tells callers who they are.
func (r *routes) me() {
	register(r, http.MethodGet, operation{
		id: "get-caller", path: "/caller", tag: tagMe, summary: "Say who calls, and what they may do where", desk: []string{"Caller"},
	}, func(_ context.Context, c *call, _ *struct{}) (*Answer[api.Me], error) { return told(meOf(c), nil) })
}

func meOf(c *call) api.Me {
	who, holder := c.desk.Caller(), c.who.Holder
	me := api.Me{Actor: who.Actor.Name, Client: c.who.ClientID, Token: string(c.who.TokenID), Roles: wire.Each(who.Roles, wire.RoleGrant), May: []api.May{}}
	if holder != nil {
		me.Organisation = holder.Org.Name
		if holder.User != nil {
			me.User, me.Name = string(holder.User.ID), holder.User.Name
		}
		if holder.Account != nil {
			me.ServiceAccount, me.Name = string(holder.Account.ID), holder.Account.Name
		}
		if holder.Token != nil {
			me.ExpiresAt = holder.Token.ExpiresAt.UTC()
		}
	}
	for _, grant := range who.Roles {
		may := api.May{Organisation: grant.Org, Permissions: []string{}}
		for _, permission := range core.Permissions() {
			if who.May(permission, grant.Org) {
				may.Permissions = append(may.Permissions, string(permission))
			}
		}
		me.May = append(me.May, may)
	}
	return me
}

// everywhere is the organisation that stands for all of them.
const everywhere = "*"

// orAll gives the organisation of a filter, "" for all.
func orAll(org string) string {
	if org == everywhere {
		return ""
	}
	return cmp.Or(org, core.DefaultOrganisation)
}
