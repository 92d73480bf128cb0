package token

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

// boxes encrypt by saying what they were asked for.
type boxes struct{ err error }

func (b boxes) Encrypt(_ context.Context, client *core.Client, alg, enc, contentType string, payload []byte) (string, error) {
	return strings.Join([]string{"box", client.ID, alg, enc, contentType, string(payload)}, "|"), b.err
}

func TestIDTokenAsRegistered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, begins string
		change       func(*core.Client)
	}{
		{"signed", `RS256.JWT.{"iss":`, func(*core.Client) {}},
		{"signed otherwise", `ES256.JWT.{"iss":`, func(c *core.Client) { c.IDTokenAlg = "ES256" }},
		{"unsigned", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3Mi", func(c *core.Client) { c.IDTokenAlg = "none" }}, // {"alg":"none","typ":"JWT"}
		{"signed and encrypted", `box|wiki|ECDH-ES|A256GCM|JWT|RS256.JWT.{"iss":`, func(c *core.Client) {
			c.Metadata.IDTokenEncryptionAlg, c.Metadata.IDTokenEncryptionEnc = "ECDH-ES", "A256GCM"
		}},
		{"encrypted in the usual way", `box|wiki|RSA-OAEP||JWT|RS256.JWT.{"iss":`, func(c *core.Client) { c.Metadata.IDTokenEncryptionAlg = "RSA-OAEP" }},
	} {
		i, client := newIssuer(), wiki()
		i.Encrypter = boxes{}
		tt.change(client)
		set, _ := issue(t, i, client, authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}})
		if !strings.HasPrefix(set.IDToken, tt.begins) {
			t.Errorf("%s: %s", tt.name, set.IDToken)
		}
		if strings.HasPrefix(tt.name, "unsigned") && (!strings.HasSuffix(set.IDToken, ".") || strings.Count(set.IDToken, ".") != 2) {
			t.Errorf("%s: %s", tt.name, set.IDToken)
		}
	}
}

func TestUserInfoAsRegistered(t *testing.T) {
	t.Parallel()
	const claims = `{"sub":"01890000-0000-7000-8000-00000000a11c","email":"alice@example.com","email_verified":true`
	for _, tt := range []struct {
		name, want string
		jwt        bool
		change     func(*core.ClientMetadata)
	}{
		{"plain", claims + "}", false, func(*core.ClientMetadata) {}},
		{"signed", `ES256.JWT.` + claims + `,"iss":"https://id.example","aud":"wiki"}`, true, func(m *core.ClientMetadata) { m.UserInfoAlg = "ES256" }},
		{"encrypted", `box|wiki|ECDH-ES|||` + claims + "}", true, func(m *core.ClientMetadata) { m.UserInfoEncryptionAlg = "ECDH-ES" }},
		{"signed and encrypted", `box|wiki|ECDH-ES|A128GCM|JWT|RS256.JWT.` + claims + `,"iss":"https://id.example","aud":"wiki"}`, true, func(m *core.ClientMetadata) {
			m.UserInfoAlg, m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc = "RS256", "ECDH-ES", "A128GCM"
		}},
	} {
		b := newBench(t, "openid", "email")
		b.Issuer.Encrypter = boxes{}
		tt.change(&b.row.Client.Metadata)
		b.store.access[b.row.Token.ID] = b.row
		answer, refusal := b.UserInfo(t.Context(), Bearer{Token: b.token})
		if refusal != nil || string(answer.Body) != tt.want || answer.JWT != tt.jwt {
			t.Errorf("%s: %s, %v, %v; want %s", tt.name, answer.Body, answer.JWT, refusal, tt.want)
		}
		// The account is for a plugin that knows nothing of this.
		if doc, refusal := b.Account(t.Context(), Bearer{Token: b.token}); refusal != nil || string(doc) != claims+"}" {
			t.Errorf("%s: account %s, %v", tt.name, doc, refusal)
		}
	}
}

// TestNothingInClear: what cannot be signed or encrypted is not sent otherwise.
func TestNothingInClear(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Issuer, *core.Client){
		"nothing encrypts": func(_ *Issuer, c *core.Client) {
			c.Metadata.IDTokenEncryptionAlg, c.Metadata.UserInfoEncryptionAlg = "ECDH-ES", "ECDH-ES"
		},
		"no keys": func(i *Issuer, c *core.Client) {
			i.Encrypter = boxes{errTest}
			c.Metadata.IDTokenEncryptionAlg, c.Metadata.UserInfoEncryptionAlg = "ECDH-ES", "ECDH-ES"
		},
		"no signature": func(i *Issuer, c *core.Client) {
			i.Keys = plainSigner{errTest}
			c.Metadata.UserInfoAlg = "RS256"
		},
	} {
		b := newBench(t, "openid")
		spoil(b.Issuer, b.row.Client)
		b.store.access[b.row.Token.ID] = b.row
		answer, refusal := b.UserInfo(t.Context(), Bearer{Token: b.token})
		if refusal == nil || refusal.Status != http.StatusInternalServerError || answer.Body != nil {
			t.Errorf("%s: %s, %v", name, answer.Body, refusal)
		}
		set, changes, err := b.Issuer.Issue(t.Context(), b.row.Client, authorized("openid"), Order{Now: noon, Scopes: []string{"openid"}})
		if err == nil || changes != nil || set.IDToken != "" || name != "nothing encrypts" && !errors.Is(err, errTest) {
			t.Errorf("%s: %+v, %v", name, set, err)
		}
	}
}
