package strict_test

import (
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
		{`null`, "null"},
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
