package main

import (
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// expand puts what is known of the user into a URL. It is not complete where
// something of it is not known: to ask for nobody would be to ask for anybody.
func expand(template string, user *hook.User) (url string, complete bool) {
	complete = true
	for _, known := range []struct{ name, value string }{
		{"{id}", user.ID}, {"{name}", user.Name}, {"{email}", user.Email}, {"{external_id}", user.ExternalID},
	} {
		if strings.Contains(template, known.name) {
			complete = complete && known.value != ""
			template = strings.ReplaceAll(template, known.name, escape(known.value))
		}
	}
	return template, complete
}

// escape leaves nothing of a value that could be another part of a URL than the
// one it stands in (RFC 3986 section 2.3). Package net/url would make the module
// half a megabyte larger.
func escape(value string) string {
	const digits = "0123456789ABCDEF"
	var out []byte
	for _, c := range []byte(value) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '~':
			out = append(out, c)
		default: // the point too: two of them would lead out of the folder
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// find gives what stands at a path of names with points between them.
func find(v hook.Value, path string) (hook.Value, bool) {
	for {
		name, rest, more := strings.Cut(path, ".")
		inner, ok := v.Object().Get(name)
		if !ok || !more {
			return inner, ok
		}
		v, path = inner, rest
	}
}
