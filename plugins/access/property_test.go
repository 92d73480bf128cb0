package access_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/access"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

// dice make rules and questions.
type dice struct{ *rand.Rand }

func one[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// some gives a JSON array of some of the words, at least one.
func (d dice) some(words ...string) string {
	d.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	var quoted []string
	for _, word := range words[:1+d.IntN(len(words))] {
		quoted = append(quoted, strconv.Quote(word))
	}
	return "[" + strings.Join(quoted, ",") + "]"
}

// members joins some of them.
func (d dice) members(least int, all ...string) string {
	d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return "{" + strings.Join(all[:least+d.IntN(3)], ",") + "}"
}

func (d dice) conditions() string {
	return d.members(1,
		`"clients":`+d.some("c1", "wiki", "x"),
		`"grant_types":`+d.some("authorization_code", "refresh_token", "client_credentials"),
		`"scopes":`+d.some("openid", "email", "phone"),
		`"groups":{"`+one(d, "any", "all", "none")+`":`+d.some("staff", "admins")+`}`,
		`"organisations":`+d.some("built-in", "other"),
		`"email_domains":`+d.some("example.com", "other.com"),
		`"networks":`+d.some("192.0.2.0/24", "2001:db8::/32", "::/0"),
		`"time":{"days":`+d.some("mon", "tue", "sun")+`,"from":"`+one(d, "00:00", "08:00", "22:00")+`","to":"`+one(d, "06:00", "18:00")+`"}`,
		`"connectors":`+d.some("-", "corp"),
		`"acr":`+d.some("1", "2"),
		`"amr":`+d.some("pwd", "otp"),
		`"sign_in_older_than_minutes":`+one(d, "0", "5", "600"),
	)
}

func (d dice) rule(stops bool) string {
	effects := []string{
		`"remove_scopes":` + d.some("openid", "email", "offline_access"), `"keep_scopes":` + d.some("openid", "email", "offline_access"),
		`"require_acr":"` + one(d, "1", "2") + `"`, `"max_age":` + one(d, "0", "600", "86400"), `"consent":true`,
	}
	if d.IntN(4) == 0 {
		effects = []string{`"deny":"No."`, `"consent":true`, `"max_age":60`}
	}
	if stops && d.IntN(3) == 0 {
		effects = []string{`"stop":true`, `"keep_scopes":["openid","email"]`, `"max_age":60`}
	}
	parts := []string{`"then":` + d.members(1, effects...)}
	if d.IntN(4) > 0 {
		parts = append(parts, `"when":`+d.conditions())
	}
	if d.IntN(3) == 0 {
		parts = append(parts, `"unless":`+d.conditions())
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (d dice) rules(stops bool) []string {
	var rules []string
	for range d.IntN(5) {
		rules = append(rules, d.rule(stops))
	}
	return rules
}

func (d dice) question() hook.ScopeInput {
	if d.IntN(5) == 0 {
		return machine()
	}
	in := question()
	in.GrantType = one(d, "authorization_code", "refresh_token")
	in.Client = one(d, in.Client, hook.Client{ID: "x"})
	in.User.Groups = one(d, nil, []string{"staff"}, []string{"admins", "staff"})
	in.User.Email, in.User.EmailVerified = one(d, "", "a@example.com", "a@other.com"), one(d, true, false)
	in.Address = one(d, "", "192.0.2.7", "2001:db8::1", "198.51.100.1")
	in.Time = one(d, "", "2026-11-23T09:10:00Z", "2026-11-24T03:00:00Z", "2026-11-23T23:00:00Z")
	in.Authentication = one(d, in.Authentication, hook.Authentication{}, hook.Authentication{Time: in.Authentication.Time, ACR: "2", Connector: "corp"})
	return in
}

// decided is an answer, or a failure, which refuses too.
type decided struct {
	hook.ScopeOutput
	rules []string
}

func decide(t *testing.T, rules []string, in hook.ScopeInput) decided {
	t.Helper()
	in.Settings = posterntest.Value(t, `{"rules":[`+strings.Join(rules, ",")+`]}`)
	out, err := access.Decide(&in)
	if err != nil {
		return decided{hook.ScopeOutput{Deny: true}, rules}
	}
	return decided{*out, rules}
}

// within reports whether the answer opens nothing that the other does not.
func (d decided) within(other decided) bool {
	switch {
	case d.Deny:
		return true
	case other.Deny:
		return false
	}
	more := func(scope string) bool { return !slices.Contains(other.Scopes, scope) }
	return !slices.ContainsFunc(d.Scopes, more) && (d.Fresh || !other.Fresh) && (d.Consent || !other.Consent) && (other.ACR == "" || d.ACR == other.ACR)
}

// check holds three properties for one roll of the dice.
func check(t *testing.T, seed uint64) {
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	rules, in := d.rules(true), d.question()
	got := decide(t, rules, in)
	left := slices.DeleteFunc(slices.Clone(in.Scopes), func(scope string) bool { return !slices.Contains(got.Scopes, scope) })
	if !got.Deny && (got.Scopes == nil || !slices.Equal(left, got.Scopes)) {
		t.Fatalf("seed %d: of %v are left %v by %v", seed, in.Scopes, got.Scopes, rules)
	}
	further := append(slices.Clone(rules), d.rule(true))
	if again := decide(t, further, in); !again.within(got) {
		t.Fatalf("seed %d: %+v, and with one more rule %+v", seed, got, again)
	}
	for what, hide := range map[string]func(*hook.ScopeInput){
		"the address":   func(in *hook.ScopeInput) { in.Address = "" },
		"the e-mail":    func(in *hook.ScopeInput) { in.User.EmailVerified = false },
		"the time":      func(in *hook.ScopeInput) { in.Time = "" },
		"the sign-in":   func(in *hook.ScopeInput) { in.Authentication = hook.Authentication{} },
		"the community": func(in *hook.ScopeInput) { in.Organisation.Name = "" },
	} {
		hidden := in
		if hide(&hidden); in.User.ID == "" && what == "the sign-in" {
			continue
		}
		if without := decide(t, rules, hidden); !without.within(got) {
			t.Fatalf("seed %d: %+v, and without %s %+v", seed, got, what, without)
		}
	}
}

// TestNeverWidens holds for rules and questions of chance that nothing is granted that
// was not asked for, that one more rule opens nothing, and that what is not known
// opens nothing.
func TestNeverWidens(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4_000) {
		check(t, seed)
	}
}

func FuzzNeverWidens(f *testing.F) {
	f.Add(uint64(1 << 60))
	f.Fuzz(check)
}
