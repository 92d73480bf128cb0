package jose_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/postern-id/postern/core/jose"
)

// TestRefuse has the numbers of the list of what must be refused that concern
// signed tokens.
func TestRefuse(t *testing.T) {
	ring := ring(t)
	good := sign(t, jose.RS256, payload(t))
	parts := strings.Split(good, ".")
	join := func(head, body, signature string) string { return head + "." + body + "." + signature }
	none := func(alg string) string {
		return encode(fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, keys()[jose.RS256].ID()))
	}
	with := func(members string) string {
		return fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"JWT"%s}`, keys()[jose.RS256].ID(), members)
	}
	kid := func(kid string) string {
		return forge(t, jose.RS256, fmt.Sprintf(`{"alg":"RS256","kid":%q,"typ":"JWT"}`, kid), payload(t))
	}
	claims := func(pairs ...any) string { return forge(t, jose.RS256, header(jose.RS256), payload(t, pairs...)) }
	raw := func(payload string) string { return forge(t, jose.RS256, header(jose.RS256), []byte(payload)) }

	for _, test := range []struct {
		name  string
		token string
		want  error
	}{
		{"070_alg_none", join(none("none"), parts[1], ""), jose.ErrKey},
		{"070_alg_none_in_capitals", join(none("nOnE"), parts[1], ""), jose.ErrKey},
		{"070_alg_none_with_signature", join(none("none"), parts[1], parts[2]), jose.ErrKey},
		{"070_alg_empty", join(none(""), parts[1], parts[2]), jose.ErrMalformed},
		{"070_empty_signature", join(parts[0], parts[1], ""), jose.ErrSignature},
		{"070_no_signature", parts[0] + "." + parts[1], jose.ErrMalformed},
		{"071_hs256_with_the_public_key", confused(t), jose.ErrKey},
		{"071_another_alg_of_the_same_key", signWith(t, keys()[jose.RS256], jose.PS256, strings.Replace(with(""), jose.RS256, jose.PS256, 1), payload(t)), jose.ErrKey},
		{"071_another_alg_of_another_key", forge(t, jose.ES256, strings.Replace(header(jose.ES256), jose.ES256, jose.RS256, 1), payload(t)), jose.ErrKey},
		{"072_another_typ", forge(t, jose.RS256, strings.Replace(header(jose.RS256), `"JWT"`, `"at+jwt"`, 1), payload(t)), jose.ErrClaims},
		{"072_no_typ", forge(t, jose.RS256, strings.Replace(header(jose.RS256), `,"typ":"JWT"`, "", 1), payload(t)), jose.ErrMalformed},
		{"072_typ_is_no_string", forge(t, jose.RS256, strings.Replace(header(jose.RS256), `"JWT"`, `["JWT"]`, 1), payload(t)), jose.ErrMalformed},
		{"072_another_audience", claims("aud", "other"), jose.ErrClaims},
		{"072_other_audiences", claims("aud", []string{"other", "another"}), jose.ErrClaims},
		{"072_no_audience", claims("aud", nil), jose.ErrClaims},
		{"072_another_issuer", claims("iss", issuer+"/"), jose.ErrClaims},
		{"072_no_issuer", claims("iss", nil), jose.ErrClaims},
		{"073_crit", forge(t, jose.RS256, with(`,"crit":["b64"],"b64":true`), payload(t)), jose.ErrMalformed},
		{"073_crit_empty", forge(t, jose.RS256, with(`,"crit":[]`), payload(t)), jose.ErrMalformed},
		{"073_crit_null", forge(t, jose.RS256, with(`,"crit":null`), payload(t)), jose.ErrMalformed},
		{"074_kid_path", kid("../../etc/passwd"), jose.ErrKey},
		{"074_kid_sql", kid("' OR 1=1 --"), jose.ErrKey},
		{"074_kid_long", kid(strings.Repeat("k", 10_000)), jose.ErrKey},
		{"074_kid_1_mib", kid(strings.Repeat("k", 1<<20)), jose.ErrMalformed},
		{"074_kid_number", forge(t, jose.RS256, `{"alg":"RS256","kid":1,"typ":"JWT"}`, payload(t)), jose.ErrMalformed},
		{"074_kid_missing", forge(t, jose.RS256, `{"alg":"RS256","typ":"JWT"}`, payload(t)), jose.ErrMalformed},
		{"075_jwk", stranger(t, "", "jwk"), jose.ErrKey},
		{"075_jku", stranger(t, "", "jku"), jose.ErrKey},
		{"075_x5c", stranger(t, "", "x5c"), jose.ErrKey},
		{"075_jwk_beside_our_kid", stranger(t, keys()[jose.ES256].ID(), "jwk"), jose.ErrSignature},
		{"076_dots", strings.Repeat(".", 100_000), jose.ErrMalformed},
		{"076_few_dots", strings.Repeat(".", 1_000), jose.ErrMalformed},
		{"076_jwe", good + ".x.y", jose.ErrMalformed},
		{"076_header_10_mib", strings.Repeat("e30", 10<<20/3) + "." + parts[1] + "." + parts[2], jose.ErrMalformed},
		{"076_deep_header", join(encode(`{"a":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}"), parts[1], parts[2]), jose.ErrMalformed},
		{"076_deep_payload", raw(`{"a":` + strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000) + "}"), jose.ErrMalformed},
		{"076_duplicate_header", forge(t, jose.RS256, with(`,"alg":"RS256"`), payload(t)), jose.ErrMalformed},
		{"076_duplicate_claim", raw(`{"iss":"` + issuer + `","iss":"` + issuer + `"}`), jose.ErrMalformed},
		{"076_duplicate_escaped_claim", raw(`{"iss":"` + issuer + `","i\u0073s":"x"}`), jose.ErrMalformed},
		{"076_duplicate_deep_claim", raw(`{"a":[{"b":1,"b":2}]}`), jose.ErrMalformed},
		{"076_claim_in_capitals", raw(strings.Replace(string(payload(t)), `"iss"`, `"ISS"`, 1)), jose.ErrClaims},
		{"076_not_utf8", raw("{\"a\":\"\xff\"}"), jose.ErrMalformed},
		{"076_array", raw(`[1]`), jose.ErrMalformed},
		{"076_null", raw(`null`), jose.ErrMalformed},
		{"076_two_objects", raw(`{}{}`), jose.ErrMalformed},
		{"076_nothing", raw(``), jose.ErrMalformed},
		{"076_exp_is_text", claims("exp", "1e99"), jose.ErrMalformed},
		{"076_exp_is_a_fraction", claims("exp", 1.5), jose.ErrMalformed},
		{"076_exp_is_null", raw(strings.Replace(string(payload(t)), `"iss"`, `"nbf":null,"iss"`, 1)), jose.ErrMalformed},
		{"076_exp_overflows", raw(`{"exp":9223372036854775807}`), jose.ErrMalformed},
		{"076_exp_is_negative", claims("exp", -1), jose.ErrMalformed},
		{"079_padding", good + "=", jose.ErrMalformed},
		{"079_spare_bits", good[:len(good)-1] + string(spareBits(good[len(good)-1])), jose.ErrMalformed},
		{"079_line_feed", good + "\n", jose.ErrMalformed},
		{"079_line_feed_in_the_header", good[:3] + "\n" + good[3:], jose.ErrMalformed},
		{"079_blank", " " + good, jose.ErrMalformed},
		{"079_standard_alphabet", join(parts[0], parts[1], strings.Repeat("+", len(parts[2]))), jose.ErrMalformed},
		{"079_cut_short", good[:len(good)-6], jose.ErrSignature},
		{"079_changed_payload", join(parts[0], encode(string(payload(t, "sub", "admin"))), parts[2]), jose.ErrSignature},
		{"083_exp_reached", claims("exp", now.Unix()), jose.ErrExpired},
		{"083_exp_passed", claims("exp", now.Unix()-1), jose.ErrExpired},
		{"083_iat_in_a_minute", claims("iat", now.Unix()+60), jose.ErrClaims},
		{"083_nbf_in_a_minute", claims("nbf", now.Unix()+60), jose.ErrClaims},
		{"083_no_exp", claims("exp", nil), jose.ErrClaims},
		{"083_no_iat", claims("iat", nil), jose.ErrClaims},
		{"025_empty", "", jose.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ring.Verify(test.token, expect())
			if !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if got.Subject != "" || got.Raw("sub") != nil {
				t.Errorf("claims of a refused token: %+v", got)
			}
			if took := fastest(func() { ring.Verify(test.token, expect()) }); took > 10*time.Millisecond {
				t.Errorf("it takes %v", took)
			}
		})
	}
}

// fastest takes the best of five runs: the machine may be busy with others.
func fastest(run func()) time.Duration {
	best := time.Hour
	for range 5 {
		begun := time.Now()
		run()
		best = min(best, time.Since(begun))
	}
	return best
}

// confused signs with HMAC under the public key (RS256 taken for HS256).
func confused(t *testing.T) string {
	var key gojose.JSONWebKey
	if err := json.Unmarshal(keys()[jose.RS256].PublicJWK(), &key); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Key)
	if err != nil {
		t.Fatal(err)
	}
	signed := encode(fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"JWT"}`, key.KeyID)) + "." + encode(string(payload(t)))
	signature, err := jwt.SigningMethodHS256.Sign(signed, der)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(string(signature))
}

// stranger signs with a key of its own and says in the header where to find it.
func stranger(t *testing.T, kid, member string) string {
	t.Helper()
	key, err := jose.Generate(jose.ES256, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	value := map[string]string{
		"jwk": string(key.PublicJWK()), "jku": `"https://evil.example/jwks"`, "x5c": `["MIIB"]`,
	}[member]
	if kid == "" {
		kid = key.ID()
	}
	head := fmt.Sprintf(`{"alg":"ES256","kid":%q,"typ":"JWT",%q:%s}`, kid, member, value)
	return signWith(t, key, jose.ES256, head, payload(t))
}

// spareBits changes the bits of the last character that no byte has: 256 bytes
// leave four, which are zero.
func spareBits(last byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, last)|1]
}
