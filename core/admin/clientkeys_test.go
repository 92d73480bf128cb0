package admin_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

const (
	ecKey   = `{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}` // RFC 7515 appendix A.3
	ecKeys  = `{"keys":[` + ecKey + `]}`
	private = `{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}]}`
)

func bySigning(change func(*core.Client)) func(*core.Client) {
	return func(c *core.Client) {
		c.RedirectURIs = []string{"https://rp.example/cb"}
		c.AuthMethods = []string{core.AuthPrivateKeyJWT}
		if change != nil {
			change(c)
		}
	}
}

func TestClientKeys(t *testing.T) {
	w := newWorld(t)
	created, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: "signs", Edit: bySigning(func(c *core.Client) {
		c.Metadata.JWKS, c.Metadata.TokenAuthAlg = []byte(" {\n\"keys\": ["+ecKey+"]}\n"), "ES256"
	})})
	if err != nil {
		t.Fatal(err)
	}
	if created.Secret != "" || !created.Client.SecretHash.IsZero() || created.Client.SealedSecret != nil {
		t.Errorf("a client that signs has a secret: %+v", created)
	}
	stored, err := w.FindClient(t.Context(), "", "signs")
	if err != nil || string(stored.Metadata.JWKS) != ecKeys || admin.LacksSecret(stored) {
		t.Errorf("%+v, %v", stored, err)
	}
	if _, err := w.RotateSecret(t.Context(), actor, stored.ID); err == nil || !strings.Contains(err.Error(), "by its keys") {
		t.Error(err)
	}

	// Another way to prove itself takes another secret.
	updated, err := w.UpdateClient(t.Context(), actor, stored.ID, "", func(c *core.Client) {
		c.AuthMethods, c.Metadata = []string{core.AuthSecretJWT}, core.ClientMetadata{JWKSURI: "https://rp.example/jwks"}
		c.SealedSecret = []byte("not by this way")
	})
	if err != nil || !admin.LacksSecret(updated) || updated.SealedSecret != nil {
		t.Fatalf("%+v, %v", updated, err)
	}
	secret, err := w.RotateSecret(t.Context(), actor, stored.ID)
	if err != nil {
		t.Fatal(err)
	}
	stored, err = w.FindClient(t.Context(), "", "signs")
	want := sealer{}.Seal([]byte(secret), "client-secret:"+stored.ID)
	if err != nil || string(stored.SealedSecret) != string(want) || stored.SecretHash != core.HashClientSecret(secret) || admin.LacksSecret(stored) {
		t.Errorf("%+v, %v", stored, err)
	}

	// Whoever needs no HMAC any more has no secret kept.
	updated, err = w.UpdateClient(t.Context(), actor, stored.ID, "", func(c *core.Client) { c.AuthMethods = []string{core.AuthBasic} })
	if err != nil || updated.SealedSecret != nil || updated.SecretHash != stored.SecretHash || admin.LacksSecret(updated) {
		t.Errorf("%+v, %v", updated, err)
	}
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventClientUpdated})
	// The clock stands still, so their order says nothing.
	if err != nil || len(events) != 2 || !slices.ContainsFunc(events, func(e core.Event) bool {
		return e.Detail["fields"] == "auth_methods jwks jwks_uri token_endpoint_auth_signing_alg"
	}) {
		t.Errorf("%+v, %v", events, err)
	}

	w.Sealer = nil
	_, err = w.CreateClient(t.Context(), actor, admin.NewClient{Name: "x", Edit: bySigning(func(c *core.Client) { c.AuthMethods = []string{core.AuthSecretJWT} })})
	if err == nil {
		t.Error("a secret was kept unsealed")
	}
}

func TestClientKeysInput(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		edit func(*core.Client)
		want []string
	}{
		{"keys", func(c *core.Client) { c.Metadata.JWKS = json.RawMessage(ecKeys) }, nil},
		{"their address", func(c *core.Client) { c.Metadata.JWKSURI = "https://rp.example/jwks?x=y" }, nil},
		{"on this machine", func(c *core.Client) { c.Metadata.JWKSURI = "http://127.0.0.1:8080/jwks" }, nil},
		{"neither", func(c *core.Client) {}, []string{"jwks"}},
		{"both", func(c *core.Client) {
			c.Metadata.JWKS, c.Metadata.JWKSURI = json.RawMessage(ecKeys), "https://rp.example/jwks"
		}, []string{"jwks_uri"}},
		{"082_private_keys", func(c *core.Client) { c.Metadata.JWKS = json.RawMessage(private) }, []string{"jwks"}},
		{"082_symmetric_keys", func(c *core.Client) { c.Metadata.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"AA"}]}`) }, []string{"jwks"}},
		{"082_kid_twice", func(c *core.Client) {
			c.Metadata.JWKS = json.RawMessage(`{"keys":[` + ecKey + "," + ecKey + `]}`)
		}, []string{"jwks"}},
		{"082_10000_keys", func(c *core.Client) {
			c.Metadata.JWKS = json.RawMessage(`{"keys":[` + strings.Repeat(ecKey+",", 9999) + ecKey + `]}`)
		}, []string{"jwks"}},
		{"no JSON", func(c *core.Client) { c.Metadata.JWKS = json.RawMessage("-----BEGIN PUBLIC KEY-----") }, []string{"jwks"}},
		{"in clear", func(c *core.Client) { c.Metadata.JWKSURI = "http://rp.example/jwks" }, []string{"jwks_uri"}},
		{"a file", func(c *core.Client) { c.Metadata.JWKSURI = "file:///etc/passwd" }, []string{"jwks_uri"}},
		{"a user name", func(c *core.Client) { c.Metadata.JWKSURI = "https://a@rp.example/jwks" }, []string{"jwks_uri"}},
		{"a fragment", func(c *core.Client) { c.Metadata.JWKSURI = "https://rp.example/jwks#" }, []string{"jwks_uri"}},
		{"unknown algorithm", func(c *core.Client) {
			c.Metadata.JWKS, c.Metadata.TokenAuthAlg = json.RawMessage(ecKeys), "none"
		}, []string{"token_endpoint_auth_signing_alg"}},
		{"algorithm of secrets", func(c *core.Client) {
			c.Metadata.JWKS, c.Metadata.TokenAuthAlg = json.RawMessage(ecKeys), "HS256"
		}, []string{"token_endpoint_auth_signing_alg"}},
		{"algorithm of keys", func(c *core.Client) {
			c.AuthMethods, c.Metadata.TokenAuthAlg = []string{core.AuthSecretJWT}, "ES256"
		}, []string{"token_endpoint_auth_signing_alg"}},
		{"a secret by HMAC", func(c *core.Client) {
			c.AuthMethods, c.Metadata.TokenAuthAlg = []string{core.AuthSecretJWT}, "HS256"
		}, nil},
		{"signed requests", func(c *core.Client) {
			c.Metadata.JWKSURI, c.Metadata.RequestObjectAlg = "https://rp.example/jwks", "PS256"
			c.Metadata.RequestURIs = []string{"https://rp.example/r#hash", "https://rp.example/r#other", "http://localhost:8080/r"}
		}, nil},
		{"unsigned requests", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestObjectAlg = []string{core.AuthBasic}, "none"
		}, nil},
		{"requests by secret", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestObjectAlg = []string{core.AuthBasic}, "HS256"
		}, nil},
		{"requests by no secret", func(c *core.Client) {
			c.AuthMethods, c.RequirePKCE, c.Metadata.RequestObjectAlg = []string{core.AuthNone}, true, "HS256"
		}, []string{"request_object_signing_alg"}},
		{"requests by no keys", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestObjectAlg = []string{core.AuthBasic}, "ES256"
		}, []string{"jwks"}},
		{"requests by an unknown algorithm", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestObjectAlg = []string{core.AuthBasic}, "HS512"
		}, []string{"request_object_signing_alg"}},
		{"requests anywhere", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestURIs = []string{core.AuthBasic}, []string{"http://rp.example/r", "javascript:x", "https://rp.example/r", "https://rp.example/r", "#x"}
		}, slices.Repeat([]string{"request_uris"}, 4)},
		{"answers encrypted", func(c *core.Client) {
			c.Metadata = core.ClientMetadata{
				JWKS: json.RawMessage(ecKeys), UserInfoAlg: "PS256", IDTokenEncryptionAlg: "ECDH-ES", IDTokenEncryptionEnc: "A256GCM",
				UserInfoEncryptionAlg: "ECDH-ES+A256KW",
			}
		}, nil},
		{"answers encrypted with what nothing is", func(c *core.Client) {
			c.Metadata = core.ClientMetadata{
				JWKS: json.RawMessage(ecKeys), UserInfoAlg: "none", IDTokenEncryptionAlg: "RSA1_5", IDTokenEncryptionEnc: "A192GCM",
				UserInfoEncryptionAlg: "dir",
			}
		}, []string{"userinfo_signed_response_alg", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc", "userinfo_encrypted_response_alg"}},
		{"answers encrypted by half", func(c *core.Client) {
			c.Metadata = core.ClientMetadata{JWKS: json.RawMessage(ecKeys), UserInfoEncryptionEnc: "A128GCM"}
		}, []string{"userinfo_encrypted_response_enc"}},
		{"answers encrypted to nothing", func(c *core.Client) {
			c.AuthMethods, c.Metadata.IDTokenEncryptionAlg = []string{core.AuthBasic}, "ECDH-ES"
		}, []string{"jwks"}},
		{"requests at many places", func(c *core.Client) {
			c.AuthMethods, c.Metadata.RequestURIs = []string{core.AuthBasic}, make([]string, 33)
		}, []string{"request_uris"}},
	} {
		_, err := w.CreateClient(t.Context(), actor, admin.NewClient{Name: strings.ReplaceAll(tt.name, " ", "-"), Edit: bySigning(tt.edit)})
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if got := problems(t, err); !slices.Equal(got, tt.want) {
			t.Errorf("%s: problems with %v, want %v", tt.name, got, tt.want)
		}
		if strings.Contains(err.Error(), "jpsQnnGQmL") {
			t.Errorf("%s: the error has the key", tt.name)
		}
	}
}
