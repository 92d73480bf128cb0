package oidc

import (
	"cmp"
	"errors"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Mapping says which claims a person is read from. The zero Mapping reads what the
// standard has (OpenID Connect Core section 5.1), and believes no e-mail address.
type Mapping struct {
	// Name are claims with the login name; the first that is there counts. Empty:
	// preferred_username, nickname. The subject is always sub.
	Name []string
	// DisplayName is the claim with the full name; empty: name.
	DisplayName string
	// Email is the claim with the e-mail address; empty: email. EmailVerified says whether
	// it is verified; empty: email_verified, and nothing if Email is another than email.
	Email, EmailVerified string
	Trust                Trust
	Groups               string // empty: none
	// Attributes are claims by the name of the attribute: strings.
	Attributes hook.Object
}

// Trust says when an e-mail address is verified.
type Trust uint8

const (
	TrustNobody Trust = iota
	// TrustProvider believes a claim that is the boolean true.
	TrustProvider
	// TrustText believes the string "true" too, for a provider that documents it.
	TrustText
	// TrustAlways takes any address for verified but one of which the provider says that it
	// is not.
	TrustAlways
)

var errSubject = errors.New("the provider's ID token has no sub")

// Identity reads a person.
func (c Claims) Identity(m Mapping) (*hook.Identity, error) {
	// Of the ID token alone: it is what was verified.
	sub, _ := c.IDToken.Get("sub")
	if sub.Kind() != hook.KindString || sub.Text() == "" {
		return nil, errSubject
	}
	email, verified := c.email(m)
	i := &hook.Identity{
		Subject:       sub.Text(),
		Name:          c.first(m.Name, "preferred_username", "nickname"),
		Email:         email,
		EmailVerified: verified,
		DisplayName:   c.Text(cmp.Or(m.DisplayName, "name")),
		GivenName:     c.Text("given_name"),
		FamilyName:    c.Text("family_name"),
		Picture:       webAddress(c.Text("picture")),
		Locale:        c.Text("locale"),
		Phone:         c.Text("phone_number"),
		Attributes:    c.attributes(m.Attributes),
		ACR:           c.idText("acr"),
		AMR:           c.amr(),
	}
	if m.Groups != "" {
		i.Groups = c.Names(m.Groups)
	}
	var left []string
	if i.Claims, left = c.keep(); len(left) > 0 {
		postern.Log("too large to be kept for claims.map/v1: " + strings.Join(left, ", "))
	}
	return i, nil
}

// idText is a claim of the ID token alone: how somebody signed in is not for UserInfo to
// say.
func (c Claims) idText(name string) string { return Claims{IDToken: c.IDToken}.Text(name) }

func (c Claims) amr() []string { return Claims{IDToken: c.IDToken}.Strings("amr") }

func (c Claims) first(names []string, otherwise ...string) string {
	if len(names) == 0 {
		names = otherwise
	}
	for _, name := range names {
		if text := c.Text(name); text != "" {
			return text
		}
	}
	return ""
}

// email gives the address, and whether it is verified. Both are from the same document:
// what one says of an address says nothing of the other's.
func (c Claims) email(m Mapping) (address string, verified bool) {
	name, proof := cmp.Or(m.Email, "email"), m.EmailVerified
	if proof == "" && name == "email" {
		proof = "email_verified"
	}
	v, from, _ := c.find(name)
	address = clean(v)
	if address == "" {
		return "", false
	}
	said, there := at(from, proof)
	return address, m.Trust.in(said, there)
}

// in reports whether an address is verified of which a provider says so.
func (t Trust) in(said hook.Value, there bool) bool {
	switch t {
	case TrustProvider:
		return said.Bool()
	case TrustText:
		return IsTrue(said)
	case TrustAlways:
		return !there || said.Bool()
	default:
		return false
	}
}

// IsTrue reports whether a claim is true or the string "true".
func IsTrue(v hook.Value) bool { return v.Bool() || v.Kind() == hook.KindString && v.Text() == "true" }

// attributes are strings. Numbers and booleans are told as they are written, lists and
// objects not at all.
func (c Claims) attributes(wanted hook.Object) hook.Object {
	var list hook.Object
	for _, attribute := range wanted {
		v, _ := c.Get(attribute.Value.Text())
		text := clean(v)
		switch v.Kind() {
		case hook.KindNumber, hook.KindBool:
			text = string(v.AppendJSON(nil))
		}
		if text != "" {
			list = append(list, hook.Member{Name: attribute.Name, Value: hook.String(text)})
		}
	}
	return list
}

// webAddress lets no other kind of URL through than one of a page.
func webAddress(url string) string {
	if strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://") {
		return url
	}
	return ""
}
