package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command of plugins and connectors says more than one line about itself and shows how it is
// called.
func TestPluginHelp(t *testing.T) {
	commands := 0
	var check func(prefix string, c *cobra.Command)
	check = func(prefix string, c *cobra.Command) {
		name := prefix + " " + c.Name()
		for _, inner := range c.Commands() {
			check(name, inner)
		}
		if c.HasSubCommands() {
			return
		}
		commands++
		if !strings.HasPrefix(c.Example, "  "+name) || c.Long == "" {
			t.Errorf("%s: the help is %q with the example %q", name, c.Long, c.Example)
		}
		for line := range strings.SplitSeq(c.Long, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: a line of %d characters: %s", name, len(line), line)
			}
		}
	}
	family := (&program{}).plugin()
	for _, c := range family.Commands() {
		if c.GroupID == "" {
			t.Errorf("%s is of nobody", c.Name())
		}
	}
	check("postern", family)
	check("postern", (&program{}).connector())
	if commands < 37 {
		t.Errorf("%d commands", commands)
	}
}
