package api

import "time"

// User is a person who can sign in.
type User struct {
	ID             string            `json:"id" readOnly:"true" doc:"The subject of tokens."`
	Version        string            `json:"version" readOnly:"true" doc:"Changes with each change: what ETag has in quotes."`
	Organisation   string            `json:"organisation" readOnly:"true" doc:"Name of the organisation."`
	Name           string            `json:"name" doc:"Login name: 1 to 64 letters, digits and . _ - + @, unique in the organisation regardless of case."`
	Email          string            `json:"email" doc:"Empty, or unique in the organisation regardless of case."`
	EmailVerified  bool              `json:"email_verified" doc:"Whether somebody proved that the address is theirs."`
	Admin          bool              `json:"admin" doc:"Whether the user is an owner of the server."`
	Disabled       bool              `json:"disabled" readOnly:"true" doc:"Nobody who is disabled signs in. See the operations disable-user and enable-user."`
	HasPassword    bool              `json:"has_password" readOnly:"true"`
	Profile        Profile           `json:"profile"`
	Attributes     map[string]string `json:"attributes" doc:"Free properties, for plugins. At most 64."`
	Groups         []string          `json:"groups" readOnly:"true" doc:"Names of the groups. See the operations add-member and remove-member."`
	CreatedAt      time.Time         `json:"created_at" readOnly:"true"`
	UpdatedAt      time.Time         `json:"updated_at" readOnly:"true"`
	PasswordSetAt  time.Time         `json:"password_set_at,omitzero" readOnly:"true"`
	LastSignInAt   time.Time         `json:"last_sign_in_at,omitzero" readOnly:"true"`
	LastSignInFrom string            `json:"last_sign_in_from,omitempty" readOnly:"true" doc:"Address of the browser."`
}

// Profile is what is only shown about a person, never decided upon. Empty members are
// absent.
type Profile struct {
	DisplayName   string  `json:"display_name,omitempty"`
	GivenName     string  `json:"given_name,omitempty"`
	FamilyName    string  `json:"family_name,omitempty"`
	MiddleName    string  `json:"middle_name,omitempty"`
	Nickname      string  `json:"nickname,omitempty"`
	Profile       string  `json:"profile,omitempty" doc:"Address of a page about the person."`
	Picture       string  `json:"picture,omitempty" doc:"Address of a picture."`
	Website       string  `json:"website,omitempty"`
	Gender        string  `json:"gender,omitempty"`
	Birthdate     string  `json:"birthdate,omitempty" doc:"YYYY-MM-DD."`
	Zoneinfo      string  `json:"zoneinfo,omitempty" doc:"Europe/Berlin."`
	Locale        string  `json:"locale,omitempty" doc:"BCP 47."`
	Phone         string  `json:"phone,omitempty"`
	PhoneVerified bool    `json:"phone_verified,omitempty"`
	CountryCode   string  `json:"country_code,omitempty" doc:"ISO 3166-1 alpha-2."`
	Region        string  `json:"region,omitempty"`
	Location      string  `json:"location,omitempty"`
	Address       Address `json:"address,omitzero"`
	Affiliation   string  `json:"affiliation,omitempty"`
	Title         string  `json:"title,omitempty"`
	Bio           string  `json:"bio,omitempty"`
	Tag           string  `json:"tag,omitempty"`
	Education     string  `json:"education,omitempty"`
	ExternalID    string  `json:"external_id,omitempty" doc:"Of whoever provisions people."`
	Appearance    string  `json:"appearance,omitempty" doc:"Of pages here: light, dark, or as the browser says."`
}

// Address is a postal address (OpenID Connect Core section 5.1.1).
type Address struct {
	Street     string `json:"street_address,omitempty" doc:"Lines separated by \\n."`
	Locality   string `json:"locality,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// NewUser is a user to be made.
type NewUser struct {
	Organisation  string            `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name          string            `json:"name"`
	Email         string            `json:"email,omitempty"`
	EmailVerified bool              `json:"email_verified,omitempty"`
	Admin         bool              `json:"admin,omitempty"`
	Disabled      bool              `json:"disabled,omitempty"`
	Password      string            `json:"password,omitempty" writeOnly:"true" doc:"Without one no password signs the user in."`
	Profile       Profile           `json:"profile,omitzero"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	Groups        []string          `json:"groups,omitempty" doc:"Names. Groups that do not exist are made."`
}

// CreatedUser is a user that was made.
type CreatedUser struct {
	User      User     `json:"user"`
	NewGroups []string `json:"new_groups" doc:"Groups that did not exist before."`
}

// NewInvitation is a user to be made, who chooses password or passkey on a page.
type NewInvitation struct {
	User NewUser `json:"user" doc:"Without a password."`
	// ByHand wants the link in the answer, even if it could be sent.
	ByHand bool `json:"by_hand,omitempty" doc:"Answer with the link instead of sending it."`
}

// AgainInvitation asks for another invitation of a user.
type AgainInvitation struct {
	ByHand bool `json:"by_hand,omitempty" doc:"Answer with the link instead of sending it."`
}

// Invitation says how somebody who was invited gets in.
type Invitation struct {
	User      User     `json:"user"`
	NewGroups []string `json:"new_groups"`
	Handed
}

// Handed says how somebody gets a link.
type Handed struct {
	Link      string    `json:"link,omitempty" secret:"true" doc:"To hand over, to the user alone: whoever has it takes the account over. Shown this once."`
	SentTo    string    `json:"sent_to,omitempty" doc:"The address that it was sent to, where it was."`
	ExpiresAt time.Time `json:"expires_at"`
}

// NewResetLink asks for a link to set a new password with.
type NewResetLink struct {
	Send bool `json:"send,omitempty" doc:"Send it to the user's address instead of answering with it."`
}

// NewPassword is a password for somebody.
type NewPassword struct {
	Password string `json:"password" writeOnly:"true"`
}
