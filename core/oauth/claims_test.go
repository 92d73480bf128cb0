package oauth_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/oauth"
)

func parseClaims(t *testing.T, text string) *oauth.Claims {
	t.Helper()
	claims, refusal := oauth.ParseClaims(text)
	if refusal != nil {
		t.Fatalf("%s: %v", text, refusal)
	}
	return claims
}

// TestClaimsOfTheSpecification is the example of OpenID Connect Core section 5.5.
func TestClaimsOfTheSpecification(t *testing.T) {
	claims := parseClaims(t, `{
		"userinfo": {
			"given_name": {"essential": true}, "nickname": null, "email": {"essential": true}, "email_verified": {"essential": true},
			"picture": null, "http://example.info/claims/groups": null
		},
		"id_token": {"auth_time": {"essential": true}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}}
	}`)
	if got := claims.Names(); !slices.Equal(got, []string{"*", "email", "email_verified", "given_name", "nickname", "picture"}) {
		t.Errorf("names %q", got)
	}
	if classes, essential := claims.ACRs(); !slices.Equal(classes, []string{"urn:mace:incommon:iap:silver"}) || essential {
		t.Errorf("%q, essential %v", classes, essential)
	}
	if got := claims.Subjects(); got != nil {
		t.Errorf("subjects %q", got)
	}
	const want = `{"userinfo":{"email":{"essential":true},"nickname":null},"id_token":{"acr":{"values":["urn:mace:incommon:iap:silver"]},"auth_time":{"essential":true}}}`
	if got := string(claims.Only([]string{"email", "nickname"}).JSON()); got != want {
		t.Errorf("%s", got)
	}
	again := parseClaims(t, string(claims.JSON()))
	if !reflect.DeepEqual(again.Names(), claims.Names()) || string(again.JSON()) != string(claims.JSON()) {
		t.Errorf("it became %s", again.JSON())
	}
}

func TestClaimsThatAskForNothing(t *testing.T) {
	for _, text := range []string{`{}`, `{"userinfo":{}}`, `{"userinfo":{},"id_token":{}}`, `{"unknown":[1,{"a":null}]}`, `{"userinfo":{"a name":null,"Größe":null}}`} {
		if claims := parseClaims(t, text); claims != nil || claims.JSON() != nil || claims.Names() != nil || claims.Only(nil) != nil {
			t.Errorf("%s: %+v", text, claims)
		}
	}
	if claims := parseClaims(t, `{"userinfo":{"email":null}}`).Only(nil); claims != nil {
		t.Errorf("%+v", claims)
	}
}

func TestClaimsWithSubject(t *testing.T) {
	claims := parseClaims(t, `{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"values":["b","c"],"essential":true}}}`)
	if got := claims.Subjects(); !reflect.DeepEqual(got, [][]string{{"a"}, {"b", "c"}}) {
		t.Errorf("%q", got)
	}
	if got := claims.Names(); got != nil {
		t.Errorf("a person is asked for %q", got)
	}
}

func TestClaimScope(t *testing.T) {
	for name, want := range map[string]string{
		"sub": "openid", "name": "profile", "email_verified": "email", "address": "address", "phone_number": "phone", "groups": "", "name#de": "",
	} {
		if got := oauth.ClaimScope(name); got != want {
			t.Errorf("%s is of %q", name, got)
		}
	}
}

// A client gets no claim one by one that it could not get by its scope.
func TestClaimsAreCutToTheClientsScopes(t *testing.T) {
	client := confidential()
	client.Scopes = []string{"openid", "email"}
	const text = `{"userinfo":{"email":null,"name":null,"groups":null},"id_token":{"phone_number":null}}`
	got, refusal := oauth.ParseAuthorize(parse(t, change("claims", text, "scope", "openid")), client)
	if refusal != nil || string(got.Claims.JSON()) != `{"userinfo":{"email":null,"groups":null}}` {
		t.Errorf("%s, %v", got.Claims.JSON(), refusal)
	}
	got, refusal = oauth.ParseAuthorize(parse(t, change("claims", text, "scope", "email")), client)
	if refusal != nil || got.Claims != nil {
		t.Errorf("without openid: %s, %v", got.Claims.JSON(), refusal)
	}
}

func TestWantedClasses(t *testing.T) {
	client := confidential()
	client.Metadata.DefaultACRValues = []string{"d"}
	essential := `{"id_token":{"acr":{"essential":true,"values":["e","f"]}}}`
	for _, test := range []struct{ acrValues, claims, want, must string }{
		{"", "", "d", ""},
		{"a b", "", "a b", ""},
		{"", `{"id_token":{"acr":{"value":"v"}}}`, "v", ""},
		{"", `{"id_token":{"acr":{"essential":true}}}`, "d", ""},
		{"a", `{"id_token":{"acr":{"value":"v"}}}`, "a", ""},
		{"", essential, "e f", "e f"},
		{"a", essential, "a", "e f"},
	} {
		got, refusal := oauth.ParseAuthorize(parse(t, change("acr_values", test.acrValues, "claims", test.claims)), client)
		if refusal != nil || strings.Join(got.ACRValues, " ") != test.want || strings.Join(got.EssentialACRs, " ") != test.must {
			t.Errorf("%+v: %q, essential %q, %v", test, got.ACRValues, got.EssentialACRs, refusal)
		}
	}
}

func TestDefaultMaxAge(t *testing.T) {
	client := confidential()
	for _, seconds := range []int{0, 600} {
		client.Metadata.DefaultMaxAge = new(seconds)
		got, _ := oauth.ParseAuthorize(parse(t, good), client)
		if !got.MaxAgeGiven || got.MaxAge != time.Duration(seconds)*time.Second {
			t.Errorf("%d: %v %v", seconds, got.MaxAgeGiven, got.MaxAge)
		}
		if got, _ = oauth.ParseAuthorize(parse(t, change("max_age", "5")), client); got.MaxAge != 5*time.Second {
			t.Errorf("%d: the request said 5 s, got %v", seconds, got.MaxAge)
		}
	}
}

// FuzzParseClaims: what is accepted is written in one form, asks for the same again, and
// never for more.
func FuzzParseClaims(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"userinfo":{"email":null},"id_token":{"acr":{"essential":true,"values":["1"]}}}`, `{"id_token":{"sub":{"value":"x"}}}`,
		`{"userinfo":{"a":{"value":[[[[]]]]}}}`, `{"userinfo":{"email":null,"email":null}}`, `[]`, `{"userinfo":{"name#de":{"x":1}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		claims, refusal := oauth.ParseClaims(text)
		if refusal != nil {
			refused(t, refusal, oauth.CodeInvalidRequest)
			return
		}
		written := claims.JSON()
		if claims == nil {
			return
		}
		again, refusal := oauth.ParseClaims(string(written))
		if refusal != nil {
			t.Fatalf("%q became %q: %v", text, written, refusal)
		}
		if string(again.JSON()) != string(written) || !slices.Equal(again.Names(), claims.Names()) || !reflect.DeepEqual(again.Subjects(), claims.Subjects()) {
			t.Errorf("%q became %q", written, again.JSON())
		}
		for _, name := range claims.Names() {
			if strings.ContainsAny(name, " \"\\") || len(claims.Only([]string{name}).Names()) != 1 {
				t.Errorf("claim %q", name)
			}
		}
	})
}
