package storetest

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
)

// Store is everything that a store offers. Single rows come as a pointer, or
// [core.ErrNotFound]; lists are never an error when they are empty. What is
// disabled, expired or revoked is returned as it is: the caller decides.
// Nothing that is returned may be changed: clients, organisations and the
// plugin configuration are shared, and so are the lists and maps within what
// Access, Code, Refresh and SignedIn return. A user from User, UserByLogin,
// UserByEmail, Link, Users or Members is the caller's own.
type Store interface {
	// Apply makes the changes in their order, all or nothing, and returns when
	// they are on disk. If ctx ends before the writer took the list, nothing
	// happened; after that Apply waits for the outcome, whatever ctx does.
	Apply(ctx context.Context, changes ...core.Change) error
	// Check reads and says whether the store answers.
	Check(ctx context.Context) error
	// Sweep deletes what nobody can use any more at now, in bounded batches, and
	// returns how many rows it deleted.
	Sweep(ctx context.Context, now time.Time) (int64, error)
	Close() error

	// EventQueues gives the queues of event sinks that hold something, by instance.
	// Events that are claimed are in it, due when the claim ends.
	EventQueues(ctx context.Context) ([]core.EventQueue, error)
	// ClaimEvents takes events of a queue that are due at now, at most so many: first
	// what was never tried, in the order in which it was recorded, then what is to be
	// tried again. Nobody else gets them before until.
	ClaimEvents(ctx context.Context, binding core.ID, now, until time.Time, most int) ([]core.Delivery, error)
	// TrimEvents drops the oldest events of each queue that holds more than most, and
	// says what each queue holds then.
	TrimEvents(ctx context.Context, most int) ([]core.EventBacklog, error)
	// Queued gets a value after this handle laid out events; one may stand for many.
	Queued() <-chan struct{}

	// LogoutQueues gives the clients that notices of the end of a session wait for, by
	// client_id. What is claimed is in it, due when the claim ends.
	LogoutQueues(ctx context.Context) ([]core.LogoutQueue, error)
	// ClaimLogouts takes notices for a client that are due at now, at most so many:
	// first what was never tried. Nobody else gets them before until.
	ClaimLogouts(ctx context.Context, clientID string, now, until time.Time, most int) ([]core.LogoutNotice, error)
	// LogoutsQueued gets a value after this handle ended a session; one may stand for
	// many.
	LogoutsQueued() <-chan struct{}
	// SessionClients gives the clients that got a grant in a session, or in one that it
	// took the place of, in the order in which they first did.
	SessionClients(ctx context.Context, session core.ID) ([]core.SessionClient, error)

	Client(ctx context.Context, id string) (*core.Client, error)
	// ClientByName folds the name; org "" stands for any organisation, and a
	// name that two of them have is not found.
	ClientByName(ctx context.Context, org, name string) (*core.Client, error)
	// Clients are ordered by name; org "" stands for all.
	Clients(ctx context.Context, org string) ([]core.Client, error)
	// HasOrigin reports whether a client that is not disabled has a redirect URI of the
	// origin, as a browser writes it.
	HasOrigin(ctx context.Context, origin string) (bool, error)
	InitialToken(ctx context.Context, id core.ID) (*core.InitialToken, error)
	// InitialTokens are ordered by the time they were made.
	InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Organisations(ctx context.Context) ([]core.Organisation, error)
	// Plugins gives the same pointer until something changes.
	Plugins(ctx context.Context) (*core.PluginConfig, error)
	// PluginCode gives the bytes of an installed module.
	PluginCode(ctx context.Context, digest string) ([]byte, error)
	// PluginValue gives what an instance keeps under a key; found is false if there
	// is nothing or it has expired at now.
	PluginValue(ctx context.Context, instance, key string, now time.Time) (value string, found bool, err error)
	// Generation rises when something changes of what the methods above read; it is as of
	// the last read or write of this handle.
	Generation() int64
	// SigningKeys are ordered by the time they were made.
	SigningKeys(ctx context.Context) ([]core.SigningKey, error)
	// Setup is zero if set-up was never opened.
	Setup(ctx context.Context) (core.Setup, error)

	AuthRequest(ctx context.Context, id core.ID) (*core.AuthRequest, error)
	SignedIn(ctx context.Context, sessionID core.ID) (*core.SignedIn, error)
	// Sessions are those of a user that were not ended, the newest first. One that has
	// expired is among them until it is swept.
	Sessions(ctx context.Context, userID core.ID) ([]core.Session, error)
	// SignedInWith reports whether the user signed in with a browser of this name before, as
	// [core.BrowserName] gives it. Empty is the name of all that it does not know. It goes by
	// the audit log, which outlives sessions.
	SignedInWith(ctx context.Context, userID core.ID, browser string) (bool, error)
	Consent(ctx context.Context, userID core.ID, clientID string) (*core.Consent, error)
	// Consents are ordered by client_id.
	Consents(ctx context.Context, userID core.ID) ([]core.Consent, error)
	// ConnectedClients are those that have a grant of the user that is neither revoked
	// nor expired at now, ordered by client_id.
	ConnectedClients(ctx context.Context, userID core.ID, now time.Time) ([]core.ConnectedClient, error)
	Code(ctx context.Context, grantID core.ID) (*core.Authorized, error)
	Access(ctx context.Context, tokenID core.ID) (*core.Access, error)
	Refresh(ctx context.Context, tokenID core.ID) (*core.Refresh, error)
	// Failures gives the keys that have a count, in no order.
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)

	Attempt(ctx context.Context, id core.ID) (*core.UpstreamAttempt, error)
	// Link gives the link of a person at a provider.
	Link(ctx context.Context, connector, subject string) (*core.Linked, error)
	// Links are those of a user, ordered by connector and subject.
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)

	// Authenticators are those of a user, in the order in which they were enrolled.
	Authenticators(ctx context.Context, userID core.ID) ([]core.Authenticator, error)
	// AuthenticatorByHandle finds a passkey by its credential ID.
	AuthenticatorByHandle(ctx context.Context, handle []byte) (*core.Authenticator, error)
	// RecoveryCodes are those of a user, used ones too, in no order that means anything.
	RecoveryCodes(ctx context.Context, userID core.ID) ([]core.RecoveryCode, error)
	// Enrolled is zero for a user who does not exist.
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	Device(ctx context.Context, id core.ID) (*core.Device, error)
	// Devices are those of a user, the newest first.
	Devices(ctx context.Context, userID core.ID) ([]core.Device, error)
	Ticket(ctx context.Context, id core.ID) (*core.Ticket, error)
	// Tickets are those of a user, the newest first.
	Tickets(ctx context.Context, userID core.ID) ([]core.Ticket, error)
	Avatar(ctx context.Context, id core.ID) (*core.Avatar, error)
	AvatarOf(ctx context.Context, userID core.ID) (*core.Avatar, error)

	// NextMail says whether a mail waits, claimed or not, and when the first is due; the zero
	// time is now, for one that was never tried.
	NextMail(ctx context.Context) (at time.Time, waits bool, err error)
	// ClaimMails takes mails that are due at now, at most so many: first what was never
	// tried. Nobody else gets them before until. Mails that have expired are among them.
	ClaimMails(ctx context.Context, now, until time.Time, most int) ([]core.Mail, error)
	// MailsQueued gets a value after this handle queued a mail; one may stand for many.
	MailsQueued() <-chan struct{}
	// Mails are what waits, at most so many, the newest first.
	Mails(ctx context.Context, limit int) ([]core.Mail, error)

	// Roles are those of a user or a service account: that of the whole server first, then
	// by organisation. Ownership by the field of the user is not among them.
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
	// RolesIn are those of an organisation, of the whole server if org is "", by holder:
	// ownership by the field of the user too.
	RolesIn(ctx context.Context, org string) ([]core.RoleGrant, error)
	// RolesHeld are those that users and service accounts of the organisation have, of
	// whatever, by holder; ownership by the field of the user too.
	RolesHeld(ctx context.Context, org string) ([]core.RoleGrant, error)
	ServiceAccount(ctx context.Context, id core.ID) (*core.ServiceAccount, error)
	// Managed is ordered by kind and identifier.
	Managed(ctx context.Context, filter core.ManagedFilter) ([]core.Managed, error)
	// ServiceAccounts are ordered by name; org "" stands for all.
	ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error)
	// APITokens are those of a user or a service account, in the order in which they were
	// made; one that has expired is among them until it is swept.
	APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error)
	// APIHolder gives an API token with whose it is, at once.
	APIHolder(ctx context.Context, tokenID core.ID) (*core.APIHolder, error)
	// HolderOf gives a user with organisation and roles, at once.
	HolderOf(ctx context.Context, userID core.ID) (*core.APIHolder, error)
	// Answered gives the answer to a request; one that has expired is there until it is
	// swept.
	Answered(ctx context.Context, key core.Hash) (*core.Answered, error)
	DeviceGrant(ctx context.Context, id core.ID) (*core.DeviceGrant, error)
	DeviceGrantByCode(ctx context.Context, userCode core.Hash) (*core.DeviceGrant, error)

	User(ctx context.Context, id core.ID) (*core.User, error)
	// UserByEmail finds by e-mail address, folded, in an organisation, and never by a
	// login name.
	UserByEmail(ctx context.Context, org, email string) (*core.User, error)
	// UserByLogin finds by login name or e-mail address, folded; org "" stands
	// for any organisation, and a login that two of them have is not found.
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
	// Users are ordered by folded name and identifier.
	Users(ctx context.Context, filter core.UserFilter) ([]core.User, error)
	// LiveSessions come newest first, without hash and upstream part.
	LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error)
	// Counts are of an organisation, of all if org is "", at now and since a day before.
	Counts(ctx context.Context, org string, now time.Time) (core.Counts, error)
	// What goes with a thing when it is deleted; what there is none of is left out.
	OrganisationContents(ctx context.Context, org string) ([]core.Content, error)
	UserContents(ctx context.Context, id core.ID) ([]core.Content, error)
	ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error)
	GroupContents(ctx context.Context, id core.ID) ([]core.Content, error)
	ClientContents(ctx context.Context, id string) ([]core.Content, error)
	ConnectorContents(ctx context.Context, instance string) ([]core.Content, error)
	Group(ctx context.Context, org, name string) (*core.Group, error)
	// Groups are ordered by name; org "" stands for all.
	Groups(ctx context.Context, org string) ([]core.Group, error)
	GroupByID(ctx context.Context, id core.ID) (*core.Group, error)
	// FindGroups and FindClients are ordered by name and identifier, names of clients folded.
	FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error)
	// CountUsers and CountGroups heed neither After nor Limit nor Offset.
	CountUsers(ctx context.Context, filter core.UserFilter) (int, error)
	CountGroups(ctx context.Context, filter core.GroupFilter) (int, error)
	FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error)
	Members(ctx context.Context, groupID core.ID) ([]core.User, error)
	// Events come newest first.
	Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error)
	Called(ctx context.Context, ids []core.ID) (map[core.ID]core.Called, error)
}
