package web

import "time"

// Person is what all account pages have: who is signed in, and what was done just now.
type Person struct {
	Name    string // display name
	Login   string
	Picture string // "/avatar/ID", or empty
	// Action is where the forms of the page are sent, with step and an action.
	Action string
	Step   string
	// Logout is where the form that signs out is sent.
	Logout string
	// ConsoleURL leads administrators to their pages; empty for who is none.
	ConsoleURL string
	// Notice says what was done just now, Problem what could not be done, and why.
	Notice  string
	Problem string
}

// Profile is who the person is, and how they like the pages: the home of the account. Its
// actions are "profile" (with the fields), "picture" (multipart, file field "picture"),
// "picture_remove", "verify" (sends a mail) and "settings" (locale, appearance).
type Profile struct {
	Person
	Organisation string // display name
	Email        string
	Verified     bool
	CanVerify    bool   // a mail can be sent
	EmailURL     string // where it is changed; empty: it cannot be
	Since        time.Time
	// Locked says that somebody else manages the fields: they are shown only.
	Locked bool
	// Fields, as typed: the names are those of the claims (OpenID Connect Core section 5.1).
	FullName   string // "name"
	GivenName  string // "given_name"
	FamilyName string // "family_name"
	Nickname   string // "nickname"
	Website    string // "website"
	Phone      string // "phone_number"
	Birthdate  string // "birthdate", YYYY-MM-DD
	// Locale is the tag of the chosen language, or empty: as the browser says. Appearance
	// is "light", "dark" or empty.
	Locale     string
	Languages  []Language
	Appearance string
	Problems   map[string]string // by field, also "picture"; "" for the form
}

// Language is one that pages exist in.
type Language struct {
	Tag  string // "de"
	Name string // in itself: "Deutsch"
}

// Security is what somebody signs in with. Its actions are "rename" and "remove" (with
// "id" of an authenticator; rename with "name"), "codes" (new recovery codes),
// "codes_remove", "forget" (with "id" of a browser) and "forget_all". Links are unlinked and
// linked by forms of their own.
type Security struct {
	Person
	Passkeys []Authenticator
	Apps     []Authenticator
	// AddPasskeyURL, AddAppURL and PasswordURL are where one is added, or the password set;
	// empty where that is not allowed.
	AddPasskeyURL string
	AddAppURL     string
	PasswordURL   string
	Password      bool // there is one
	PasswordAt    time.Time
	// Codes are the recovery codes that are left, CodesMade says that there were any.
	// CanMakeCodes offers new ones.
	Codes        int
	CodesMade    bool
	CanMakeCodes bool
	// Links are accounts elsewhere, Offers those that may be linked.
	Links        []Link
	UnlinkAction string
	Offers       []Offer
	LinkAction   string
	Browsers     []Browser // that are not asked for a second factor
	Signal       *Signal   // nil: browsers are told nothing
}

// Authenticator is a passkey or an app.
type Authenticator struct {
	ID         string
	Name       string
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never
	// Only says that it is the only way in: it cannot be removed.
	Only bool
	// Wrong is what was wrong with the name that was typed for it, Typed that name.
	Wrong string
	Typed string
}

// Signal tells the browser which passkeys there are, so that it offers no others, and how
// the person is called (WebAuthn Level 3 section 5.1.10).
type Signal struct {
	RPID        string
	UserID      string   // base64url
	Credentials []string // base64url
	Name        string
	DisplayName string
}

// Browser is one that somebody trusted, or is signed in with.
type Browser struct {
	ID   string
	Name string // "Firefox on Linux", or empty where it is not known
	IP   string
	// At is when the person trusted it, or signed in with it; LastUsedAt may be zero.
	At         time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
	Current    bool // it is this one
}

// Sessions are the browsers that the person is signed in with. Its actions are "end" (with
// "id") and "end_others".
type Sessions struct {
	Person
	Sessions []Browser // this one first
}

// Applications are those that have access to something of the person. Its action is
// "withdraw" (with "client_id").
type Applications struct {
	Person
	Applications []Application
}

// Application is one that has access.
type Application struct {
	ClientID   string
	Client     Client
	Since      time.Time
	LastUsedAt time.Time // zero: not known
	Scopes     []Scope
}

// Activity is what happened to the account, newest first.
type Activity struct {
	Person
	Happenings []Happening
	MoreURL    string // where older ones are, or empty
}

// Happening is one thing that happened.
type Happening struct {
	At time.Time
	// Type is that of an audit event: one that [Tells] knows.
	Type string
	// What it is about: the name of a client, an authenticator or an address; may be empty.
	What    string
	Browser string // "Firefox on Linux", or empty
	IP      string
	// ByOther says that it was done by an administrator.
	ByOther bool
}

// Data is where a person takes what is known about them, or goes. Its action is "export".
type Data struct {
	Person
	// DeleteURL leads to the deletion of the account; empty: somebody else manages it.
	DeleteURL string
}

// DeleteAccount asks once more. Its action is "delete", with the login name in "confirm".
type DeleteAccount struct {
	Person
	// What goes with it.
	Sessions     int
	Applications int
	Passkeys     int
	Links        int
	Problems     map[string]string // by field: "confirm"; "" for the form
	BackURL      string
}

// EmailChange asks for another address. Its action is "email", with "email".
type EmailChange struct {
	Person
	Email    string            // that it is now
	New      string            // as typed
	Problems map[string]string // by field: "email"; "" for the form
	BackURL  string
}

func (Profile) template() string       { return "profile" }
func (Security) template() string      { return "security" }
func (Sessions) template() string      { return "sessions" }
func (Applications) template() string  { return "applications" }
func (Activity) template() string      { return "activity" }
func (Data) template() string          { return "data" }
func (DeleteAccount) template() string { return "deleteaccount" }
func (EmailChange) template() string   { return "emailchange" }

func (p Profile) title(l *Locale) string {
	return p.titled(l, l.Text("account.profile_title"), p.Problems)
}
func (p Security) title(l *Locale) string { return p.titled(l, l.Text("account.security_title"), nil) }
func (p Sessions) title(l *Locale) string { return p.titled(l, l.Text("account.sessions_title"), nil) }
func (p Applications) title(l *Locale) string {
	return p.titled(l, l.Text("account.applications_title"), nil)
}
func (p Activity) title(l *Locale) string { return p.titled(l, l.Text("account.activity_title"), nil) }
func (p Data) title(l *Locale) string     { return p.titled(l, l.Text("account.data_title"), nil) }
func (p DeleteAccount) title(l *Locale) string {
	return p.titled(l, l.Text("account.delete_title"), p.Problems)
}
func (p EmailChange) title(l *Locale) string {
	return p.titled(l, l.Text("account.email_title"), p.Problems)
}

func (p Person) titled(l *Locale, title string, problems map[string]string) string {
	return titled(l, title, p.Problem != "" || len(problems) > 0)
}

// section is a part of the account, in the navigation.
type section struct {
	URL, Label, Icon string
	Here             bool
}

// sections are the parts of the account; the one that the page belongs to is marked.
func sections(page Page) []section {
	all := []section{
		{URL: "/account", Label: "account.nav_profile", Icon: "profile"},
		{URL: "/account/security", Label: "account.nav_security", Icon: "security"},
		{URL: "/account/sessions", Label: "account.nav_sessions", Icon: "sessions"},
		{URL: "/account/applications", Label: "account.nav_applications", Icon: "applications"},
		{URL: "/account/activity", Label: "account.nav_activity", Icon: "activity"},
		{URL: "/account/data", Label: "account.nav_data", Icon: "data"},
	}
	here := page.template()
	switch page.(type) {
	case DeleteAccount:
		here = "data"
	case EmailChange:
		here = "profile"
	}
	for i := range all {
		all[i].Here = all[i].Icon == here
	}
	return all
}

// happenings are the messages of what can happen to an account, by type of audit event:
// the first one is used where it is known what it is about, the second one where not.
func happenings() map[string][2]string {
	return map[string][2]string{
		"signin.succeeded":      {"account.event_signed_in_to", "account.event_signed_in"},
		"signin.failed":         {"account.event_signin_failed", "account.event_signin_failed"},
		"signin.throttled":      {"account.event_throttled", "account.event_throttled"},
		"signout":               {"account.event_signed_out", "account.event_signed_out"},
		"consent.given":         {"account.event_consent_of", "account.event_consent"},
		"consent.withdrawn":     {"account.event_withdrawn_of", "account.event_withdrawn"},
		"account.linked":        {"account.event_linked_to", "account.event_linked"},
		"account.unlinked":      {"account.event_unlinked_from", "account.event_unlinked"},
		"user.password_set":     {"account.event_password", "account.event_password"},
		"authenticator.added":   {"account.event_authenticator_added_named", "account.event_authenticator_added"},
		"authenticator.removed": {"account.event_authenticator_removed_named", "account.event_authenticator_removed"},
		"recovery_codes.made":   {"account.event_codes_made", "account.event_codes_made"},
		"recovery_codes.used":   {"account.event_code_used", "account.event_code_used"},
		"device.trusted":        {"account.event_trusted", "account.event_trusted"},
		"device.forgotten":      {"account.event_forgotten", "account.event_forgotten"},
		"ticket.sent":           {"account.event_mail_to", "account.event_mail"},
		"ticket.used":           {"account.event_mail_used", "account.event_mail_used"},
		"setup.done":            {"account.event_setup", "account.event_setup"},
		"user.created":          {"account.event_created_with", "account.event_created"},
		"user.invited":          {"account.event_invited", "account.event_invited"},
		"user.registered":       {"account.event_registered", "account.event_registered"},
		"user.email_changed":    {"account.event_email_changed_to", "account.event_email_changed"},
		"user.email_verified":   {"account.event_email_verified_of", "account.event_email_verified"},
		"user.profile_changed":  {"account.event_profile", "account.event_profile"},
		"user.updated":          {"account.event_updated_from", "account.event_updated"},
		"user.data_exported":    {"account.event_exported", "account.event_exported"},
		"user.disabled":         {"account.event_disabled", "account.event_disabled"},
		"user.enabled":          {"account.event_enabled", "account.event_enabled"},
		"group.member_added":    {"account.event_group_added_to", "account.event_group_added"},
		"group.member_removed":  {"account.event_group_removed_from", "account.event_group_removed"},
		"token.reuse_detected":  {"account.event_reuse_of", "account.event_reuse"},
	}
}

// byOthers are those of what people do themselves as a rule, where somebody else did it.
func byOthers() map[string][2]string {
	return map[string][2]string{
		"signout":           {"account.event_ended", "account.event_ended"},
		"consent.withdrawn": {"account.event_withdrawn_other_of", "account.event_withdrawn_other"},
		"ticket.sent":       {"account.event_mail_to", "account.event_link_made"}, // it may have been handed over
	}
}

// Tells reports whether [Activity] has words for a type of audit event.
func Tells(eventType string) bool { return happenings()[eventType][0] != "" }

// Key is the message of what happened; it takes "what".
func (h Happening) Key() string {
	keys, known := happenings()[h.Type]
	if others, differ := byOthers()[h.Type]; differ && h.ByOther {
		keys = others
	}
	switch {
	case !known:
		return "account.event_other"
	case h.What == "":
		return keys[1]
	}
	return keys[0]
}
