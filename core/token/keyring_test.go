package token

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/postern-id/postern/core/jose"
)

// With real keys: what is issued verifies, at the very millisecond, with the
// claims that it should have.
func TestIDTokenVerifies(t *testing.T) {
	t.Parallel()
	for _, alg := range jose.Algs() {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			key, err := jose.Generate(alg, noon, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			keys, err := jose.NewKeyring([]jose.Private{key}, nil)
			if err != nil {
				t.Fatal(err)
			}
			i, client := newIssuer(), wiki()
			i.Keys, client.IDTokenAlg = keys, alg
			set, _ := issue(t, i, client, authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}})
			expect := jose.Expect{Typ: jose.TypJWT, Issuer: "https://id.example", Audience: "wiki", Now: noon}
			claims, err := keys.Verify(set.IDToken, expect)
			if err != nil {
				t.Fatal(err)
			}
			if claims.Text("at_hash") != jose.HalfHash(alg, set.AccessToken) || claims.Text("nonce") != "n-0S6" {
				t.Errorf("claims %+v", claims)
			}
			expect.Now = noon.Add(time.Hour)
			if _, err := keys.Verify(set.IDToken, expect); err == nil {
				t.Error("the ID token outlives its hour")
			}
		})
	}
}
