package token

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

func issue(t *testing.T, i *Issuer, client *core.Client, a *core.Authorized, o Order) (Set, []core.Change) {
	t.Helper()
	set, changes, err := i.Issue(t.Context(), client, a, o)
	if err != nil {
		t.Fatal(err)
	}
	return set, changes
}

// kinds names the changes by their types.
func kinds(changes []core.Change) []string {
	var names []string
	for _, c := range changes {
		names = append(names, strings.TrimPrefix(reflect.TypeOf(c).String(), "core."))
	}
	return names
}

func TestIssueByScopes(t *testing.T) {
	t.Parallel()
	codeOnly := wiki()
	codeOnly.GrantTypes = []string{core.GrantAuthorizationCode}
	tests := []struct {
		name    string
		client  *core.Client
		scopes  []string
		members []string
		changes []string
	}{
		{"openid", wiki(), []string{"openid"}, []string{"access_token", "token_type", "expires_in", "scope", "id_token"}, []string{"AddAccess"}},
		{"plain OAuth", wiki(), []string{"email"}, []string{"access_token", "token_type", "expires_in", "scope"}, []string{"AddAccess"}},
		{
			"offline", wiki(), []string{"openid", "offline_access"},
			[]string{"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}, []string{"AddAccess", "AddRefresh"},
		},
		{
			"offline, but the client may not refresh", codeOnly, []string{"openid", "offline_access"},
			[]string{"access_token", "token_type", "expires_in", "scope", "id_token"}, []string{"AddAccess"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			set, changes := issue(t, newIssuer(), tt.client, authorized(tt.scopes...), Order{Now: noon, Scopes: tt.scopes})
			wantNames(t, "response", set.JSON(), tt.members...)
			if got := kinds(changes); !slices.Equal(got, tt.changes) {
				t.Errorf("changes %v, want %v", got, tt.changes)
			}
		})
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	set := Set{AccessToken: "at_x", ExpiresIn: time.Hour + time.Second/2, Scopes: []string{"openid", `odd"scope`}, RefreshToken: "rt_y", IDToken: "a.b.c"}
	want := `{"access_token":"at_x","token_type":"Bearer","expires_in":3600,"scope":"openid odd\"scope","refresh_token":"rt_y","id_token":"a.b.c"}`
	if got := string(set.JSON()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAccessTokenRow(t *testing.T) {
	t.Parallel()
	scopes := []string{"openid"}
	set, changes := issue(t, newIssuer(), wiki(), authorized(scopes...), Order{Now: noon, Scopes: scopes})
	row := changes[0].(core.AddAccess).Token
	presented, ok := core.ParseCredential(core.KindAccess, set.AccessToken)
	if !ok || presented.ID != row.ID || !row.Hash.Matches(presented.Hash()) {
		t.Errorf("the access token %q does not lead to its row %+v", set.AccessToken, row)
	}
	if row.GrantID != authorized().Grant.ID || !row.CreatedAt.Equal(noon) || !slices.Equal(row.Scopes, scopes) {
		t.Errorf("row %+v", row)
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		client           core.Client
		defaults         Defaults
		access, identity time.Duration
	}{
		{"nobody says", core.Client{}, Defaults{}, time.Hour, time.Hour},
		{"the server says", core.Client{}, Defaults{Access: 5 * time.Minute, IDToken: time.Minute}, 5 * time.Minute, time.Minute},
		{"the client says", core.Client{AccessTTL: 2 * time.Minute, IDTokenTTL: 3 * time.Minute}, Defaults{Access: time.Second, IDToken: time.Second}, 2 * time.Minute, 3 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer()
			i.Defaults = tt.defaults
			scopes := []string{"openid"}
			set, changes := issue(t, i, &tt.client, authorized(scopes...), Order{Now: noon, Scopes: scopes})
			if set.ExpiresIn != tt.access {
				t.Errorf("expires_in %v, want %v", set.ExpiresIn, tt.access)
			}
			if got := changes[0].(core.AddAccess).Token.ExpiresAt; !got.Equal(noon.Add(tt.access)) {
				t.Errorf("the row expires at %v", got)
			}
			claims := decode(t, []byte(payloadOf(t, set.IDToken)))
			if got := claims["exp"].(float64) - claims["iat"].(float64); got != tt.identity.Seconds() {
				t.Errorf("the ID token lives %v s, want %v", got, tt.identity)
			}
		})
	}
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	scopes := []string{"openid", "profile", "email"}
	set, _ := issue(t, newIssuer(), wiki(), authorized(scopes...), Order{Now: noon, Scopes: scopes})
	// 12:00:00.987 is rounded down: a relying party without leeway must not see
	// an iat in its future. at_hash is left to its own test.
	payload, _, _ := strings.Cut(payloadOf(t, set.IDToken), `,"at_hash":`)
	want := `{"iss":"https://id.example","sub":"01890000-0000-7000-8000-00000000a11c","aud":"wiki",` +
		`"exp":1772629200,"iat":1772625600,"auth_time":1772625540,"nonce":"n-0S6","acr":"urn:postern:acr:password",` +
		`"amr":["pwd"],"sid":"01890000-0000-7000-8000-00000000005e"`
	if payload != want {
		t.Errorf("got  %s\nwant %s", payload, want)
	}
	if !strings.HasPrefix(set.IDToken, "RS256.JWT.") {
		t.Errorf("signed as %.20s", set.IDToken)
	}
}

func TestIDTokenLeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	a := authorized("openid")
	a.Grant.Nonce, a.Grant.ACR, a.Grant.AMR, a.Grant.SessionID = "", "", nil, ""
	set, _ := issue(t, newIssuer(), wiki(), a, Order{Now: noon, Scopes: a.Grant.Scopes})
	wantNames(t, "ID token", []byte(payloadOf(t, set.IDToken)), "iss", "sub", "aud", "exp", "iat", "auth_time", "at_hash")
}

func TestIDTokenOnRefresh(t *testing.T) {
	t.Parallel()
	i, client, a := newIssuer(), wiki(), authorized("openid", "offline_access")
	first, changes := issue(t, i, client, a, Order{Now: noon, Scopes: a.Grant.Scopes})
	presented, _ := core.ParseCredential(core.KindRefresh, first.RefreshToken)
	again, _ := issue(t, i, client, a, Order{Now: noon.Add(time.Hour), Scopes: a.Grant.Scopes, Presented: &presented})
	before, after := decode(t, []byte(payloadOf(t, first.IDToken))), decode(t, []byte(payloadOf(t, again.IDToken)))
	for _, name := range []string{"iss", "sub", "aud", "auth_time", "sid", "acr"} {
		if before[name] != after[name] {
			t.Errorf("%s was %v, is %v (OpenID Connect Core section 12.2)", name, before[name], after[name])
		}
	}
	if _, present := after["nonce"]; present {
		t.Error("the refreshed ID token has a nonce")
	}
	if after["iat"].(float64)-before["iat"].(float64) != 3600 || before["at_hash"] == after["at_hash"] {
		t.Errorf("before %v\nafter %v", before, after)
	}
	if len(changes) != 2 {
		t.Errorf("changes %v", kinds(changes))
	}
}

// The example of OpenID Connect Core appendix A.4, and the length for Ed25519,
// whose hash is SHA-512.
func TestAtHash(t *testing.T) {
	t.Parallel()
	const token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
	for alg, want := range map[string]string{"RS256": "77QmUPtjPfzWtF2AnpK9RQ", "ES256": "77QmUPtjPfzWtF2AnpK9RQ", "PS256": "77QmUPtjPfzWtF2AnpK9RQ"} {
		if got := jose.HalfHash(alg, token); got != want {
			t.Errorf("%s: %s, want %s", alg, got, want)
		}
	}
	if got := jose.HalfHash("EdDSA", token); len(got) != 43 {
		t.Errorf("EdDSA: %s is not 32 bytes", got)
	}
}

func TestIDTokenAlg(t *testing.T) {
	t.Parallel()
	for alg, want := range map[string]string{"": "RS256", "ES256": "ES256", "EdDSA": "EdDSA"} {
		client := wiki()
		client.IDTokenAlg = alg
		set, _ := issue(t, newIssuer(), client, authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}})
		if !strings.HasPrefix(set.IDToken, want+".") {
			t.Errorf("%q signs with %.10s", alg, set.IDToken)
		}
	}
}

func TestIssueFailsWithoutSignature(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Keys = plainSigner{err: errTest}
	set, changes, err := i.Issue(t.Context(), wiki(), authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}})
	if !errors.Is(err, errTest) || set.AccessToken != "" || changes != nil {
		t.Errorf("set %+v, changes %v, error %v", set, changes, err)
	}
}

func refuse132PluginClaims(t *testing.T) {
	t.Parallel()
	for _, name := range hook.Protected {
		i := newIssuer()
		i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
			return append(in.Claims, hook.Member{Name: name, Value: hook.String("evil")}), nil, nil
		})
		if _, _, err := i.Issue(t.Context(), wiki(), authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}}); err == nil {
			t.Errorf("132: a plugin set %s in an ID token", name)
		}
		access := &core.Access{Token: core.AccessToken{Scopes: []string{"openid"}}, Authorized: *authorized("openid")}
		if _, err := i.UserInfo(t.Context(), wiki(), access); err == nil {
			t.Errorf("132: a plugin set %s in UserInfo", name)
		}
	}
}

func TestMapperGetsTheMessage(t *testing.T) {
	t.Parallel()
	var got *hook.ClaimsInput
	i := newIssuer()
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		got = in
		return hook.Object{{Name: "groups", Value: hook.Strings(in.User.Groups)}}, nil, nil
	})
	scopes := []string{"openid", "email"}
	set, _ := issue(t, i, wiki(), authorized(scopes...), Order{Now: noon, Scopes: scopes})
	if got.Target != hook.TargetIDToken || got.User.Name != "alice" || got.Client.ID != "wiki" || got.Organisation.Name != "built-in" {
		t.Errorf("message %+v", got)
	}
	if len(got.Claims) != 0 {
		t.Errorf("the host's own claims went through the plugin: %v", got.Claims)
	}
	if got.Authentication.Time != "2026-03-04T11:59:00Z" || got.User.CreatedAt != "2026-03-02T12:00:00Z" || got.User.LastSignInAt != "" {
		t.Errorf("times of %+v", got)
	}
	if a := got.User.Attributes; len(a) != 2 || a[0].Name != "badge" || a[1].Value.Text() != "R&D" {
		t.Errorf("attributes %v", a)
	}
	claims := decode(t, []byte(payloadOf(t, set.IDToken)))
	if groups, _ := claims["groups"].([]any); len(groups) != 2 {
		t.Errorf("ID token %v", claims)
	}
}

func TestMapperErrorClosed(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Mapper = mapperFunc(func(*hook.ClaimsInput) (hook.Object, []hook.Origin, error) { return nil, nil, errTest })
	if _, _, err := i.Issue(t.Context(), wiki(), authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}}); !errors.Is(err, errTest) {
		t.Errorf("error %v", err)
	}
}
