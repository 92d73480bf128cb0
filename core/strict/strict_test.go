package strict_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/strict"
)

func TestMembers(t *testing.T) {
	nested := func(depth int) string {
		return `{"a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
	}
	for _, test := range []struct{ text, wrong string }{
		{`{}`, ""},
		{` {"a":1,"A":{"a":[{"a":null}]}} `, ""},
		{nested(15), ""},
		{nested(16), "nested"},
		{nested(1000), "nested"},
		{`{"a":1,"a":1}`, "twice"},
		{`{"a":1,"\u0061":1}`, "twice"},
		{`{"x":[{"a":1,"a":1}]}`, "twice"},
		{`{"a":"` + "\xff" + `"}`, "UTF-8"},
		{`{}{}`, "behind"},
		{`{} x`, "behind"},
		{`null`, "JSON null instead of an object"},
		{` true`, "JSON boolean instead of an object"},
		{"\n-7", "JSON number instead of an object"},
		{`[]`, "array"},
		{`"text"`, "string"},
		{``, "EOF"},
		{`{"a":1`, "EOF"},
		{`{"a":1,}`, "invalid"},
	} {
		members, err := strict.Members([]byte(test.text))
		switch {
		case test.wrong == "" && (err != nil || members == nil):
			t.Errorf("%.40s: %v", test.text, err)
		case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
			t.Errorf("%.40s: %v, want %q in it", test.text, err, test.wrong)
		}
	}
}

func TestRepeated(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"a":1}`:                            "a",
		`{"a":{"b":1,"c":2,"b":3}}`:                "a.b",
		`{"a":[0,{"b":1},{"b":{"c":1,"c":2}}]}`:    "a[2].b.c",
		`{"a":[[{"x":1,"x":1}]]}`:                  "a[0][0].x",
		`{"x":[1,1],"y":{"x":1},"x":{"z":[true]}}`: "x",
	} {
		_, err := strict.Members([]byte(text))
		if repeated, ok := errors.AsType[*strict.RepeatedError](err); !ok || repeated.Path != want {
			t.Errorf("%s: %#v, want %s", text, err, want)
		}
	}
}
