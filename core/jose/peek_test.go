package jose_test

import (
	"errors"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

func TestPeek(t *testing.T) {
	got, err := jose.Peek(sign(t, jose.ES256, payload(t)))
	if err != nil || got != (jose.Claimed{Alg: jose.ES256, Typ: jose.TypJWT, Issuer: issuer, Subject: "0193"}) {
		t.Errorf("%+v, %v", got, err)
	}
	// {"alg":"none"} and {"iss":[],"sub":7}: what is no string is none.
	if got, err := jose.Peek("eyJhbGciOiJub25lIn0.eyJpc3MiOltdLCJzdWIiOjd9."); err != nil || got != (jose.Claimed{Alg: "none"}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, token := range []string{"", "..", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.W10.", "eyJhbGciOiJub25lIn0.e30", strings.Repeat(".", 1<<20)} {
		if got, err := jose.Peek(token); !errors.Is(err, jose.ErrMalformed) || got != (jose.Claimed{}) {
			t.Errorf("%.40q: %+v, %v", token, got, err)
		}
	}
}

func TestCheckKeySet(t *testing.T) {
	es, rs := string(keys()[jose.ES256].PublicJWK()), string(keys()[jose.RS256].PublicJWK())
	sameKid := strings.Replace(rs, member(t, rs, "kid"), member(t, es, "kid"), 1)
	private := gojose.JSONWebKey{Key: strangers()[jose.ES384], KeyID: "p"}
	text, err := private.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for name, jwks := range map[string]string{
		"one key":          es,
		"two keys":         es + "," + rs,
		"and one unknown":  es + `,{"kty":"OKP","crv":"Ed448","x":"AA","kid":"u"}`,
		"two without kids": `{"kty":"OKP","crv":"Ed448","x":"AA"},{"kty":"OKP","crv":"Ed448","x":"AA"},` + es,
	} {
		if err := jose.CheckKeySet([]byte(`{"keys":[` + jwks + `]}`)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, jwks := range map[string]string{
		"082_private":                      string(text),
		"082_private_beside_a_good_one":    es + "," + string(text),
		"082_symmetric":                    es + `,{"kty":"oct","k":"AAAA","kid":"s"}`,
		"082_kid_twice":                    es + "," + es,
		"082_kid_of_another_kind_of_key":   es + "," + sameKid,
		"082_kid_of_a_key_that_is_no_use":  `{"kty":"OKP","crv":"Ed448","x":"AA","kid":"u"},{"kty":"OKP","crv":"Ed448","x":"AA","kid":"u"},` + es,
		"082_10000_keys":                   strings.Repeat(es+",", 9_999) + es,
		"082_none":                         "",
		"082_none_of_use":                  `{"kty":"OKP","crv":"Ed448","x":"AA","kid":"u"}`,
		"082_kid_is_a_number":              strings.Replace(es, `"`+member(t, es, "kid")+`"`, "7", 1),
		"082_weak":                         `{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("A", 100) + `"}`,
		"078_point_that_is_not_on_a_curve": `{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
	} {
		if err := jose.CheckKeySet([]byte(`{"keys":[` + jwks + `]}`)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
