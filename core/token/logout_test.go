package token

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
)

// OpenID Connect Back-Channel Logout 1.0 section 2.4, with real keys.
func TestLogoutToken(t *testing.T) {
	t.Parallel()
	for alg, signs := range map[string]string{"": jose.RS256, jose.ES256: jose.ES256, "none": jose.RS256} {
		key, err := jose.Generate(signs, noon, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := jose.NewKeyring([]jose.Private{key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		i, client := newIssuer(), wiki()
		i.Keys, client.IDTokenAlg = keys, alg
		signed, err := i.LogoutToken(client, "the-user", "the-session", noon)
		if err != nil {
			t.Fatalf("%q: %v", alg, err)
		}
		expect := jose.Expect{Typ: jose.TypLogout, Issuer: "https://id.example", Audience: "wiki", Now: noon}
		claims, err := keys.Verify(signed, expect)
		if err != nil {
			t.Fatalf("%q: %v", alg, err)
		}
		if claims.Subject != "the-user" || claims.Text("sid") != "the-session" || !slices.Equal(claims.Audience, []string{"wiki"}) ||
			!claims.IssuedAt.Equal(noon.Truncate(time.Second)) || claims.ExpiresAt.Sub(claims.IssuedAt) != 2*time.Minute {
			t.Errorf("%q: %+v", alg, claims)
		}
		if events := string(claims.Raw("events")); events != `{"http://schemas.openid.net/event/backchannel-logout":{}}` {
			t.Errorf("%q: events %s", alg, events)
		}
		again, err := i.LogoutToken(client, "the-user", "the-session", noon)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := keys.Verify(again, expect); err != nil || other.Text("jti") == "" || other.Text("jti") == claims.Text("jti") {
			t.Errorf("%q: jti %q of both, %v", alg, other.Text("jti"), err)
		}
		expect.Typ = jose.TypJWT
		if _, err := keys.Verify(signed, expect); err == nil {
			t.Errorf("72 %q: it passes for an ID token", alg)
		}
	}
}

// Who knows people by pairwise names is told of them by those.
func TestLogoutTokenPairwise(t *testing.T) {
	t.Parallel()
	i, client := newIssuer(), wiki()
	client.Metadata.SubjectType = core.SubjectPairwise
	signed, err := i.LogoutToken(client, "the-user", "s", noon)
	if err != nil {
		t.Fatal(err)
	}
	if payload := payloadOf(t, signed); !strings.Contains(payload, `"sub":"`+i.Subjects.Of(client, "the-user")+`"`) || strings.Contains(payload, "the-user") {
		t.Errorf("%s", payload)
	}
}

// The claims are those of the specification and no other, in particular no nonce (114).
func TestLogoutTokenClaims(t *testing.T) {
	t.Parallel()
	signed, err := newIssuer().LogoutToken(wiki(), "u", "s", noon)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "logout token", []byte(payloadOf(t, signed)), "iss", "sub", "aud", "exp", "iat", "jti", "sid", "events")
	broken := newIssuer()
	broken.Keys = plainSigner{errTest}
	if _, err := broken.LogoutToken(wiki(), "u", "s", noon); !errors.Is(err, errTest) {
		t.Errorf("without a key: %v", err)
	}
}
