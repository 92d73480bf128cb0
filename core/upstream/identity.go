package upstream

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Limits of an identity.
const (
	maxSubject    = 255 // bytes (OpenID Connect Core section 2)
	maxEmail      = 254 // bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets)
	maxText       = 200 // characters
	maxLongText   = 2000
	maxGroups     = 1000
	maxGroup      = 100 // characters
	maxAttributes = 64
	maxClaims     = 16 << 10 // bytes
	maxAMR        = 16
	maxAMRWord    = 64 // bytes
	maxACR        = 128
)

// What is stored of a person, as administrators may type it.
var (
	loginName     = regexp.MustCompile(`^[A-Za-z0-9._+@-]{1,64}$`)
	attributeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	phoneNumber   = regexp.MustCompile(`^\+?[0-9][0-9 ().-]{2,30}$`)
	languageTag   = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
)

// person is an identity that was checked: what is decided upon is refused if it is
// malformed, what is only shown is made fit.
type person struct {
	subject string
	name    string // as the provider has it, one line
	// claimed is what came as e-mail address, for comparing; email is the same if it
	// is plain, else empty, and then not verified.
	claimed, email string
	verified       bool
	profile        core.Profile
	attributes     map[string]string
	groups         []string // sorted
	amr            []string
	acr            string
	claims         []byte
	authTime       time.Time // zero: not said
}

// readIdentity checks what a connector says of a person.
func readIdentity(id *hook.Identity) (person, error) {
	p := person{
		subject: id.Subject, name: oneLine(id.Name, maxText),
		profile: core.Profile{
			DisplayName: line(id.DisplayName), GivenName: line(id.GivenName), FamilyName: line(id.FamilyName),
			Picture: webAddress(id.Picture), Locale: language(id.Locale), Phone: matching(phoneNumber, id.Phone),
		},
		attributes: attributesOf(id.Attributes), amr: methods(id.AMR), authTime: authTimeOf(id.Claims),
	}
	if len(id.Email) <= maxEmail && strings.Contains(id.Email, "@") {
		p.claimed = id.Email
	}
	if plainEmail(id.Email) {
		p.email, p.verified = id.Email, id.EmailVerified
	}
	if len(id.ACR) <= maxACR && !strings.ContainsFunc(id.ACR, notVisible) {
		p.acr = id.ACR
	}
	if len(id.Claims) > 0 {
		p.claims = id.Claims.AppendJSON(nil)
	}
	switch {
	case !isSubject(id.Subject):
		return person{}, broken("subject_malformed", "the subject has to be 1 to 255 bytes of text without control characters")
	case len(id.Groups) > maxGroups:
		return person{}, broken("too_many_groups", "the identity has more than 1,000 groups")
	case len(p.claims) > maxClaims:
		return person{}, broken("claims_too_large", "the claims of the identity have more than 16 KiB")
	}
	p.groups = sortedUnique(id.Groups)
	return p, nil
}

// isSubject reports whether a subject can name somebody. U+FFFD stands in the place of
// bytes that were no text: two people could have the same.
func isSubject(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxSubject && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, unicode.IsControl) && !strings.ContainsRune(s, utf8.RuneError)
}

// plainEmail accepts an address that everybody reads in the same way: ASCII, one @, no
// quotes, comments or spaces.
func plainEmail(email string) bool {
	parsed, err := mail.ParseAddress(email)
	return err == nil && parsed.Name == "" && parsed.Address == email && strings.Count(email, "@") == 1 &&
		len(email) <= maxEmail && !strings.ContainsAny(email, `"\(),:;<>[]`) && !strings.ContainsFunc(email, notPrintable)
}

// line makes a short text fit to be shown.
func line(text string) string {
	text = oneLine(text, 4*maxText)
	if runes := []rune(text); len(runes) > maxText {
		text = strings.TrimSpace(string(runes[:maxText]))
	}
	return text
}

// webAddress accepts nothing but http and https: a javascript: address that is shown as
// a link runs in the reader's browser.
func webAddress(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > maxLongText || strings.ContainsFunc(text, notPrintable) {
		return ""
	}
	return text
}

// language accepts what many write with an underscore.
func language(text string) string { return matching(languageTag, strings.ReplaceAll(text, "_", "-")) }

func matching(form *regexp.Regexp, text string) string {
	if len(text) > maxText || !form.MatchString(text) {
		return ""
	}
	return text
}

// attributesOf gives the first attributes that fit.
func attributesOf(object hook.Object) map[string]string {
	attributes := map[string]string{}
	for _, m := range object {
		text := m.Value.Text()
		if m.Value.Kind() == hook.KindString && attributeName.MatchString(m.Name) && len(attributes) < maxAttributes &&
			utf8.RuneCountInString(text) <= maxLongText && isText(text) {
			attributes[m.Name] = text
		}
	}
	return attributes
}

func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' })
}

// methods gives the words of amr that fit. One less never says more of a sign-in.
func methods(words []string) []string {
	var fit []string
	for _, word := range words {
		if word != "" && len(word) <= maxAMRWord && !strings.ContainsFunc(word, notPrintable) && len(fit) < maxAMR {
			fit = append(fit, word)
		}
	}
	return fit
}

// maxSeconds is the year 10680.
const maxSeconds = 1 << 38

// authTimeOf reads auth_time (OpenID Connect Core section 2).
func authTimeOf(claims hook.Object) time.Time {
	value, _ := claims.Get("auth_time")
	seconds, ok := value.Int()
	if !ok || seconds <= 0 || seconds > maxSeconds {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// isGroup accepts what relying parties can read back, as administrators may type it.
func isGroup(name string) bool {
	return name != "" && utf8.RuneCountInString(name) <= maxGroup && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, func(r rune) bool { return r == ';' || r == ',' || r == utf8.RuneError || !unicode.IsPrint(r) })
}

// groupsOf gives the groups as they are called here.
func (p *person) groupsOf(c *core.Connector) []string {
	var groups []string
	for _, group := range p.groups {
		if name := c.GroupPrefix + group; isGroup(group) && isGroup(name) {
			groups = append(groups, name)
		}
	}
	return groups
}

// shown is whom the provider takes the person for.
func (p *person) shown() string {
	for _, text := range []string{p.name, p.email, p.profile.DisplayName} {
		if text != "" {
			return text
		}
	}
	return oneLine(p.subject, maxText)
}

func sortedUnique(list []string) []string {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
