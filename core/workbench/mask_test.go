package workbench

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestMask(t *testing.T) {
	m := newMask(map[string]string{"api": `s3c/ret"q`, "more": `s3c/ret"q and more`, "same": `s3c/ret"q`, "empty": ""})
	b64 := base64.StdEncoding.EncodeToString
	for text, want := range map[string]string{
		"":                                     "",
		"nothing here":                         "nothing here",
		`Bearer s3c/ret"q.`:                    "Bearer masked-api.",
		`a s3c/ret"q and more b`:               "a masked-more b",
		`{"token":"s3c/ret\"q"}`:               `{"token":"masked-api"}`,
		"?key=" + url.QueryEscape(`s3c/ret"q`): "?key=masked-api",
		"/" + url.PathEscape(`s3c/ret"q`):      "/masked-api",
		b64([]byte(`s3c/ret"q`)):               b64([]byte("masked-api")),
		b64([]byte(`user:s3c/ret"q`)):          b64([]byte("user:masked-api")),
		b64([]byte("user:other")):              b64([]byte("user:other")),
	} {
		if got := m.text(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	v, err := hook.Parse([]byte(`{"a":["s3c/ret\"q",1,true,null],"s3c/ret\"q":{"b":"x s3c/ret\"q"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(m.value(v).AppendJSON(nil)), `{"a":["masked-api",1,true,null],"masked-api":{"b":"x masked-api"}}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	calls := []hook.HostCall{{Capability: hook.KV, Request: v, Answer: v}}
	if masked := m.calls(calls); m.in(masked[0].Answer.AppendJSON(nil)) || !m.in(masked[0].Request.AppendJSON(nil)) || !m.in(calls[0].Answer.AppendJSON(nil)) {
		t.Errorf("%+v", masked)
	}
	none := newMask(nil)
	if none.text("any") != "any" || none.in([]byte("any")) {
		t.Error("a mask of nothing masks something")
	}
}

// FuzzMask holds that no secret is left, in whichever of its forms it stood there.
func FuzzMask(f *testing.F) {
	f.Add("s3cret value", "before ", " after")
	f.Add(`a"\b`, "{", "}")
	f.Add("\xff\x00", "", "")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		// A secret that is a part of its own replacement, or shorter than anybody's,
		// cannot be told from other text.
		if len(secret) < 8 || strings.Contains("masked-api", secret) {
			return
		}
		m := newMask(map[string]string{"api": secret})
		for _, form := range m.forms {
			if strings.Contains(form, "masked") || strings.Contains(before+after, form[:1]) {
				return
			}
			if got := m.text(before + form + after); m.in([]byte(got)) {
				t.Fatalf("%q is left of %q", got, before+form+after)
			}
		}
	})
}
