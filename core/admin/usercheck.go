package admin

import (
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// Limits of what is stored about a person.
const (
	maxEmail      = 254 // RFC 5321 section 4.5.3.1.3, without the angle brackets
	maxText       = 200
	maxLongText   = 2000
	maxAttributes = 64
)

var (
	loginName     = regexp.MustCompile(`^[A-Za-z0-9._+@-]{1,64}$`)
	attributeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	phoneNumber   = regexp.MustCompile(`^\+?[0-9][0-9 ().-]{2,30}$`)
	countryCode   = regexp.MustCompile(`^[A-Z]{2}$`)
	languageTag   = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	zoneName      = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$`)
)

func checkUser(user *core.User) problems {
	var p problems
	checkLoginName(&p, user.Name)
	checkEmail(&p, user.Email)
	checkProfile(&p, &user.Profile)
	checkAttributes(&p, user.Attributes)
	return p
}

func checkLoginName(p *problems, name string) {
	const hint = "use 1 to 64 letters, digits and . _ - + @"
	switch {
	case name == "":
		p.add("name", hint, "the user name is missing")
	case !loginName.MatchString(name):
		p.add("name", hint, "%q is no user name", shown(name))
	}
}

// checkEmail accepts an empty address, or a plain one in ASCII: look-alikes in
// other scripts have taken over accounts elsewhere.
func checkEmail(p *problems, email string) {
	if email == "" {
		return
	}
	parsed, err := mail.ParseAddress(email)
	plain := err == nil && parsed.Name == "" && parsed.Address == email && strings.Count(email, "@") == 1
	if !plain || len(email) > maxEmail || strings.ContainsAny(email, "\"\\ ") || !ascii(email) {
		p.add("email", "write it like name@example.org", "%q is no e-mail address", shown(email))
	}
}

func checkProfile(p *problems, profile *core.Profile) {
	for _, f := range []struct{ field, value string }{
		{"display_name", profile.DisplayName}, {"given_name", profile.GivenName}, {"family_name", profile.FamilyName},
		{"middle_name", profile.MiddleName}, {"nickname", profile.Nickname}, {"gender", profile.Gender},
		{"region", profile.Region}, {"location", profile.Location}, {"affiliation", profile.Affiliation},
		{"title", profile.Title}, {"tag", profile.Tag}, {"education", profile.Education}, {"external_id", profile.ExternalID},
		{"locality", profile.Address.Locality}, {"address_region", profile.Address.Region},
		{"postal_code", profile.Address.PostalCode}, {"country", profile.Address.Country},
	} {
		checkLine(p, f.field, f.value)
	}
	checkText(p, "street", profile.Address.Street)
	checkText(p, "bio", profile.Bio)
	checkURL(p, "profile_url", profile.URL)
	checkURL(p, "picture", profile.Picture)
	checkURL(p, "website", profile.Website)
	checkForm(p, "phone", profile.Phone, phoneNumber, "write it like +49 30 123456")
	checkForm(p, "country_code", profile.CountryCode, countryCode, "use two capital letters, such as DE")
	checkForm(p, "locale", profile.Locale, languageTag, "write it like en or de-CH")
	checkForm(p, "zoneinfo", profile.Zoneinfo, zoneName, "write it like Europe/Berlin")
	if profile.Birthdate != "" && !isBirthdate(profile.Birthdate) {
		p.add("birthdate", "write it like 1990-12-31", "%q is no date of birth", shown(profile.Birthdate))
	}
}

// isBirthdate accepts the forms of OpenID Connect Core section 5.1: a date, a
// date without its year (0000), or a year alone.
func isBirthdate(s string) bool {
	for _, layout := range []string{time.DateOnly, "2006"} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}

func checkAttributes(p *problems, attributes map[string]string) {
	if len(attributes) > maxAttributes {
		p.add("attributes", "", "there are more than %d attributes", maxAttributes)
	}
	for name, value := range attributes {
		if !attributeName.MatchString(name) {
			p.add("attributes", "use 1 to 64 letters, digits and . _ -", "%q is no name of an attribute", shown(name))
		}
		checkText(p, "attributes", value)
	}
}

// checkLine accepts a short text without control characters.
func checkLine(p *problems, field, value string) {
	switch {
	case utf8.RuneCountInString(value) > maxText:
		p.add(field, "", "%s is longer than %d characters", words(field), maxText)
	case !printable(value, false):
		p.add(field, "leave out control characters and line breaks", "%s holds characters that cannot be shown", words(field))
	}
}

// checkText accepts a text of several lines.
func checkText(p *problems, field, value string) {
	switch {
	case utf8.RuneCountInString(value) > maxLongText:
		p.add(field, "", "%s is longer than %d characters", words(field), maxLongText)
	case !printable(value, true):
		p.add(field, "leave out control characters", "%s holds characters that cannot be shown", words(field))
	}
}

// checkURL accepts nothing but http and https: a javascript: address that is
// shown as a link runs in the reader's browser.
func checkURL(p *problems, field, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(value) > maxLongText || !printable(value, false) {
		p.add(field, "give an address that begins with https://", "%q is no web address", shown(value))
	}
}

func checkForm(p *problems, field, value string, form *regexp.Regexp, hint string) {
	if value != "" && !form.MatchString(value) {
		p.add(field, hint, "%q is no %s", shown(value), words(field))
	}
}

func printable(s string, lines bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && (!lines || r != '\n' && r != '\t') {
			return false
		}
	}
	return true
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// words makes a field's name readable.
func words(field string) string { return strings.ReplaceAll(field, "_", " ") }

// clean makes a plugin author's text a clause for a message and a terminal.
func clean(text string) string {
	const most = 400
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")
}

// shown cuts what somebody typed to what fits into a message.
func shown(s string) string {
	const most = 80
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
