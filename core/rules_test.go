package core_test

import (
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
