package oauth_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// confidential is a client with a secret, as an administrator makes it for
// Confluence.
func confidential() *core.Client {
	return &core.Client{
		ID: "confluence", SecretHash: core.HashSecret("s3cret-_"),
		AuthMethods:   []string{core.AuthBasic, core.AuthPost},
		RedirectURIs:  []string{"https://rp.example/cb"},
		GrantTypes:    []string{core.GrantAuthorizationCode, core.GrantRefreshToken},
		ResponseTypes: []string{"code"},
		Scopes:        strings.Fields("openid profile email address phone offline_access"),
	}
}

// hybrid is a client of all response types.
func hybrid() *core.Client {
	client := confidential()
	client.ResponseTypes = oauth.ResponseTypes()
	client.GrantTypes = append(client.GrantTypes, core.GrantImplicit)
	return client
}

// only is a client of one response type.
func only(responseType string) *core.Client {
	client := hybrid()
	client.ResponseTypes = []string{responseType}
	return client
}

// public is a client without a secret, on a person's device.
func public() *core.Client {
	client := confidential()
	client.ID, client.SecretHash, client.AuthMethods = "app", core.Hash{}, []string{core.AuthNone}
	client.Native, client.RequirePKCE = true, true
	client.RedirectURIs = []string{"http://127.0.0.1/cb"}
	return client
}

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// good is a request that confidential may send.
const good = "client_id=confluence&scope=openid+email&redirect_uri=https%3A%2F%2Frp.example%2Fcb&response_type=code"

func parse(t *testing.T, query string) oauth.Params {
	t.Helper()
	p, err := oauth.ParseQuery(query)
	if err != nil {
		t.Fatalf("ParseQuery(%.80q): %v", query, err)
	}
	return p
}

// refused checks a refusal: its code, that it has a reason, and that its text
// may go to the wire.
func refused(t *testing.T, refusal *oauth.Error, code string) {
	t.Helper()
	if refusal == nil {
		t.Fatalf("accepted, want %s", code)
	}
	if refusal.Code != code {
		t.Errorf("code %s (%s), want %s", refusal.Code, refusal.Reason, code)
	}
	if refusal.Reason == "" || refusal.Description == "" || refusal.Status < 400 {
		t.Errorf("incomplete: %#v", refusal)
	}
	for _, r := range refusal.Description {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			t.Errorf("description %q has %q", refusal.Description, r)
		}
	}
}
