package authn

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestHashFor(t *testing.T) {
	w := newFactors(t)
	p := New(w, Options{Params: cheap(), Breached: openBreachList(t, strings.Join(breachLines("password", "correct horse", "caf\u00e9 caf\u00e9"), "\n"))})
	w.orgs["strict"] = &core.Organisation{Name: "strict", Rules: core.OrgRules{PasswordMin: 15}}
	w.orgs["lax"] = &core.Organisation{Name: "lax", Rules: core.OrgRules{PasswordMin: 4}}
	ann := &core.User{Org: "built-in", Name: "ann.example", Email: "ann.elsewhere@example.net", Profile: core.Profile{DisplayName: "Ann de Exemple"}}
	at := func(org string) *core.User { u := *ann; u.Org = org; return &u }
	for _, c := range []struct {
		user     *core.User
		password string
		rule     Rule
		least    int
	}{
		{ann, "battery staple", "", 0},
		{ann, "staple", RuleShort, 8},
		{at("lax"), "staple", RuleShort, 8},
		{at("strict"), "battery staple", RuleShort, 15},
		{at("strict"), "battery staples", "", 0},
		{at("strict"), "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", RuleShort, 15},
		{ann, "ann.example", RuleName, 0},
		{ann, "ANN.Example ", RuleName, 0},
		{ann, "Ann.Elsewhere@example.net", RuleName, 0},
		{ann, "ann.elsewhere", RuleName, 0},
		{ann, "anndeexemple", RuleName, 0},
		{ann, "ann.example and more", "", 0},
		{ann, "password", RuleBreached, 0},
		{ann, "Password", "", 0},
		{ann, "cafe\u0301 cafe\u0301", RuleBreached, 0},
		{ann, strings.Repeat("a", 1025), RuleLong, 0},
		{ann, "12345678\n", RuleCharacters, 0},
	} {
		hash, err := p.HashFor(t.Context(), c.user, c.password)
		broken, ok := errors.AsType[*RuleError](err)
		switch {
		case c.rule == "":
			if h, errParse := parseHash(hash); err != nil || errParse != nil || !h.matches(c.password) {
				t.Errorf("%s at %s: %v", c.password, c.user.Org, err)
			}
		case !ok || *broken != (RuleError{Rule: c.rule, Least: c.least}) || hash != "":
			t.Errorf("%.30s at %s: %v, want rule %s", c.password, c.user.Org, err, c.rule)
		}
	}
	if _, err := p.HashFor(t.Context(), at("nowhere"), "battery staple"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("of no organisation: %v", err)
	}
	if _, err := p.Hash(t.Context(), "password"); !errors.As(err, new(*RuleError)) {
		t.Errorf("without a user: %v", err)
	}
}

// Somebody whose password was stolen since they chose it can still sign in.
func TestBreachedPasswordSignsIn(t *testing.T) {
	w := newWorld(t)
	w.add("ann", "correct horse")
	w.breached = openBreachList(t, breachLines("correct horse")[0])
	if user, _, err := w.try("ann", "correct horse"); err != nil || user == nil {
		t.Errorf("%v, %v", user, err)
	}
}

func TestPasswordProblem(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range []Rule{RuleShort, RuleLong, RuleCharacters, RuleName, RuleBreached} {
		err := &RuleError{Rule: rule, Least: 12}
		problem := err.PasswordProblem()
		if shown := err.FieldProblem(); shown.Field != "password" || shown.Kind == "" || (shown.Limit == 12) != (rule == RuleShort) {
			t.Errorf("%s: %+v", rule, shown)
		}
		if seen[problem] || !strings.HasPrefix(problem, "the password ") || strings.HasSuffix(problem, ".") || err.Error() != "password refused: "+problem {
			t.Errorf("%s: %q", rule, err)
		}
		seen[problem] = true
	}
}
