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
		kind     core.FieldProblemKind
		limit    int
	}{
		{ann, "battery staple", "", 0},
		{ann, "staple", core.FieldShort, 8},
		{at("lax"), "staple", core.FieldShort, 8},
		{at("strict"), "battery staple", core.FieldShort, 15},
		{at("strict"), "battery staples", "", 0},
		{at("strict"), "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", core.FieldShort, 15},
		{ann, "ann.example", core.FieldName, 0},
		{ann, "ANN.Example ", core.FieldName, 0},
		{ann, "Ann.Elsewhere@example.net", core.FieldName, 0},
		{ann, "ann.elsewhere", core.FieldName, 0},
		{ann, "anndeexemple", core.FieldName, 0},
		{ann, "ann.example and more", "", 0},
		{ann, "password", core.FieldBreached, 0},
		{ann, "Password", "", 0},
		{ann, "cafe\u0301 cafe\u0301", core.FieldBreached, 0},
		{ann, strings.Repeat("a", 1025), core.FieldLong, 1024},
		{ann, "12345678\n", core.FieldText, 0},
	} {
		hash, err := p.HashFor(t.Context(), c.user, c.password)
		broken, ok := errors.AsType[*RuleError](err)
		switch {
		case c.kind == "":
			if h, errParse := parseHash(hash); err != nil || errParse != nil || !h.matches(c.password) {
				t.Errorf("%s at %s: %v", c.password, c.user.Org, err)
			}
		case !ok || *broken != (RuleError{Kind: c.kind, Limit: c.limit}) || hash != "":
			t.Errorf("%.30s at %s: %v, want %s", c.password, c.user.Org, err, c.kind)
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
	for _, kind := range []core.FieldProblemKind{core.FieldShort, core.FieldLong, core.FieldText, core.FieldName, core.FieldBreached} {
		err := &RuleError{Kind: kind, Limit: 12}
		problem := err.PasswordProblem()
		if got := err.FieldProblem(); got != (core.FieldProblem{Field: "password", Kind: kind, Limit: 12}) {
			t.Errorf("%s: %+v", kind, got)
		}
		if seen[problem] || !strings.HasPrefix(problem, "the password ") || strings.HasSuffix(problem, ".") || err.Error() != "password refused: "+problem {
			t.Errorf("%s: %q", kind, err)
		}
		seen[problem] = true
	}
}
