package jose_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/jose"
)

func TestVerifyAccepts(t *testing.T) {
	for _, alg := range jose.Algs() {
		claims, err := ring(t).Verify(sign(t, alg, payload(t)), expect())
		if err != nil {
			t.Errorf("%s: %v", alg, err)
			continue
		}
		if claims.Issuer != issuer || claims.Subject != "0193" || !slices.Equal(claims.Audience, []string{"confluence"}) ||
			!claims.IssuedAt.Equal(now) || !claims.ExpiresAt.Equal(now.Add(time.Hour)) || !claims.NotBefore.IsZero() {
			t.Errorf("%s: %+v", alg, claims)
		}
		if claims.Text("nonce") != "n-0S6" || claims.Text("exp") != "" || claims.Text("other") != "" || string(claims.Raw("nonce")) != `"n-0S6"` {
			t.Errorf("%s: nonce %q, exp %q", alg, claims.Text("nonce"), claims.Text("exp"))
		}
	}
}

func TestVerifyAllows(t *testing.T) {
	anyAudience, expired, accessToken := expect(), expect(), expect()
	anyAudience.Audience = ""
	expired.AllowExpired = true
	accessToken.Typ = "at+jwt"
	for _, test := range []struct {
		name    string
		typ     string
		payload []byte
		expect  jose.Expect
	}{
		{"083_iat_in_ten_seconds", jose.TypJWT, payload(t, "iat", now.Unix()+10), expect()},
		{"083_nbf_in_ten_seconds", jose.TypJWT, payload(t, "nbf", now.Unix()+10), expect()},
		{"083_exp_in_a_second", jose.TypJWT, payload(t, "exp", now.Unix()+1), expect()},
		{"one of two audiences", jose.TypJWT, payload(t, "aud", []string{"other", "confluence"}), expect()},
		{"any audience", jose.TypJWT, payload(t, "aud", "other"), anyAudience},
		{"expired", jose.TypJWT, payload(t, "exp", now.Unix()-86400), expired},
		{"another typ", "at+jwt", payload(t), accessToken},
		{"nested claims", jose.TypJWT, payload(t, "address", map[string]any{"country": "DE", "lines": []any{"a", map[string]int{"b": 1}}}), expect()},
		{"large", jose.TypJWT, payload(t, "groups", slices.Repeat([]string{"confluence-users"}, 500)), expect()},
	} {
		token, err := ring(t).Sign(jose.EdDSA, test.typ, test.payload)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring(t).Verify(token, test.expect); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestVerifyIgnoresKeysInTheHeader is number 75 from the other side: what the
// header brings along does not matter to a token that is ours.
func TestVerifyIgnoresKeysInTheHeader(t *testing.T) {
	head := strings.Replace(header(jose.ES256), "}", `,"jku":"https://evil.example/","x5c":["MIIB"]}`, 1)
	if _, err := ring(t).Verify(forge(t, jose.ES256, head, payload(t)), expect()); err != nil {
		t.Error(err)
	}
}

// TestVerifyNeedsAnIssuer: a caller that forgot it gets nothing, not everything.
func TestVerifyNeedsAnIssuer(t *testing.T) {
	forgot := expect()
	forgot.Issuer = ""
	token := sign(t, jose.EdDSA, payload(t, "iss", nil))
	if _, err := ring(t).Verify(token, forgot); !errors.Is(err, jose.ErrClaims) {
		t.Error(err)
	}
}

func TestVerifyErrorsAreSilent(t *testing.T) {
	const marker = "MARKER"
	for _, token := range []string{
		encode(`{`+marker) + ".e30.e30", encode(`{"alg":"`+marker+`","kid":"`+marker+`","typ":"x"}`) + ".e30.e30",
		marker + "!.e30.e30",
		forge(t, jose.EdDSA, header(jose.EdDSA), []byte(`{"a":`+marker)),
		forge(t, jose.EdDSA, header(jose.EdDSA), payload(t, "iss", marker)),
		forge(t, jose.EdDSA, header(jose.EdDSA), payload(t, "exp", marker)),
	} {
		if _, err := ring(t).Verify(token, expect()); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("error %v", err)
		}
	}
}

// FuzzVerify feeds whole tokens: only one that the ring signed passes.
func FuzzVerify(f *testing.F) {
	ours := map[string]bool{}
	for _, alg := range jose.Algs() {
		token := sign(f, alg, payload(f))
		ours[token] = true
		f.Add(token)
		f.Add(token + "=")
		f.Add(token[:len(token)-2])
	}
	f.Add("..")
	f.Add("e30.e30.")
	ring := ring(f)
	f.Fuzz(func(t *testing.T, token string) {
		_, err := ring.Verify(token, expect())
		if (err == nil) != ours[token] {
			t.Errorf("%q: %v", token, err)
		}
	})
}

// FuzzVerifyPayload feeds what is signed: header and payload of an issuer that
// writes nonsense.
func FuzzVerifyPayload(f *testing.F) {
	f.Add(header(jose.EdDSA), string(payload(f)))
	f.Add(header(jose.EdDSA), `{"iss":"`+issuer+`","aud":["confluence"],"exp":99999999999,"iat":1}`)
	f.Add(strings.Replace(header(jose.EdDSA), "}", `,"crit":[]}`, 1), `{"a":[{"b":{}},null,1e5]}`)
	f.Add("[]", "null")
	ring := ring(f)
	f.Fuzz(func(t *testing.T, header, body string) {
		claims, err := ring.Verify(forge(t, jose.EdDSA, header, []byte(body)), expect())
		if err != nil {
			return
		}
		if claims.Issuer != issuer || !slices.Contains(claims.Audience, "confluence") || !claims.ExpiresAt.After(now) {
			t.Errorf("%s with %s passed", body, header)
		}
	})
}
