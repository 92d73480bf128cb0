package token

import (
	"context"
	"errors"
	"fmt"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Encrypter encrypts to clients.
type Encrypter interface {
	// Encrypt encrypts a payload to a key of the client. Enc may be empty: it is the
	// default then. ContentType says what the payload is; empty for plain claims.
	Encrypt(ctx context.Context, client *core.Client, alg, enc, contentType string, payload []byte) (string, error)
}

// Answer is a UserInfo response: a JSON object, or that as a JWT.
type Answer struct {
	Body []byte
	JWT  bool
}

// wrapIDToken signs an ID token as the client registered, and encrypts it then if the
// client wants that (OpenID Connect Core section 16.14: sign, then encrypt).
func (i *Issuer) wrapIDToken(ctx context.Context, client *core.Client, alg string, claims hook.Object) (string, error) {
	signed, err := i.sign(alg, claims.AppendJSON(nil))
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	m := &client.Metadata
	if m.IDTokenEncryptionAlg == "" {
		return signed, nil
	}
	encrypted, err := i.encrypt(ctx, client, m.IDTokenEncryptionAlg, m.IDTokenEncryptionEnc, jose.TypJWT, []byte(signed))
	if err != nil {
		return "", fmt.Errorf("encrypt the ID token: %w", err)
	}
	return encrypted, nil
}

// sign signs, unless the client wants nothing signed.
func (i *Issuer) sign(alg string, payload []byte) (string, error) {
	if alg == oauth.AlgNone {
		return jose.Unsecured(jose.TypJWT, payload), nil
	}
	return i.Keys.Sign(alg, jose.TypJWT, payload)
}

func (i *Issuer) encrypt(ctx context.Context, client *core.Client, alg, enc, contentType string, payload []byte) (string, error) {
	if i.Encrypter == nil {
		return "", errors.New("nothing here encrypts")
	}
	return i.Encrypter.Encrypt(ctx, client, alg, enc, contentType, payload)
}

// wrapUserInfo makes of the claims what the client registered (OpenID Connect Core section
// 5.3.2). What is signed says who says it, and to whom; it has no exp, so nobody can take
// it for an ID token.
func (i *Issuer) wrapUserInfo(ctx context.Context, client *core.Client, document []byte) (Answer, error) {
	m := &client.Metadata
	if m.UserInfoAlg == "" && m.UserInfoEncryptionAlg == "" {
		return Answer{Body: document}, nil
	}
	payload, contentType := document, ""
	if m.UserInfoAlg != "" {
		claims, err := hook.ParseObject(document)
		if err != nil {
			return Answer{}, fmt.Errorf("read the claims again: %w", err)
		}
		claims.Set("iss", hook.String(i.Issuer))
		claims.Set("aud", hook.String(client.ID))
		signed, err := i.Keys.Sign(m.UserInfoAlg, jose.TypJWT, claims.AppendJSON(nil))
		if err != nil {
			return Answer{}, fmt.Errorf("sign the UserInfo response: %w", err)
		}
		payload, contentType = []byte(signed), jose.TypJWT
	}
	if m.UserInfoEncryptionAlg == "" {
		return Answer{Body: payload, JWT: true}, nil
	}
	encrypted, err := i.encrypt(ctx, client, m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc, contentType, payload)
	if err != nil {
		return Answer{}, fmt.Errorf("encrypt the UserInfo response: %w", err)
	}
	return Answer{Body: []byte(encrypted), JWT: true}, nil
}
