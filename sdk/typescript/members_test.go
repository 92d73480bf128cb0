package typescript_test

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// What the SDK reads, and what it writes, by the names of its classes.
var (
	reads = map[string]any{
		"User": hook.User{}, "Organisation": hook.Organisation{}, "Client": hook.Client{}, "Authentication": hook.Authentication{},
		"ClaimsInput": hook.ClaimsInput{}, "AccountInput": hook.AccountInput{}, "ScopeInput": hook.ScopeInput{},
		"LoginInput": hook.LoginInput{}, "PasswordInput": hook.PasswordInput{}, "Event": hook.Event{}, "EventInput": hook.EventInput{},
		"FetchResponse": hook.FetchResponse{}, "FetchAnswer": hook.FetchAnswer{}, "JwtVerifyAnswer": hook.JWTVerifyAnswer{},
		"KvAnswer": hook.KVAnswer{}, "SecretAnswer": hook.SecretGetAnswer{}, "OidcExchangeAnswer": hook.OIDCExchangeAnswer{},
		"OauthExchangeAnswer": hook.OAuthExchangeAnswer{}, "LdapBindAnswer": hook.LDAPBindAnswer{}, "LdapEntry": hook.LDAPEntry{},
		"LdapSearchAnswer": hook.LDAPSearchAnswer{},
	}
	writes = map[string]any{
		"ClaimsOutput": hook.ClaimsOutput{}, "ScopeOutput": hook.ScopeOutput{}, "LoginRedirect": hook.LoginRedirect{},
		"Identity": hook.Identity{}, "LoginOutput": hook.LoginOutput{}, "PasswordOutput": hook.PasswordOutput{},
		"FetchSecret": hook.FetchSecret{}, "Fetch": hook.Fetch{}, "JwtVerifyRequest": hook.JWTVerifyRequest{}, "KvRequest": hook.KVRequest{},
		"OidcExchangeRequest": hook.OIDCExchangeRequest{}, "OauthExchangeRequest": hook.OAuthExchangeRequest{},
		"LdapServer": hook.LDAPServer{}, "LdapBindRequest": hook.LDAPBindRequest{}, "LdapSearchRequest": hook.LDAPSearchRequest{},
		"CapabilityWish": hook.CapabilityWish{}, "SecretWish": hook.SecretWish{}, "Preset": hook.Preset{},
		"Sample": hook.Sample{},
	}
)

// TestMembers holds that the classes of the SDK have every member of every message.
func TestMembers(t *testing.T) {
	var text []byte
	for _, name := range []string{"message", "capability", "plugin"} {
		source, err := os.ReadFile("postern/" + name + ".ts")
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, source...)
	}
	classes := map[string]string{}
	for _, class := range regexp.MustCompile(`(?s)\nexport class (\w+) \{\n(.*?)\n\}\n`).FindAllSubmatch(text, -1) {
		classes[string(class[1])] = string(class[2])
	}
	compare(t, classes, reads, regexp.MustCompile(`name == "(\w+)"`))
	compare(t, classes, writes, regexp.MustCompile(`w\.(?:name|\w+Member)\("(\w+)"`))
}

func compare(t *testing.T, classes map[string]string, messages map[string]any, member *regexp.Regexp) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(messages)) {
		var got, want []string
		for _, found := range member.FindAllStringSubmatch(classes[name], -1) {
			got = append(got, found[1])
		}
		for field := range reflect.TypeOf(messages[name]).Fields() {
			tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			want = append(want, tag)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}
