package config

import (
	"slices"
	"strings"
	"testing"
)

func TestApplyFiles(t *testing.T) {
	var c Config
	if m := setApply(&c, "etc/acme.yaml, more.yaml"); m != nil || !slices.Equal(c.Apply, []string{"etc/acme.yaml", "more.yaml"}) {
		t.Errorf("%v, %v", c.Apply, m)
	}
	for value, want := range map[string]string{"": "empty", "a,,b": "empty", "-": "standard input", "a, a": "twice"} {
		if m := setApply(&c, value); m == nil || !strings.Contains(m.text, want) || m.hint == "" {
			t.Errorf("%q: %+v", value, m)
		}
	}
	entries, problems := parseFile("f.toml", []byte("apply = ['a.yaml', 'b.yaml']\nlisten = [7]\n"))
	if entries["apply"].value != "a.yaml,b.yaml" || len(problems) != 1 || problems[0].String() != "f.toml:2: the value of listen is no text" {
		t.Errorf("%v, %v", entries, problems)
	}
	if _, problems := parseFile("f.toml", []byte("apply = ['a,b.yaml']\n")); len(problems) != 1 {
		t.Errorf("a comma parts a name: %v", problems)
	}
}
