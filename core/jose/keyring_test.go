package jose_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

// TestSignIsUnderstoodByOthers verifies with another library, from the published
// key set, as a relying party does.
func TestSignIsUnderstoodByOthers(t *testing.T) {
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(ring(t).JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	for _, alg := range jose.Algs() {
		t.Run(alg, func(t *testing.T) {
			parsed, err := gojose.ParseSigned(sign(t, alg, payload(t)), []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(alg)})
			if err != nil {
				t.Fatal(err)
			}
			header := parsed.Signatures[0].Header
			found := set.Key(header.KeyID)
			if len(found) != 1 || found[0].Algorithm != alg || found[0].Use != "sig" || !found[0].IsPublic() || !found[0].Valid() {
				t.Fatalf("keys %+v for %s", found, header.KeyID)
			}
			got, err := parsed.Verify(found[0])
			if err != nil || !bytes.Equal(got, payload(t)) {
				t.Errorf("%s, %v", got, err)
			}
			thumbprint, err := found[0].Thumbprint(crypto.SHA256)
			if err != nil || base64.RawURLEncoding.EncodeToString(thumbprint) != header.KeyID {
				t.Errorf("kid %s is not the thumbprint %x (%v)", header.KeyID, thumbprint, err)
			}
			if typ := header.ExtraHeaders["typ"]; typ != jose.TypJWT {
				t.Errorf("typ %v", typ)
			}
		})
	}
}

// TestJWKSHasNoPrivateMembers is number 80, as far as it is this package's.
func TestJWKSHasNoPrivateMembers(t *testing.T) {
	want := map[string][]string{
		"RSA": {"alg", "e", "kid", "kty", "n", "use"},
		"EC":  {"alg", "crv", "kid", "kty", "use", "x", "y"},
		"OKP": {"alg", "crv", "kid", "kty", "use", "x"},
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(ring(t).JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != len(jose.Algs()) {
		t.Fatalf("%d keys", len(set.Keys))
	}
	for _, key := range set.Keys {
		var members []string
		for name := range key {
			members = append(members, name)
		}
		if slices.Sort(members); !slices.Equal(members, want[key["kty"]]) {
			t.Errorf("%s: members %v", key["kty"], members)
		}
	}
}

// TestRotation is number 81: what a retired key signed verifies as long as it is
// published, and not after.
func TestRotation(t *testing.T) {
	old := keys()[jose.ES256]
	fresh, err := jose.Generate(jose.ES256, now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	retired, err := jose.ParsePublic(old.PublicJWK())
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, jose.ES256, payload(t))
	for _, test := range []struct {
		name    string
		signing []jose.Private
		retired []jose.Public
		want    bool
	}{
		{"before", []jose.Private{old}, nil, true},
		{"published ahead", []jose.Private{old, fresh}, nil, true},
		{"still signing, but second", []jose.Private{fresh, old}, nil, true},
		{"retired", []jose.Private{fresh}, []jose.Public{retired}, true},
		{"gone", []jose.Private{fresh}, nil, false},
	} {
		ring, err := jose.NewKeyring(test.signing, test.retired)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Verify(token, expect()); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
		signed, err := ring.Sign(jose.ES256, jose.TypJWT, payload(t))
		if err != nil {
			t.Fatal(err)
		}
		first, err := jose.NewKeyring(test.signing[:1], nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Verify(signed, expect()); err != nil {
			t.Errorf("%s: another key than the first signs: %v", test.name, err)
		}
	}
}

func TestNewKeyringRefuses(t *testing.T) {
	key := keys()[jose.ES256]
	for name, make := range map[string]func() (*jose.Keyring, error){
		"one key twice": func() (*jose.Keyring, error) { return jose.NewKeyring([]jose.Private{key, key}, nil) },
		"one key signing and retired": func() (*jose.Keyring, error) {
			return jose.NewKeyring([]jose.Private{key}, []jose.Public{key.Public()})
		},
		"no key": func() (*jose.Keyring, error) { return jose.NewKeyring([]jose.Private{{}}, nil) },
	} {
		if _, err := make(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSignNeedsAKey(t *testing.T) {
	some, err := jose.NewKeyring([]jose.Private{keys()[jose.EdDSA]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := some.Algs(); !slices.Equal(got, []string{jose.EdDSA}) {
		t.Errorf("algorithms %v", got)
	}
	for _, alg := range []string{jose.RS256, "none", "HS256", ""} {
		if token, err := some.Sign(alg, jose.TypJWT, payload(t)); err == nil {
			t.Errorf("%s signed %s", alg, token)
		}
	}
}

func TestEmptyKeyringPublishesAnEmptySet(t *testing.T) {
	empty, err := jose.NewKeyring(nil, nil)
	if err != nil || string(empty.JWKS()) != `{"keys":[]}` {
		t.Errorf("%s, %v", empty.JWKS(), err)
	}
}

func TestKeysSurviveStorage(t *testing.T) {
	for _, alg := range jose.Algs() {
		key := keys()[alg]
		pkcs8, err := key.PKCS8()
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jose.Parse(key.ID(), alg, pkcs8)
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		public, err := jose.ParsePublic(key.PublicJWK())
		if err != nil {
			t.Fatalf("%s: %v", alg, err)
		}
		if !bytes.Equal(parsed.PublicJWK(), key.PublicJWK()) || !bytes.Equal(public.JWK(), key.PublicJWK()) || public.ID() != key.ID() || public.Alg() != alg {
			t.Errorf("%s: %s became %s and %s", alg, key.PublicJWK(), parsed.PublicJWK(), public.JWK())
		}
		if !key.CreatedAt().Equal(now) {
			t.Errorf("%s: made at %v", alg, key.CreatedAt())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	rsa, ec := keys()[jose.RS256], keys()[jose.ES256]
	ecPKCS8, err := ec.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, kid, alg string
		pkcs8          []byte
	}{
		{"another kid", rsa.ID(), jose.ES256, ecPKCS8},
		{"another algorithm", ec.ID(), jose.RS256, ecPKCS8},
		{"an unknown algorithm", ec.ID(), "HS256", ecPKCS8},
		{"cut short", ec.ID(), jose.ES256, ecPKCS8[:40]},
		{"nothing", ec.ID(), jose.ES256, nil},
	} {
		if key, err := jose.Parse(test.kid, test.alg, test.pkcs8); err == nil {
			t.Errorf("%s: %v", test.name, key)
		}
	}
	if _, err := jose.Generate("HS256", now, rand.Reader); err == nil {
		t.Error("a key for HS256 was made")
	}
}

func TestParsePublicRefuses(t *testing.T) {
	good := string(keys()[jose.ES256].PublicJWK())
	for name, jwk := range map[string]string{
		"a private member":      strings.Replace(good, "{", `{"d":"AAAA",`, 1),
		"a symmetric key":       `{"use":"sig","alg":"HS256","kid":"x","kty":"oct","k":"AAAA"}`,
		"another algorithm":     strings.Replace(good, "ES256", "RS256", 1),
		"another kid":           strings.Replace(good, keys()[jose.ES256].ID(), "x", 1),
		"a point off the curve": strings.Replace(good, `"y":"`, `"y":"AAAA`, 1)[:len(good)-2] + `"}`,
		"data behind it":        good + "{}",
		"no JSON":               "x",
		"a small modulus":       `{"use":"sig","alg":"RS256","kid":"x","e":"AQAB","kty":"RSA","n":"AQAB"}`,
		"no exponent":           `{"use":"sig","alg":"RS256","kid":"x","kty":"RSA","n":"AQAB"}`,
		"a short key":           `{"use":"sig","alg":"EdDSA","kid":"x","crv":"Ed25519","kty":"OKP","x":"AQAB"}`,
	} {
		if key, err := jose.ParsePublic([]byte(jwk)); err == nil {
			t.Errorf("%s: accepted as %s", name, key.JWK())
		}
	}
}

// TestPrivateKeysDoNotPrint is number 123 for signing keys: none gets into a log
// by way of a format verb.
func TestPrivateKeysDoNotPrint(t *testing.T) {
	for _, alg := range jose.Algs() {
		key := keys()[alg]
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
			if got := fmt.Sprintf(verb, key) + fmt.Sprintf(verb, &key); got != key.String()+key.String() {
				t.Errorf("%s with %s shows %.80s...", alg, verb, got)
			}
			if got := fmt.Sprintf(verb, []jose.Private{key}); len(got) > 100 {
				t.Errorf("%s in a list with %s shows %.80s...", alg, verb, got)
			}
		}
		if got, err := json.Marshal([]any{key}); err != nil || string(got) != "[{}]" {
			t.Errorf("%s as JSON is %s, %v", alg, got, err)
		}
	}
}

// TestHalfHash has the example of OpenID Connect Core appendix A.4, and for
// Ed25519 the left half of SHA-512.
func TestHalfHash(t *testing.T) {
	if got := jose.HalfHash(jose.RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); got != "77QmUPtjPfzWtF2AnpK9RQ" {
		t.Errorf("RS256: %s", got)
	}
	// SHA-512 of "abc" is ddaf35a1 93617aba cc417349 ae204131 12e6fa4e 89a97ea2 0a9eeee6 4b55d39a ... (FIPS 180-2 appendix C.1).
	if got := jose.HalfHash(jose.EdDSA, "abc"); got != "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05o" {
		t.Errorf("EdDSA: %s", got)
	}
	for _, alg := range []string{jose.ES256, jose.PS256} {
		if got := jose.HalfHash(alg, "x"); got != jose.HalfHash(jose.RS256, "x") {
			t.Errorf("%s: %s", alg, got)
		}
	}
}
