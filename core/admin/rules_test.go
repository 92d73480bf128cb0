package admin_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// rules changes those of the default organisation.
func (w *world) rules(edit func(*core.OrgRules)) {
	w.t.Helper()
	_, err := w.UpdateOrganisation(w.t.Context(), actor, core.DefaultOrganisation, "", func(o *core.Organisation) { edit(&o.Rules) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestRules(t *testing.T) {
	many := strings.Fields(strings.Repeat("x ", 65))
	tests := []struct {
		name string
		edit func(*core.Organisation)
		want []string // fields that are wrong
	}{
		{"nothing", func(*core.Organisation) {}, nil},
		{"everything", func(o *core.Organisation) {
			o.Rules = core.OrgRules{
				SignIn:       core.SignInRules{Methods: []string{"password", "passkey", "email", "totp", "upstream"}, Require: "2"},
				RememberDays: 365, PasswordMin: 128, KeepEmail: true, KeepProfile: true, KeepAccount: true,
				Registration: core.SelfRegistration{Open: true, Domains: []string{"example.org", "xn--bcher-kva.example"}, Groups: []string{"new ones"}},
			}
			o.Theme = core.Theme{Accent: "#0b6350", AccentDark: "#5CCBAB"}
		}, nil},
		{"passkeys alone", func(o *core.Organisation) {
			o.Rules.SignIn = core.SignInRules{Methods: []string{"passkey"}, Require: "phr"}
		}, nil},
		{"a method that is none", func(o *core.Organisation) { o.Rules.SignIn.Methods = []string{"password", "sms"} }, []string{"sign_in_methods"}},
		{"a method twice", func(o *core.Organisation) { o.Rules.SignIn.Methods = []string{"password", "password"} }, []string{"sign_in_methods"}},
		{"nothing to begin with", func(o *core.Organisation) { o.Rules.SignIn.Methods = []string{"totp"} }, []string{"sign_in_methods"}},
		{"two factors of one", func(o *core.Organisation) {
			o.Rules.SignIn = core.SignInRules{Methods: []string{"password", "email"}, Require: "2"}
		}, []string{"require_sign_in"}},
		{"a passkey without passkeys", func(o *core.Organisation) {
			o.Rules.SignIn = core.SignInRules{Methods: []string{"password", "totp"}, Require: "phr"}
		}, []string{"require_sign_in"}},
		{"a class that is none", func(o *core.Organisation) { o.Rules.SignIn.Require = "mfa" }, []string{"require_sign_in"}},
		{"one factor", func(o *core.Organisation) { o.Rules.SignIn.Require = "1" }, []string{"require_sign_in"}},
		{"days", func(o *core.Organisation) { o.Rules.RememberDays = 366 }, []string{"remember_days"}},
		{"no days", func(o *core.Organisation) { o.Rules.RememberDays = -1 }, []string{"remember_days"}},
		{"characters", func(o *core.Organisation) { o.Rules.PasswordMin = 129 }, []string{"password_min"}},
		{"no characters", func(o *core.Organisation) { o.Rules.PasswordMin = -1 }, []string{"password_min"}},
		{"registration without a way in", func(o *core.Organisation) {
			o.Rules.SignIn.Methods, o.Rules.Registration.Open = []string{"upstream"}, true
		}, []string{"registration"}},
		{"domains", func(o *core.Organisation) {
			o.Rules.Registration.Domains = []string{"@example.org", "Example.org", "a", "a.example", "a.example", "*.example"}
		}, []string{"registration_domains", "registration_domains", "registration_domains", "registration_domains"}},
		{"many domains", func(o *core.Organisation) { o.Rules.Registration.Domains = many }, []string{"registration_domains"}},
		{"groups", func(o *core.Organisation) { o.Rules.Registration.Groups = []string{"a;b"} }, []string{"registration_groups"}},
		{"colours", func(o *core.Organisation) { o.Theme = core.Theme{Accent: "red", AccentDark: "#fff"} }, []string{"accent", "accent_dark"}},
		{"contrast", func(o *core.Organisation) { o.Theme = core.Theme{Accent: "#5ccbab", AccentDark: "#0b6350"} }, []string{"accent", "accent_dark"}},
	}
	for _, test := range tests {
		w := newWorld(t)
		_, err := w.UpdateOrganisation(t.Context(), actor, core.DefaultOrganisation, "", test.edit)
		if test.want == nil {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		if fields := problems(t, err); !reflect.DeepEqual(fields, test.want) {
			t.Errorf("%s: %v, want %v (%v)", test.name, fields, test.want, err)
		}
	}
}

// What changed is in the audit log, and the list that an edit was given is its own.
func TestRulesChange(t *testing.T) {
	w := newWorld(t)
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"password", "passkey"} })
	before, err := w.Organisation(t.Context(), core.DefaultOrganisation)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Second)
	_, err = w.UpdateOrganisation(t.Context(), actor, core.DefaultOrganisation, "", func(o *core.Organisation) {
		o.Rules.SignIn.Methods[0] = "upstream"
		o.Theme.Accent, o.DisplayName = "#0b6350", "Ours"
	})
	if err != nil || before.Rules.SignIn.Methods[0] != "password" {
		t.Errorf("before: %v, %v", before.Rules.SignIn.Methods, err)
	}
	events, err := w.Events(t.Context(), core.EventFilter{Limit: 1})
	if err != nil || events[0].Type != core.EventOrgUpdated || events[0].Detail["fields"] != "display_name rules theme" {
		t.Errorf("events %+v, %v", events, err)
	}
}

// Rules that are right alone may let nobody in together.
func TestRulesTogether(t *testing.T) {
	w := newWorld(t)
	signIn := func(methods, require string) func(*core.Client) {
		return func(c *core.Client) {
			c.RedirectURIs = []string{"https://rp.example/cb"}
			c.SignIn = core.SignInRules{Methods: strings.Fields(methods), Require: require}
		}
	}
	for name, c := range map[string]struct {
		methods, require string
		want             []string
	}{
		"a method that is none": {"sms", "", []string{"sign_in_methods", "sign_in_methods"}},
		"a class that is none":  {"", "high", []string{"require_sign_in"}},
	} {
		_, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "wiki", Edit: signIn(c.methods, c.require)})
		if fields := problems(t, err); !reflect.DeepEqual(fields, c.want) {
			t.Errorf("%s: %v", name, fields)
		}
	}
	strict := w.client(admin.NewClient{Name: "vault", Edit: signIn("passkey", "phr")})
	loose := w.client(admin.NewClient{Name: "wiki"})

	// The organisation would shut everybody out of a client that it has.
	_, err := w.UpdateOrganisation(t.Context(), actor, core.DefaultOrganisation, "", func(o *core.Organisation) { o.Rules.SignIn.Methods = []string{"password", "totp"} })
	if fields := problems(t, err); !reflect.DeepEqual(fields, []string{"sign_in_methods"}) || !strings.Contains(err.Error(), `client "vault"`) {
		t.Errorf("got %v", err)
	}
	if err := w.DeleteClient(t.Context(), actor, strict.ID); err != nil {
		t.Fatal(err)
	}
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"password", "totp"} })

	// And a client everybody of its organisation.
	for name, c := range map[string]struct{ methods, require, field string }{
		"no method left": {"passkey", "", "sign_in_methods"}, "no passkey": {"", "phr", "require_sign_in"}, "no second factor": {"password email", "2", ""},
	} {
		_, err := w.UpdateClient(t.Context(), actor, loose.ID, "", signIn(c.methods, c.require))
		if fields := problems(t, err); len(fields) != 1 || c.field != "" && fields[0] != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.now = w.now.Add(time.Second)
	after, err := w.UpdateClient(t.Context(), actor, loose.ID, "", signIn("", "2"))
	if err != nil || after.SignIn.Require != "2" {
		t.Fatalf("got %+v, %v", after, err)
	}
	events, err := w.Events(t.Context(), core.EventFilter{Limit: 1})
	if err != nil || events[0].Detail["fields"] != "require_sign_in" {
		t.Errorf("events %+v, %v", events, err)
	}
}
