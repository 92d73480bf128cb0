package api_test

import (
	"encoding/json"
	"testing"

	"github.com/postern-id/postern/sdk/api"
)

// The examples of RFC 7396 appendix A whose target and patch are objects.
func TestPatchApply(t *testing.T) {
	for _, test := range []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"n":9007199254740993}`, `{"m":1.10}`, `{"m":1.10,"n":9007199254740993}`},
		{`{"a":1}`, ``, `{"a":1}`},
	} {
		got, err := api.Patch(test.patch).Apply([]byte(test.target))
		if err != nil || string(got) != test.want {
			t.Errorf("%s on %s: %s, %v", test.patch, test.target, got, err)
		}
	}
	if _, err := api.Patch(`[]`).Apply([]byte(`{}`)); err == nil {
		t.Error("a list is taken for a patch")
	}
}

func TestDiff(t *testing.T) {
	before := api.User{Name: "anna", Profile: api.Profile{Nickname: "An", Title: "Dr"}, Attributes: map[string]string{"a": "1", "b": "2"}, Groups: []string{}}
	after := before
	after.Email = "anna@example.org"
	after.Profile.Nickname = ""
	after.Profile.Bio = "<b>"
	after.Attributes = map[string]string{"a": "1", "c": "3"}
	patch, err := api.Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"attributes":{"b":null,"c":"3"},"email":"anna@example.org","profile":{"bio":"\u003cb\u003e","nickname":null}}`
	if string(patch) != want {
		t.Errorf("%s, want %s", patch, want)
	}
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = patch.Apply(text); err != nil {
		t.Fatal(err)
	}
	var got api.User
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if same, err := api.Diff(got, after); err != nil || !same.Empty() {
		t.Errorf("the patch leaves a difference: %s, %v", same, err)
	}
}
