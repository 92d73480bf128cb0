package wire

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// ServiceAccount gives a program's account.
func ServiceAccount(a *core.ServiceAccount) api.ServiceAccount {
	return api.ServiceAccount{
		ID: string(a.ID), Version: string(admin.VersionOf(a.UpdatedAt)), Organisation: a.Org, Name: a.Name, Description: a.Description, Disabled: a.Disabled,
		CreatedAt: at(a.CreatedAt), UpdatedAt: at(a.UpdatedAt),
	}
}

// CoreServiceAccount is the way back.
func CoreServiceAccount(a *api.ServiceAccount) core.ServiceAccount {
	return core.ServiceAccount{
		ID: core.ID(a.ID), Org: a.Organisation, Name: a.Name, Description: a.Description, Disabled: a.Disabled, CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
}

// SetServiceAccount lets the account be what may be changed of it.
func SetServiceAccount(a *core.ServiceAccount, to *api.ServiceAccount) {
	a.Name, a.Description, a.Disabled = to.Name, to.Description, to.Disabled
}

// APIToken gives a token, without what proves it.
func APIToken(t *core.APIToken) api.APIToken {
	return api.APIToken{
		ID: string(t.ID), Holder: string(t.Holder), Name: t.Name, Permissions: texts(t.Permissions), ExpiresAt: at(t.ExpiresAt), CreatedAt: at(t.CreatedAt),
		LastUsedAt: at(t.LastUsedAt),
	}
}

// CoreAPIToken is the way back.
func CoreAPIToken(t *api.APIToken) core.APIToken {
	return core.APIToken{
		ID: core.ID(t.ID), Holder: core.ID(t.Holder), Name: t.Name, Permissions: typed[core.Permission](t.Permissions), ExpiresAt: t.ExpiresAt,
		CreatedAt: t.CreatedAt, LastUsedAt: t.LastUsedAt,
	}
}

// NewAPIToken gives what is to be made for somebody.
func NewAPIToken(holder core.ID, t *api.NewAPIToken) admin.NewAPIToken {
	return admin.NewAPIToken{Holder: holder, Name: t.Name, Permissions: typed[core.Permission](t.Permissions), TTL: fromSeconds(t.TTL)}
}

// APITokenToMake is the way back.
func APITokenToMake(t *admin.NewAPIToken) api.NewAPIToken {
	return api.NewAPIToken{Name: t.Name, Permissions: texts(t.Permissions), TTL: seconds(t.TTL)}
}

// RoleGrant gives who has which role where.
func RoleGrant(g *core.RoleGrant) api.RoleGrant {
	return api.RoleGrant{
		Holder: string(g.Holder), Organisation: g.Org, Role: string(g.Role), Version: string(admin.RoleVersion(g.Role)),
		CreatedAt: at(g.CreatedAt),
	}
}

// CoreRoleGrant is the way back.
func CoreRoleGrant(g *api.RoleGrant) core.RoleGrant {
	return core.RoleGrant{Holder: core.ID(g.Holder), Org: g.Organisation, Role: core.Role(g.Role), CreatedAt: g.CreatedAt}
}

// RoleHolder gives a role with who has it.
func RoleHolder(h *admin.RoleHolder) api.RoleHolder {
	return api.RoleHolder{Grant: RoleGrant(&h.Grant), Holder: api.Holder{
		ID: string(h.Holder.ID), Organisation: h.Holder.Org, Name: h.Holder.Name, Title: h.Holder.Title, Program: h.Holder.Program, Admin: h.Holder.Admin,
		Disabled: h.Holder.Disabled,
	}}
}

// AdminRoleHolder is the way back.
func AdminRoleHolder(h *api.RoleHolder) admin.RoleHolder {
	return admin.RoleHolder{Grant: CoreRoleGrant(&h.Grant), Holder: admin.Holder{
		ID: core.ID(h.Holder.ID), Org: h.Holder.Organisation, Name: h.Holder.Name, Title: h.Holder.Title, Program: h.Holder.Program, Admin: h.Holder.Admin,
		Disabled: h.Holder.Disabled,
	}}
}

// Content gives how many of a kind belong to something.
func Content(c *core.Content) api.Content { return api.Content(*c) }

// CoreContent is the way back.
func CoreContent(c *api.Content) core.Content { return core.Content(*c) }

// Counts gives how many there are.
func Counts(c core.Counts) api.Counts {
	return api.Counts{
		Users: c.Users, DisabledUsers: c.DisabledUsers, Groups: c.Groups, Clients: c.Clients, Connectors: c.Connectors, ServiceAccounts: c.ServiceAccounts,
		Sessions: c.Sessions, SignIns: c.SignIns, Failures: c.Failures, TokensEnding: c.TokensEnding,
		Days: Each(c.Days, func(d *core.DayCount) api.DayCount { return api.DayCount(*d) }),
	}
}

// CoreCounts is the way back.
func CoreCounts(c api.Counts) core.Counts {
	return core.Counts{
		Users: c.Users, DisabledUsers: c.DisabledUsers, Groups: c.Groups, Clients: c.Clients, Connectors: c.Connectors, ServiceAccounts: c.ServiceAccounts,
		Sessions: c.Sessions, SignIns: c.SignIns, Failures: c.Failures, TokensEnding: c.TokensEnding,
		Days: Each(c.Days, func(d *api.DayCount) core.DayCount { return core.DayCount(*d) }),
	}
}

// LiveSession gives a session with whose it is.
func LiveSession(s *core.LiveSession) api.LiveSession {
	return api.LiveSession{Session: Session(&s.Session), Organisation: s.Org, Name: s.User}
}

// CoreLiveSession is the way back.
func CoreLiveSession(s *api.LiveSession) core.LiveSession {
	return core.LiveSession{Session: CoreSession(&s.Session), Org: s.Organisation, User: s.Name}
}

// Consent gives what somebody allowed a client.
func Consent(c *core.Consent) api.Consent {
	return api.Consent{Client: c.ClientID, Scopes: list(c.Scopes), GrantedAt: at(c.GrantedAt), UpdatedAt: at(c.UpdatedAt)}
}

// CoreConsent is the way back.
func CoreConsent(user core.ID, c *api.Consent) core.Consent {
	return core.Consent{UserID: user, ClientID: c.Client, Scopes: c.Scopes, GrantedAt: c.GrantedAt, UpdatedAt: c.UpdatedAt}
}
