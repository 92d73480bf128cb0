package admin_test

import (
	"encoding/json"
	"testing"

	"github.com/postern-id/postern/core/admin"
)

func TestOverlay(t *testing.T) {
	for _, tt := range []struct{ base, over, want string }{
		{`{}`, `{}`, `{}`},
		{`{"a":1,"b":2}`, `{"b":3,"c":4}`, `{"a":1,"b":3,"c":4}`},
		{`{"a":{"x":1,"y":[1,2]}}`, `{"a":{"y":[3]}}`, `{"a":{"x":1,"y":[3]}}`},
		{`{"a":{"x":1}}`, `{"a":2}`, `{"a":2}`},
		{`{"a":2}`, `{"a":{"x":{"y":null,"z":1}}}`, `{"a":{"x":{"z":1}}}`},
		{`{"a":1,"b":{"c":1}}`, `{"a":null,"b":{"c":null}}`, `{"b":{}}`},
		{`{"n":12345678901234567890.10,"h":"<&>"}`, `{"x":1e400}`, `{"h":"<&>","n":12345678901234567890.10,"x":1e400}`},
		{` { "a" : [ null ] } `, `{"b": [null]}`, `{"a":[null],"b":[null]}`},
	} {
		got, err := admin.Overlay([]byte(tt.base), []byte(tt.over))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s over %s: got %s, %v, want %s", tt.over, tt.base, got, err, tt.want)
		}
	}
	for _, wrong := range []string{``, `[]`, `null`, `"x"`, `{`, `{}{}`, `1`} {
		if got, err := admin.Overlay([]byte(wrong), []byte("{}")); err == nil {
			t.Errorf("over %s: %s", wrong, got)
		}
		if got, err := admin.Overlay([]byte("{}"), []byte(wrong)); err == nil {
			t.Errorf("%s: %s", wrong, got)
		}
	}
}

// What is laid over an empty object is itself, and over itself changes nothing.
func FuzzOverlay(f *testing.F) {
	f.Add(`{"a":1}`, `{"a":{"b":[1,null]}}`)
	f.Add(`{"a":{"b":1}}`, `{"a":null}`)
	f.Fuzz(func(t *testing.T, base, over string) {
		merged, err := admin.Overlay([]byte(base), []byte(over))
		if err != nil {
			return
		}
		if !json.Valid(merged) {
			t.Fatalf("%s over %s is %s", over, base, merged)
		}
		again, err := admin.Overlay(merged, []byte(over))
		if err != nil || string(again) != string(merged) {
			t.Errorf("once %s, twice %s, %v", merged, again, err)
		}
	})
}
