package form_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-id/postern/core/form"
)

const schema = `{"type":"object","required":["url","mode"],"additionalProperties":false,"properties":{
	"url":{"title":"Address","description":"Where it is.","type":"string","examples":["https://a.example"]},
	"start_tls":{"type":"boolean"},
	"trust":{"type":"boolean","default":true},
	"mode":{"type":"string","enum":["a","b"]},
	"prompt":{"type":"string","enum":["login","consent"]},
	"scope":{"type":"string","enum":["sub","one"],"default":"sub"},
	"limit":{"type":"integer","minimum":1,"default":10},
	"note":{"type":"string","maxLength":100000},
	"attributes":{"type":"object","additionalProperties":false,"properties":{
		"email":{"type":"string","default":"mail"},
		"a.b":{"type":"string"}}},
	"groups":{"type":"array","items":{"type":"string"}},
	"rename":{"type":"object","additionalProperties":{"type":"string"}},
	"rules":{"type":"array","items":{"type":"object"}},
	"open":{"type":"object","properties":{"x":{"type":"string"}}},
	"level":{"type":"integer","enum":[1,2]},
	"odd":{"enum":["1",1,{}]},
	"share":{"type":"number","minimum":0,"maximum":1},
	"ports":{"type":"array","items":{"type":"integer"}},
	"days":{"type":"array","items":{"type":"string","enum":["mon","tue","wed"]},"default":["mon"]},
	"lines":{"type":"array","items":{"type":"string"},"default":["x"]}}}`

func fields(t *testing.T, schema, settings string) []form.Field {
	t.Helper()
	list, err := form.Fields([]byte(schema), []byte(settings))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFields(t *testing.T) {
	var got []string
	for _, f := range form.Leaves(fields(t, schema, `{"url":"https://x.example","trust":false,"groups":["a","b"],"rename":{"a":"b"}}`)) {
		got = append(got, strings.Join([]string{f.Name, f.Label, string(f.Kind), strings.ReplaceAll(f.Value, "\n", "|")}, ";"))
	}
	want := []string{
		"settings.url;Address;text;https://x.example",
		"settings.start_tls;Start tls;switch;",
		"settings.trust;Trust;switch;",
		"settings.mode;Mode;choice;",
		"settings.prompt;Prompt;choice;",
		"settings.scope;Scope;choice;sub",
		"settings.limit;Limit;number;10",
		"settings.note;Note;long;",
		"settings.attributes.email;Email;text;mail",
		"settings.attributes.a.b;A.b;text;",
		"settings.groups;Groups;list;a|b",
		"settings.rename;Rename;pairs;a = b",
		"settings.rules;Rules;json;",
		"settings.open;Open;json;",
		"settings.level;Level;choice;",
		"settings.odd;Odd;json;",
		"settings.share;Share;number;",
		"settings.ports;Ports;list;",
		"settings.days;Days;some;mon",
		"settings.lines;Lines;list;x",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	list := fields(t, schema, `{}`)
	if f := list[0]; !f.Required || f.Help != "Where it is." || f.Example != "https://a.example" {
		t.Errorf("%+v", f)
	}
	if f := list[6]; f.Least != "1" || f.Most != "" || !f.Whole {
		t.Errorf("%+v", f)
	}
	if f := list[15]; f.Name != "settings.share" || f.Least != "0" || f.Most != "1" || f.Whole {
		t.Errorf("%+v", f)
	}
	if f := list[3]; len(f.Options) != 3 || f.Options[0].Value != "" { // nothing is chosen yet
		t.Errorf("%+v", f.Options)
	}
	if f := list[5]; len(f.Options) != 2 { // the default is what not being set comes to
		t.Errorf("%+v", f.Options)
	}
}

// typed is what a browser sends of a form that was changed in some fields.
func typed(list []form.Field, changed map[string]string) func(string) string {
	return func(name string) string {
		if v, ok := changed[name]; ok {
			return v
		}
		for _, f := range form.Leaves(list) {
			if f.Name == name {
				return strings.ReplaceAll(f.Value, "\n", "\r\n") // as browsers do
			}
			if option, of := strings.CutPrefix(name, f.Name+"."); of && f.Kind == form.Some && slices.Contains(strings.Split(f.Value, "\n"), option) {
				return "on"
			}
		}
		return ""
	}
}

func TestRead(t *testing.T) {
	before := `{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true}`
	for _, tt := range []struct {
		name    string
		changed map[string]string
		want    string
	}{
		{"untouched", nil, before},
		{"a switch that is on by default", map[string]string{"settings.trust": ""}, `{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":false}`},
		{"a switch that is off by default", map[string]string{"settings.start_tls": "on"}, `{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"start_tls":true}`},
		{"texts and numbers", map[string]string{"settings.url": " v ", "settings.limit": "3", "settings.note": "a\r\nb", "settings.scope": "one"},
			`{"url":"v","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"scope":"one","limit":3,"note":"a\nb"}`},
		{"an empty text where there is a default", map[string]string{"settings.attributes.email": ""},
			`{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"attributes":{"email":""}}`},
		{"the default again", map[string]string{"settings.attributes.email": "mail", "settings.limit": "10"}, before},
		{"a name with a dot", map[string]string{"settings.attributes.a.b": "x"}, `{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"attributes":{"a.b":"x"}}`},
		{"lists and pairs", map[string]string{"settings.groups": " a \r\n\r\nb", "settings.rename": "a = b = c\r\nd="},
			`{"url":"u","mode":"a","extra":{"kept":true},"groups":["a","b"],"trust":true,"rename":{"a":"b = c","d":""}}`},
		{"JSON", map[string]string{"settings.rules": `[{"when": 1}]`, "settings.level": "2"}, `{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"rules":[{"when":1}],"level":2}`},
		{"numbers, and some of several", map[string]string{"settings.share": "0.5", "settings.ports": "80\r\n443", "settings.days.mon": "", "settings.days.wed": "on"},
			`{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"share":0.5,"ports":[80,443],"days":["wed"]}`},
		{"none, where there are some by default", map[string]string{"settings.days.mon": "", "settings.lines": ""},
			`{"url":"u","mode":"a","extra":{"kept":true},"groups":[],"trust":true,"days":[],"lines":[]}`},
		{"what is required and missing", map[string]string{"settings.url": ""}, `{"mode":"a","extra":{"kept":true},"groups":[],"trust":true}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := fields(t, schema, before)
			got, problems := form.Read(list, []byte(before), typed(list, tt.changed))
			if len(problems) > 0 || string(got) != tt.want {
				t.Errorf("got  %s %v\nwant %s", got, problems, tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, value, problem string }{
		{"settings.limit", "ten", `"ten" is no number`},
		{"settings.limit", "0x10", `"0x10" is no number`},
		{"settings.limit", "01", "is no number as it is written here"},
		{"settings.rename", "a", `"a" is not written as name = text`},
		{"settings.rename", "a=1\na=2", `"a" is there twice`},
		{"settings.rules", "[", "this is no JSON: line 1, character 2, in [0]: "},
		{"settings.rules", "[{\"a\":1},\n {\"when\": {\"b\": yes}}]", "this is no JSON: line 2, character 17, in [1].when.b: "},
		{"settings.level", "3", `"3" is none of those that there are`},
		{"settings.ports", "80\nhttp", `"http" is no number`},
	} {
		list := fields(t, schema, before)
		got, problems := form.Read(list, []byte(before), typed(list, map[string]string{tt.name: tt.value}))
		if got != nil || len(problems) != 1 || problems[0].Name != tt.name || !strings.Contains(problems[0].Text, tt.problem) {
			t.Errorf("%s: %s, %v", tt.value, got, problems)
		}
	}
}

// A schema that names no members is JSON text as a whole.
func TestWholeAsJSON(t *testing.T) {
	list := fields(t, `{"type":"object"}`, `{"a":[1]}`)
	if len(list) != 1 || list[0].Kind != form.JSON || list[0].Value != "{\n  \"a\": [\n    1\n  ]\n}" {
		t.Fatalf("%+v", list)
	}
	got, problems := form.Read(list, []byte(`{"a":[1]}`), typed(list, map[string]string{"settings": `{"b": 2}`}))
	if len(problems) > 0 || string(got) != `{"b":2}` {
		t.Errorf("%s, %v", got, problems)
	}
	if _, problems := form.Read(list, []byte(`{}`), typed(list, map[string]string{"settings": `[]`})); len(problems) != 1 {
		t.Errorf("%v", problems)
	}
}

// A setting that its control cannot show is shown as JSON, so that nothing of it is lost.
func TestOddValues(t *testing.T) {
	before := `{"url":"a\nb","trust":"yes","groups":["x\ny"],"rename":{" a ":"b"},"limit":"ten","mode":"c","ports":[1,"a"],"days":["tue","mon","sun"],"level":true}`
	list := fields(t, schema, before)
	kinds := map[string]form.Kind{}
	for _, f := range form.Leaves(list) {
		kinds[f.Name] = f.Kind
	}
	for name, want := range map[string]form.Kind{"url": form.Long, "trust": form.JSON, "groups": form.JSON, "rename": form.JSON, "limit": form.JSON, "mode": form.Choice, "ports": form.JSON, "days": form.Some, "level": form.Choice} {
		if kinds["settings."+name] != want {
			t.Errorf("%s is %s, want %s", name, kinds["settings."+name], want)
		}
	}
	if got, problems := form.Read(list, []byte(before), typed(list, nil)); string(got) != before {
		t.Errorf("%s, %v", got, problems)
	}
	again := form.Retyped(list, typed(list, map[string]string{"settings.url": "new", "settings.attributes.email": "x"}))
	if leaves := form.Leaves(again); leaves[0].Value != "new" || leaves[8].Value != "x" {
		t.Errorf("%+v", leaves)
	}
	if list[0].Value == "new" {
		t.Error("the fields were changed")
	}
}

func TestOwner(t *testing.T) {
	list := fields(t, schema, `{}`)
	for _, tt := range []struct{ where, text, want string }{
		{"settings.url", "must match the pattern x", "settings.url"},
		{"settings.rules[0].when", "is unknown", "settings.rules"},
		{"settings.attributes.email", "must be a string", "settings.attributes.email"},
		{"settings", `must have "url"`, "settings.url"},
		{"settings.attributes", `must have "email"`, "settings.attributes.email"},
		{"settings", "must have at most 3 members", ""},
		{"settings.urls", "is unknown", ""},
	} {
		if got := form.Owner(list, tt.where, tt.text); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.where, tt.text, got, tt.want)
		}
	}
}

// A form that nobody touched changes no setting, whatever schema and settings are.
func FuzzUntouched(f *testing.F) {
	f.Add(schema, `{"url":"u","mode":"a"}`)
	f.Add(`{"type":"object","properties":{"a":{"type":"string","default":"x"},"b":{"type":"boolean","default":true}}}`, `{"a":"","b":false,"c":null}`)
	f.Add(`{"properties":{"a":{"type":"object","additionalProperties":false,"properties":{"b":{"type":"number"}}}},"type":"object"}`, `{"a":{"b":1e3,"c":1}}`)
	f.Add(`{"type":"object","properties":{"l":{"type":"array","items":{"type":"string"}}}}`, `{"l":[""]}`)
	f.Fuzz(func(t *testing.T, schema, settings string) {
		list, err := form.Fields([]byte(schema), []byte(settings))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, leaf := range form.Leaves(list) {
			if seen[leaf.Name] {
				return // two members of one name are no schema that a manifest may have
			}
			seen[leaf.Name] = true
		}
		got, problems := form.Read(list, []byte(settings), typed(list, nil))
		if len(problems) > 0 {
			return // what is there already is not what the schema wants: it is told
		}
		var before, after map[string]any
		if json.Unmarshal([]byte(settings), &before) != nil || json.Unmarshal(got, &after) != nil {
			return
		}
		for name, value := range before {
			if !reflect.DeepEqual(value, after[name]) {
				t.Errorf("%q was %v, is %v under %s", name, value, after[name], schema)
			}
		}
		for name := range after {
			if _, there := before[name]; !there {
				// Only what the schema requires, such as a switch, is written unasked.
				if !strings.Contains(schema, "required") {
					t.Errorf("%q was set by nobody: %s", name, got)
				}
			}
		}
	})
}

// What was typed is what the next form shows, and that form, untouched, means the same.
func FuzzTyped(f *testing.F) {
	for _, words := range [][5]string{{"https://a.example", "a", "10", "x = y", "[1]"}, {"", "b", "0.5", "a=b=c\nd=", `{"when":{}}`}, {" u ", "", "1e3", "", "null"}} {
		f.Add(words[0], words[1], words[2], words[3], words[4], true)
	}
	f.Fuzz(func(t *testing.T, url, mode, limit, rename, rules string, days bool) {
		changed := map[string]string{
			"settings.url": url, "settings.mode": mode, "settings.limit": limit, "settings.share": limit, "settings.rename": rename, "settings.rules": rules, "settings.groups": url + "\n" + mode,
			"settings.ports": limit, "settings.level": limit, "settings.note": url, "settings.attributes.email": mode, "settings.start_tls": "",
		}
		if days {
			changed["settings.start_tls"], changed["settings.days.wed"] = "on", "on"
		}
		list := fields(t, schema, `{}`)
		got, problems := form.Read(list, []byte(`{}`), typed(list, changed))
		if len(problems) > 0 {
			if got != nil {
				t.Errorf("settings in spite of %v", problems)
			}
			return
		}
		again, err := form.Fields([]byte(schema), got)
		if err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		same, problems := form.Read(again, got, typed(again, nil))
		if len(problems) > 0 || string(same) != string(got) {
			t.Errorf("%s became %s, %v", got, same, problems)
		}
		shown := map[string]string{}
		for _, leaf := range form.Leaves(again) {
			shown[leaf.Name] = leaf.Value
		}
		if want := strings.TrimSpace(strings.ReplaceAll(url, "\r\n", "\n")); want != "" && utf8.ValidString(want) && shown["settings.url"] != want {
			t.Errorf("%q is shown as %q", want, shown["settings.url"])
		}
	})
}
