package core

import (
	"strings"
	"time"
)

// DefaultOrganisation is the one that every new directory has.
const DefaultOrganisation = "built-in"

// Organisation groups users and clients. A client signs in the people of its
// own organisation unless it is shared.
type Organisation struct {
	Name        string // key: lower-case letters, digits and hyphens
	DisplayName string
	WebsiteURL  string
	Logo        string
	Favicon     string
	Disabled    bool
	Rules       OrgRules
	Theme       Theme
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// User is a person who can sign in.
type User struct {
	ID            ID     // the subject of tokens
	Org           string // name of the organisation
	Name          string // login name as typed at creation; unique in Org regardless of case
	Email         string // empty, or unique in Org regardless of case
	EmailVerified bool
	PasswordHash  string // names its scheme: Argon2id, or what was moved in; empty means that no password works
	Admin         bool   // may administer this server
	Disabled      bool
	Profile       Profile
	Attributes    map[string]string // free properties, for plugins
	Groups        []string          // names, sorted; read with the user, changed by AddMember and RemoveMember
	CreatedAt     time.Time
	UpdatedAt     time.Time
	PasswordAt    time.Time // when the password was last set
	LastSignInAt  time.Time
	LastSignInIP  string
}

// Profile holds what is only shown, never decided upon. It is stored as one
// JSON document. The claim that a field feeds stands in its comment.
type Profile struct {
	DisplayName   string  `json:"display_name,omitempty"` // name
	GivenName     string  `json:"given_name,omitempty"`
	FamilyName    string  `json:"family_name,omitempty"`
	MiddleName    string  `json:"middle_name,omitempty"`
	Nickname      string  `json:"nickname,omitempty"`
	URL           string  `json:"profile,omitempty"` // profile
	Picture       string  `json:"picture,omitempty"`
	Website       string  `json:"website,omitempty"`
	Gender        string  `json:"gender,omitempty"`
	Birthdate     string  `json:"birthdate,omitempty"` // YYYY-MM-DD
	Zoneinfo      string  `json:"zoneinfo,omitempty"`
	Locale        string  `json:"locale,omitempty"` // BCP 47
	Phone         string  `json:"phone,omitempty"`  // phone_number
	PhoneVerified bool    `json:"phone_verified,omitempty"`
	CountryCode   string  `json:"country_code,omitempty"` // ISO 3166-1 alpha-2
	Region        string  `json:"region,omitempty"`
	Location      string  `json:"location,omitempty"`
	Address       Address `json:"address,omitzero"`
	Affiliation   string  `json:"affiliation,omitempty"`
	Title         string  `json:"title,omitempty"`
	Bio           string  `json:"bio,omitempty"`
	Tag           string  `json:"tag,omitempty"`
	Education     string  `json:"education,omitempty"`
	ExternalID    string  `json:"external_id,omitempty"`
	Appearance    string  `json:"appearance,omitempty"` // of pages here: light or dark; empty: as the browser says
}

// Address is the address claim (OpenID Connect Core section 5.1.1).
type Address struct {
	Street     string `json:"street_address,omitempty"` // lines separated by "\n"
	Locality   string `json:"locality,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// Lines gives the address as it is written on an envelope, without empty lines.
func (a Address) Lines() []string {
	var lines []string
	for line := range strings.SplitSeq(a.Street, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	city := strings.TrimSpace(a.PostalCode + " " + a.Locality)
	for _, line := range []string{city, a.Region, a.Country} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// DisplayName is what pages call the user: the full name, else the login name.
func (u *User) DisplayName() string {
	if u.Profile.DisplayName != "" {
		return u.Profile.DisplayName
	}
	return u.Name
}

// Group is a named set of users of one organisation.
type Group struct {
	ID          ID
	Org         string
	Name        string // unique in Org, exact
	DisplayName string
	ExternalID  string // of who provisions it by SCIM; empty, or unique in Org
	Members     int    // how many; read with the group
	CreatedAt   time.Time
	UpdatedAt   time.Time // of the group itself, not of who is in it
}

// FoldName gives the form in which login names and e-mail addresses are
// compared and throttled: surrounding space off, lower case.
func FoldName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// UserFilter selects users, in the order of their folded names and then of their
// identifiers; zero fields select everything.
type UserFilter struct {
	Org   string
	Group string // name
	// Search is part of a name, address or display name, regardless of case.
	Search     string
	ExternalID string // exact, see [Profile]
	Disabled   *bool
	// Admins selects who owns the server or has a role, of the server or of Org; without Org
	// of any organisation.
	Admins bool
	// After goes on behind the user of that folded name and identifier: the next page.
	After   string
	AfterID ID
	Limit   int // zero: all
	// Offset passes over so many of the selected of Org, which must be given: the page of
	// whoever counts. It takes longer the more there are before it; After does not.
	Offset int
}

// Counts are how many there are, of one organisation or of all.
type Counts struct {
	Users, DisabledUsers, Groups, Clients, Connectors, ServiceAccounts int
	// Sessions live now; SignIns and Failures are since a day.
	Sessions, SignIns, Failures int
	// TokensEnding are API tokens that end within [SoonEnding].
	TokensEnding int
	// Days are the last [CountedDays], the last of which is not over yet.
	Days []DayCount
}

// DayCount is how often people signed in on a day, and failed to.
type DayCount struct {
	Day               time.Time // its beginning, in UTC
	SignIns, Failures int
}

const (
	// CountedDays is how many days are counted one by one.
	CountedDays = 14
	// SoonEnding is how long before its end a token is said to end.
	SoonEnding = 14 * 24 * time.Hour
)

// Content is how many of a kind belong to something, and go when it is deleted.
type Content struct {
	What  string // in the plural: "users", "API tokens"
	Count int
}

// GroupFilter selects groups, in the order of their names; zero fields select everything.
type GroupFilter struct {
	Org        string
	Search     string // part of a name or display name, regardless of case
	ExternalID string // exact
	// After goes on behind the group of that name and identifier: the next page.
	After   string
	AfterID ID
	Limit   int // zero: all
	Offset  int // as of [UserFilter]
}

// ClientFilter selects clients, in the order of their folded names; zero fields select
// everything.
type ClientFilter struct {
	Org    string
	Search string // part of a name, display name or identifier, regardless of case
	// After goes on behind the client of that folded name and identifier: the next page.
	After   string
	AfterID string
	Limit   int // zero: all
}
