package jose

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/postern-id/postern/core/strict"
)

// Claims are those of a verified token.
type Claims struct {
	Issuer    string
	Subject   string
	Audience  []string
	ExpiresAt time.Time // zero if there is none; so are the other times
	IssuedAt  time.Time
	NotBefore time.Time
	members   map[string]json.RawMessage
}

// Text returns the claim of that name if it is a string, else "".
func (c Claims) Text(name string) string {
	var text string
	if json.Unmarshal(c.members[name], &text) != nil {
		return ""
	}
	return text
}

// Raw returns the claim of that name as JSON, nil if there is none.
func (c Claims) Raw(name string) json.RawMessage { return c.members[name] }

// parseClaims reads the claims of a token that we wrote.
func parseClaims(payload []byte) (Claims, error) {
	c := Claims{}
	return c.parse(payload, map[string]any{
		"exp": (*numericDate)(&c.ExpiresAt), "iat": (*numericDate)(&c.IssuedAt), "nbf": (*numericDate)(&c.NotBefore),
	})
}

// parseForeignClaims reads those that another issuer wrote.
func parseForeignClaims(payload []byte) (Claims, error) {
	c := Claims{}
	return c.parse(payload, map[string]any{
		"exp": (*foreignDate)(&c.ExpiresAt), "iat": (*foreignDate)(&c.IssuedAt), "nbf": (*foreignDate)(&c.NotBefore),
	})
}

// parse fills the targets, which are fields of c.
func (c *Claims) parse(payload []byte, targets map[string]any) (Claims, error) {
	members, err := strict.Members(payload)
	if err != nil {
		return Claims{}, err
	}
	c.members = members
	targets["iss"], targets["sub"], targets["aud"] = &c.Issuer, &c.Subject, (*audience)(&c.Audience)
	for name, target := range targets {
		raw, exists := members[name]
		if !exists {
			continue
		}
		if err := json.Unmarshal(raw, target); err != nil || string(raw) == "null" {
			return Claims{}, fmt.Errorf("claim %s is of the wrong type", name)
		}
	}
	return *c, nil
}

// audience is a string or an array of strings (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		*a = audience{""}
		return json.Unmarshal(raw, &(*a)[0])
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// numericDate is a number of seconds (RFC 7519 section 2). We write whole ones,
// so others are not ours.
type numericDate time.Time

const maxSeconds = 1 << 38 // the year 10680: beyond it, arithmetic with times ends

func (d *numericDate) UnmarshalJSON(raw []byte) error {
	var seconds int64
	if err := json.Unmarshal(raw, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxSeconds {
		return fmt.Errorf("%d seconds are no date", seconds)
	}
	*d = numericDate(time.Unix(seconds, 0).UTC())
	return nil
}

// foreignDate is a date of another issuer, which may have a fraction of a second
// (RFC 7519 section 2). The fraction is cut off.
type foreignDate time.Time

func (d *foreignDate) UnmarshalJSON(raw []byte) error {
	var seconds float64
	if err := json.Unmarshal(raw, &seconds); err != nil {
		return err
	}
	if seconds < 0 || seconds > maxSeconds {
		return fmt.Errorf("%g seconds are no date", seconds)
	}
	*d = foreignDate(time.Unix(int64(seconds), 0).UTC())
	return nil
}
