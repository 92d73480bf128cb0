package jose_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/postern-id/postern/core/jose"
)

func foreign() jose.Foreign {
	return jose.Foreign{Issuer: issuer, Audience: "confluence", Now: now}
}

// foreignToken signs with another library, as another issuer does.
func foreignToken(t testing.TB, alg string, key any, kid string, payload []byte) string {
	t.Helper()
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.SignatureAlgorithm(alg), Key: gojose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestForeignAccepts(t *testing.T) {
	body := payload(t, "groups", []string{"b", "a"}, "aud", []string{"other", "confluence"}, "iat", nil, "exp", 1e10+0.5)
	for alg, key := range strangers() {
		set := keySet(t, publish(t, gojose.JSONWebKey{Key: key, KeyID: "k", Algorithm: alg}))
		expect := foreign()
		expect.Algorithms = jose.ForeignAlgs()
		got, err := set.Verify(foreignToken(t, alg, key, "k", body), expect)
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		if got.Alg != alg || got.Typ != "" || got.Subject != "0193" || string(got.Payload) != string(body) ||
			!strings.Contains(string(got.Header), alg) || !got.ExpiresAt.Equal(time.Unix(1e10, 0)) || !got.IssuedAt.IsZero() {
			t.Errorf("%s: %+v", alg, got)
		}
		if _, err := set.Verify(foreignToken(t, alg, key, "k", body), foreign()); !errors.Is(err, jose.ErrAlg) {
			t.Errorf("%s, which nobody allowed: %v", alg, err)
		}
	}
	ours := keySet(t, ring(t).JWKS())
	for _, alg := range jose.Algs() {
		if got, err := ours.Verify(sign(t, alg, payload(t)), foreign()); err != nil || got.Typ != jose.TypJWT {
			t.Errorf("%s: %+v, %v", alg, got, err)
		}
	}
}

func TestForeignWithoutKid(t *testing.T) {
	head, key := `{"alg":"ES256"}`, string(keys()[jose.ES256].PublicJWK())
	token := forge(t, jose.ES256, head, payload(t))
	other := strangers()[jose.ES384]
	for name, test := range map[string]struct {
		jwks []byte
		want error
	}{
		"one key":                     {[]byte(`{"keys":[` + key + `]}`), nil},
		"one that fits":               {ring(t).JWKS(), nil},
		"one, and one of another alg": {[]byte(`{"keys":[` + key + "," + strings.TrimSuffix(strings.TrimPrefix(string(publish(t, gojose.JSONWebKey{Key: other, KeyID: "o"})), `{"keys":[`), "]}") + `]}`), nil},
		"two that fit":                {[]byte(`{"keys":[` + key + "," + strings.Replace(key, member(t, key, "kid"), "other", 1) + `]}`), jose.ErrNoKey},
		"none":                        {[]byte(`{"keys":[]}`), jose.ErrNoKey},
	} {
		if _, err := keySet(t, test.jwks).Verify(token, foreign()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestForeignRefuses has the numbers of the list of what must be refused that
// concern the ID token of another provider.
func TestForeignRefuses(t *testing.T) {
	set := keySet(t, ring(t).JWKS())
	good := sign(t, jose.RS256, payload(t))
	parts := strings.Split(good, ".")
	kid := keys()[jose.RS256].ID()
	head := func(alg, more string) string { return fmt.Sprintf(`{"alg":%q,"kid":%q%s}`, alg, kid, more) }
	claims := func(pairs ...any) string { return forge(t, jose.RS256, header(jose.RS256), payload(t, pairs...)) }
	for _, test := range []struct {
		name  string
		token string
		want  error
	}{
		{"103_alg_none", encode(head("none", "")) + "." + parts[1] + ".", jose.ErrAlg},
		{"103_alg_none_in_capitals", encode(head("NONE", "")) + "." + parts[1] + ".", jose.ErrAlg},
		{"103_unsigned", parts[0] + "." + parts[1] + ".", jose.ErrSignature},
		{"103_no_alg", encode(`{"kid":"k"}`) + "." + parts[1] + "." + parts[2], jose.ErrMalformed},
		{"071_hs256_with_the_public_key", confused(t), jose.ErrAlg},
		{"071_another_alg_of_the_same_key", signWith(t, keys()[jose.RS256], jose.PS256, head("PS256", ""), payload(t)), jose.ErrNoKey},
		{"071_another_alg_of_another_key", forge(t, jose.ES256, head("ES256", ""), payload(t)), jose.ErrNoKey},
		{"073_crit", forge(t, jose.RS256, head("RS256", `,"crit":["exp"]`), payload(t)), jose.ErrMalformed},
		{"073_b64", forge(t, jose.RS256, head("RS256", `,"b64":false,"crit":["b64"]`), payload(t)), jose.ErrMalformed},
		{"074_kid_path", forge(t, jose.RS256, `{"alg":"RS256","kid":"../../dev/null"}`, payload(t)), jose.ErrNoKey},
		{"074_kid_number", forge(t, jose.RS256, `{"alg":"RS256","kid":1}`, payload(t)), jose.ErrMalformed},
		{"075_jwk", stranger(t, "", "jwk"), jose.ErrNoKey},
		{"075_jku_beside_a_kid", stranger(t, keys()[jose.ES256].ID(), "jku"), jose.ErrSignature},
		{"076_long", good + strings.Repeat("A", 64<<10), jose.ErrMalformed},
		{"076_dots", strings.Repeat(".", 1000), jose.ErrMalformed},
		{"076_duplicate_claim", forge(t, jose.RS256, header(jose.RS256), []byte(`{"exp":99999999999,"sub":"a","sub":"b"}`)), jose.ErrMalformed},
		{"076_duplicate_header", forge(t, jose.RS256, head("RS256", `,"kid":"x"`), payload(t)), jose.ErrMalformed},
		{"078_zero_signature", encode(header(jose.ES256)) + "." + parts[1] + "." + encode(strings.Repeat("\x00", 64)), jose.ErrSignature},
		{"079_padding", good + "=", jose.ErrMalformed},
		{"079_changed_payload", parts[0] + "." + encode(string(payload(t, "sub", "admin"))) + "." + parts[2], jose.ErrSignature},
		{"103_iss", claims("iss", issuer+"/"), jose.ErrClaims},
		{"103_no_iss", claims("iss", nil), jose.ErrClaims},
		{"103_aud", claims("aud", "other"), jose.ErrClaims},
		{"103_no_aud", claims("aud", nil), jose.ErrClaims},
		{"103_aud_is_a_number", claims("aud", 1), jose.ErrMalformed},
		{"103_no_exp", claims("exp", nil), jose.ErrClaims},
		{"103_exp_null", forge(t, jose.RS256, header(jose.RS256), []byte(`{"iss":"`+issuer+`","aud":"confluence","exp":null}`)), jose.ErrMalformed},
		{"103_exp_text", claims("exp", "99999999999"), jose.ErrMalformed},
		{"103_exp_reached", claims("exp", now.Unix()), jose.ErrExpired},
		{"103_exp_huge", claims("exp", 1e300), jose.ErrMalformed},
		{"103_exp_negative", claims("exp", -0.5), jose.ErrMalformed},
		{"083_iat_in_a_minute", claims("iat", now.Unix()+60), jose.ErrClaims},
		{"083_nbf_in_a_minute", claims("nbf", now.Unix()+60), jose.ErrClaims},
	} {
		got, err := set.Verify(test.token, foreign())
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		if got.Subject != "" || got.Payload != nil || got.KeyIssuer != "" {
			t.Errorf("%s: claims of a refused token: %+v", test.name, got)
		}
	}
}

func TestForeignLeeway(t *testing.T) {
	set := keySet(t, ring(t).JWKS())
	for _, test := range []struct {
		name   string
		pairs  []any
		leeway time.Duration
		want   error
	}{
		{"iat in ten seconds", []any{"iat", now.Unix() + 10}, 0, nil},
		{"iat in two minutes", []any{"iat", now.Unix() + 120}, 2 * time.Minute, nil},
		{"iat in three minutes", []any{"iat", now.Unix() + 180}, 2 * time.Minute, jose.ErrClaims},
		{"expired a minute ago", []any{"exp", now.Unix() - 60}, 2 * time.Minute, nil},
		{"expired two minutes ago", []any{"exp", now.Unix() - 120}, 2 * time.Minute, jose.ErrExpired},
	} {
		expect := foreign()
		expect.Leeway = test.leeway
		if _, err := set.Verify(sign(t, jose.EdDSA, payload(t, test.pairs...)), expect); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// TestForeignOfAnybody: what is not asked for is not compared, as the caller does
// that.
func TestForeignOfAnybody(t *testing.T) {
	token := sign(t, jose.EdDSA, payload(t, "iss", "https://other.example", "aud", nil))
	got, err := keySet(t, ring(t).JWKS()).Verify(token, jose.Foreign{Now: now})
	if err != nil || got.Issuer != "https://other.example" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestForeignKeyIssuer(t *testing.T) {
	jwks := strings.Replace(string(keys()[jose.EdDSA].PublicJWK()), `"use"`, `"issuer":"https://id.example/{tenantid}","use"`, 1)
	got, err := keySet(t, []byte(`{"keys":[`+jwks+`]}`)).Verify(sign(t, jose.EdDSA, payload(t)), foreign())
	if err != nil || got.KeyIssuer != "https://id.example/{tenantid}" {
		t.Errorf("%q, %v", got.KeyIssuer, err)
	}
}

func TestVerifyHMAC(t *testing.T) {
	secret := []byte(strings.Repeat("s", 32))
	token := func(alg, head string, payload []byte) string {
		signed := encode(head) + "." + encode(string(payload))
		signature, err := jwt.GetSigningMethod(alg).Sign(signed, secret)
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + encode(string(signature))
	}
	good := token("HS256", `{"alg":"HS256"}`, payload(t))
	for _, test := range []struct {
		name   string
		token  string
		secret string
		want   error
	}{
		{"good", good, string(secret), nil},
		{"another secret", good, strings.Repeat("x", 32), jose.ErrSignature},
		{"short secret", good, "short", jose.ErrSecret},
		{"no secret", good, "", jose.ErrSecret},
		{"no signature", good[:strings.LastIndexByte(good, '.')+1], string(secret), jose.ErrSignature},
		{"padding", good + "=", string(secret), jose.ErrMalformed},
		{"HS384", token("HS384", `{"alg":"HS384"}`, payload(t)), string(secret), jose.ErrAlg},
		{"RS256", sign(t, jose.RS256, payload(t)), string(secret), jose.ErrAlg},
		{"none", encode(`{"alg":"none"}`) + "." + encode(string(payload(t))) + ".", string(secret), jose.ErrAlg},
		{"crit", token("HS256", `{"alg":"HS256","crit":["x"]}`, payload(t)), string(secret), jose.ErrMalformed},
		{"expired", token("HS256", `{"alg":"HS256"}`, payload(t, "exp", now.Unix())), string(secret), jose.ErrExpired},
	} {
		got, err := jose.VerifyHMAC(test.token, []byte(test.secret), foreign())
		if !errors.Is(err, test.want) || (err == nil) != (got.Alg == "HS256") {
			t.Errorf("%s: %+v, %v, want %v", test.name, got, err, test.want)
		}
	}
}

// TestHalfHashOfOthers has the lengths of RFC 7518 section 3.1.
func TestHalfHashOfOthers(t *testing.T) {
	for alg, size := range map[string]int{jose.RS256: 22, jose.PS384: 32, jose.ES384: 32, jose.RS512: 43, jose.ES512: 43, jose.EdDSA: 43} {
		if half := jose.HalfHash(alg, "token"); len(half) != size {
			t.Errorf("%s: %q", alg, half)
		}
	}
}

func FuzzForeign(f *testing.F) {
	set := keySet(f, ring(f).JWKS())
	f.Add(header(jose.EdDSA), string(payload(f)))
	f.Add(`{"alg":"EdDSA"}`, `{"iss":"`+issuer+`","aud":["confluence"],"exp":99999999999.5}`)
	f.Add(`{"alg":"EdDSA","typ":"at+jwt","crit":[]}`, `{"exp":1e10,"nbf":-1}`)
	f.Fuzz(func(t *testing.T, header, body string) {
		got, err := set.Verify(forge(t, jose.EdDSA, header, []byte(body)), foreign())
		if err != nil {
			return
		}
		if got.Issuer != issuer || !slices.Contains(got.Audience, "confluence") || !got.ExpiresAt.After(now) || got.Alg != jose.EdDSA ||
			string(got.Header) != header || string(got.Payload) != body {
			t.Errorf("%s with %s passed as %+v", body, header, got)
		}
	})
}

func TestParseUnsecured(t *testing.T) {
	token := func(header string, signature string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(payload(t)) + "." + signature
	}
	got, err := jose.ParseUnsecured(token(`{"alg":"none","typ":"JWT"}`, ""), foreign())
	if err != nil || got.Subject != "0193" || got.Typ != jose.TypJWT || got.Alg != "none" {
		t.Errorf("%+v, %v", got, err)
	}
	late := foreign()
	late.Now = now.Add(24 * time.Hour)
	for _, test := range []struct {
		name, token string
		expect      jose.Foreign
		want        error
	}{
		{"070_other_spelling", token(`{"alg":"nOnE"}`, ""), foreign(), jose.ErrAlg},
		{"070_signed_by_nobody", token(`{"alg":"ES256"}`, ""), foreign(), jose.ErrAlg},
		{"070_with_a_signature", token(`{"alg":"none"}`, "AAAA"), foreign(), jose.ErrSignature},
		{"073_crit", token(`{"alg":"none","crit":["x"]}`, ""), foreign(), jose.ErrMalformed},
		{"076_two_parts", strings.TrimSuffix(token(`{"alg":"none"}`, ""), "."), foreign(), jose.ErrMalformed},
		{"expired", token(`{"alg":"none"}`, ""), late, jose.ErrExpired},
		{"of another issuer", token(`{"alg":"none"}`, ""), jose.Foreign{Issuer: "other", Now: now}, jose.ErrClaims},
	} {
		if got, err := jose.ParseUnsecured(test.token, test.expect); !errors.Is(err, test.want) {
			t.Errorf("%s: %+v, %v; want %v", test.name, got, err, test.want)
		}
	}
}
