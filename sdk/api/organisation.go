package api

import "time"

// Organisation groups users and clients, and says how its people sign in.
type Organisation struct {
	Name    string `json:"name" readOnly:"true" doc:"1 to 64 lower-case letters, digits and hyphens. It cannot be changed."`
	Version string `json:"version" readOnly:"true"`
	OrganisationRules
	ManagedBy *ManagedBy `json:"managed_by,omitempty" readOnly:"true" doc:"The file that manages it: it is changed there. Absent: none does."`
	CreatedAt time.Time  `json:"created_at" readOnly:"true"`
	UpdatedAt time.Time  `json:"updated_at" readOnly:"true"`
}

// NewOrganisation is an organisation to be made.
type NewOrganisation struct {
	Name string `json:"name"`
	OrganisationRules
}

// OrganisationRules is what can be said about an organisation.
type OrganisationRules struct {
	DisplayName string `json:"display_name" required:"false"`
	WebsiteURL  string `json:"website_url" required:"false"`
	Logo        string `json:"logo" required:"false" doc:"Address of a picture."`
	Favicon     string `json:"favicon" required:"false" doc:"Address of a picture."`
	Disabled    bool   `json:"disabled" required:"false" doc:"Nobody of a disabled organisation signs in."`

	SignInMethods       []string `json:"sign_in_methods" required:"false" doc:"password, passkey, email, totp, upstream; empty: all but email."`
	RequireSignIn       string   `json:"require_sign_in" required:"false" doc:"The class that a sign-in must have: empty, 2 (two factors) or phr (a passkey)."`
	RememberDays        int      `json:"remember_days" required:"false" doc:"How long a browser may be trusted with the second factor; 0: never."`
	PasswordMin         int      `json:"password_min" required:"false" doc:"The least number of characters of a password; 0: the server's rule."`
	Registration        bool     `json:"registration" required:"false" doc:"Whether people may make accounts of their own."`
	RegistrationDomains []string `json:"registration_domains" required:"false" doc:"Domains of addresses that may; empty: all."`
	RegistrationGroups  []string `json:"registration_groups" required:"false" doc:"Groups that they are put into."`
	KeepEmail           bool     `json:"keep_email" required:"false" doc:"People cannot change their address."`
	KeepProfile         bool     `json:"keep_profile" required:"false" doc:"People cannot change their profile."`
	KeepAccount         bool     `json:"keep_account" required:"false" doc:"People cannot delete their account."`

	Accent     string `json:"accent" required:"false" doc:"Colour of buttons and links on light pages: #1f6feb."`
	AccentDark string `json:"accent_dark" required:"false" doc:"The same on dark pages."`
}
