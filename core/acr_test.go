package core_test

import (
	"testing"

	"github.com/postern-id/postern/core"
)

func TestReaches(t *testing.T) {
	password, both := []string{core.AMRPassword}, []string{core.AMRPassword, core.AMROneTime, core.AMRMultiple}
	for name, c := range map[string]struct {
		class    string
		amr      []string
		upstream bool
		wanted   string
		want     bool
	}{
		"the same":                            {"2", both, false, "2", true},
		"a stronger one":                      {"phr", both, false, "1", true},
		"a weaker one":                        {"1", password, false, "2", false},
		"none of ours, the same":              {"urn:x", password, false, "urn:x", true},
		"none of ours":                        {"urn:x", both, false, "1", false},
		"nothing is wanted by that name":      {"phr", both, false, "urn:x", false},
		"no class":                            {"", nil, false, "1", false},
		"a provider's, by name":               {"2", nil, true, "2", true},
		"98 a provider's name of one of ours": {"phr", password, true, "2", false},
		"a provider's, with a second factor":  {"phr", both, true, "2", true},
		"98 a provider's second factor":       {"1", both, true, "2", false},
	} {
		if got := core.Reaches(c.class, c.amr, c.upstream, c.wanted); got != c.want {
			t.Errorf("%s: Reaches = %v", name, got)
		}
	}
}
