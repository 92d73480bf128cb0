package conformance_test

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is a test of the suite.
type module struct {
	name  string
	plans string // as in testdata/modules.txt
	run   func(*trial)
	// only leaves out variants of the plans that the module is not about; nil: none.
	only func(variant) bool
	// variants replaces those of the plans; nil: does not.
	variants func() []variant
	// needs are the features that the module is about, which discovery announces.
	needs []feature
}

// feature is something that discovery announces.
type feature struct {
	name  string
	there func(document) bool
}

func announced(member string) func(document) bool {
	return func(m document) bool { return m.yes(member) }
}

func listed(member, value string) func(document) bool {
	return func(m document) bool { return m.lists(member, value) }
}

func present(member string) func(document) bool {
	return func(m document) bool { return m.has(member) }
}

// modules is the table.
func modules() []module {
	return slices.Concat(coreModules(), promptModules(), codeModules(), requestModules(), dynamicModules(), logoutModules(), logoutChannelModules())
}

func (m module) in() []variant {
	all := variantsOf(m.plans)
	if m.variants != nil {
		all = m.variants()
	}
	return slices.DeleteFunc(all, func(v variant) bool { return m.only != nil && !m.only(v) })
}

// waits gives what the module needs in the variant and discovery does not announce.
func (m module) waits(metadata document, v variant) []string {
	var missing []string
	if v != (variant{}) {
		missing = v.waits(metadata)
	}
	for _, f := range m.needs {
		if !f.there(metadata) {
			missing = append(missing, f.name)
		}
	}
	return missing
}

func TestConformance(t *testing.T) {
	for _, m := range modules() {
		t.Run(m.name, func(t *testing.T) {
			w := newWorld(t)
			for _, v := range m.in() {
				t.Run(v.String(), func(t *testing.T) { runVariant(t, w, m, v) })
			}
		})
	}
}

func runVariant(t *testing.T, w *world, m module, v variant) {
	x := &trial{T: t, world: w, variant: v, metadata: w.discover(t)}
	if missing := m.waits(x.metadata, v); missing != nil {
		t.Skipf("WAITS for %s", strings.Join(missing, ", "))
	}
	m.run(x)
}

//go:embed testdata/modules.txt
var suiteModules string

// The table has exactly the modules of the suite, in the plans of the suite.
func TestEveryModuleIsThere(t *testing.T) {
	table := map[string]string{}
	for _, m := range modules() {
		if _, twice := table[m.name]; twice {
			t.Errorf("%s is in the table twice", m.name)
		}
		table[m.name] = m.plans
		if m.run == nil || len(m.in()) == 0 {
			t.Errorf("%s runs nothing", m.name)
		}
	}
	count := 0
	for line := range strings.Lines(suiteModules) {
		name, plans, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name == "#" {
			continue
		}
		count++
		if got, found := table[name]; !found {
			t.Errorf("%s is missing", name)
		} else if got != plans {
			t.Errorf("%s is in the plans %q, not %q", name, got, plans)
		}
		delete(table, name)
	}
	for name := range table {
		t.Errorf("%s is no module of the suite", name)
	}
	if count < 70 {
		t.Errorf("the suite has %d modules", count)
	}
}

// mayWait are the features that are still to come. Whatever else a variant waits for
// has been there before, and is gone. Nothing has to be done here for a variant to
// start; take out of the list what has come for good.
var mayWait []string

// Nothing is left out silently: this counts what waits, says it, and fails where
// nothing may wait.
func TestWaiting(t *testing.T) {
	w := newWorld(t)
	metadata := w.discover(t)
	waiting, variants := map[string]int{}, 0
	var whole []string
	for _, m := range modules() {
		left := 0
		for _, v := range m.in() {
			variants++
			missing := m.waits(metadata, v)
			for _, name := range missing {
				waiting[name]++
				if !slices.Contains(mayWait, name) {
					t.Errorf("%s (%s) waits for %s, which has to be there", m.name, v, name)
				}
			}
			if missing != nil {
				left++
			}
		}
		if left == len(m.in()) {
			whole = append(whole, m.name)
		}
	}
	var report strings.Builder
	fmt.Fprintf(&report, "\n*** %d modules in %d variants\n", len(modules()), variants)
	for _, name := range mayWait {
		fmt.Fprintf(&report, "*** %4d variants WAIT for %s\n", waiting[name], name)
	}
	for _, name := range whole {
		fmt.Fprintf(&report, "*** WAITS as a whole: %s\n", name)
	}
	loud.Do(func() { os.Stderr.WriteString(report.String()) })
}

var loud sync.Once
