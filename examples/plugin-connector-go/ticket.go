package main

import (
	"errors"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// maxLife is how long a ticket may be valid, in seconds, with what the clocks may
// differ.
const maxLife = 600

// ticket is what the single sign-on says of a person.
type ticket struct{ claims hook.Object }

func (t ticket) text(name string) string {
	v, _ := t.claims.Get(name)
	return v.Text()
}

// checkLife holds a ticket to a life that is shorter than our memory of it.
func (t ticket) checkLife() error {
	issued, _ := t.claims.Get("iat")
	expires, _ := t.claims.Get("exp")
	from, okFrom := issued.Int()
	to, okTo := expires.Int()
	if !okFrom || !okTo || to-from > maxLife/2 {
		return errors.New("the ticket is valid for longer than 5 minutes, or does not say")
	}
	return nil
}

// identity is the person as Postern takes them.
func (t ticket) identity(s settings) *hook.Identity {
	units, _ := t.claims.Get("units")
	id := &hook.Identity{
		Subject: t.text("sub"), // the number of the employee: names change, and are given again
		Name:    t.text("login"), Email: t.text("mail"), EmailVerified: s.givesOut(t.text("mail")),
		DisplayName: t.text("name"), GivenName: t.text("given_name"), FamilyName: t.text("family_name"),
		Groups: units.Strings(), ACR: t.text("level"),
	}
	if cost := t.text("cost_center"); cost != "" {
		id.Attributes.Set("cost_center", hook.String(cost))
	}
	// What claims.map/v1 may tell relying parties, and when the person signed in there.
	for _, name := range []string{"auth_time", "country"} {
		if v, ok := t.claims.Get(name); ok {
			id.Claims.Set(name, v)
		}
	}
	return id
}

// givesOut reports whether the company gives out the addresses of that domain: then
// nobody has one that is not theirs. Any other address is what somebody typed.
func (s settings) givesOut(address string) bool {
	at := strings.LastIndexByte(address, '@')
	for _, domain := range s.list("domains") {
		if at > 0 && strings.EqualFold(address[at+1:], domain) {
			return true
		}
	}
	return false
}
