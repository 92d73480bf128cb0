package form_test

import (
	"testing"

	"github.com/postern-id/postern/core/form"
)

func TestPatch(t *testing.T) {
	for _, tt := range []struct{ before, after, want string }{
		{`{}`, `{}`, `{}`},
		{`{"a":1,"b":"x"}`, `{"a":1,"b":"y"}`, `{"b":"y"}`},
		{`{"a":1,"b":2}`, `{"b":2}`, `{"a":null}`},
		{`{"a":{"b":1,"c":2},"d":[1]}`, `{"a":{"b":3},"d":[1,2]}`, `{"a":{"b":3,"c":null},"d":[1,2]}`},
		{`{"a":1}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	} {
		if got, err := form.Patch([]byte(tt.before), []byte(tt.after)); err != nil || string(got) != tt.want {
			t.Errorf("%s to %s: %s, %v", tt.before, tt.after, got, err)
		}
	}
	for _, bad := range []string{`[]`, `{`} {
		if _, err := form.Patch([]byte(bad), []byte(`{}`)); err == nil {
			t.Error(bad)
		}
		if _, err := form.Patch([]byte(`{}`), []byte(bad)); err == nil {
			t.Error(bad)
		}
	}
}
