package console

import (
	"net/url"
	"testing"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/form"
)

// A key keeps its lines, a password its blanks; the line break that was copied along goes.
func TestSecretAsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"-----BEGIN KEY-----\r\nabc\r\n-----END KEY-----\r\n": "-----BEGIN KEY-----\nabc\n-----END KEY-----", " hush hush ": " hush hush ", "hush\r\n": "hush", "\r\n": "", "": "",
	} {
		v := &Visit{Request: Request{Form: url.Values{"key": {typed}}}}
		if got := v.secret("key"); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}

// What the host says of settings is told beside its field: with the path where the field
// shows more than that member.
func TestPlaced(t *testing.T) {
	fields, err := form.Fields([]byte(`{"type":"object","required":["url"],"properties":{"url":{"type":"string"},"rules":{"type":"array"},"deep":{"type":"object","additionalProperties":false,"required":["at"],"properties":{"at":{"type":"string"}}}}}`), []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string][2]string{
		`settings.url must be a string`:                 {"settings.url", "must be a string"},
		`settings.rules[0].when.networks[2] is unknown`: {"settings.rules", "rules[0].when.networks[2] is unknown"},
		`settings must have "url"`:                      {"settings.url", `must have "url"`},
		`settings.deep must have "at"`:                  {"settings.deep.at", `must have "at"`},
		`settings.deep.at must be a string`:             {"settings.deep.at", "must be a string"},
		`settings must have at most 3 members`:          {"settings", `the settings do not suit plugin "p": settings must have at most 3 members`},
	} {
		wrong := &admin.InvalidError{Problems: []admin.Problem{{Field: "settings", Text: `the settings do not suit plugin "p": ` + said}}}
		told, ok := placed(wrong, fields).(*admin.InvalidError)
		if !ok || told.Problems[0].Field != want[0] || told.Problems[0].Text != want[1] {
			t.Errorf("%s: %+v, want %v", said, told, want)
		}
	}
}
