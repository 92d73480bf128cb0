package core_test

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestWayIn(t *testing.T) {
	password, verified := core.User{PasswordHash: "x"}, core.User{Email: "a@example.org", EmailVerified: true}
	passkey := core.Enrolled{Passkeys: 1}
	for _, c := range []struct {
		name     string
		methods  []string
		user     core.User
		enrolled core.Enrolled
		links    int
		want     bool
	}{
		{"nothing", nil, core.User{}, core.Enrolled{}, 0, false},
		{"a password", nil, password, core.Enrolled{}, 0, true},
		{"a passkey", nil, core.User{}, passkey, 0, true},
		{"an account elsewhere", nil, core.User{}, core.Enrolled{}, 1, true},
		{"an app is no first factor, nor are codes", nil, core.User{}, core.Enrolled{TOTP: 1, RecoveryCodes: 10}, 0, false},
		{"a mail where none is allowed", nil, verified, core.Enrolled{}, 0, false},
		{"a mail", []string{core.MethodEmail}, verified, core.Enrolled{}, 0, true},
		{"a mail to an address that nobody proved", []string{core.MethodEmail}, core.User{Email: "a@example.org"}, core.Enrolled{}, 0, false},
		{"a password where passkeys alone are allowed", []string{core.MethodPasskey}, password, core.Enrolled{}, 1, false},
		{"a passkey where passwords alone are allowed", []string{core.MethodPassword}, core.User{}, passkey, 1, false},
	} {
		rules := core.SignInRules{Methods: c.methods}
		if got := rules.WayIn(&c.user, c.enrolled, c.links); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// A client narrows what the organisation allows, and never widens it: one that is shared is
// another organisation's.
func TestRulesTogether(t *testing.T) {
	for _, c := range []struct {
		name        string
		org, client []string
		want        []string
	}{
		{"nobody says something", nil, nil, []string{"password", "passkey", "totp", "upstream"}},
		{"the organisation alone", []string{"password", "email"}, nil, []string{"password", "email"}},
		{"the client alone", nil, []string{"passkey"}, []string{"passkey"}},
		{"both", []string{"password", "email", "totp"}, []string{"email", "passkey", "totp"}, []string{"email", "totp"}},
		{"a mail that the organisation does not allow", nil, []string{"password", "email"}, []string{"password"}},
		{"a mail alone", nil, []string{"email"}, nil},
		{"nothing in common", []string{"password"}, []string{"passkey"}, nil},
	} {
		both := core.SignInRules{Methods: c.org}.And(core.SignInRules{Methods: c.client})
		var got []string
		for _, method := range []string{core.MethodPassword, core.MethodPasskey, core.MethodEmail, core.MethodTOTP, core.MethodUpstream} {
			if both.Allows(method) {
				got = append(got, method)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for _, c := range [][3]string{{"", "", ""}, {"2", "", "2"}, {"", "phr", "phr"}, {"phr", "2", "phr"}, {"2", "phr", "phr"}} {
		if got := (core.SignInRules{Require: c[0]}).And(core.SignInRules{Require: c[1]}).Require; got != c[2] {
			t.Errorf("%q and %q are %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
