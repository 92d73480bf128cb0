package hook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`null`: `null`, ` true `: `true`, `false`: `false`, `"a"`: `"a"`, `0`: `0`, `-0.5e+10`: `-0.5e+10`,
		`[]`: `[]`, `{}`: `{}`, `[1 , "x",[null]]`: `[1,"x",[null]]`,
		`{"b":1,"a":{"c":[]}}`:     `{"b":1,"a":{"c":[]}}`,
		`"\u0041\n\/\"\\\u00e9"`:   `"A\n/\"\\é"`,
		`"\ud83d\ude00"`:           `"😀"`,
		`"\u0000\u001f"`:           `"\u0000\u001f"`,
		`{"":"","\u0061":"R&D<>"}`: `{"":"","a":"R&D<>"}`,
		deep(hook.MaxDepth):        deep(hook.MaxDepth),
	} {
		v, err := hook.Parse([]byte(text))
		if err != nil {
			t.Errorf("Parse(%s): %v", text, err)
			continue
		}
		if got := string(v.AppendJSON(nil)); got != want {
			t.Errorf("Parse(%s) is written as %s, want %s", text, got, want)
		}
	}
}

// Item 133 of the refusals: what a plugin must not be able to say.
func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                  ``,
		"blank":                  ` `,
		"text after the value":   `{} {}`,
		"not a number":           `{"a":NaN}`,
		"infinity":               `-Infinity`,
		"leading zero":           `01`,
		"leading plus":           `+1`,
		"bare minus":             `-`,
		"no digit after point":   `1.`,
		"no digit before point":  `.5`,
		"no exponent":            `1e`,
		"long number":            strings.Repeat("1", hook.MaxNumber+1),
		"hexadecimal":            `0x10`,
		"duplicate member":       `{"a":1,"a":2}`,
		"escaped duplicate":      `{"a":1,"\u0061":2}`,
		"nested duplicate":       `[{"x":{"a":1,"b":2,"a":3}}]`,
		"duplicate among many":   manyMembers(100, "m7"),
		"half a pair":            `"\ud83d"`,
		"half a pair and text":   `"\ud83dabcdef"`,
		"two first halves":       `"\ud83d\ud83d"`,
		"second half alone":      `"\ude00"`,
		"invalid UTF-8":          "\"\xff\"",
		"UTF-8 of a surrogate":   "\"\xed\xa0\x80\"",
		"overlong UTF-8":         "\"\xc0\xaf\"",
		"control character":      "\"a\nb\"",
		"control after escape":   "\"\\n\x01\"",
		"unknown escape":         `"\x41"`,
		"short escape":           `"\u00`,
		"escape at the end":      `"\`,
		"open string":            `"abc`,
		"open escaped string":    `"\nabc`,
		"open object":            `{"a":1`,
		"open array":             `[1`,
		"trailing comma":         `[1,]`,
		"trailing comma, object": `{"a":1,}`,
		"no colon":               `{"a" 1}`,
		"no value":               `{"a":}`,
		"name without quotes":    `{a:1}`,
		"single quotes":          `'a'`,
		"comment":                `{}/*x*/`,
		"byte order mark":        "\ufeff{}",
		"misspelt word":          `nul`,
		"too deep":               deep(hook.MaxDepth + 1),
		"a thousand deep":        deep(1000),
		"a million deep":         strings.Repeat("[", 1_000_000),
	} {
		var wrong *hook.ParseError
		if v, err := hook.Parse([]byte(text)); !errors.As(err, &wrong) {
			t.Errorf("%s: parsed as %s", name, v.AppendJSON(nil))
		}
		if err := hook.CheckObject([]byte(`{"member":` + text + `}`)); err == nil {
			t.Errorf("%s: CheckObject accepts it", name)
		}
	}
	for _, text := range []string{`[]`, `"a"`, `null`, `1`, ``} {
		if _, err := hook.ParseObject([]byte(text)); err == nil {
			t.Errorf("ParseObject accepts %s", text)
		}
		if err := hook.CheckObject([]byte(text)); err == nil {
			t.Errorf("CheckObject accepts %s", text)
		}
	}
}

func TestErrorsDoNotQuoteTheText(t *testing.T) {
	_, err := hook.Parse([]byte(`{"secret":"hunter2","secret":"hunter2"}`))
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestAppendReplacesWrongUTF8(t *testing.T) {
	got := string(hook.String("a\xffb\xed\xa0\x80\"é").AppendJSON(nil))
	want := "\"a\uFFFDb\uFFFD\uFFFD\uFFFD\\\"é\""
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestObjectKeepsOrder(t *testing.T) {
	var o hook.Object
	for _, name := range []string{"z", "a", "m"} {
		o.Set(name, hook.String(name))
	}
	o.Set("a", hook.Int(-7))
	before := string(o.AppendJSON(nil))
	shared := o
	o.Remove("z")
	o.Remove("absent")
	if got, want := string(o.AppendJSON(nil)), `{"a":-7,"m":"m"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(shared.AppendJSON(nil)); got != before {
		t.Errorf("Remove changed a copy: %s, was %s", got, before)
	}
}

func TestValueAccessors(t *testing.T) {
	v, err := hook.Parse([]byte(`{"n":12,"f":1.5,"s":"x","l":["a",1,"b"],"t":true}`))
	if err != nil {
		t.Fatal(err)
	}
	get := func(name string) hook.Value { found, _ := v.Object().Get(name); return found }
	if n, ok := get("n").Int(); n != 12 || !ok {
		t.Errorf("Int of 12: %d, %v", n, ok)
	}
	if _, ok := get("f").Int(); ok {
		t.Error("1.5 passes for an integer")
	}
	if _, ok := get("s").Int(); ok {
		t.Error("a string passes for an integer")
	}
	if got := get("l").Strings(); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("Strings: %v", got)
	}
	if !get("t").Bool() || get("s").Bool() || get("absent").Kind() != hook.KindNull {
		t.Error("Bool or Kind is wrong")
	}
}

// FuzzParse holds that whatever we accept encoding/json accepts with the same
// meaning, and that writing and reading again changes nothing.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null,true,{"b":-1.5e3}]}`, `"\ud83d\ude00é"`, `[[],{},""]`, `{"a":1,"a":2}`, "\"\xff\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := hook.Parse(data)
		if v.Kind() == hook.KindObject || err == nil {
			if _, objectErr := hook.ParseObject(data); err == nil && v.Kind() == hook.KindObject && objectErr != nil {
				t.Fatalf("ParseObject refuses what Parse accepts: %v", objectErr)
			}
			if checkErr := hook.CheckObject(data); (checkErr == nil) != (err == nil && v.Kind() == hook.KindObject) {
				t.Fatalf("CheckObject says %v, Parse %v", checkErr, err)
			}
		}
		if err != nil {
			return
		}
		written := v.AppendJSON(nil)
		if want, got := decode(t, data), decode(t, written); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is written as %q", data, written)
		}
		again, err := hook.Parse(written)
		if err != nil || !bytes.Equal(again.AppendJSON(nil), written) {
			t.Fatalf("%q does not survive: %v", written, err)
		}
	})
}

func decode(t *testing.T, data []byte) (v any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", data, err)
	}
	return v
}

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func manyMembers(n int, last string) string {
	var o hook.Object
	for i := range n {
		o = append(o, hook.Member{Name: "m" + string(hook.Int(int64(i)).AppendJSON(nil)), Value: hook.Value{}})
	}
	o = append(o, hook.Member{Name: last})
	return string(o.AppendJSON(nil))
}

func BenchmarkParse(b *testing.B) {
	data := sampleClaims().AppendJSON(nil)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := hook.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
