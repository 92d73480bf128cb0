package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core"
)

// personFlags are the flags that say something about a person. The same ones
// make a user and change one: only those that were given have an effect.
type personFlags struct {
	set           *pflag.FlagSet
	email         string
	emailVerified bool
	admin         bool
	phoneVerified bool
	attributes    []string
	texts         map[string]*string
}

// text is a flag that fills a field of the profile.
type text struct {
	flag, usage string
	field       func(*core.Profile) *string
}

func texts() []text {
	return []text{
		{"name", "full name", func(p *core.Profile) *string { return &p.DisplayName }},
		{"given-name", "given name", func(p *core.Profile) *string { return &p.GivenName }},
		{"family-name", "family name", func(p *core.Profile) *string { return &p.FamilyName }},
		{"middle-name", "middle name", func(p *core.Profile) *string { return &p.MiddleName }},
		{"nickname", "nickname", func(p *core.Profile) *string { return &p.Nickname }},
		{"phone", "telephone number", func(p *core.Profile) *string { return &p.Phone }},
		{"locale", "language, such as de-CH", func(p *core.Profile) *string { return &p.Locale }},
		{"zoneinfo", "time zone, such as Europe/Berlin", func(p *core.Profile) *string { return &p.Zoneinfo }},
		{"birthdate", "date of birth, YYYY-MM-DD", func(p *core.Profile) *string { return &p.Birthdate }},
		{"gender", "gender", func(p *core.Profile) *string { return &p.Gender }},
		{"picture", "URL of a picture", func(p *core.Profile) *string { return &p.Picture }},
		{"website", "URL of a web site", func(p *core.Profile) *string { return &p.Website }},
		{"profile-url", "URL of a profile page", func(p *core.Profile) *string { return &p.URL }},
		{"street", "street and number", func(p *core.Profile) *string { return &p.Address.Street }},
		{"postal-code", "postal code", func(p *core.Profile) *string { return &p.Address.PostalCode }},
		{"locality", "town", func(p *core.Profile) *string { return &p.Address.Locality }},
		{"address-region", "state or province of the address", func(p *core.Profile) *string { return &p.Address.Region }},
		{"country", "country of the address", func(p *core.Profile) *string { return &p.Address.Country }},
		{"country-code", "country code, such as DE", func(p *core.Profile) *string { return &p.CountryCode }},
		{"region", "region", func(p *core.Profile) *string { return &p.Region }},
		{"location", "location", func(p *core.Profile) *string { return &p.Location }},
		{"affiliation", "employer or institution", func(p *core.Profile) *string { return &p.Affiliation }},
		{"title", "job title", func(p *core.Profile) *string { return &p.Title }},
		{"bio", "a few words about the person", func(p *core.Profile) *string { return &p.Bio }},
		{"tag", "tag", func(p *core.Profile) *string { return &p.Tag }},
		{"education", "education", func(p *core.Profile) *string { return &p.Education }},
		{"external-id", "identifier in another system", func(p *core.Profile) *string { return &p.ExternalID }},
	}
}

func newPersonFlags(c *cobra.Command) *personFlags {
	f := &personFlags{set: c.Flags(), texts: map[string]*string{}}
	f.set.SortFlags = false
	f.set.StringVar(&f.email, "email", "", "e-mail address")
	f.set.BoolVar(&f.emailVerified, "email-verified", true, "the address is known to be this person's")
	f.set.BoolVar(&f.admin, "admin", false, "may administer this server")
	for _, t := range texts() {
		f.texts[t.flag] = f.set.String(t.flag, "", t.usage)
	}
	f.set.BoolVar(&f.phoneVerified, "phone-verified", false, "the number is known to be this person's")
	f.set.StringArrayVar(&f.attributes, "attr", nil, "attribute for plugins, `NAME=VALUE`; an empty value removes it (repeatable)")
	return f
}

// check refuses attributes without a name.
func (f *personFlags) check(*cobra.Command, []string) error {
	for _, a := range f.attributes {
		if name, _, found := strings.Cut(a, "="); !found || name == "" {
			return usagef("write --attr NAME=VALUE", "%q is no attribute", a)
		}
	}
	return nil
}

// apply changes the user as the flags say. A new address counts as verified,
// since an administrator gave it, unless --email-verified=false.
func (f *personFlags) apply(u *core.User) {
	if f.set.Changed("email") {
		u.Email, u.EmailVerified = f.email, f.emailVerified
	}
	if f.set.Changed("email-verified") {
		u.EmailVerified = f.emailVerified
	}
	if f.set.Changed("admin") {
		u.Admin = f.admin
	}
	for _, t := range texts() {
		if f.set.Changed(t.flag) {
			*t.field(&u.Profile) = *f.texts[t.flag]
		}
	}
	if f.set.Changed("phone-verified") {
		u.Profile.PhoneVerified = f.phoneVerified
	}
	for _, a := range f.attributes {
		name, value, _ := strings.Cut(a, "=")
		if value == "" {
			delete(u.Attributes, name)
			continue
		}
		if u.Attributes == nil {
			u.Attributes = map[string]string{}
		}
		u.Attributes[name] = value
	}
}
