package oauth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func TestResponseTypes(t *testing.T) {
	for sent, test := range map[string]struct {
		sorted, mode string
		code, token  bool
	}{
		"code":                {"code", oauth.ModeQuery, true, false},
		"id_token":            {"id_token", oauth.ModeFragment, false, false},
		"token id_token":      {"id_token token", oauth.ModeFragment, false, true},
		"id_token token":      {"id_token token", oauth.ModeFragment, false, true},
		"id_token code":       {"code id_token", oauth.ModeFragment, true, false},
		"token code":          {"code token", oauth.ModeFragment, true, true},
		"token id_token code": {"code id_token token", oauth.ModeFragment, true, true},
	} {
		got, refusal := oauth.ParseAuthorize(parse(t, change("response_type", sent, "nonce", "n", "scope", "openid offline_access")), hybrid())
		if refusal != nil {
			t.Errorf("%s: %v", sent, refusal)
			continue
		}
		if got.ResponseType != test.sorted || got.ResponseMode != test.mode || got.Wants(oauth.WordCode) != test.code || got.Wants(oauth.WordToken) != test.token {
			t.Errorf("%s: %+v", sent, got)
		}
		if got.Wants(oauth.WordIDToken) != strings.Contains(sent, "id_token") || got.FrontChannel() != (sent != "code") {
			t.Errorf("%s: ID token %v, front channel %v", sent, got.Wants(oauth.WordIDToken), got.FrontChannel())
		}
		if slices.Contains(got.Scopes, oauth.ScopeOfflineAccess) != test.code {
			t.Errorf("%s: scopes %q", sent, got.Scopes)
		}
		if !slices.Contains(oauth.ResponseTypes(), got.ResponseType) {
			t.Errorf("%s is not listed", got.ResponseType)
		}
	}
}

// OpenID Connect Core sections 3.2.2.1 and 3.3.2.11 demand a nonce for an ID token of
// the authorization endpoint only.
func TestNonceWhereNoIDTokenIs(t *testing.T) {
	for _, kind := range []string{"code", "code token"} {
		if _, refusal := oauth.ParseAuthorize(parse(t, change("response_type", kind)), hybrid()); refusal != nil {
			t.Errorf("%s: %v", kind, refusal)
		}
	}
}

func TestNoCodeNeedsNoChallenge(t *testing.T) {
	client := hybrid()
	client.RequirePKCE = true
	query := change("response_type", "id_token token", "nonce", "n")
	got, refusal := oauth.ParseAuthorize(parse(t, query+"&code_challenge="+challenge+"&code_challenge_method=S256"), client)
	if refusal != nil || got.Challenge != "" {
		t.Errorf("%+v, %v", got, refusal)
	}
	if _, refusal := oauth.ParseAuthorize(parse(t, query), client); refusal != nil {
		t.Error(refusal)
	}
}

func TestGrantTypesFor(t *testing.T) {
	for kind, want := range map[string][]string{
		"code": {core.GrantAuthorizationCode}, "id_token": {core.GrantImplicit}, "id_token token": {core.GrantImplicit},
		"code token": {core.GrantAuthorizationCode, core.GrantImplicit}, "code id_token token": {core.GrantAuthorizationCode, core.GrantImplicit},
		"none": nil,
	} {
		if got := oauth.GrantTypesFor(kind); !slices.Equal(got, want) {
			t.Errorf("%s: %q", kind, got)
		}
	}
}

func TestIssuedInFull(t *testing.T) {
	request := &oauth.AuthorizeRequest{RedirectURI: "https://rp.example/cb?x=1", ResponseMode: oauth.ModeFragment, StateGiven: true, State: "a b"}
	answer := oauth.Answer{Code: "c", AccessToken: "at", ExpiresIn: time.Hour + time.Millisecond, Scopes: []string{"openid", "email"}, IDToken: "i.d.t"}
	const want = "https://rp.example/cb?x=1#code=c&access_token=at&token_type=Bearer&expires_in=3600&scope=openid+email&id_token=i.d.t&state=a+b&iss=https%3A%2F%2Fid.example"
	if got := request.Issued(issuer, answer).URL(); got != want {
		t.Errorf("%s", got)
	}
}

func TestRefuseAuthorize(t *testing.T) {
	broken := oauth.Refuse("invalid_request_object", "request_object", "The request object is not signed as it should be.")
	sent := oauth.RefuseAuthorize(parse(t, change("response_type", "id_token", "state", "s")), confidential(), broken)
	if sent.Shown() || sent.ResponseMode != oauth.ModeFragment || sent.State != "s" || sent.Error != broken {
		t.Errorf("%+v", sent)
	}
	if got := oauth.RefuseAuthorize(parse(t, at("https://evil.example/")), confidential(), broken); !got.Shown() || got.Reason != "redirect_uri_unregistered" {
		t.Errorf("%+v", got)
	}
}
