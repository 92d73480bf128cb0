package workbench

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook/replay"
)

// caseWith is a case of asks.wasm with what it expects.
func caseWith(expected string) string {
	return `{
  "name": "n",
  "hook": "claims.map/v1",
  "input": {},
  "calls": ` + played + `,
  ` + expected + `
}
`
}

const given = `{"set": {"kv": {"found": true}, "secret": {"value": "abc"}}}`

func TestVerdicts(t *testing.T) {
	m := open(t, asks, nil)
	for name, test := range map[string]struct {
		text        string
		problem     string // a part; empty: there is none
		differences []replay.Mismatch
	}{
		"as expected":       {caseWith(`"output": ` + given), "", nil},
		"in another order":  {caseWith(`"output": {"remove": [], "set": {"secret": {"value": "abc"}, "kv": {"found": true}}}`), "", nil},
		"another":           {caseWith(`"output": {"set": {"kv": {}, "secret": {"value": "abd"}}}`), "", []replay.Mismatch{{Path: "output.set.kv.found", Got: "true"}, {Path: "output.set.secret.value", Want: `"abd"`, Got: `"abc"`}}},
		"must fail":         {caseWith(`"fails": "no"`), `it must fail with "no", and gave {"set"`, nil},
		"asks another":      {strings.Replace(caseWith(`"output": `+given), `"ttl":60`, `"ttl":61`, 1), "call 3, kv: request.ttl is 60, want 61", nil},
		"asks too little":   {strings.Replace(caseWith(`"output": `+given), `"calls": [`, `"calls": [{"capability":"clock","request":{},"answer":{"now":1}},`, 1), "call 2", nil},
		"bad settings":      {strings.Replace(caseWith(`"output": `+given), `"input": {}`, `"input": {"settings": {"x": 1}}`, 1), "settings.x is unknown", nil},
		"no such hook":      {strings.Replace(caseWith(`"output": `+given), `claims.map/v1`, `event.sink/v1`, 1), `has no hook "event.sink/v1"`, nil},
		"no such plugin":    {strings.Replace(caseWith(`"output": `+given), `"hook"`, `"plugin": "x", "hook"`, 1), `no plugin "x"`, nil},
		"unknown member":    {strings.Replace(caseWith(`"output": `+given), `"name"`, `"nam": 1, "name"`, 1), `it is no case: unknown member "nam"`, nil},
		"no JSON":           {`{"name": "n",}`, "it is no case: byte 13", nil},
		"wrong expectation": {caseWith(`"output": {"sett": {}}`), "the output of the case is wrong", nil},
	} {
		file := fileWith(t, "c.json", test.text)
		v := m.Test(t.Context(), file, false)
		if v.File != "c.json" || v.OK != (test.problem == "" && test.differences == nil) || !strings.Contains(v.Problem, test.problem) ||
			test.problem == "" && v.Problem != "" || !slices.Equal(v.Differences, test.differences) {
			t.Errorf("%s: %+v", name, v)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != test.text {
			t.Errorf("%s: the file was changed: %v", name, err)
		}
	}
	if v := m.Test(t.Context(), "testdata/none.json", false); v.OK || v.Problem == "" {
		t.Errorf("%+v", v)
	}
	v := m.Test(t.Context(), fileWith(t, "c.json", caseWith(`"output": `+given)), false)
	if v.Name != "n" || v.Log != "it asked" || v.Fuel <= 0 || v.Took <= 0 || v.Updated {
		t.Errorf("%+v", v)
	}
}

// TestUpdate holds that what is expected is written in its place and nothing else is
// touched, and that a plugin that fails is not what a case comes to expect.
func TestUpdate(t *testing.T) {
	m := open(t, asks, nil)
	for before, after := range map[string]string{
		caseWith(`"output":   {"set": {}}`):                                  caseWith(`"output": ` + given),
		caseWith(`"fails": "no"`):                                            caseWith(`"output": ` + given),
		strings.Replace(caseWith(`"output": {}`), `"ttl":60`, `"ttl":61`, 1): "",
		`{"name":"n"`: "",
	} {
		file := fileWith(t, "c.json", before)
		v := m.Test(t.Context(), file, true)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if v.OK != (after != "") || v.Updated != v.OK || after != "" && string(text) != after || after == "" && string(text) != before {
			t.Errorf("%+v, and the file is\n%s", v, text)
		}
		if again := m.Test(t.Context(), file, false); again.OK != v.OK {
			t.Errorf("%+v", again)
		}
	}
	// A file that cannot be written stays a failure.
	file := fileWith(t, "c.json", caseWith(`"output": {}`))
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	if v := m.Test(t.Context(), file, true); os.Getuid() != 0 && (v.OK || !strings.Contains(v.Problem, "cannot be changed")) {
		t.Errorf("%+v", v)
	}
}

func TestReplaceMember(t *testing.T) {
	for _, test := range []struct{ text, name, value, want string }{
		{`{"output":{}}`, "output", `{"a":[1,2]}`, `{"output": {"a": [1, 2]}}`},
		{"{\n\t\"a\": \"output\",\n\t\"fails\" :  \"x\" , \"b\": [ ]\n}\n", "output", `{}`, "{\n\t\"a\": \"output\",\n\t\"output\": {} , \"b\": [ ]\n}\n"},
		{`{"x": {"output": 1}, "output_text": "{}"}`, "output_text", `"{ }"`, `{"x": {"output": 1}, "output_text": "{ }"}`},
		{
			"{\n  \"output\": {}\n}", "output", `{"set":{"a":"` + strings.Repeat("x", 80) + `","b":"` + strings.Repeat("y", 80) + `"}}`,
			"{\n  \"output\": {\n    \"set\": {\n      \"a\": \"" + strings.Repeat("x", 80) + "\",\n      \"b\": \"" + strings.Repeat("y", 80) + "\"\n    }\n  }\n}",
		},
	} {
		got, err := replaceMember([]byte(test.text), test.name, []byte(test.value), "output", "output_text", "fails")
		if err != nil || string(got) != test.want {
			t.Errorf("%s\nwant %s\n%v", got, test.want, err)
		}
	}
	for _, text := range []string{``, `[]`, `{}`, `{"a":1}`, `{"a":`, `{"a":1,"output":`} {
		if got, err := replaceMember([]byte(text), "output", []byte(`{}`), "output"); err == nil {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func FuzzReplaceMember(f *testing.F) {
	f.Add(caseWith(`"output": `+given), `{"set":{"a":1.0}}`)
	f.Add(caseWith(`"fails": "no"`), `{}`)
	f.Add(`{"name":"n","hook":"account.shape/v1","input":{},"output_text":"{}"}`, `{"\u00e9":[[],{}]}`)
	f.Fuzz(func(t *testing.T, text, output string) {
		before, err := replay.ParseCase([]byte(text))
		if err != nil {
			return
		}
		changed, err := replaceMember([]byte(text), "output", []byte(output), "output", "output_text", "fails")
		if err != nil {
			return
		}
		after, err := replay.ParseCase(changed)
		if err != nil {
			if strings.HasPrefix(strings.TrimSpace(output), "{") {
				t.Fatalf("%q with %q became %q: %v", text, output, changed, err)
			}
			return
		}
		before.Output, before.OutputText, before.Fails = after.Output, "", ""
		if got, want := string(after.AppendJSON(nil)), string(before.AppendJSON(nil)); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func TestCases(t *testing.T) {
	dir := t.TempDir()
	_, err := Cases(filepath.Join(dir, "none"))
	wants(t, err, "there is no folder", "--cases")
	_, err = Cases(fileWith(t, "file", ""))
	wants(t, err, "cannot read the cases", "--cases")
	_, err = Cases(dir)
	wants(t, err, "there are no cases", "postern plugin record")
	for _, name := range []string{"README.md", "postern.json", "b.json", "a.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "c.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	files, err := Cases(dir)
	if want := []string{filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")}; err != nil || !slices.Equal(files, want) {
		t.Errorf("%v, %v", files, err)
	}
}
