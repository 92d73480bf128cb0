package cli

import (
	"strings"
	"testing"
)

// TestAuthorsHelp holds that each command of a plugin's author shows how it is
// called, and needs nothing of a server.
func TestAuthorsHelp(t *testing.T) {
	authors := 0
	for _, c := range (&program{}).plugin().Commands() {
		if c.GroupID != "author" {
			continue
		}
		authors++
		if !strings.HasPrefix(c.Example, "  postern plugin "+c.Name()) || c.Long == "" {
			t.Errorf("%s: the help is %q with the example %q", c.Name(), c.Long, c.Example)
		}
		for line := range strings.SplitSeq(c.Long, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: a line of %d characters: %s", c.Name(), len(line), line)
			}
		}
	}
	if authors < 7 {
		t.Errorf("%d commands", authors)
	}
}
