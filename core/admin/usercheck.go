package admin

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// Limits of what is stored about a person.
const (
	maxText       = core.MaxLine
	maxLongText   = core.MaxText
	maxAttributes = 64
)

var (
	loginName     = regexp.MustCompile(`^[A-Za-z0-9._+@-]{1,64}$`)
	attributeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
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
		p.add("name", hint, "the user name is missing").Kind = core.FieldMissing
	case !loginName.MatchString(name):
		p.add("name", hint, "%q is no user name", shown(name)).Kind = core.FieldForm
	}
}

// checkEmail accepts an empty address too.
func checkEmail(p *problems, email string) {
	if email != "" && !core.IsEmail(email) {
		p.add("email", "write it like name@example.org", "%q is no e-mail address", shown(email)).Kind = core.FieldForm
	}
}

func checkProfile(p *problems, profile *core.Profile) {
	for _, wrong := range profile.Problems() {
		field, name := wrong.Field, words(wrong.Field)
		switch wrong.Kind {
		case core.FieldLong:
			p.add(field, "", "%s is longer than %d characters", name, wrong.Limit)
		case core.FieldLine:
			p.add(field, hintLine, "%s holds characters that cannot be shown", name)
		case core.FieldText:
			p.add(field, hintText, "%s holds characters that cannot be shown", name)
		case core.FieldAddress:
			p.add(field, hintAddress, "%q is no web address", shown(wrong.Value))
		default:
			if field == "birthdate" {
				name = "date of birth"
			}
			p.add(field, profileHints()[field], "%q is no %s", shown(wrong.Value), name)
		}
		last := &(*p)[len(*p)-1]
		last.Kind, last.Limit = wrong.Kind, wrong.Limit
	}
}

const (
	hintLine    = "leave out control characters and line breaks"
	hintText    = "leave out control characters"
	hintAddress = "give an address that begins with https://"
)

// profileHints say how a field is written.
func profileHints() map[string]string {
	return map[string]string{
		"phone": "write it like +49 30 123456", "country_code": "use two capital letters, such as DE",
		"locale": "write it like en or de-CH", "zoneinfo": "write it like Europe/Berlin",
		"birthdate": "write it like 1990-12-31", "appearance": "use light or dark",
	}
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
		p.add(field, hintLine, "%s holds characters that cannot be shown", words(field))
	}
}

// checkText accepts a text of several lines.
func checkText(p *problems, field, value string) {
	switch {
	case utf8.RuneCountInString(value) > maxLongText:
		p.add(field, "", "%s is longer than %d characters", words(field), maxLongText)
	case !printable(value, true):
		p.add(field, hintText, "%s holds characters that cannot be shown", words(field))
	}
}

// checkURL accepts nothing, or what [core.IsWebAddress] does.
func checkURL(p *problems, field, value string) {
	if value == "" {
		return
	}
	if !core.IsWebAddress(value) {
		p.add(field, hintAddress, "%q is no web address", shown(value))
	}
}

func printable(s string, lines bool) bool { return core.Printable(s, lines) }

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
