package apple_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-id/postern/plugins/apple"
	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(apple.Plugin()), "cases") }

func signIn(t testing.TB, user string) *hook.Identity {
	t.Helper()
	host := posterntest.Host{ExchangeOIDC: func(*hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
		return &hook.OIDCExchangeAnswer{Claims: oidc.Constant(`{"sub":"001","email":"jane@example.com","email_verified":"true"}`).Object()}, nil
	}}
	host.Use(t)
	out, err := apple.Plugin().LoginFinish(&hook.LoginInput{
		Settings:   oidc.Constant(`{"client_id":"c","team_id":"TEAM123456","key_id":"KEY1234567"}`),
		Parameters: hook.Object{{Name: "user", Value: hook.String(user)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Identity
}

// TestName holds what of the posted parameter becomes a name. Whatever it is, it ends no
// sign-in and says nothing of who it is.
func TestName(t *testing.T) {
	for user, want := range map[string]string{
		`{"name":{"firstName":"Jane","lastName":"Doe"}}`:                  "Jane|Doe|Jane Doe",
		`{"name":{"firstName":"Jane"}}`:                                   "Jane||Jane",
		`{"name":{"lastName":"Doe"}}`:                                     "|Doe|Doe",
		`{"name":{"firstName":"Jane","middleName":"Q","lastName":"Doe"}}`: "Jane|Doe|Jane Doe",
		`{"name":"Jane"}`:                                                 "||",
		`{"name":{"firstName":7,"lastName":null}}`:                        "||",
		`{"firstName":"Jane"}`:                                            "||",
		`["Jane"]`:                                                        "||",
		`Jane`:                                                            "||",
		``:                                                                "||",
		`{"name":{"firstName":"` + strings.Repeat("x", 101) + `"}}`:              "||",
		`{"name":{"firstName":"Jane"},"x":"` + strings.Repeat("x", 4<<10) + `"}`: "||",
	} {
		i := signIn(t, user)
		if got := i.GivenName + "|" + i.FamilyName + "|" + i.DisplayName; got != want || i.Subject != "001" || i.Email != "jane@example.com" {
			t.Errorf("%.60s: got %s, want %s (%+v)", user, got, want, i)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add(`{"name":{"firstName":"Jane","lastName":"Doe"},"email":"eve@example.com"}`)
	f.Add(`{"name":{"firstName":"\u202e\u0000"}}`)
	f.Fuzz(func(t *testing.T, user string) {
		if !utf8.ValidString(user) {
			return // the host hands on nothing else
		}
		i := signIn(t, user)
		if i.Subject != "001" || i.Email != "jane@example.com" || !i.EmailVerified || len(i.Attributes) != 0 || len(i.DisplayName) > 201 || strings.ContainsAny(i.DisplayName, "\x00\n\r\x1b") {
			t.Errorf("%q: %+v", user, i)
		}
	})
}
