package cli

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/desk"
)

// Desk is where a command has things done: by the data directory of this machine, or by a
// server that runs. Its methods have the meaning of those of [desk.Desk].
type Desk interface {
	people
	circles
	parties
	houses
	offices
	providers
	extensions
	machinery

	// Explain is [desk.Desk.Explain].
	Explain(ctx context.Context, inquiry admin.Inquiry) (*admin.Explanation, error)
	// TestMail is [desk.Desk.TestMail].
	TestMail(ctx context.Context, to string) error
}

// people is what is done about users, what they can prove and where they are signed in.
type people interface {
	User(ctx context.Context, id core.ID) (*core.User, error)
	FindUser(ctx context.Context, org, login string) (*core.User, error)
	Users(ctx context.Context, filter core.UserFilter) ([]core.User, error)
	AllUsers(ctx context.Context, filter core.UserFilter) ([]core.User, error)
	CreateUser(ctx context.Context, input admin.NewUser) (*admin.CreatedUser, error)
	InviteUser(ctx context.Context, input admin.NewUser, byHand bool) (*admin.Invited, error)
	UpdateUser(ctx context.Context, id core.ID, was admin.Version, edit func(*core.User)) (*core.User, error)
	SetPassword(ctx context.Context, id core.ID, password string) error
	DisableUser(ctx context.Context, id core.ID) error
	EnableUser(ctx context.Context, id core.ID) error
	DeleteUser(ctx context.Context, id core.ID) error
	SignOutUser(ctx context.Context, id core.ID) error
	WithdrawConsent(ctx context.Context, id core.ID, clientID string) error
	InviteAgain(ctx context.Context, id core.ID, byHand bool) (*admin.Invited, error)
	ResetLink(ctx context.Context, id core.ID, send bool) (admin.Handed, error)
	UserSessions(ctx context.Context, id core.ID) ([]core.Session, error)
	EndUserSession(ctx context.Context, id, session core.ID) error
	UserDevices(ctx context.Context, id core.ID) ([]core.Device, error)
	ForgetDevice(ctx context.Context, id, device core.ID) error
	ForgetDevices(ctx context.Context, id core.ID) error
	UserProofs(ctx context.Context, id core.ID) (admin.Proofs, error)
	RemoveAuthenticator(ctx context.Context, id, authenticator core.ID) error
	ResetProofs(ctx context.Context, id core.ID) (removed int, err error)
	NewRecoveryCodes(ctx context.Context, id core.ID) ([]string, error)
	UserLinks(ctx context.Context, id core.ID) ([]core.Link, error)
	LinkUser(ctx context.Context, id core.ID, connector, subject string) (*core.Link, error)
	UnlinkUser(ctx context.Context, id core.ID, connector, subject string) error
	UserContents(ctx context.Context, id core.ID) ([]core.Content, error)
	UserConsents(ctx context.Context, id core.ID) ([]core.Consent, error)
	LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error)
}

// circles is what is done about groups and their members.
type circles interface {
	CreateGroup(ctx context.Context, org, name, displayName string) (*core.Group, error)
	DeleteGroup(ctx context.Context, org, name string) error
	FindGroup(ctx context.Context, org, name string) (*core.Group, error)
	FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error)
	UpdateGroup(ctx context.Context, id core.ID, was admin.Version, edit func(*core.Group)) (*core.Group, error)
	GroupContents(ctx context.Context, id core.ID) ([]core.Content, error)
	Members(ctx context.Context, group *core.Group) ([]core.User, error)
	AddMember(ctx context.Context, group *core.Group, user *core.User) error
	RemoveMember(ctx context.Context, group *core.Group, user *core.User) error
}

// parties is what is done about clients, and the tokens with which they register.
type parties interface {
	Client(ctx context.Context, id string) (*core.Client, error)
	CreateClient(ctx context.Context, input admin.NewClient) (*admin.CreatedClient, error)
	FindClient(ctx context.Context, org, name string) (*core.Client, error)
	FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error)
	ClientContents(ctx context.Context, id string) ([]core.Content, error)
	MissingGroups(ctx context.Context, client *core.Client) ([]string, error)
	UpdateClient(ctx context.Context, id string, was admin.Version, edit func(*core.Client)) (*core.Client, error)
	RotateSecret(ctx context.Context, id string) (string, error)
	DeleteClient(ctx context.Context, id string) error
	CreateInitialToken(ctx context.Context, input admin.NewInitialToken) (*core.InitialToken, string, error)
	InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error)
	ClientGuide(ctx context.Context, id, secret string) (*admin.ClientGuide, error)
	RevokeInitialToken(ctx context.Context, id core.ID) error
}

// houses is what is done about organisations.
type houses interface {
	Organisations(ctx context.Context) ([]core.Organisation, error)
	UpdateOrganisation(ctx context.Context, name string, was admin.Version, edit func(*core.Organisation)) (*core.Organisation, error)
	CreateOrganisation(ctx context.Context, org core.Organisation) (*core.Organisation, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	DeleteOrganisation(ctx context.Context, name string) error
	OrganisationContents(ctx context.Context, name string) ([]core.Content, error)
	Counts(ctx context.Context, org string) (core.Counts, error)
}

// offices is what is done about roles, service accounts and API tokens.
type offices interface {
	RoleHolders(ctx context.Context, org string) ([]admin.RoleHolder, error)
	RolesOf(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
	GrantRole(ctx context.Context, holder core.ID, org string, role core.Role) error
	RevokeRole(ctx context.Context, holder core.ID, org string) error
	CreateServiceAccount(ctx context.Context, input admin.NewServiceAccount) (*core.ServiceAccount, error)
	FindServiceAccount(ctx context.Context, org, name string) (*core.ServiceAccount, error)
	ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error)
	UpdateServiceAccount(ctx context.Context, id core.ID, was admin.Version, edit func(*core.ServiceAccount)) (*core.ServiceAccount, error)
	DeleteServiceAccount(ctx context.Context, id core.ID) error
	ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error)
	CreateAPIToken(ctx context.Context, input admin.NewAPIToken) (*core.APIToken, string, error)
	APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error)
	RevokeAPIToken(ctx context.Context, id, token core.ID) error
}

// providers is what is done about connectors.
type providers interface {
	CreateConnector(ctx context.Context, input admin.NewConnector) (*admin.Connector, error)
	Connectors(ctx context.Context, org string) ([]admin.Connector, error)
	FindConnector(ctx context.Context, name string) (*admin.Connector, error)
	UpdateConnector(ctx context.Context, name string, input admin.ConnectorEdit) (*admin.Connector, error)
	EnableConnector(ctx context.Context, name string) error
	DisableConnector(ctx context.Context, name string) error
	DeleteConnector(ctx context.Context, name string, forget bool) error
	ConnectorContents(ctx context.Context, name string) ([]core.Content, error)
	SignInPlugins(ctx context.Context) ([]admin.Plugin, error)
}

// extensions is what is done about plugins, their instances and bindings.
type extensions interface {
	BindPlugin(ctx context.Context, input admin.Bind) ([]core.PluginBinding, error)
	UnbindPlugin(ctx context.Context, input admin.Unbind) ([]core.PluginBinding, error)
	Grant(ctx context.Context, instance, capability, target string, ahead bool) error
	Revoke(ctx context.Context, instance, capability, target string) error
	InstallPlugin(ctx context.Context, input admin.Install) (*admin.Installed, error)
	CreateInstance(ctx context.Context, name, plugin string, settings []byte) (*core.PluginInstance, error)
	SetSettings(ctx context.Context, instance string, settings []byte) error
	SetLimits(ctx context.Context, instance string, limits core.PluginLimits) error
	FindPlugin(ctx context.Context, id string) (*admin.Plugin, error)
	KnownPlugins(ctx context.Context) ([]admin.Plugin, error)
	PluginConfig(ctx context.Context) (*core.PluginConfig, error)
	Releases(ctx context.Context, plugin string) ([]admin.Release, error)
	RollbackPlugin(ctx context.Context, input admin.Rollback) (*admin.Installed, error)
	RemovePlugin(ctx context.Context, plugin string, force bool) ([]string, error)
	ReloadPlugins(ctx context.Context) error
	SetSecret(ctx context.Context, instance, name string, value []byte, ahead bool) error
	DeleteSecret(ctx context.Context, instance, name string) error
	Instances(ctx context.Context) ([]admin.Instance, error)
	FindInstance(ctx context.Context, name string) (*admin.Instance, error)
	MoveBinding(ctx context.Context, id core.ID, place int) ([]core.PluginBinding, error)
	PreviewPlugin(ctx context.Context, input admin.Preview) (*admin.Previewed, error)
	PluginNumbers(ctx context.Context, instance string) (*admin.PluginNumbers, error)
	PluginLog(ctx context.Context, instance string, after uint64) ([]admin.LogLine, error)
}

// machinery is what is done about the keys, the queue of mails, the audit log, and what
// moves in.
type machinery interface {
	Keys(ctx context.Context) ([]admin.Key, error)
	RotateKeys(ctx context.Context, algs []string, atOnce bool) ([]admin.Key, error)
	DeleteKey(ctx context.Context, kid string) error
	QueuedMails(ctx context.Context) ([]core.Mail, error)
	RetryMails(ctx context.Context, id core.ID) (int, error)
	ServerSettings(ctx context.Context) ([]admin.ServerSetting, error)
	Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error)
	Import(ctx context.Context, plan *admin.ImportPlan, options admin.ImportOptions) (*admin.ImportReport, error)
	Apply(ctx context.Context, declarations []admin.Declaration, options admin.ApplyOptions) (*admin.ApplyReport, error)
	Managed(ctx context.Context, filter core.ManagedFilter) ([]admin.Managed, error)
	Release(ctx context.Context, kind core.ManagedKind, id string) error
}

// local is the desk of the operating system's user, who may do everything.
type local struct {
	*desk.Desk
	*app.App
}

func newLocal(a *app.App) local {
	return local{a.Office.For(desk.Everything(actor())), a}
}
