package core

import (
	"slices"
	"strings"
	"time"
)

// Role is what somebody may do as an administrator, of the whole server or of one
// organisation.
type Role string

// The roles, the one that may most first. Whoever has one may do what those below may.
const (
	// RoleOwner may do everything, and says who has which role.
	RoleOwner Role = "owner"
	// RoleAdministrator manages everything but roles.
	RoleAdministrator Role = "administrator"
	// RoleHelpDesk helps people who cannot sign in.
	RoleHelpDesk Role = "help_desk"
	// RoleAuditor sees everything and changes nothing.
	RoleAuditor Role = "auditor"
)

// Roles gives all roles, the one that may most first.
func Roles() []Role { return []Role{RoleOwner, RoleAdministrator, RoleHelpDesk, RoleAuditor} }

// Permission is the right to one kind of thing; also a scope of API tokens.
type Permission string

// The permissions. Those of the second block are for the whole server alone: no role of an
// organisation has them.
const (
	ReadOrganisations  Permission = "organisations:read"
	WriteOrganisations Permission = "organisations:write" // of the server: make and delete them too
	ReadUsers          Permission = "users:read"
	HelpUsers          Permission = "users:help" // links, sessions, factors, devices
	WriteUsers         Permission = "users:write"
	ReadGroups         Permission = "groups:read"
	WriteGroups        Permission = "groups:write"
	ReadClients        Permission = "clients:read"
	WriteClients       Permission = "clients:write" // initial access tokens too
	ReadConnectors     Permission = "connectors:read"
	WriteConnectors    Permission = "connectors:write"
	ReadAudit          Permission = "audit:read"
	ReadRoles          Permission = "roles:read"
	WriteRoles         Permission = "roles:write"
	ReadAccounts       Permission = "service_accounts:read"
	WriteAccounts      Permission = "service_accounts:write" // their tokens too

	ReadPlugins  Permission = "plugins:read"
	WritePlugins Permission = "plugins:write"
	ReadKeys     Permission = "keys:read"
	WriteKeys    Permission = "keys:write"
	ReadMails    Permission = "mails:read"
	WriteMails   Permission = "mails:write"
	ReadSettings Permission = "settings:read"
	Import       Permission = "import:write"
)

// Permissions gives all of them, as they are listed above.
func Permissions() []Permission {
	return []Permission{
		ReadOrganisations, WriteOrganisations, ReadUsers, HelpUsers, WriteUsers, ReadGroups, WriteGroups, ReadClients, WriteClients,
		ReadConnectors, WriteConnectors, ReadAudit, ReadRoles, WriteRoles, ReadAccounts, WriteAccounts,
		ReadPlugins, WritePlugins, ReadKeys, WriteKeys, ReadMails, WriteMails, ReadSettings, Import,
	}
}

// ServerWide reports whether only roles of the whole server have the permission.
func (p Permission) ServerWide() bool {
	switch p {
	case ReadPlugins, WritePlugins, ReadKeys, WriteKeys, ReadMails, WriteMails, ReadSettings, Import:
		return true
	}
	return false
}

// Reads reports whether the permission changes nothing.
func (p Permission) Reads() bool { return strings.HasSuffix(string(p), ":read") }

// Allows reports whether the role has the permission, where it is one of what the role is
// for: see [Permission.ServerWide].
func (r Role) Allows(p Permission) bool {
	switch r {
	case RoleOwner:
		return true
	case RoleAdministrator:
		return p != WriteRoles
	case RoleHelpDesk:
		return slices.Contains([]Permission{ReadOrganisations, ReadUsers, HelpUsers, ReadGroups, ReadClients, ReadConnectors, ReadAudit}, p)
	case RoleAuditor:
		return p.Reads()
	}
	return false
}

// Covers reports whether whoever has r may deal with who has other: nobody helps themselves
// to the rights of somebody who may more.
func (r Role) Covers(other Role) bool {
	return slices.Index(Roles(), r) >= 0 && slices.Index(Roles(), r) <= slices.Index(Roles(), other)
}

// RoleGrant gives a role to a user or a service account.
type RoleGrant struct {
	Holder    ID     // of a user or a service account
	Org       string // empty: the whole server
	Role      Role
	CreatedAt time.Time
}

// ServiceAccount is a program that administers. It signs in with API tokens alone.
type ServiceAccount struct {
	ID          ID
	Org         string // that it belongs to
	Name        string // unique in Org regardless of case
	Description string
	Disabled    bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	// Tokens is how many it has, and TokensEnd when the first of them ends: known of an
	// account in a list.
	Tokens    int
	TokensEnd time.Time
}

// MaxAPITokens is how many tokens one holder may have.
const MaxAPITokens = 64

// APIToken lets its holder, a user or a service account, use the REST API and SCIM.
type APIToken struct {
	ID     ID // in the credential, see [KindAPI]
	Holder ID
	Name   string // what it is for
	Hash   Hash
	// Permissions narrow what the holder may; empty: not at all.
	Permissions []Permission
	ExpiresAt   time.Time // never zero
	CreatedAt   time.Time
	LastUsedAt  time.Time // to within a minute
}

// APIHolder is who uses an API token or administers in a browser, read at once. One of User
// and Account is set.
type APIHolder struct {
	Token   *APIToken // nil in a browser
	User    *User
	Account *ServiceAccount
	Org     Organisation
	Roles   []RoleGrant // of the holder; an owner by [User.Admin] need not be among them
}

// AllRoles gives the roles of the holder, that of [User.Admin] too: an owner of the server.
func (h *APIHolder) AllRoles() []RoleGrant {
	if h.User == nil || !h.User.Admin {
		return h.Roles
	}
	return append([]RoleGrant{{Holder: h.User.ID, Role: RoleOwner}}, h.Roles...)
}
