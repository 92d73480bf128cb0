package app_test

import (
	"crypto/rand"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// enrol gives the user a passkey or an app.
func (w *world) enrol(user *core.User, kinds ...core.AuthenticatorKind) {
	w.t.Helper()
	for _, kind := range kinds {
		a := core.Authenticator{ID: core.NewID(time.Now(), rand.Reader), UserID: user.ID, Kind: kind, CreatedAt: time.Now()}
		if kind == core.AuthenticatorPasskey {
			a.Handle = []byte(a.ID)
		}
		if err := w.app.Store.Apply(w.t.Context(), core.AddAuthenticator{Authenticator: a}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// told writes an explanation down: the reasons, and the steps.
func told(s *admin.SignIn) (text string) {
	for _, r := range s.Reasons {
		text += r.By + " " + strings.Join(r.Classes, "|")
		switch {
		case r.Met:
			text += " met"
		case r.Trusted:
			text += " trusted"
		}
		text += "; "
	}
	for _, step := range s.Steps {
		text += fmt.Sprint("-> ", step.Ask, " ", step.Class, " ", step.Methods)
	}
	return text
}

// TestExplainSignIn: it says what a browser would be asked for, and by whom.
func TestExplainSignIn(t *testing.T) {
	const passkey, totp = core.AuthenticatorPasskey, core.AuthenticatorTOTP
	wants := func(class string) func(*core.Organisation) {
		return func(o *core.Organisation) { o.Rules.SignIn.Require = class }
	}
	rules := func(class string, methods ...string) func(*core.Client) {
		return func(c *core.Client) { c.SignIn = core.SignInRules{Require: class, Methods: methods} }
	}
	w := newWorld(t)
	w.stop()
	w.issuer = strings.Replace(w.issuer, "127.0.0.1", "localhost", 1) // browsers make no passkeys for an address
	w.start()
	now := time.Now()
	for i, test := range []struct {
		name     string
		enrolled []core.AuthenticatorKind
		org      func(*core.Organisation)
		client   func(*core.Client)
		inquiry  admin.Inquiry
		want     string
	}{
		{"nobody asks for more", nil, nil, nil, admin.Inquiry{}, ""},
		{"the person enrolled an app", []core.AuthenticatorKind{totp}, nil, nil, admin.Inquiry{}, "person 2; -> factor 2 [totp]"},
		{"the organisation asks, there is nothing", nil, wants("2"), nil, admin.Inquiry{}, "organisation 2; -> enrol 2 [passkey totp]"},
		{"the organisation asks for a passkey, there is an app", []core.AuthenticatorKind{totp}, wants("phr"), nil, admin.Inquiry{},
			"organisation phr; person 2; -> factor 2 [totp]-> enrol phr [passkey]"},
		{"the client asks for more than the organisation", []core.AuthenticatorKind{passkey, totp}, wants("2"), rules("phr"), admin.Inquiry{},
			"organisation 2; client phr; person 2; -> factor phr [passkey]"},
		{"a passkey is enough for all", []core.AuthenticatorKind{passkey}, wants("2"), rules("phr"),
			admin.Inquiry{ACR: "phr", AMR: []string{"swk", "user", "mfa"}}, "organisation 2 met; client phr met; person 2 met; "},
		{"a trusted browser", []core.AuthenticatorKind{totp}, func(o *core.Organisation) { o.Rules.RememberDays, o.Rules.SignIn.Require = 30, "2" }, nil,
			admin.Inquiry{Trusted: true}, "organisation 2 trusted; person 2 trusted; "},
		{"where no browser is trusted", []core.AuthenticatorKind{totp}, nil, nil, admin.Inquiry{Trusted: true}, "person 2; -> factor 2 [totp]"},
		{"a trusted browser is nothing to the client", []core.AuthenticatorKind{totp}, func(o *core.Organisation) { o.Rules.RememberDays = 30 }, rules("2"),
			admin.Inquiry{Trusted: true}, "client 2; person 2 trusted; -> factor 2 [totp]"},
		{"a method that the client does not allow", nil, nil, rules("", "passkey"), admin.Inquiry{}, "-> other  []"},
		{"the client would like it", []core.AuthenticatorKind{passkey}, nil, nil, admin.Inquiry{ACRValues: []string{"phr"}},
			"person 2; wish phr; -> factor 2 [passkey]"},
		{"the client would like what there is not", nil, nil, nil, admin.Inquiry{ACRValues: []string{"phr"}}, "wish phr; "},
		{"the client registered what it would like", []core.AuthenticatorKind{totp}, nil,
			func(c *core.Client) { c.Metadata.DefaultACRValues = []string{"2"} }, admin.Inquiry{}, "person 2; wish 2; -> factor 2 [totp]"},
		{"an old session enrols nothing", nil, wants("2"), nil, admin.Inquiry{SignedInAt: now.Add(-time.Hour)}, "organisation 2; -> sign_in  []"},
		{"an old session with an app", []core.AuthenticatorKind{totp}, wants("2"), nil, admin.Inquiry{SignedInAt: now.Add(-time.Hour)},
			"organisation 2; -> factor 2 [totp]"},
	} {
		alice := w.user(fmt.Sprint("alice", i))
		w.enrol(alice, test.enrolled...)
		_, err := w.app.Admin.UpdateOrganisation(t.Context(), cli, core.DefaultOrganisation, "", func(o *core.Organisation) {
			o.Rules = core.OrgRules{}
			if test.org != nil {
				test.org(o)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		test.inquiry.User, test.inquiry.At, test.inquiry.Client = alice, now, w.register(fmt.Sprint("wiki", i), func(c *core.Client) {
			if test.client != nil {
				test.client(c)
			}
		}).client
		explanation, err := w.app.Admin.Explain(t.Context(), test.inquiry)
		if err != nil || explanation.Decision.Refused != "" {
			t.Fatalf("%s: %+v, %v", test.name, explanation, err)
		}
		if got := told(explanation.Decision.SignIn); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestExplainSignInPolicy: what a policy demands is among the reasons, and what nobody can
// give is told.
func TestExplainSignInPolicy(t *testing.T) {
	w := newWorld(t)
	alice, rp := w.user("alice"), w.register("wiki", nil)
	w.enrol(alice, core.AuthenticatorTOTP)
	set := func(class string) {
		t.Helper()
		settings := fmt.Appendf(nil, `{"rules":[{"then":{"require_acr":%q}}]}`, class)
		if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "access", Settings: settings}); err != nil {
			t.Fatal(err)
		}
	}
	set("2")
	explanation, err := w.app.Admin.Explain(t.Context(), admin.Inquiry{User: alice, Client: rp.client})
	if err != nil {
		t.Fatal(err)
	}
	s := explanation.Decision.SignIn
	if got := told(s); got != "policy 2; person 2; -> factor 2 [totp]" || explanation.Decision.NeedsACR != "2" {
		t.Errorf("got %q, needs %q", got, explanation.Decision.NeedsACR)
	}
	if s.Enrolled != (admin.EnrolledView{TOTP: 1}) || !reflect.DeepEqual(s.Allowed, []string{"password", "passkey", "totp", "upstream"}) {
		t.Errorf("got %+v", s)
	}
	// Who came with more needs nothing.
	explanation, err = w.app.Admin.Explain(t.Context(), admin.Inquiry{User: alice, Client: rp.client, ACR: "phr", AMR: []string{"pwd", "swk", "user", "mfa"}})
	if err != nil || explanation.Decision.NeedsACR != "" || len(explanation.Decision.SignIn.Steps) != 0 {
		t.Errorf("got %+v, %v", explanation.Decision, err)
	}
	// A refresh signs nobody in.
	refreshing := *rp.client
	refreshing.GrantTypes = slices.Concat(refreshing.GrantTypes, []string{core.GrantRefreshToken})
	explanation, err = w.app.Admin.Explain(t.Context(), admin.Inquiry{User: alice, Client: &refreshing, GrantType: core.GrantRefreshToken, ACR: "2", AMR: []string{"pwd", "otp", "mfa"}})
	if err != nil || explanation.Decision.SignIn != nil {
		t.Errorf("got %+v, %v", explanation.Decision, err)
	}
}

// TestExplainSignInImpossible: a class that no method of ours has, and no provider.
func TestExplainSignInImpossible(t *testing.T) {
	w := newWorld(t)
	alice, rp := w.user("alice"), w.register("wiki", nil)
	settings := []byte(`{"rules":[{"then":{"require_acr":"urn:example:gold"}}]}`)
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "access", Settings: settings}); err != nil {
		t.Fatal(err)
	}
	explanation, err := w.app.Admin.Explain(t.Context(), admin.Inquiry{User: alice, Client: rp.client})
	if err != nil {
		t.Fatal(err)
	}
	if got := told(explanation.Decision.SignIn); got != "policy urn:example:gold; -> impossible  []" {
		t.Errorf("got %q", got)
	}
}
