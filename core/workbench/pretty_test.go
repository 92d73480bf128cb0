package workbench

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func TestPretty(t *testing.T) {
	long := strings.Repeat("x", 60)
	text := `{"name":"n","input":{"user":{"name":"a","groups":["b","c"]},"empty":{},"n":1.50},"calls":[{"request":{"a":"` + long + `"},"answer":{"b":"` + long + `"}},{}],"list":[]}`
	want := `{
  "name": "n",
  "input": {"user": {"name": "a", "groups": ["b", "c"]}, "empty": {}, "n": 1.50},
  "calls": [
    {
      "request": {"a": "` + long + `"},
      "answer": {"b": "` + long + `"}
    },
    {}
  ],
  "list": []
}
`
	v, err := hook.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := pretty(v); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := pretty(hook.FromObject(nil)); strings.Join(strings.Fields(got), "") != "{}" {
		t.Errorf("%q", got)
	}
}

// FuzzPretty holds that what is written is what was meant.
func FuzzPretty(f *testing.F) {
	f.Add(`{"a":[1,{"b":"é\u0001"}],"` + strings.Repeat("c", 130) + `":[[[]]],"d":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		object, err := hook.ParseObject([]byte(text))
		if err != nil {
			return
		}
		again, err := hook.Parse([]byte(pretty(hook.FromObject(object))))
		if got, want := string(again.AppendJSON(nil)), string(object.AppendJSON(nil)); err != nil || got != want {
			t.Fatalf("%s became %s: %v", want, got, err)
		}
	})
}
