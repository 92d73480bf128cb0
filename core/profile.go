package core

import (
	"net/url"
	"regexp"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what is said about people, in characters.
const (
	MaxLine = 200  // a name, a town
	MaxText = 2000 // several lines, or a web address
)

// FieldProblem is one mistake in what somebody filled in.
type FieldProblem struct {
	Field string // "display_name", "street", ...
	Kind  FieldProblemKind
	Value string // as it was given; of a secret: nothing
	Limit int    // characters; of [FieldLong] and [FieldShort]
}

// FieldProblemKind says what is wrong with a field.
type FieldProblemKind string

// What may be wrong with a field.
const (
	FieldMissing FieldProblemKind = "missing" // nothing was given
	FieldLong    FieldProblemKind = "long"    // more than Limit characters
	FieldShort   FieldProblemKind = "short"   // fewer than Limit characters
	FieldLine    FieldProblemKind = "line"    // line breaks, or characters that cannot be shown
	FieldText    FieldProblemKind = "text"    // characters that cannot be shown
	FieldAddress FieldProblemKind = "address" // no web address
	FieldForm    FieldProblemKind = "form"    // not written as such a field is
	FieldWrong   FieldProblemKind = "wrong"   // not what it has to be the same as
	FieldTaken   FieldProblemKind = "taken"   // right, but somebody else has it

	FieldName     FieldProblemKind = "name"     // a password that is the person's own name or address
	FieldBreached FieldProblemKind = "breached" // a password that is known to thieves
)

var (
	phoneNumber = regexp.MustCompile(`^\+?[0-9][0-9 ().-]{2,30}$`)
	countryCode = regexp.MustCompile(`^[A-Z]{2}$`)
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	zoneName    = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$`)
)

// Problems gives every mistake in the profile, nil if there is none.
func (p *Profile) Problems() []FieldProblem {
	var found []FieldProblem
	for _, f := range []struct {
		field, value string
		check        func(string) FieldProblemKind
	}{
		{"display_name", p.DisplayName, checkLine}, {"given_name", p.GivenName, checkLine}, {"family_name", p.FamilyName, checkLine},
		{"middle_name", p.MiddleName, checkLine}, {"nickname", p.Nickname, checkLine}, {"gender", p.Gender, checkLine},
		{"region", p.Region, checkLine}, {"location", p.Location, checkLine}, {"affiliation", p.Affiliation, checkLine},
		{"title", p.Title, checkLine}, {"tag", p.Tag, checkLine}, {"education", p.Education, checkLine}, {"external_id", p.ExternalID, checkLine},
		{"locality", p.Address.Locality, checkLine}, {"address_region", p.Address.Region, checkLine},
		{"postal_code", p.Address.PostalCode, checkLine}, {"country", p.Address.Country, checkLine},
		{"street", p.Address.Street, checkText}, {"bio", p.Bio, checkText},
		{"profile_url", p.URL, checkAddress}, {"picture", p.Picture, checkAddress}, {"website", p.Website, checkAddress},
		{"phone", p.Phone, written(phoneNumber.MatchString)}, {"country_code", p.CountryCode, written(countryCode.MatchString)},
		{"locale", p.Locale, written(languageTag.MatchString)}, {"zoneinfo", p.Zoneinfo, written(zoneName.MatchString)},
		{"birthdate", p.Birthdate, written(isBirthdate)}, {"appearance", p.Appearance, written(isAppearance)},
	} {
		if kind := f.check(f.value); kind != "" {
			found = append(found, FieldProblem{Field: f.field, Kind: kind, Value: f.value, Limit: limit(kind, f.field)})
		}
	}
	return found
}

func limit(kind FieldProblemKind, field string) int {
	switch {
	case kind != FieldLong:
		return 0
	case field == "street" || field == "bio":
		return MaxText
	}
	return MaxLine
}

// checkLine accepts a short text of one line.
func checkLine(value string) FieldProblemKind {
	switch {
	case utf8.RuneCountInString(value) > MaxLine:
		return FieldLong
	case !Printable(value, false):
		return FieldLine
	}
	return ""
}

// checkText accepts a text of several lines.
func checkText(value string) FieldProblemKind {
	switch {
	case utf8.RuneCountInString(value) > MaxText:
		return FieldLong
	case !Printable(value, true):
		return FieldText
	}
	return ""
}

func checkAddress(value string) FieldProblemKind {
	if value != "" && !IsWebAddress(value) {
		return FieldAddress
	}
	return ""
}

// written accepts nothing at all, or what has the form.
func written(form func(string) bool) func(string) FieldProblemKind {
	return func(value string) FieldProblemKind {
		if value != "" && !form(value) {
			return FieldForm
		}
		return ""
	}
}

// IsWebAddress accepts nothing but http and https: a javascript: address that is
// shown as a link runs in the reader's browser.
func IsWebAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil &&
		len(text) <= MaxText && Printable(text, false)
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

// How pages look to a person, besides "": as the browser says.
const (
	AppearanceLight = "light"
	AppearanceDark  = "dark"
)

func isAppearance(s string) bool { return s == AppearanceLight || s == AppearanceDark }

// Printable reports whether the text can be shown: on one line, or on several.
func Printable(s string, lines bool) bool {
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
