package jose_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/postern-id/postern/core/jose"
)

const issuer = "https://id.example"

var now = time.Date(2026, 11, 23, 18, 59, 0, 0, time.UTC)

// keys makes one key of each algorithm, once: RSA keys take their time.
var keys = sync.OnceValue(func() map[string]jose.Private {
	keys := map[string]jose.Private{}
	for _, alg := range jose.Algs() {
		key, err := jose.Generate(alg, now, rand.Reader)
		if err != nil {
			panic(err)
		}
		keys[alg] = key
	}
	return keys
})

func ring(t testing.TB) *jose.Keyring {
	t.Helper()
	var signing []jose.Private
	for _, alg := range jose.Algs() {
		signing = append(signing, keys()[alg])
	}
	ring, err := jose.NewKeyring(signing, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// payload is that of an ID token, with members replaced or, by nil, left out.
func payload(t testing.TB, pairs ...any) []byte {
	t.Helper()
	claims := map[string]any{
		"iss": issuer, "sub": "0193", "aud": "confluence", "nonce": "n-0S6",
		"exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
	}
	for i := 0; i < len(pairs); i += 2 {
		claims[pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(claims, pairs[i].(string))
		}
	}
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func expect() jose.Expect {
	return jose.Expect{Typ: jose.TypJWT, Issuer: issuer, Audience: "confluence", Now: now}
}

func sign(t testing.TB, alg string, payload []byte) string {
	t.Helper()
	token, err := ring(t).Sign(alg, jose.TypJWT, payload)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forge signs whatever header and payload with a real key, as a careless issuer
// would.
func forge(t testing.TB, alg, header string, payload []byte) string {
	t.Helper()
	return signWith(t, keys()[alg], alg, header, payload)
}

// signWith signs by golang-jwt, whichever algorithm the header names.
func signWith(t testing.TB, key jose.Private, alg, header string, payload []byte) string {
	t.Helper()
	pkcs8, err := key.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		t.Fatal(err)
	}
	signed := encode(header) + "." + encode(string(payload))
	signature, err := jwt.GetSigningMethod(alg).Sign(signed, private)
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + encode(string(signature))
}

func header(alg string) string {
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, alg, keys()[alg].ID())
}
