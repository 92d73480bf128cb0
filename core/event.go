package core

import (
	"strings"
	"time"
)

// Event is an entry of the audit log. It never holds a secret, a token or a
// password, and Detail holds words that Postern chose or short values that were
// checked, never raw request text.
type Event struct {
	ID          ID
	At          time.Time
	Type        EventType
	Actor       string // "user:<id>", "cli:<operating system user>", "setup"; empty if nobody is known
	UserID      ID     // whom it concerns
	ClientID    string // a registered client, never what a stranger sent
	SessionID   ID
	GrantID     ID
	IP          string
	Correlation string            // the request's id, as on the error page and in the log
	Detail      map[string]string // "reason": "code_reused", ...
	// Org is the organisation that it concerns; empty: the server, or nobody knows. An
	// administrator of an organisation sees the events of it.
	Org string
	// Fields are what a change of an administrator made of what.
	Fields []FieldChange
	// By and Whom say what Actor and UserID are called. They are stored with no event, and
	// filled in for administrators who look at one.
	By, Whom Called
}

// Called is what a user or a service account is called; the zero value says that nobody
// knows.
type Called struct {
	Name  string // of a user, what pages call them
	Login string // what a user signs in with; empty of a service account
	Org   string
	// Gone says that it was deleted: so it was called last, as far as the log knows.
	Gone bool
	// Hidden says that it is not for whoever looks: it is of an organisation that they do
	// not see.
	Hidden bool
}

// ActorID is the identifier of the user or the service account that did it; empty if that
// was neither.
func (e *Event) ActorID() ID {
	if kind, id, _ := strings.Cut(e.Actor, ":"); kind == "user" || kind == "service" {
		return ID(id)
	}
	return ""
}

// FieldChange says what a field was and is, in words or JSON, never with a secret: of one
// only that it changed. What is longer than 1 KiB is cut.
type FieldChange struct {
	Field  string `json:"field"` // as in the REST API: "redirect_uris"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// EventType names what happened.
type EventType string

// What is recorded.
const (
	EventAuthorizeRefused EventType = "authorize.refused"
	EventCodeIssued       EventType = "code.issued"
	EventTokenIssued      EventType = "token.issued"
	EventTokenRefreshed   EventType = "token.refreshed"
	EventTokenRefused     EventType = "token.refused"
	EventTokenRevoked     EventType = "token.revoked" // by its client
	EventReuseDetected    EventType = "token.reuse_detected"
	EventResourceRefused  EventType = "resource.refused"
	EventSignedIn         EventType = "signin.succeeded"
	EventSignInFailed     EventType = "signin.failed"
	EventSignInThrottled  EventType = "signin.throttled"
	EventSignInCancelled  EventType = "signin.cancelled"
	EventUpstreamBegun    EventType = "upstream.begun"
	EventUpstreamRefused  EventType = "upstream.refused"
	EventUpstreamFailed   EventType = "upstream.failed"
	EventAccountLinked    EventType = "account.linked"
	EventAccountUnlinked  EventType = "account.unlinked"
	EventConnectorSaved   EventType = "connector.saved"
	EventConnectorDeleted EventType = "connector.deleted"
	EventStepRefused      EventType = "step.refused"
	EventSignedOut        EventType = "signout"
	EventLogoutDelivered  EventType = "logout.delivered"
	EventLogoutFailed     EventType = "logout.failed"
	EventConsentGiven     EventType = "consent.given"
	EventConsentDenied    EventType = "consent.denied"
	EventConsentWithdrawn EventType = "consent.withdrawn"
	EventRequestRefused   EventType = "request.refused"
	EventSetupDone        EventType = "setup.done"
	EventSetupRefused     EventType = "setup.refused"
	EventPluginFailed     EventType = "plugin.failed"
	EventPluginLoaded     EventType = "plugin.loaded"
	EventPluginRefused    EventType = "plugin.load_refused"
	EventPluginDenied     EventType = "plugin.denied"
	EventPluginSuspended  EventType = "plugin.suspended"
	EventPluginInstalled  EventType = "plugin.installed"
	EventPluginRolledBack EventType = "plugin.rolled_back"
	EventPluginRemoved    EventType = "plugin.removed"
	EventPluginReloaded   EventType = "plugin.reloaded"
	EventPluginGranted    EventType = "plugin.granted"
	EventPluginWithdrawn  EventType = "plugin.grant_withdrawn"
	EventPluginSecretSet  EventType = "plugin.secret_set"
	EventPluginSecretGone EventType = "plugin.secret_deleted"
	EventPluginConfigured EventType = "plugin.configured"
	EventUserCreated      EventType = "user.created"
	EventUserUpdated      EventType = "user.updated"
	EventUserDeleted      EventType = "user.deleted"
	EventUserDisabled     EventType = "user.disabled"
	EventUserEnabled      EventType = "user.enabled"
	EventPasswordSet      EventType = "user.password_set"
	EventGroupCreated     EventType = "group.created"
	EventGroupDeleted     EventType = "group.deleted"
	EventMemberAdded      EventType = "group.member_added"
	EventMemberRemoved    EventType = "group.member_removed"
	EventClientCreated    EventType = "client.created"
	EventClientUpdated    EventType = "client.updated"
	EventClientDeleted    EventType = "client.deleted"
	EventSecretRotated    EventType = "client.secret_rotated"
	EventPluginBound      EventType = "plugin.bound"
	EventPluginUnbound    EventType = "plugin.unbound"
	EventKeyCreated       EventType = "key.created"
	EventKeyRetired       EventType = "key.retired"
	EventKeyDeleted       EventType = "key.deleted"
	EventOrgCreated       EventType = "organisation.created"
	EventOrgUpdated       EventType = "organisation.updated"
	// What people do with their own accounts, and what is done to those.
	EventFactorWanted         EventType = "signin.factor_wanted" // the first factor was right, a second one is asked for
	EventAuthenticatorAdded   EventType = "authenticator.added"
	EventAuthenticatorRemoved EventType = "authenticator.removed"
	EventAuthenticatorRenamed EventType = "authenticator.renamed"
	EventRecoveryCodesMade    EventType = "recovery_codes.made"
	EventRecoveryCodeUsed     EventType = "recovery_codes.used"
	EventDeviceTrusted        EventType = "device.trusted"
	EventDeviceForgotten      EventType = "device.forgotten"
	EventTicketSent           EventType = "ticket.sent"
	EventTicketUsed           EventType = "ticket.used"
	EventTicketRefused        EventType = "ticket.refused"
	EventUserInvited          EventType = "user.invited"
	EventUserRegistered       EventType = "user.registered"
	EventRegisterRefused      EventType = "user.register_refused"
	EventEmailChanged         EventType = "user.email_changed"
	EventEmailVerified        EventType = "user.email_verified"
	EventProfileChanged       EventType = "user.profile_changed"
	EventDataExported         EventType = "user.data_exported"
	EventMailSent             EventType = "mail.sent"
	EventMailRetried          EventType = "mail.retried" // an operator did not want to wait
	EventMailFailed           EventType = "mail.failed"
	// A client that registers itself is recorded as any other; these are about who may.
	EventRegistrationRefused EventType = "registration.refused"
	EventInitialCreated      EventType = "registration.token_created"
	EventInitialRevoked      EventType = "registration.token_revoked"
	// Who administers, and how.
	EventOrgDeleted      EventType = "organisation.deleted"
	EventGroupUpdated    EventType = "group.updated"
	EventRoleGranted     EventType = "role.granted"
	EventRoleRevoked     EventType = "role.revoked"
	EventAccountCreated  EventType = "service_account.created"
	EventAccountUpdated  EventType = "service_account.updated"
	EventAccountDeleted  EventType = "service_account.deleted"
	EventAPITokenCreated EventType = "api_token.created"
	EventAPITokenRevoked EventType = "api_token.revoked"
	EventAPIRefused      EventType = "api.refused" // a token that is none, or may not
	EventImported        EventType = "import.done"
	EventManaged         EventType = "managed.begun" // by a file from now on
	EventReleased        EventType = "managed.ended"
	EventDeviceAsked     EventType = "device.asked"
	EventDeviceApproved  EventType = "device.approved"
	EventDeviceDenied    EventType = "device.denied"
	EventPreviewed       EventType = "plugin.previewed" // a message was tried in the sandbox
	EventTried           EventType = "client.tried"     // an administrator tried a sign-in
)

// EventFilter selects audit events; zero fields select everything.
type EventFilter struct {
	ID   ID // one event
	Type EventType
	// Types are several of which any will do.
	Types    []EventType
	UserID   ID
	ClientID string
	// Correlation is the reference that an error page shows.
	Correlation string
	Since       time.Time
	// Activity leaves out, of the events of UserID, what clients did with codes and tokens.
	// It is quick, however long the log is.
	Activity bool
	// Org selects what concerns the organisation.
	Org string
	// Actor selects who did it, exactly; Search what has the text in type, actor, address,
	// details or changed fields, regardless of the case of letters of ASCII, and what is by
	// or about somebody of Org who is called so.
	Actor  string
	Search string
	Until  time.Time // exclusive
	// Before goes on behind the event of that identifier: the next page.
	Before ID
	Limit  int // newest first; zero means 100
}
