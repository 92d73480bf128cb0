package conformance_test

import (
	_ "embed"
	"slices"
	"strings"
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

// lacks gives what the module needs in the variant and discovery does not announce.
func (m module) lacks(metadata document, v variant) []string {
	var missing []string
	if v != (variant{}) {
		missing = v.lacks(metadata)
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
	if missing := m.lacks(x.metadata, v); missing != nil {
		t.Fatalf("discovery does not announce %s", strings.Join(missing, ", "))
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
