package token

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

func front(t *testing.T, i *Issuer, a *core.Authorized, responseType, code string) (oauth.Answer, []core.Change) {
	t.Helper()
	answer := oauth.Answer{Code: code}
	changes, err := i.Front(t.Context(), a.Client, a, responseType, noon, &answer)
	if err != nil {
		t.Fatal(err)
	}
	return answer, changes
}

func TestFrontGivesWhatTheResponseTypeSays(t *testing.T) {
	t.Parallel()
	host := []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"}
	for _, tt := range []struct {
		responseType, code string
		changes, claims    []string
	}{
		{"id_token", "", nil, append(slices.Clone(host), "email", "email_verified")},
		{"id_token token", "", []string{"AddAccess"}, append(slices.Clone(host), "at_hash")},
		{"code id_token", "code_x", nil, append(slices.Clone(host), "c_hash")},
		{"code token", "code_x", []string{"AddAccess"}, nil},
		{"code id_token token", "code_x", []string{"AddAccess"}, append(slices.Clone(host), "c_hash", "at_hash")},
	} {
		t.Run(tt.responseType, func(t *testing.T) {
			t.Parallel()
			a := authorized("openid", "email")
			answer, changes := front(t, newIssuer(), a, tt.responseType, tt.code)
			if got := kinds(changes); !slices.Equal(got, tt.changes) {
				t.Errorf("changes %v, want %v", got, tt.changes)
			}
			if answer.Code != tt.code || (answer.AccessToken != "") != (tt.changes != nil) || (answer.IDToken != "") != (tt.claims != nil) {
				t.Errorf("%+v", answer)
			}
			if tt.claims != nil {
				payload := []byte(payloadOf(t, answer.IDToken))
				wantNames(t, "ID token", payload, tt.claims...)
				checkHashes(t, decode(t, payload), answer)
			}
			if answer.AccessToken == "" {
				return
			}
			row := changes[0].(core.AddAccess).Token
			presented, ok := core.ParseCredential(core.KindAccess, answer.AccessToken)
			if !ok || presented.ID != row.ID || !row.Hash.Matches(presented.Hash()) || row.GrantID != a.Grant.ID || !slices.Equal(row.Scopes, a.Grant.Scopes) {
				t.Errorf("%q has the row %+v", answer.AccessToken, row)
			}
			if answer.ExpiresIn != time.Hour || !slices.Equal(answer.Scopes, a.Grant.Scopes) {
				t.Errorf("%+v", answer)
			}
		})
	}
}

// checkHashes compares what binds an ID token to what it came with.
func checkHashes(t *testing.T, claims map[string]any, answer oauth.Answer) {
	t.Helper()
	for name, of := range map[string]string{"c_hash": answer.Code, "at_hash": answer.AccessToken} {
		want := any(jose.HalfHash("RS256", of))
		if of == "" {
			want = nil
		}
		if claims[name] != want {
			t.Errorf("%s %v, want %v", name, claims[name], want)
		}
	}
}

func TestFrontThatFails(t *testing.T) {
	t.Parallel()
	unsigned := newIssuer()
	unsigned.Keys = plainSigner{errTest}
	for name, i := range map[string]*Issuer{"no signature": unsigned, "no plugin": failing(newIssuer())} {
		if _, err := i.Front(t.Context(), wiki(), authorized("openid"), "id_token token", noon, new(oauth.Answer)); !errors.Is(err, errTest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const theClaims = `{"userinfo":{"email":{"essential":true},"phone_number":null,"department":null},"id_token":{"name":null,"birthdate":null,"acr":{"values":["1"]}}}`

// Claims that were asked for one by one go where they were asked for, in the order of
// the scopes; those that nobody knows of are for plugins.
func TestRequestedClaims(t *testing.T) {
	t.Parallel()
	a := authorized("openid", "address")
	a.Grant.Claims = []byte(theClaims)
	asked := map[hook.Target]string{}
	i := newIssuer()
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		asked[in.Target] = string(in.Requested.AppendJSON(nil))
		return in.Claims, nil, nil
	})
	userInfo, err := i.UserInfo(t.Context(), a.Client, &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "UserInfo", userInfo, "sub", "email", "address", "phone_number")
	set, _ := issue(t, i, a.Client, a, Order{Now: noon, Scopes: a.Grant.Scopes})
	payload := payloadOf(t, set.IDToken)
	if claims := decode(t, []byte(payload)); claims["name"] != "Alice Liddell" || claims["email"] != nil || claims["address"] != nil || claims["birthdate"] != nil {
		t.Errorf("ID token %s", payload)
	}
	for target, want := range map[hook.Target]string{
		hook.TargetUserInfo: `{"email":{"essential":true},"phone_number":null,"department":null}`,
		hook.TargetIDToken:  `{"name":null,"birthdate":null,"acr":{"values":["1"]}}`,
	} {
		if asked[target] != want {
			t.Errorf("the plugin was told %s of %s", asked[target], target)
		}
	}
	// What UserInfo says is what an account without a shape says.
	account, err := i.Account(t.Context(), a.Client, &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a})
	if err != nil || string(account) != string(userInfo) {
		t.Errorf("account %s, %v", account, err)
	}
}

// An ID token that is all there is has the claims of the scopes and those asked for.
func TestRequestedClaimsBesideScopes(t *testing.T) {
	t.Parallel()
	a := authorized("openid", "email")
	a.Grant.Claims = []byte(`{"id_token":{"email":null,"phone_number":null,"name":null}}`)
	answer, _ := front(t, newIssuer(), a, "id_token", "")
	payload := payloadOf(t, answer.IDToken)
	names := memberNames(t, []byte(payload))
	if got := strings.Join(names[len(names)-4:], " "); got != "name email email_verified phone_number" {
		t.Errorf("%s", payload)
	}
}

func TestBrokenClaimsOfAGrant(t *testing.T) {
	t.Parallel()
	a := authorized("openid")
	a.Grant.Claims = []byte(`{"userinfo":`)
	access := &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a}
	i := newIssuer()
	if _, err := i.UserInfo(t.Context(), a.Client, access); err == nil {
		t.Error("UserInfo answers")
	}
	if _, err := i.Account(t.Context(), a.Client, access); err == nil {
		t.Error("an account is answered")
	}
	if _, _, err := i.Issue(t.Context(), a.Client, a, Order{Now: noon, Scopes: a.Grant.Scopes}); err == nil {
		t.Error("an ID token is issued")
	}
}

// FuzzClaimsAreRead: a grant never has claims that its documents cannot be made of.
func FuzzClaimsAreRead(f *testing.F) {
	f.Add(theClaims)
	f.Add(`{"userinfo":{"email":{"value":1e5,"values":[[[["\ud83d\ude00"]]]]},"a":null}}`)
	f.Add(`{"id_token":{"email":{"value":"\ud800"}}}`)
	i := newIssuer()
	f.Fuzz(func(t *testing.T, text string) {
		claims, refusal := oauth.ParseClaims(text)
		if refusal != nil {
			return
		}
		a := authorized("openid")
		a.Grant.Claims = claims.JSON()
		access := &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a}
		userInfo, err := i.UserInfo(t.Context(), a.Client, access)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		asked := false
		if claims != nil {
			_, asked = claims.UserInfo["email"]
		}
		if got := strings.Contains(string(userInfo), `"email":`); got != asked {
			t.Errorf("%q: %s", text, userInfo)
		}
	})
}
