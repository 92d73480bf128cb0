package token

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// pairwise is a client of the type pairwise with these redirect URIs.
func pairwise(id string, redirectURIs ...string) *core.Client {
	client := wiki()
	client.ID, client.RedirectURIs, client.Metadata.SubjectType = id, redirectURIs, core.SubjectPairwise
	return client
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	subjects, others := Subjects{[32]byte{1}}, Subjects{[32]byte{2}}
	one := pairwise("one", "https://rp.example/cb")
	same := pairwise("same", "https://RP.example:8443/other", "https://rp.example/cb")
	apart := pairwise("apart", "https://other.example/cb")
	grouped := pairwise("grouped", "https://a.example/cb", "https://b.example/cb")
	grouped.Metadata.SectorIdentifierURI = "https://rp.example/sector.json"
	of := subjects.Of(one, alice().ID)
	if len(of) != 43 || strings.Contains(of, string(alice().ID)) {
		t.Errorf("%q", of)
	}
	for what, other := range map[string]string{
		"a client of the same host": subjects.Of(same, alice().ID), "a client of the same sector": subjects.Of(grouped, alice().ID),
	} {
		if other != of {
			t.Errorf("%s knows %q, not %q", what, other, of)
		}
	}
	seen := map[string]string{of: "one"}
	for what, other := range map[string]string{
		"another host": subjects.Of(apart, alice().ID), "another person": subjects.Of(one, "01890000-0000-7000-8000-00000000b0b0"),
		"another server": others.Of(one, alice().ID), "a public client": subjects.Of(wiki(), alice().ID),
		"no sector": subjects.Of(pairwise("a", "com.example.app:/cb"), alice().ID), "no sector either": subjects.Of(pairwise("b", "com.example.app:/cb"), alice().ID),
	} {
		if seen[other] != "" {
			t.Errorf("%s and %s have the same name", what, seen[other])
		}
		seen[other] = what
	}
	if got := subjects.Of(one, ""); got != "" {
		t.Errorf("nobody is %q", got)
	}
	if got := subjects.Of(wiki(), alice().ID); got != string(alice().ID) {
		t.Errorf("a public client knows %q", got)
	}
}

// Every document of a pairwise client names the person alike, and none names them
// otherwise: plugins are told that name too.
func TestPairwiseDocuments(t *testing.T) {
	t.Parallel()
	i := newIssuer()
	i.Subjects = Subjects{[32]byte{1}}
	a := authorized("openid", "email")
	a.Client = pairwise("wiki", "https://rp.example/cb")
	want := i.Subjects.Of(a.Client, alice().ID)
	i.Mapper = mapperFunc(func(in *hook.ClaimsInput) (hook.Object, []hook.Origin, error) {
		if in.User.ID != want {
			t.Errorf("the plugin maps claims of %q", in.User.ID)
		}
		return in.Claims, nil, nil
	})
	access := &core.Access{Token: core.AccessToken{Scopes: a.Grant.Scopes}, Authorized: *a}
	userInfo, err := i.UserInfo(t.Context(), a.Client, access)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := issue(t, i, a.Client, a, Order{Now: noon, Scopes: a.Grant.Scopes})
	answer, _ := front(t, i, a, "id_token", "")
	account, err := i.Account(t.Context(), a.Client, access)
	if err != nil {
		t.Fatal(err)
	}
	i.Shaper = shaperFunc(func(in *hook.AccountInput) ([]byte, bool, error) {
		if sub, _ := in.Claims.Get("sub"); in.User.ID != want || sub.Text() != want {
			t.Errorf("the plugin shapes the account of %q, %q", in.User.ID, sub.Text())
		}
		return []byte(`{}`), true, nil
	})
	if _, err := i.Account(t.Context(), a.Client, access); err != nil {
		t.Fatal(err)
	}
	for what, doc := range map[string]string{
		"UserInfo": string(userInfo), "account": string(account), "ID token": payloadOf(t, set.IDToken), "front channel": payloadOf(t, answer.IDToken),
	} {
		if got := decode(t, []byte(doc))["sub"]; got != want || strings.Contains(doc, string(alice().ID)) {
			t.Errorf("%s: %s", what, doc)
		}
	}
}
