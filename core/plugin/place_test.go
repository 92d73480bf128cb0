package plugin

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestMemberAt(t *testing.T) {
	// The bar is where the parser stopped.
	for text, want := range map[string]string{
		`|`:                             "",
		`|{}`:                           "",
		`{"a":|1}`:                      ".a",
		`{"a":1,"b":|2}`:                ".b",
		`{"a":{"b":[1,{},|true]}}`:      ".a.b[2]",
		`{"a":{"b":[1,{"c":2},[|]]}}`:   ".a.b[2][0]",
		`{"a":"b","c":{"a":"b","c":|0}`: ".c.c",
		`{"a":{},"b":[],"c":|x}`:        ".c",
		`[{"a":1},{"b":|1}]`:            "[1].b",
		`{"a":1}|x`:                     "",
		`no |JSON`:                      "",
	} {
		offset := strings.IndexByte(text, '|')
		if got := memberAt([]byte(text[:offset]+text[offset+1:]), offset); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPlaced(t *testing.T) {
	text := []byte(`{"set":{"a":1},"remove":"` + strings.Repeat("é", 30) + `"}`)
	_, err := hook.ParseClaimsOutput(text)
	if got := Placed(text, "output", err).Error(); !strings.HasPrefix(got, "output.remove: byte 24: ") || !strings.Contains(got, `there stands "éé`) || len(got) > 200 {
		t.Error(got)
	}
	if _, err = hook.ParseClaimsOutput(nil); !strings.HasSuffix(Placed(nil, "output", err).Error(), "(there it ends)") {
		t.Error(Placed(nil, "output", err))
	}
	if err := Placed(text, "output", errClosed); err != errClosed {
		t.Error(err)
	}
}

func FuzzMemberAt(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`), 9)
	f.Fuzz(func(t *testing.T, text []byte, offset int) {
		memberAt(text, offset)
	})
}
