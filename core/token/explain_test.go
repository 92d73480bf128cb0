package token

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

func explain(t *testing.T, i *Issuer, scopes ...string) *Explanation {
	t.Helper()
	user, org := alice(), builtIn()
	e, err := i.Explain(t.Context(), noon, wiki(), &user, &org, scopes)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func origins(d *Document) []string {
	var list []string
	for _, c := range d.Claims {
		list = append(list, c.Name+": "+c.Origin.String())
	}
	return list
}

func TestExplain(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		out := slices.Clone(in.Claims)
		out.Remove("email_verified")
		out.Set("groups", hook.Strings(in.User.Groups))
		return out, []hook.Origin{
			{Claim: "email_verified", Instance: "confluence", Plugin: "miniorange", Removed: true},
			{Claim: "groups", Instance: "confluence", Plugin: "miniorange"},
		}, nil
	})
	e := explain(t, i, "openid", "email")
	wantUserInfo := []string{"sub: standard", "email: scope email", "groups: plugin confluence", "email_verified: removed by plugin confluence"}
	if got := origins(e.UserInfo); !slices.Equal(got, wantUserInfo) {
		t.Errorf("UserInfo\n got %q\nwant %q", got, wantUserInfo)
	}
	wantIDToken := []string{
		"iss: standard", "sub: standard", "aud: standard", "exp: standard", "iat: standard", "auth_time: standard",
		"groups: plugin confluence", "email_verified: removed by plugin confluence",
	}
	if got := origins(e.IDToken); !slices.Equal(got, wantIDToken) {
		t.Errorf("ID token\n got %q\nwant %q", got, wantIDToken)
	}
	if string(e.Account) != string(e.UserInfo.JSON) || e.AccountShaped {
		t.Errorf("account %s", e.Account)
	}
}

func TestExplainIsWhatTheClientGets(t *testing.T) {
	t.Parallel()
	e := explain(t, newIssuer(), "openid", "profile", "email")
	if got := userInfo(t, newIssuer(), accessTo("openid", "profile", "email")); string(got) != string(e.UserInfo.JSON) {
		t.Errorf("explained %s\nanswered %s", e.UserInfo.JSON, got)
	}
}

func TestExplainWithoutOpenID(t *testing.T) {
	t.Parallel()
	e := explain(t, newIssuer(), "email")
	if e.IDToken != nil || e.UserInfo != nil {
		t.Errorf("ID token %v, UserInfo %v", e.IDToken, e.UserInfo)
	}
	wantNames(t, "account", e.Account, "sub", "email", "email_verified")
}

func TestExplainShapedAccount(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Shaper = shaperFunc(func(*hook.AccountInput) ([]byte, bool, error) { return []byte(`{"status":"ok"}`), true, nil })
	e := explain(t, i, "openid")
	if !e.AccountShaped || string(e.Account) != `{"status":"ok"}` {
		t.Errorf("account %s", e.Account)
	}
}

// The command line prints an explanation as JSON; the order of claims is part of
// what it explains.
func TestExplanationAsJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(explain(t, newIssuer(), "openid", "email"))
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "explanation", text, "scopes", "id_token", "userinfo", "account", "account_shaped")
	var back Explanation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	wantNames(t, "UserInfo", back.UserInfo.JSON, "sub", "email", "email_verified")
}

func TestExplainFails(t *testing.T) {
	t.Parallel()
	user, org := alice(), builtIn()
	i := failing(newIssuer())
	if _, err := i.Explain(t.Context(), noon, wiki(), &user, &org, []string{"openid"}); !errors.Is(err, errTest) {
		t.Errorf("error %v", err)
	}
	i.Mapper = nil
	if _, err := i.Explain(t.Context(), noon, wiki(), &user, &org, []string{"openid"}); !errors.Is(err, errTest) {
		t.Errorf("error %v", err)
	}
}

func TestPersonHasEveryField(t *testing.T) {
	t.Parallel()
	u := core.User{ID: "id", Name: "name", Email: "e", LastSignInIP: "ip", Groups: []string{"g"}, CreatedAt: noon, LastSignInAt: noon}
	u.Profile = core.Profile{
		GivenName: "given", FamilyName: "family", MiddleName: "middle", Nickname: "nick", URL: "url", Picture: "pic", Website: "web",
		Gender: "gender", Birthdate: "2000-01-01", Zoneinfo: "Europe/Berlin", Locale: "en", Phone: "1", CountryCode: "DE", Region: "r",
		Location: "l", Affiliation: "a", Title: "t", Bio: "b", Tag: "tag", Education: "ed", ExternalID: "ext",
	}
	p := Person(&u)
	got := []string{
		p.ID, p.Name, p.Email, p.DisplayName, p.GivenName, p.FamilyName, p.MiddleName, p.Nickname, p.Profile, p.Picture, p.Website,
		p.Gender, p.Birthdate, p.Zoneinfo, p.Locale, p.Phone, p.CountryCode, p.Region, p.Location, p.Affiliation, p.Title, p.Bio,
		p.Tag, p.Education, p.ExternalID, p.LastSignInIP, p.LastSignInAt, p.CreatedAt, p.UpdatedAt, p.Groups[0],
	}
	want := []string{
		"id", "name", "e", "name", "given", "family", "middle", "nick", "url", "pic", "web",
		"gender", "2000-01-01", "Europe/Berlin", "en", "1", "DE", "r", "l", "a", "t", "b",
		"tag", "ed", "ext", "ip", "2026-03-04T12:00:00Z", "2026-03-04T12:00:00Z", "", "g",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
