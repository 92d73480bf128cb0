package oidc

import (
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Claims are what a provider says of a person. The host has verified the ID token, and
// that UserInfo speaks of the same person.
type Claims struct {
	IDToken, UserInfo hook.Object
}

// Get gives a claim of the ID token, or of UserInfo where that has none. A claim that is
// null is none.
func (c Claims) Get(name string) (hook.Value, bool) {
	v, _, ok := c.find(name)
	return v, ok
}

// find tells too who said so.
func (c Claims) find(path string) (v hook.Value, from hook.Object, ok bool) {
	for _, source := range []hook.Object{c.IDToken, c.UserInfo} {
		if v, ok := at(source, path); ok {
			return v, source, true
		}
	}
	return hook.Value{}, nil, false
}

// Text gives a claim that is a string without control characters and of a length that
// names have; else nothing.
func (c Claims) Text(name string) string {
	v, _ := c.Get(name)
	return clean(v)
}

// maxText is the length of what is a name, an address or a URL, in bytes.
const maxText = 2 << 10

func clean(v hook.Value) string {
	if v.Kind() != hook.KindString || len(v.Text()) > maxText || strings.ContainsFunc(v.Text(), isControl) {
		return ""
	}
	return v.Text()
}

// isControl is unicode.IsControl, whose tables would come along.
func isControl(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

// Strings gives a claim that is a list of strings, or a string; else nothing.
func (c Claims) Strings(name string) []string {
	v, _ := c.Get(name)
	if text := clean(v); text != "" {
		return []string{text}
	}
	return v.Strings()
}

// Names are [Claims.Strings], or the names of the members of an object: so does Zitadel
// tell roles. What is empty or has control characters is left out, and what is there
// twice is there once.
func (c Claims) Names(name string) []string {
	list := c.Strings(name)
	v, _ := c.Get(name)
	for _, member := range v.Object() {
		list = append(list, member.Name)
	}
	seen := make(map[string]bool, len(list))
	var kept []string
	for _, text := range list {
		if text = clean(hook.String(text)); text != "" && !seen[text] {
			seen[text] = true
			kept = append(kept, text)
		}
	}
	return kept
}

// at finds a member by its name, or by a path of names with points between them. Names
// may have points themselves, as those that are URLs do, so the longer name comes first.
func at(o hook.Object, path string) (hook.Value, bool) {
	if v, ok := o.Get(path); ok && v.Kind() != hook.KindNull {
		return v, true
	}
	for i := len(path) - 1; i > 0; i-- {
		if path[i] != '.' {
			continue
		}
		inner, _ := o.Get(path[:i])
		if v, ok := at(inner.Object(), path[i+1:]); ok {
			return v, true
		}
	}
	return hook.Value{}, false
}

// ofProtocol are claims about the token and not about the person.
func ofProtocol(name string) bool {
	switch name {
	case "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid", "at_hash", "c_hash", "s_hash", "typ", "uti", "rh", "aio":
		return true
	}
	return false
}

// maxKept is how much of the claims goes on to claims.map/v1, in bytes of JSON: a little
// less than the host keeps.
const maxKept = 15 << 10

// keep gives the claims for claims.map/v1, those of the ID token first. A claim that
// leaves no room for others is left out.
func (c Claims) keep() (kept hook.Object, left []string) {
	room := maxKept
	for _, source := range []hook.Object{c.IDToken, c.UserInfo} {
		for _, claim := range source {
			if _, there := kept.Get(claim.Name); there || ofProtocol(claim.Name) {
				continue
			}
			size := len((hook.Object{claim}).AppendJSON(nil))
			if size > room {
				left = append(left, claim.Name)
				continue
			}
			room -= size
			kept = append(kept, claim)
		}
	}
	return kept, left
}
