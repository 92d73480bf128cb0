package replay_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

const smallest = `{"name":"n","hook":"claims.map/v1","input":{},"output":{}}`

func parse(t *testing.T, text string) *replay.Case {
	t.Helper()
	c, err := replay.ParseCase([]byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return c
}

func TestParseCase(t *testing.T) {
	for _, text := range []string{
		smallest,
		`{"name":"n","plugin":"p","hook":"account.shape/v1","input":{"user":{}},"calls":[{"capability":"kv","request":{"op":"get"},"answer":{}}],"output_text":"{ }"}`,
		`{"name":"n","hook":"event.sink/v1","input":{},"fails":"no"}`,
	} {
		if got := string(parse(t, text).AppendJSON(nil)); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	}
}

func TestParseCaseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:   "an object is expected",
		`[]`: "an object is expected",
		`{"hook":"claims.map/v1","input":{},"output":{}}`:                                       "name must say",
		`{"name":"n","hook":"claims.map/v9","input":{},"output":{}}`:                            `no hook "claims.map/v9"`,
		`{"name":"n","hook":"claims.map/v1","output":{}}`:                                       "input must be",
		`{"name":"n","hook":"claims.map/v1","input":{}}`:                                        "exactly one",
		`{"name":"n","hook":"claims.map/v1","input":{},"fails":""}`:                             "exactly one",
		`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"fails":"x"}`:                "exactly one",
		`{"name":"n","hook":"claims.map/v1","input":{},"output_text":"{}"}`:                     "account.shape/v1 only",
		`{"name":"n","hook":"claims.map/v1","input":[],"output":{}}`:                            "input has the wrong type",
		`{"name":"n","hook":"claims.map/v1","input":{},"output":null}`:                          "output has the wrong type",
		`{"name":1,"hook":"claims.map/v1","input":{},"output":{}}`:                              "name has the wrong type",
		`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"outputs":{}}`:               `unknown member "outputs"`,
		`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"calls":[{"name":"kv"}]}`:    "calls: ",
		`{"name":"n","hook":"claims.map/v1","input":{},"output":{},"calls":{"capability":"k"}}`: "calls: ",
		`{"name":"n","name":"n","hook":"claims.map/v1","input":{},"output":{}}`:                 "twice",
	} {
		if _, err := replay.ParseCase([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	folder := fstest.MapFS{
		"b.json": {Data: []byte(smallest)}, "a.json": {Data: []byte(smallest)}, "README.md": {Data: []byte("x")},
		"more/c.json": {Data: []byte("x")}, "d.json/e": {Data: []byte("x")},
	}
	cases, err := replay.Load(folder)
	if err != nil || len(cases) != 2 || cases[0].File != "a.json" || cases[1].File != "b.json" || cases[0].Name != "n" {
		t.Errorf("%+v, %v", cases, err)
	}
	folder["z.json"] = &fstest.MapFile{Data: []byte("{")}
	if _, err := replay.Load(folder); err == nil || !strings.Contains(err.Error(), "z.json") {
		t.Errorf("got %v", err)
	}
	if _, err := replay.Load(os.DirFS("testdata/absent")); err == nil {
		t.Error("a folder that is not there has cases")
	}
}

func TestFind(t *testing.T) {
	one := []hook.Manifest{{ID: "a", Hooks: []string{hook.AccountShape, hook.ClaimsMap}}}
	two := append(one[:1:1], hook.Manifest{ID: "b", Hooks: []string{hook.EventSink}})
	c := parse(t, smallest)
	if plugin, number, err := c.Find(one); plugin != 0 || number != 1 || err != nil {
		t.Errorf("the only plugin: %d, %d, %v", plugin, number, err)
	}
	if _, _, err := c.Find(two); err == nil {
		t.Error("one of two is found without a name")
	}
	c.Plugin = "a"
	if plugin, number, err := c.Find(two); plugin != 0 || number != 1 || err != nil {
		t.Errorf("by name: %d, %d, %v", plugin, number, err)
	}
	c.Plugin = "b"
	if _, _, err := c.Find(two); err == nil || !strings.Contains(err.Error(), "does not implement claims.map/v1") {
		t.Errorf("got %v", err)
	}
	c.Plugin = "c"
	if _, _, err := c.Find(one); err == nil || !strings.Contains(err.Error(), `no plugin "c"`) {
		t.Errorf("got %v", err)
	}
}

func TestCheck(t *testing.T) {
	const claims, scopes = `{"name":"n","hook":"claims.map/v1","input":{},`, `{"name":"n","hook":"scope.policy/v1","input":{},`
	const account, event = `{"name":"n","hook":"account.shape/v1","input":{},`, `{"name":"n","hook":"event.sink/v1","input":{},`
	const login = `{"name":"n","hook":"connector.login/v1","input":{},`
	const password = `{"name":"n","hook":"connector.password/v1","input":{},`
	for _, test := range []struct{ text, given, failure, want string }{
		{claims + `"output":{}}`, `{"set":{},"remove":[]}`, "", ""},
		{claims + `"output":{"set":{"b":1,"a":[]}}}`, ` {"remove":[],"set":{"a":[],"b":1}}`, "", ""},
		{claims + `"output":{"set":{"a":1}}}`, `{"set":{"a":1.0}}`, "", "output.set.a is 1.0, want 1"},
		{claims + `"output":{"set":{"a":{}}}}`, `{"set":{}}`, "", "output.set is missing"},
		{claims + `"output":{"set":{"a":{"b":[1,2]}}}}`, `{"set":{"a":{"b":[1]}}}`, "", "output.set.a.b[1] is missing, want 2"},
		{claims + `"output":{"set":{"a":[1]}}}`, `{"set":{"a":[1,"x"]}}`, "", `output.set.a[1] is too much: "x"`},
		{claims + `"output":{"set":{"a":1}}}`, `{"set":{"a":1,"b":2}}`, "", "output.set.b is too much: 2"},
		{claims + `"output":{"set":{"a":1}}}`, `{"set":{"a":"1"}}`, "", `output.set.a is "1", want 1`},
		{claims + `"output":{}}`, `{"sett":{}}`, "", "unknown member"},
		{claims + `"output":{"sett":{}}}`, `{}`, "", "the output of the case is wrong"},
		{claims + `"output":{"set":{"sub":"x"}}}`, `{"set":{"sub":"x"}}`, "", "the claim sub is the host's"},
		{claims + `"output":{}}`, `{"remove":["acr"]}`, "", "the claim acr is the host's"},
		{claims + `"output":{}}`, ``, "broken", "the call failed: broken"},
		{claims + `"fails":"bro"}`, ``, "broken", ""},
		{claims + `"fails":"other"}`, ``, "broken", `must fail with "other", and failed with "broken"`},
		{claims + `"fails":"bro"}`, `{}`, "", `must fail with "bro", and gave {}`},
		{claims + `"fails":"bro"}`, `{`, "", `must fail with "bro"`},
		{scopes + `"output":{}}`, `{"deny":false,"reason":""}`, "", ""},
		{scopes + `"output":{}}`, `{"scopes":[]}`, "", "output.scopes is too much"},
		{scopes + `"output":{"scopes":[]}}`, `{}`, "", "output.scopes is missing"},
		{scopes + `"output":{"scopes":["a","b"]}}`, `{"scopes":["b","a"]}`, "", `output.scopes[0] is "b", want "a"`},
		{account + `"output":{"a":"","b":[]}}`, `{"b":[],"a":""}`, "", ""},
		{account + `"output":{"a":""}}`, `{}`, "", "output.a is missing"},
		{account + `"output_text":"{\"a\":1}"}`, `{"a":1}`, "", ""},
		{account + `"output_text":"{\"a\":1}"}`, `{"a": 1}`, "", `output_text, at byte 5 is "{\"a\": 1}", want "{\"a\":1}"`},
		{account + `"output_text":"{\"a\":1}"}`, `[]`, "", "the host refuses the output"},
		{event + `"output":{}}`, ``, "", ""},
		{event + `"output":{}}`, `{}`, "", ""},
		{event + `"output":{}}`, `{"ok":1}`, "", "the host refuses"},
		{login + `"output":{"identity":{"subject":"s"}}}`, `{"identity":{"subject":"s","email_verified":false},"data":{}}`, "", ""},
		{login + `"output":{"identity":{"subject":"s"}}}`, `{"identity":{"subject":"s","email_verified":true}}`, "", "email_verified is too much: true"},
		{password + `"output":{"deny":true}}`, `{"deny":true,"reason":"r"}`, "", `output.reason is too much: "r"`},
	} {
		var failure error
		if test.failure != "" {
			failure = errors.New(test.failure)
		}
		err := parse(t, test.text).Check([]byte(test.given), failure)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, %s%s: got %v, want %q", test.text, test.given, test.failure, err, test.want)
		}
	}
}

// TestCompare holds that all differences are given, each with its place.
func TestCompare(t *testing.T) {
	c := parse(t, `{"name":"n","hook":"claims.map/v1","input":{},"output":{"set":{"a":1,"b":[1,2,3],"c":{"d":"x"},"e":true}}}`)
	got, err := c.Compare([]byte(`{"set":{"b":[1,"2"],"c":{"d":"y","f":null},"a":1.0,"g":[]},"remove":["h"]}`))
	want := []replay.Mismatch{
		{"output.set.a", "1", "1.0"}, {"output.set.b[1]", "2", `"2"`}, {"output.set.b[2]", "3", ""}, {"output.set.c.d", `"x"`, `"y"`},
		{"output.set.c.f", "", "null"}, {"output.set.e", "true", ""}, {"output.set.g", "", "[]"}, {"output.remove", "", `["h"]`},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err = c.Compare([]byte(`{"set":{"e":true,"c":{"d":"x"},"b":[1,2,3],"a":1}}`)); err != nil || len(got) != 0 {
		t.Errorf("the same in another order: %q, %v", got, err)
	}
	many := `{"set":{"a":[` + strings.Repeat("0,", 500) + `0]}}`
	c = parse(t, `{"name":"n","hook":"claims.map/v1","input":{},"output":{"set":{"a":[]}}}`)
	if got, err = c.Compare([]byte(many)); err != nil || len(got) != 100 {
		t.Errorf("%d differences, %v", len(got), err)
	}
	c = parse(t, `{"name":"n","hook":"account.shape/v1","input":{},"output_text":"`+strings.Repeat("é", 100)+`"}`)
	if _, err = c.Compare([]byte("{")); err == nil {
		t.Error("an output that is no JSON is compared")
	}
	c.OutputText = `{"` + strings.Repeat("é", 100) + `":1}`
	if got, err = c.Compare([]byte(strings.Replace(c.OutputText, "1", "2", 1))); err != nil || len(got) != 1 ||
		got[0].Path != "output_text, at byte 204" || !strings.HasSuffix(got[0].Got, `\":2}"`) || len(got[0].Got) > 40 {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDifferencesAreShort(t *testing.T) {
	long := hook.String(strings.Repeat("x", 100_000))
	if got := replay.Difference("output", long, hook.Int(1)); len(got) > 1000 || !strings.HasPrefix(got, "output is 1, want ") {
		t.Errorf("%d bytes: %.100s", len(got), got)
	}
}

// FuzzParseCase holds that a case that is accepted survives being written.
func FuzzParseCase(f *testing.F) {
	f.Add([]byte(smallest))
	f.Add([]byte(`{"name":"n","hook":"account.shape/v1","input":{},"calls":[{"capability":"clock","answer":{"now":1}}],"output_text":"{}"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := replay.ParseCase(data)
		if err != nil {
			return
		}
		written := c.AppendJSON(nil)
		again, err := replay.ParseCase(written)
		if err != nil || !bytes.Equal(again.AppendJSON(nil), written) {
			t.Fatalf("%q, written as %q: %v", data, written, err)
		}
	})
}
