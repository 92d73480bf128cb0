package standin

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseObject(t *testing.T) {
	for _, test := range []struct{ name, text, wrong string }{
		{"empty object", `{}`, ""},
		{"every kind", `{"a":"s","b":1.5e3,"c":true,"d":null,"e":[1,"x",{}],"f":{"g":[]}}`, ""},
		{"blanks around it", " \n{}\t", ""},
		{"the same name in two objects", `{"a":{"x":1},"b":{"x":1}}`, ""},
		{"nothing", ``, "unexpected EOF"},
		{"array", `[]`, "no JSON object"},
		{"string", `"x"`, "no JSON object"},
		{"name twice", `{"a":1,"a":2}`, `"a" is there twice`},
		{"name twice, escaped", `{"a":1,"\u0061":2}`, `"a" is there twice`},
		{"something after it", `{} {}`, "something follows"},
		{"cut off", `{"a":[1,`, "EOF"},
		{"not UTF-8", "{\"a\":\"\xff\"}", "not UTF-8"},
		{"too deep", strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70), "nested more than 64"},
		{"HTML", `<html>`, "invalid character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseObject([]byte(test.text))
			switch {
			case test.wrong == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Errorf("got error %v, want %q", err, test.wrong)
			}
		})
	}
}

func TestParseObjectKeepsTheOrder(t *testing.T) {
	parsed, err := parseObject([]byte(`{"z":1,"a":{"y":2,"b":3},"m":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range parsed.members {
		names = append(names, m.name)
		for _, inner := range m.value.members {
			names = append(names, m.name+"."+inner.name)
		}
	}
	if got := strings.Join(names, " "); got != "z a a.y a.b m" {
		t.Errorf("got %s", got)
	}
}

func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":["b",{"c":null}]}`, `{"a":1,"a":2}`, `{"a":` + strings.Repeat("[", 100), "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := parseObject(text)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("accepted %q, which is no JSON", text)
		}
		var names map[string]any
		if err := json.Unmarshal(text, &names); err != nil || len(names) != len(parsed.members) {
			t.Fatalf("%d members, encoding/json finds %d (%v)", len(parsed.members), len(names), err)
		}
		flatten(parsed)
	})
}
