package jose

import (
	"encoding/json"
	"fmt"
	"time"
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

func parseClaims(payload []byte) (Claims, error) {
	members, err := parseObject(payload)
	if err != nil {
		return Claims{}, err
	}
	c := Claims{members: members}
	for name, target := range map[string]any{
		"iss": &c.Issuer, "sub": &c.Subject, "aud": (*audience)(&c.Audience),
		"exp": (*numericDate)(&c.ExpiresAt), "iat": (*numericDate)(&c.IssuedAt), "nbf": (*numericDate)(&c.NotBefore),
	} {
		raw, exists := members[name]
		if !exists {
			continue
		}
		if err := json.Unmarshal(raw, target); err != nil || string(raw) == "null" {
			return Claims{}, fmt.Errorf("claim %s is of the wrong type", name)
		}
	}
	return c, nil
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
