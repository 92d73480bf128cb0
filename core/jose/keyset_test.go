package jose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

// strangers makes a key for each algorithm of others that is not ours, once.
var strangers = sync.OnceValue(func() map[string]any {
	made := map[string]any{}
	for alg, curve := range map[string]elliptic.Curve{jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		made[alg] = key
	}
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		panic(err)
	}
	for _, alg := range []string{jose.RS384, jose.RS512, jose.PS384, jose.PS512} {
		made[alg] = key
	}
	return made
})

// publish writes a key set as another library does.
func publish(t testing.TB, keys ...gojose.JSONWebKey) []byte {
	t.Helper()
	for i := range keys {
		keys[i] = keys[i].Public()
	}
	set, err := json.Marshal(gojose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func keySet(t testing.TB, jwks []byte) *jose.KeySet {
	t.Helper()
	set, err := jose.ParseKeySet(jwks)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestParseKeySet(t *testing.T) {
	ec := string(keys()[jose.ES256].PublicJWK())
	rsaKey := string(keys()[jose.RS256].PublicJWK())
	okp := string(keys()[jose.EdDSA].PublicJWK())
	replace := func(key, old, with string) string { return strings.Replace(key, old, with, 1) }
	for _, test := range []struct {
		name string
		keys string // elements of the array
		want int    // keys that can verify
		err  string // or why the set is refused
	}{
		{"none", "", 0, ""},
		{"three kinds", ec + "," + rsaKey + "," + okp, 3, ""},
		{"a certificate beside the key", replace(rsaKey, `"use"`, `"x5c":["MIIB"],"x5t":"AAAA","use"`), 1, ""},
		{"no use, no alg", replace(replace(ec, `"use":"sig",`, ""), `"alg":"ES256",`, ""), 1, ""},
		{"no kid", `{"kty":"OKP","crv":"Ed25519","x":"` + member(t, okp, "x") + `"}`, 1, ""},
		{"for encryption", replace(rsaKey, `"sig"`, `"enc"`), 0, ""},
		{"for an algorithm of encryption", replace(rsaKey, `"RS256"`, `"RSA-OAEP"`), 0, ""},
		{"for another kind of algorithm", replace(rsaKey, `"RS256"`, `"HS256"`), 0, ""},
		{"key_ops verify", replace(ec, `"use"`, `"key_ops":["verify"],"use"`), 1, ""},
		{"key_ops encrypt", replace(ec, `"use"`, `"key_ops":["encrypt"],"use"`), 0, ""},
		{"key_ops is text", replace(ec, `"use"`, `"key_ops":"verify","use"`), 0, ""},
		{"unknown kind", `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`, 0, ""},
		{"unknown curve", `{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`, 0, ""},
		{"X25519", `{"kty":"OKP","crv":"X25519","x":"AA"}`, 0, ""},
		{"one kid for two kinds", ec + "," + replace(okp, member(t, okp, "kid"), member(t, ec, "kid")), 2, ""},
		{"one kid for two algorithms", rsaKey + "," + replace(rsaKey, `"RS256"`, `"PS256"`), 2, ""},
		{"two keys without kid", `{"kty":"OKP","crv":"Ed25519","x":"` + member(t, okp, "x") + `"},{"kty":"OKP","crv":"Ed25519","x":"` + member(t, okp, "x") + `"}`, 2, ""},

		{"one key twice", ec + "," + ec, 0, "key 2 of the key set: an earlier one has the same kid"},
		{"one kid, one without algorithm", rsaKey + "," + replace(rsaKey, `"alg":"RS256",`, ""), 0, "key 2 of the key set: an earlier one has the same kid"},
		{"private", replace(ec, `"use"`, `"d":"AAAA","use"`), 0, "key 1 of the key set: it is a private or a symmetric key"},
		{"private RSA without d", replace(rsaKey, `"use"`, `"p":"AAAA","use"`), 0, "a private or a symmetric key"},
		{"symmetric", `{"kty":"oct","k":"AAAA"}`, 0, "a private or a symmetric key"},
		{"symmetric for encryption", `{"kty":"oct","use":"enc","k":"AAAA"}`, 0, "a private or a symmetric key"},
		{"off the curve", replace(ec, member(t, ec, "x"), member(t, ec, "y")), 0, "its point is not on its curve"},
		{"short coordinate", replace(ec, member(t, ec, "x"), "AAAA"), 0, "its coordinates are no numbers of 32 bytes"},
		{"short Ed25519", replace(okp, member(t, okp, "x"), "AAAA"), 0, "has not 256 bits"},
		{"short modulus", replace(rsaKey, member(t, rsaKey, "n"), strings.Repeat("f", 172)), 0, "fewer than 2048 bits"},
		{"long modulus", replace(rsaKey, member(t, rsaKey, "n"), strings.Repeat("f", 1<<15)), 0, "more than 8192 bits"},
		{"exponent 1", replace(rsaKey, `"AQAB"`, `"AQ"`), 0, "its exponent is none of RSA"},
		{"even exponent", replace(rsaKey, `"AQAB"`, `"AQAA"`), 0, "its exponent is none of RSA"},
		{"long exponent", replace(rsaKey, `"AQAB"`, `"AQABAQABAQAB"`), 0, "modulus or exponent are no numbers"},
		{"kid is a number", replace(ec, `"kid":"`+member(t, ec, "kid")+`"`, `"kid":1`), 0, "its member kid is no string"},
		{"kid of 1 MiB", replace(ec, member(t, ec, "kid"), strings.Repeat("k", 1<<20)), 0, "larger than"},
		{"long kid", replace(ec, member(t, ec, "kid"), strings.Repeat("k", 129)), 0, "its kid is longer than 128 bytes"},
		{"a member twice", replace(ec, `"use"`, `"alg":"ES256","use"`), 0, "no JSON object"},
		{"no object", `"key"`, 0, "no JSON object"},
		{"10,000 keys", strings.TrimSuffix(strings.Repeat(`{"kty":"x"},`, 10_000), ","), 0, "more than 100 keys"},
	} {
		set, err := jose.ParseKeySet([]byte(`{"keys":[` + test.keys + `]}`))
		switch {
		case test.err == "" && (err != nil || set.Len() != test.want):
			t.Errorf("%s: %d keys, %v; want %d", test.name, lenOf(set), err, test.want)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: %v, want %q", test.name, err, test.err)
		}
	}
}

func lenOf(set *jose.KeySet) int {
	if set == nil {
		return -1
	}
	return set.Len()
}

func TestParseKeySetRefusesOtherDocuments(t *testing.T) {
	for _, doc := range []string{
		"", "null", "[]", "{}", `{"keys":{}}`, `{"keys":null}`, `{"keys":[]}x`, `{"keys":[],"keys":[]}`, `{"Keys":[]}`, "<html>",
		"{\"keys\":[\"\xff\"]}", `{"keys":[` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `]}`,
	} {
		if _, err := jose.ParseKeySet([]byte(doc)); err == nil || doc != "" && strings.Contains(err.Error(), doc) {
			t.Errorf("%.40s: %v", doc, err)
		}
	}
}

// member is a member of a key that is written down.
func member(t testing.TB, jwk, name string) string {
	t.Helper()
	var members map[string]string
	if err := json.Unmarshal([]byte(jwk), &members); err != nil {
		t.Fatal(err)
	}
	return members[name]
}

func FuzzParseKeySet(f *testing.F) {
	f.Add(ring(f).JWKS())
	for alg, key := range strangers() {
		f.Add(publish(f, gojose.JSONWebKey{Key: key, KeyID: alg, Algorithm: alg}))
	}
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`))
	f.Add([]byte(fmt.Sprintf(`{"keys":[{"kty":"RSA","n":%q,"e":"AQAB","d":""}]}`, strings.Repeat("A", 400))))
	f.Fuzz(func(t *testing.T, jwks []byte) {
		set, err := jose.ParseKeySet(jwks)
		if err != nil {
			if set != nil || err.Error() == "" {
				t.Errorf("a set with %v", err)
			}
			return
		}
		// Whatever was read can be asked: no key makes it panic.
		for _, alg := range jose.ForeignAlgs() {
			token := encode(fmt.Sprintf(`{"alg":%q}`, alg)) + "." + encode(`{"exp":99999999999}`) + "." + encode(strings.Repeat("s", 64))
			if _, err := set.Verify(token, jose.Foreign{Algorithms: jose.ForeignAlgs(), Now: now}); err == nil {
				t.Errorf("%s: a made-up signature passed", jwks)
			}
		}
	})
}
