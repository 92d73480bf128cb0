package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// TestExplainAsksThePolicy: what is explained is what a sign-in would give.
func TestExplainAsksThePolicy(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	staff := w.user("bob", func(u *admin.NewUser) { u.Groups = []string{"staff"} })
	rp := w.registerPreset("Confluence", "confluence", nil)
	settings := []byte(`{"rules":[{"scopes":["email"],"groups":["staff"]}]}`)
	if _, err := w.app.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "scopes", ClientID: rp.client.ID, Settings: settings}); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[*core.User]bool{alice: false, staff: true} {
		explanation, err := w.app.Admin.Explain(context.Background(), admin.Inquiry{User: user, Client: rp.client})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(explanation.Scopes, "email") != want || strings.Contains(string(explanation.Account), user.Email) != want {
			t.Errorf("%s: scopes %v, account %s", user.Name, explanation.Scopes, explanation.Account)
		}
	}
}

// TestExplainDecision: each policy's part is told, under circumstances that were
// given, and who gets nothing gets no documents.
func TestExplainDecision(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	alice := w.user("alice", func(u *admin.NewUser) { u.Groups = []string{"staff"} })
	bob := w.user("bob")
	rp := w.register("wiki", withRefresh)
	office := []byte(`{"rules":[
		{"when":{"networks":["192.0.2.0/24"]},"then":{"stop":true}},
		{"when":{"time":{"from":"22:00","to":"06:00"}},"then":{"deny":"The office is closed."}},
		{"then":{"remove_scopes":["email"],"require_acr":"mfa"}}]}`)
	for instance, settings := range map[string][]byte{
		"office": office, "daily": []byte(`{"rules":[{"then":{"max_age":28800}}]}`),
	} {
		if _, err := w.app.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "access", Instance: instance, Settings: settings}); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	night := day.Add(11 * time.Hour)
	for name, test := range map[string]struct {
		inquiry admin.Inquiry
		refused string
		needs   string
		office  string // what that instance said
	}{
		"in the office":     {admin.Inquiry{User: alice, Address: "192.0.2.7", At: night}, "", "", ""},
		"at home, by day":   {admin.Inquiry{User: alice, Address: "198.51.100.1", At: day}, "", "mfa", "-email mfa"},
		"with more":         {admin.Inquiry{User: alice, At: day, ACR: "mfa", AMR: []string{"otp"}}, "", "", "-email mfa"},
		"at home, by night": {admin.Inquiry{User: alice, Address: "198.51.100.1", At: night}, "policy_denied", "", "The office is closed."},
		"somewhere":         {admin.Inquiry{User: alice, At: night}, "policy_denied", "", "The office is closed."},
		"long ago":          {admin.Inquiry{User: alice, Address: "192.0.2.7", At: day, SignedInAt: day.Add(-8 * time.Hour)}, "", "sign-in", ""},
		"a refresh":         {admin.Inquiry{User: alice, Address: "192.0.2.7", At: day, GrantType: core.GrantRefreshToken}, "", "", ""},
		"a late refresh": {
			admin.Inquiry{User: alice, Address: "192.0.2.7", At: day, SignedInAt: day.Add(-8 * time.Hour), GrantType: core.GrantRefreshToken},
			"policy_wants_new_sign_in", "", "",
		},
		"a refresh at home": {admin.Inquiry{User: alice, At: day, GrantType: core.GrantRefreshToken}, "policy_wants_stronger_sign_in", "", "-email mfa"},
		"other grant type":  {admin.Inquiry{User: alice, GrantType: core.GrantClientCredentials}, "grant_type_not_registered", "", "not asked"},
		"no member":         {admin.Inquiry{User: bob, Address: "192.0.2.7"}, "not_in_allowed_group", "", "not asked"},
	} {
		client := *rp.client
		client.AllowedGroups = []string{"staff"}
		test.inquiry.Client = &client
		e, err := w.app.Admin.Explain(ctx, test.inquiry)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := e.Decision
		needs := d.NeedsACR
		if d.NeedsSignIn {
			needs += "sign-in"
		}
		if d.Refused != test.refused || needs != test.needs || (e.Given == nil) != (test.refused != "") || (len(d.Granted) == 0) != (test.refused != "") {
			t.Errorf("%s: refused %q, needs %q, granted %v; want %q, %q", name, d.Refused, needs, d.Granted, test.refused, test.needs)
		}
		if got := saidBy(d, "office"); got != test.office {
			t.Errorf("%s: the office said %q, want %q", name, got, test.office)
		}
		if e.Given != nil && slices.Contains(e.Scopes, "email") == strings.Contains(test.office, "-email") {
			t.Errorf("%s: the documents are for %v", name, e.Scopes)
		}
	}
}

func saidBy(d admin.Decision, instance string) string {
	i := slices.IndexFunc(d.Policies, func(p admin.PolicyAnswer) bool { return p.Instance == instance })
	if i < 0 {
		return "not asked"
	}
	p := d.Policies[i]
	var words []string
	for _, scope := range p.Removed {
		words = append(words, "-"+scope)
	}
	return strings.TrimSpace(strings.Join(append(words, p.ACR), " ") + p.Reason)
}

// TestExplainFailure: a policy that fails refuses, and says why.
func TestExplainFailure(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", nil)
	bind := admin.Bind{Plugin: "access", Settings: []byte(`{"rules":[{"then":{"require_acr":"a"}},{"then":{"require_acr":"b"}}]}`)}
	if _, err := w.app.Admin.BindPlugin(context.Background(), cli, bind); err != nil {
		t.Fatal(err)
	}
	e, err := w.app.Admin.Explain(context.Background(), admin.Inquiry{User: w.user("alice"), Client: rp.client})
	if err != nil || e.Decision.Refused != "policy_failed" || e.Given != nil || len(e.Decision.Policies) != 1 ||
		!strings.Contains(e.Decision.Policies[0].Failure, "two rules that apply require different acr: a and b") {
		t.Errorf("%+v, %v", e, err)
	}
}
