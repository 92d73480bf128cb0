package workbench

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// mask puts other words in the place of secrets. It finds them as they are, and as
// they stand in URLs, in JSON and in base64.
type mask struct {
	secrets map[string]string // what stands for each
	words   *strings.Replacer
	forms   []string // all that are replaced
}

func newMask(secrets map[string]string) *mask {
	m := &mask{secrets: map[string]string{}}
	var pairs [][2]string
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		secret, other := secrets[name], "masked-"+name
		if secret == "" {
			continue
		}
		if _, known := m.secrets[secret]; known {
			continue
		}
		m.secrets[secret] = other
		for _, write := range []func(string) string{
			func(s string) string { return s }, url.QueryEscape, url.PathEscape, inJSON,
			func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
			func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		} {
			pairs = append(pairs, [2]string{write(secret), write(other)})
		}
	}
	// The longest first: one secret may be a part of another.
	slices.SortStableFunc(pairs, func(a, b [2]string) int { return cmp.Compare(len(b[0]), len(a[0])) })
	var all []string
	for _, pair := range pairs {
		m.forms = append(m.forms, pair[0])
		all = append(all, pair[0], pair[1])
	}
	m.words = strings.NewReplacer(all...)
	return m
}

func inJSON(text string) string {
	quoted := quoted(text)
	return quoted[1 : len(quoted)-1]
}

// text masks a string, and what a string is the base64 of.
func (m *mask) text(s string) string {
	if masked := m.words.Replace(s); masked != s {
		return masked
	}
	inside, err := base64.StdEncoding.DecodeString(s)
	if err != nil || !m.in(inside) {
		return s
	}
	return base64.StdEncoding.EncodeToString([]byte(m.words.Replace(string(inside))))
}

// in reports whether a text has a secret in it.
func (m *mask) in(text []byte) bool {
	return slices.ContainsFunc(m.forms, func(form string) bool { return bytes.Contains(text, []byte(form)) })
}

// value masks all strings of a value, names of members too.
func (m *mask) value(v hook.Value) hook.Value {
	switch v.Kind() {
	case hook.KindString:
		return hook.String(m.text(v.Text()))
	case hook.KindArray:
		var list []hook.Value
		for _, element := range v.List() {
			list = append(list, m.value(element))
		}
		return hook.Array(list...)
	case hook.KindObject:
		var object hook.Object
		for _, member := range v.Object() {
			object = append(object, hook.Member{Name: m.text(member.Name), Value: m.value(member.Value)})
		}
		return hook.FromObject(object)
	}
	return v
}

// calls masks what was answered. Requests stay: the plugin makes them anew.
func (m *mask) calls(calls []hook.HostCall) []hook.HostCall {
	masked := slices.Clone(calls)
	for n := range masked {
		masked[n].Answer = m.value(masked[n].Answer)
	}
	return masked
}
