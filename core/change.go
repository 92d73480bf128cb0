package core

import "time"

// Change is one thing that happens to the stored state. A decision gives a list
// of them; the store applies a list in one transaction, all or nothing, and
// answers when it is on disk. The types below are the only ones.
type Change interface{ change() }

// Kind says what has a version: when it was last changed.
type Kind string

// All kinds.
const (
	KindOfOrganisation   Kind = "organisation"
	KindOfUser           Kind = "user"
	KindOfGroup          Kind = "group"
	KindOfClient         Kind = "client"
	KindOfServiceAccount Kind = "service account"
	KindOfInstance       Kind = "plugin instance" // a connector's too
)

// Failures counts failed sign-ins under one key of the throttle.
type Failures struct {
	Key    string // "account:<user id>", "name:<hash of the folded name>", "ip:<prefix>"
	Count  int
	LastAt time.Time
}

type (
	// SaveRequest inserts the authorization request or replaces it.
	SaveRequest struct{ Request AuthRequest }
	// FinishRequest deletes an authorization request. ErrConflict if it is gone:
	// somebody else finished it.
	FinishRequest struct{ ID ID }

	// StartSession inserts a session, notes the user's last sign-in, and ends the
	// session Replaces, if any, without touching its grants. If that is of the same user,
	// the end of the new session will be the end of it for its clients; if it is of
	// another, notices for its clients are laid out now. With Continues it is an
	// ErrConflict unless Replaces still lives: the new session stands on its sign-in.
	StartSession struct {
		Session   Session
		Replaces  ID
		Continues bool
	}
	// EndSession ends a session, revokes its grants and those of the sessions that it
	// took the place of, and lays out notices for their clients. One that is gone stays
	// gone; with UserID, ErrNotFound unless there is such a session of that user.
	EndSession struct {
		ID     ID
		UserID ID
		At     time.Time
	}
	// EndSessions ends all sessions of a user but Except, revokes all grants of the
	// user, and lays out notices for the clients of the sessions that ended.
	EndSessions struct {
		UserID ID
		Except ID
		At     time.Time
	}

	// SaveConsent inserts or replaces.
	SaveConsent struct{ Consent Consent }
	// WithdrawConsent deletes the consent and revokes the grants it stood for.
	WithdrawConsent struct {
		UserID   ID
		ClientID string
		At       time.Time
	}

	// IssueCode inserts a grant with its unused code. ErrConflict if its session
	// has ended.
	IssueCode struct{ Grant Grant }
	// AddGrant inserts a grant of a client to itself: it has no user, no session and
	// no code. ErrNotFound if there is no such client.
	AddGrant struct{ Grant Grant }
	// RedeemCode marks the code used. ErrConflict if it was used or the grant
	// was revoked, so that of many redemptions one succeeds.
	RedeemCode struct {
		GrantID ID
		At      time.Time
	}
	// RevokeGrant revokes; a grant that is revoked stays as it is.
	RevokeGrant struct {
		ID     ID
		At     time.Time
		Reason string
	}
	// AddAccess inserts an access token.
	AddAccess struct{ Token AccessToken }
	// DeleteAccess deletes an access token; one that is gone stays so.
	DeleteAccess struct{ ID ID }
	// AddRefresh inserts a refresh token.
	AddRefresh struct{ Token RefreshToken }
	// RotateRefresh marks a refresh token used. ErrConflict if it was used or
	// its grant was revoked.
	RotateRefresh struct {
		ID        ID
		Successor ID
		At        time.Time
	}

	// CountFailure adds one failed sign-in to each key, atomically. A count whose
	// last failure is older than Window starts again at one.
	CountFailure struct {
		Keys   []string
		At     time.Time
		Window time.Duration
	}
	// ClearFailures forgets the key.
	ClearFailures struct{ Key string }

	// UseAssertion notes that what a client signed to prove itself was used. It is a
	// ConflictError if it was used before and has not been swept since it expired, so
	// that of many uses one succeeds.
	UseAssertion struct {
		Hash      Hash // see [AssertionHash]
		ExpiresAt time.Time
	}

	// Record adds an audit event, and lays it out for each plugin that is bound to
	// event.sink/v1 once the whole list is applied. One that says no organisation is of
	// that of its user, else of that of its client, if they are there.
	Record struct{ Event Event }
	// EndDelivery takes an event out of the queue of a plugin, if it is there: it was
	// delivered or given up.
	EndDelivery struct{ ID int64 }
	// PutOffDelivery gives an event that was claimed back to its queue, if it is still
	// there. A zero NextAt puts it where it was before it was ever tried.
	PutOffDelivery struct {
		ID       int64
		Failures int
		NextAt   time.Time
	}

	// EndNotice takes a notice of the end of a session away, if it is there: it was
	// delivered or given up.
	EndNotice struct{ ID int64 }
	// PutOffNotice gives a notice that was claimed back, if it is still there. A zero
	// NextAt puts it where it was before it was ever tried.
	PutOffNotice struct {
		ID       int64
		Failures int
		NextAt   time.Time
	}

	// CreateOrganisation inserts. ConflictError if the name is taken.
	CreateOrganisation struct{ Organisation Organisation }
	// UpdateOrganisation replaces. ErrNotFound if there is none; ErrStale unless it was
	// last changed at Was, if that is given.
	UpdateOrganisation struct {
		Organisation Organisation
		Was          time.Time
	}
	// DeleteOrganisation deletes it with everything that belongs to it: users, groups,
	// clients, connectors, service accounts, roles, tokens, and mails that wait. Sessions end,
	// and notices for their clients are laid out. The plugin instances of its connectors stay.
	// ErrNotFound.
	DeleteOrganisation struct {
		Name string
		At   time.Time
	}

	// CreateUser inserts, without groups. ConflictError if the name or the e-mail
	// address is taken, or if the name is somebody's e-mail address or the other
	// way round: both are typed into the same field.
	CreateUser struct{ User User }
	// UpdateUser replaces everything but password, groups and last sign-in.
	// ErrNotFound, ConflictError; ErrStale unless it was last changed at Was, if that is
	// given.
	UpdateUser struct {
		User User
		Was  time.Time
	}
	// SetProfile replaces the profile alone, so that what an administrator changes
	// meanwhile stays changed. ErrNotFound if there is no user.
	SetProfile struct {
		UserID  ID
		Profile Profile
		At      time.Time
	}
	// SetEmail replaces the address, if it is still Was, and says whether it is verified.
	// ErrNotFound; ErrConflict if it is another one by now; ConflictError if Email is
	// somebody's.
	SetEmail struct {
		UserID     ID
		Was, Email string
		Verified   bool
		At         time.Time
	}
	// SetPassword replaces the password hash. ErrNotFound if there is no user.
	SetPassword struct {
		UserID ID
		Hash   string
		At     time.Time
	}
	// KeepPassword changes nothing. ErrConflict if the password of the user was not set at
	// that moment, but since: what was proved with the old one is worth nothing.
	KeepPassword struct {
		UserID ID
		At     time.Time
	}
	// DeleteUser deletes the user with sessions, consents, grants, roles and tokens, and with
	// mails that wait, but for those that tell what was done to the account.
	DeleteUser struct{ ID ID }

	// KeepAdministrator changes nothing. ErrConflict if, after the changes before it, no user
	// who may sign in owns this server: of two who take the last two owners away at once, one
	// is refused.
	KeepAdministrator struct{}

	// CreateGroup inserts. ConflictError if the name is taken.
	CreateGroup struct{ Group Group }
	// UpdateGroup replaces. ErrNotFound, ConflictError; ErrStale unless it was last changed
	// at Was, if that is given. The organisation stays. A new name goes wherever the group is
	// named: with its members, at clients, in links and in the rules of its organisation.
	UpdateGroup struct {
		Group Group
		Was   time.Time
	}
	// DeleteGroup deletes the group and its memberships.
	DeleteGroup struct{ ID ID }
	// AddMember adds; a member stays one.
	AddMember struct{ GroupID, UserID ID }
	// RemoveMember removes. ErrNotFound if the user is no member.
	RemoveMember struct{ GroupID, UserID ID }
	// TouchGroup says that the group is another one than before, as it is when its members
	// are: it was last changed at At, or right behind the last change where that was later.
	// It stands beside AddMember and RemoveMember. ErrNotFound; ErrStale unless the group was
	// last changed at Was, if that is given.
	TouchGroup struct {
		ID      ID
		Was, At time.Time
	}

	// CreateClient inserts. ConflictError if the name or the id is taken.
	CreateClient struct{ Client Client }
	// UpdateClient replaces. ErrNotFound, ConflictError. With Held it only replaces a
	// client that is managed by that registration access token: ErrConflict if it is
	// gone or has got another one since. ErrStale unless it was last changed at Was, if that
	// is given.
	UpdateClient struct {
		Client Client
		Held   Hash
		Was    time.Time
	}
	// DeleteClient deletes the client with consents, grants, tokens and bindings.
	DeleteClient struct{ ID string }

	// KeepVersion changes nothing. ErrStale unless the object was last changed at Was,
	// ErrNotFound if it is gone: what was decided about one state of it is not done to
	// another, and what an event says was before it is what was there. ID is what the kind
	// is known by.
	KeepVersion struct {
		Kind Kind
		ID   string
		Was  time.Time
	}
	// KeepRole changes nothing. ErrStale unless that is the role that the holder has for
	// Org, empty if it is none.
	KeepRole struct {
		Holder ID
		Org    string
		Role   Role
	}

	// GrantRole gives a role, in the place of another that the holder has for that Org.
	// ErrNotFound if there is no such holder or organisation.
	GrantRole struct{ Grant RoleGrant }
	// RevokeRole takes it away. ErrNotFound.
	RevokeRole struct {
		Holder ID
		Org    string
	}
	// CreateServiceAccount inserts. ConflictError if the name is taken, ErrNotFound if there
	// is no such organisation.
	CreateServiceAccount struct{ Account ServiceAccount }
	// UpdateServiceAccount replaces. ErrNotFound, ConflictError; ErrStale unless it was last
	// changed at Was, if that is given.
	UpdateServiceAccount struct {
		Account ServiceAccount
		Was     time.Time
	}
	// DeleteServiceAccount deletes it with its tokens and roles. ErrNotFound.
	DeleteServiceAccount struct{ ID ID }
	// AddAPIToken inserts. ErrNotFound if there is no such holder, ErrLimit beyond
	// [MaxAPITokens] of one.
	AddAPIToken struct{ Token APIToken }
	// UseAPIToken notes a use; one that is gone stays gone.
	UseAPIToken struct {
		ID ID
		At time.Time
	}
	// DeleteAPIToken deletes one of the holder's. ErrNotFound.
	DeleteAPIToken struct{ Holder, ID ID }
	// BeginAnswer notes that a request is being carried out, by who has the claim.
	// ErrConflict if its key is there and has not expired at CreatedAt.
	BeginAnswer struct{ Answered Answered }
	// TakeAnswer gives a request of which nothing is done another claim, in the place of one
	// whose holder is gone. ErrConflict unless it has that one and nothing is done.
	TakeAnswer struct {
		Key        Hash
		Was, Claim ID
		At         time.Time
	}
	// CarryOut notes, with the changes that are the request, that it is carried out. ErrTaken
	// unless it has that claim and no answer: so it is carried out once, whoever lives.
	CarryOut struct {
		Key   Hash
		Claim ID
	}
	// EndAnswer keeps its answer. ErrNotFound unless it has that claim and no answer.
	EndAnswer struct{ Answered Answered }
	// DropAnswer forgets a request. ErrNotFound unless it has that claim and nothing is done.
	DropAnswer struct {
		Key   Hash
		Claim ID
	}

	// AddDeviceGrant inserts. ErrConflict if another one that lives has the user code.
	AddDeviceGrant struct{ Grant DeviceGrant }
	// DecideDeviceGrant keeps what the person said: State, GrantedScopes, SessionID and
	// UserID of Grant. ErrConflict unless it is pending and has not expired at At.
	DecideDeviceGrant struct {
		Grant DeviceGrant
		At    time.Time
	}
	// PollDeviceGrant notes that the program asked, and how long it must wait from now on.
	PollDeviceGrant struct {
		ID       ID
		At       time.Time
		Interval time.Duration
	}
	// FinishDeviceGrant deletes it. ErrConflict if it is gone: a code is used once.
	FinishDeviceGrant struct{ ID ID }

	// AddInitial inserts an initial access token. ErrNotFound if there is no such
	// organisation.
	AddInitial struct{ Token InitialToken }
	// UseInitial counts one use. ErrConflict if the token is gone, expired or used up.
	UseInitial struct {
		ID ID
		At time.Time
	}
	// DeleteInitial deletes it. ErrNotFound.
	DeleteInitial struct{ ID ID }

	// AddModule inserts an installed module with its bytes; one that is there
	// already gets another source, signer and pin alone.
	AddModule struct {
		Module PluginModule
		Code   []byte
	}
	// DeleteModule deletes a module that no instance runs, with its releases.
	// ErrNotFound, ConflictError.
	DeleteModule struct{ Digest string }
	// AddRelease notes that the module is the one to run for the plugin.
	// ErrNotFound if there is no such module.
	AddRelease struct{ Release PluginRelease }
	// DeleteReleases forgets all releases of a plugin; there need not be any.
	DeleteReleases struct{ Plugin string }
	// ReloadPlugins makes every server load all modules anew.
	ReloadPlugins struct{}

	// SaveInstance inserts a plugin instance or replaces its module, settings,
	// grants and limits; its secrets stay. With Was it only replaces: ErrNotFound if it
	// is gone, ErrStale unless it was last changed then, so that no grant is lost or comes
	// back when two save at once. With New it only inserts: ConflictError if the name is
	// taken. Secrets and bindings are changes of it too: they move on when it was last
	// changed.
	SaveInstance struct {
		Instance PluginInstance
		Was      time.Time
		New      bool
	}
	// SaveSecret inserts or replaces a secret of an instance. ErrNotFound if there
	// is no instance.
	SaveSecret struct {
		Instance string
		Secret   PluginSecret
	}
	// DeleteSecret deletes it. ErrNotFound.
	DeleteSecret struct{ Instance, Name string }
	// PutValue keeps a value for an instance until it expires. With IfAbsent it is
	// a ConflictError if the key is there and has not expired at At. ErrNotFound if
	// there is no instance, ErrLimit if it has too many values.
	PutValue struct {
		Instance, Key, Value string
		At, ExpiresAt        time.Time
		IfAbsent             bool
	}
	// DeleteValue deletes a value; there need not be one.
	DeleteValue struct{ Instance, Key string }
	// DeleteInstance deletes an instance with its bindings, secrets and values.
	DeleteInstance struct{ Name string }
	// AddBinding inserts. ConflictError if the instance is bound to that hook
	// and client already.
	AddBinding struct{ Binding PluginBinding }
	// RemoveBinding deletes. ErrNotFound if there is none.
	RemoveBinding struct{ ID ID }

	// SaveConnector inserts the connector or replaces it. ErrNotFound if there is no
	// such instance or organisation; ConflictError if another connector of the
	// organisation has one of its domains. A connector has the version of its instance, so
	// it moves on when that was last changed, as DeleteConnector does.
	SaveConnector struct{ Connector Connector }
	// DeleteConnector deletes it with its links and attempts; the instance stays.
	// ErrNotFound.
	DeleteConnector struct{ Instance string }

	// SaveAttempt inserts an upstream attempt.
	SaveAttempt struct{ Attempt UpstreamAttempt }
	// HoldCallback keeps a posted callback. ErrConflict if the attempt is gone or has
	// one already.
	HoldCallback struct {
		ID   ID
		Held []byte
	}
	// FinishAttempt deletes an attempt. ErrConflict if it is gone: state is used once.
	FinishAttempt struct{ ID ID }
	// SaveLink inserts a link or replaces that of the connector and subject. The groups
	// of Link are those that the user is a member of because of it: groups that are not
	// there are made, in the user's organisation, memberships of names that the link
	// had before and has no more are ended. ErrConflict if the link is another user's;
	// ErrNotFound if there is no such user.
	SaveLink struct{ Link Link }
	// DeleteLink deletes a link of the user, and the memberships that it gave.
	// ErrNotFound; with KeepWayIn, ErrConflict if the user had no password, passkey or
	// other link left.
	DeleteLink struct {
		UserID             ID
		Connector, Subject string
		KeepWayIn          bool
	}

	// AddAuthenticator inserts. ErrNotFound if there is no such user; ConflictError if the
	// handle is somebody's already; ErrLimit beyond [MaxAuthenticators] of a user.
	AddAuthenticator struct{ Authenticator Authenticator }
	// UseAuthenticator notes a use. ErrConflict if it is gone, or if Counter is not greater
	// than the one that is stored: of two uses of a code, or of a copied key, one succeeds.
	// A counter of 0 where 0 is stored is that of a passkey that does not count. Data
	// replaces what is stored, unless it is nil.
	UseAuthenticator struct {
		ID      ID
		Counter int64
		Data    []byte
		At      time.Time
	}
	// RenameAuthenticator renames one of the user's. ErrNotFound.
	RenameAuthenticator struct {
		UserID, ID ID
		Name       string
	}
	// DeleteAuthenticator deletes one of the user's. ErrNotFound; with KeepWayIn,
	// ErrConflict if the user had no password, passkey or link left.
	DeleteAuthenticator struct {
		UserID, ID ID
		KeepWayIn  bool
	}
	// DeleteAuthenticators deletes all of the user's, recovery codes and remembered
	// devices too.
	DeleteAuthenticators struct{ UserID ID }
	// SetRecoveryCodes replaces all codes of the user.
	SetRecoveryCodes struct {
		UserID ID
		Hashes []Hash
		At     time.Time
	}
	// UseRecoveryCode marks a code used. ErrConflict if it is gone or was used.
	UseRecoveryCode struct {
		UserID ID
		Hash   Hash
		At     time.Time
	}

	// AddDevice inserts a remembered device. ErrNotFound if there is no such user.
	AddDevice struct{ Device Device }
	// UseDevice notes a use; a device that is gone stays gone.
	UseDevice struct {
		ID ID
		At time.Time
	}
	// DeleteDevice deletes one of the user's. ErrNotFound.
	DeleteDevice struct{ UserID, ID ID }
	// DeleteDevices deletes all of the user's; there need not be any.
	DeleteDevices struct{ UserID ID }

	// SaveTicket inserts a ticket. Others of the same purpose end: if it has a code, those
	// with one that the same browser asked for; else those of the same user, or without a
	// user of the same organisation and address. ErrNotFound if there is no such user.
	SaveTicket struct{ Ticket Ticket }
	// UseTicket deletes a ticket. ErrConflict if it is gone: it is used once.
	UseTicket struct{ ID ID }
	// MissTicket counts a wrong code, and deletes the ticket with the last of Most.
	// ErrConflict if it is gone.
	MissTicket struct {
		ID   ID
		Most int
	}
	// DeleteTickets deletes the tickets of a user, of a purpose, or of all if it is empty.
	DeleteTickets struct {
		UserID  ID
		Purpose TicketPurpose
	}

	// SendMail queues a mail. EndMail takes it out: it was sent or given up. PutOffMail
	// gives one that was claimed back.
	SendMail   struct{ Mail Mail }
	EndMail    struct{ ID ID }
	PutOffMail struct {
		ID       ID
		Failures int
		NextAt   time.Time
	}

	// SetAvatar replaces the picture of a user. ErrNotFound.
	SetAvatar struct{ Avatar Avatar }
	// DeleteAvatar deletes it; there need not be one.
	DeleteAvatar struct{ UserID ID }

	// AddKey inserts a signing key.
	AddKey struct{ Key SigningKey }
	// RetireKey says when a signing key ends to sign. ErrConflict if it is gone, or ends
	// no later already: of two that replace it, one wins.
	RetireKey struct {
		ID string
		At time.Time
	}
	// DeleteKey deletes a signing key: nothing that it signed is trusted any more.
	// ErrNotFound.
	DeleteKey struct{ ID string }

	// OpenSetup stores the hash of the one-time set-up link, replacing an older.
	OpenSetup struct {
		Hash Hash
		At   time.Time
	}
	// CloseSetup ends set-up. ErrConflict if it is closed: of two requests that
	// race for the first administrator, one wins.
	CloseSetup struct{ At time.Time }
)

func (SaveRequest) change()          {}
func (FinishRequest) change()        {}
func (StartSession) change()         {}
func (EndSession) change()           {}
func (EndSessions) change()          {}
func (SaveConsent) change()          {}
func (WithdrawConsent) change()      {}
func (IssueCode) change()            {}
func (AddGrant) change()             {}
func (RedeemCode) change()           {}
func (RevokeGrant) change()          {}
func (AddAccess) change()            {}
func (DeleteAccess) change()         {}
func (AddRefresh) change()           {}
func (RotateRefresh) change()        {}
func (CountFailure) change()         {}
func (ClearFailures) change()        {}
func (SaveConnector) change()        {}
func (DeleteConnector) change()      {}
func (SaveAttempt) change()          {}
func (HoldCallback) change()         {}
func (FinishAttempt) change()        {}
func (SaveLink) change()             {}
func (DeleteLink) change()           {}
func (UseAssertion) change()         {}
func (Record) change()               {}
func (EndDelivery) change()          {}
func (PutOffDelivery) change()       {}
func (EndNotice) change()            {}
func (PutOffNotice) change()         {}
func (CreateOrganisation) change()   {}
func (UpdateOrganisation) change()   {}
func (CreateUser) change()           {}
func (UpdateUser) change()           {}
func (SetProfile) change()           {}
func (SetEmail) change()             {}
func (SetPassword) change()          {}
func (KeepPassword) change()         {}
func (DeleteUser) change()           {}
func (KeepAdministrator) change()    {}
func (KeepVersion) change()          {}
func (KeepRole) change()             {}
func (CreateGroup) change()          {}
func (DeleteGroup) change()          {}
func (AddMember) change()            {}
func (RemoveMember) change()         {}
func (TouchGroup) change()           {}
func (CreateClient) change()         {}
func (UpdateClient) change()         {}
func (DeleteClient) change()         {}
func (AddInitial) change()           {}
func (UseInitial) change()           {}
func (DeleteInitial) change()        {}
func (AddModule) change()            {}
func (DeleteModule) change()         {}
func (AddRelease) change()           {}
func (DeleteReleases) change()       {}
func (ReloadPlugins) change()        {}
func (SaveInstance) change()         {}
func (SaveSecret) change()           {}
func (DeleteSecret) change()         {}
func (PutValue) change()             {}
func (DeleteValue) change()          {}
func (DeleteInstance) change()       {}
func (AddBinding) change()           {}
func (RemoveBinding) change()        {}
func (AddAuthenticator) change()     {}
func (UseAuthenticator) change()     {}
func (RenameAuthenticator) change()  {}
func (DeleteAuthenticator) change()  {}
func (DeleteAuthenticators) change() {}
func (SetRecoveryCodes) change()     {}
func (UseRecoveryCode) change()      {}
func (AddDevice) change()            {}
func (UseDevice) change()            {}
func (DeleteDevice) change()         {}
func (DeleteDevices) change()        {}
func (SaveTicket) change()           {}
func (UseTicket) change()            {}
func (MissTicket) change()           {}
func (DeleteTickets) change()        {}
func (SendMail) change()             {}
func (EndMail) change()              {}
func (PutOffMail) change()           {}
func (SetAvatar) change()            {}
func (DeleteAvatar) change()         {}
func (AddKey) change()               {}
func (RetireKey) change()            {}
func (DeleteKey) change()            {}
func (OpenSetup) change()            {}
func (CloseSetup) change()           {}
func (DeleteOrganisation) change()   {}
func (UpdateGroup) change()          {}
func (GrantRole) change()            {}
func (RevokeRole) change()           {}
func (CreateServiceAccount) change() {}
func (UpdateServiceAccount) change() {}
func (DeleteServiceAccount) change() {}
func (AddAPIToken) change()          {}
func (UseAPIToken) change()          {}
func (DeleteAPIToken) change()       {}
func (BeginAnswer) change()          {}
func (TakeAnswer) change()           {}
func (CarryOut) change()             {}
func (EndAnswer) change()            {}
func (DropAnswer) change()           {}
func (AddDeviceGrant) change()       {}
func (DecideDeviceGrant) change()    {}
func (PollDeviceGrant) change()      {}
func (FinishDeviceGrant) change()    {}
