package upstream

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/postern-id/postern/core"
)

// purpose is what something is derived from a state for. Nothing of one purpose is
// ever used for another.
type purpose string

const (
	forVerifier purpose = "PKCE verifier"
	forNonce    purpose = "nonce"
	forKept     purpose = "key of what is kept"
	forHeld     purpose = "key of a held callback"
)

// derive makes 32 bytes of the state's secret and the server's key: whoever sees the
// state on its way, and whoever has the database, cannot.
func (s *Service) derive(state core.Credential, what purpose) [32]byte {
	mac := hmac.New(sha256.New, s.Key[:])
	mac.Write([]byte("postern upstream 1\n" + string(what) + "\n" + string(state.ID) + "\n"))
	mac.Write(state.Secret[:])
	return [32]byte(mac.Sum(nil))
}

// word gives what is derived as 43 characters, which is a code verifier (RFC 7636
// section 4.1) and a nonce.
func (s *Service) word(state core.Credential, what purpose) string {
	raw := s.derive(state, what)
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// challengeOf is the S256 challenge of a verifier (RFC 7636 section 4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// kept is what an attempt keeps sealed until it comes back.
type kept struct {
	// Data is what the connector wants to have back, a JSON object.
	Data json.RawMessage `json:"data"`
	// Issuer is that of the provider; empty for an OAuth 2 server, which has Host.
	Issuer string `json:"issuer,omitempty"`
	Host   string `json:"host,omitempty"`
	// NamesItself says that iss has to come back.
	NamesItself bool `json:"names_itself,omitempty"`
	NoPKCE      bool `json:"no_pkce,omitempty"`
}

// sealUnder encrypts with AES-256-GCM under a key of this state alone. What comes out
// is the nonce and the sealed text.
func (s *Service) sealUnder(state core.Credential, what purpose, plaintext []byte) ([]byte, error) {
	aead, err := newAEAD(s.derive(state, what))
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(s.Rand, nonce); err != nil {
		return nil, fmt.Errorf("draw a nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, plaintext, nil), nil
}

var errSealed = errors.New("what the attempt keeps cannot be opened")

func (s *Service) openUnder(state core.Credential, what purpose, sealed []byte) ([]byte, error) {
	aead, err := newAEAD(s.derive(state, what))
	if err != nil {
		return nil, err
	}
	size := aead.NonceSize()
	if len(sealed) < size {
		return nil, errSealed
	}
	plaintext, err := aead.Open(nil, sealed[:size], sealed[size:], nil)
	if err != nil {
		return nil, errSealed
	}
	return plaintext, nil
}

func newAEAD(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Attempt finds the live attempt of a state parameter. It is [core.ErrNotFound] for
// one that is malformed, unknown, used, expired, or another's: nobody learns which.
func (s *Service) Attempt(ctx context.Context, state string) (*core.UpstreamAttempt, error) {
	given, ok := core.ParseCredential(core.KindState, state)
	if !ok {
		return nil, core.ErrNotFound
	}
	attempt, err := s.Store.Attempt(ctx, given.ID)
	if err != nil {
		return nil, err
	}
	if !attempt.Hash.Matches(given.Hash()) || !s.Now().Before(attempt.ExpiresAt) {
		return nil, core.ErrNotFound
	}
	return attempt, nil
}

// Hold seals a callback that was posted: the browser leaves its cookies out of a POST
// that another site began, so it has to come again with GET, and what was posted must
// not get into a URL. Parameters that no callback has are a *[core.UpstreamRefused],
// without changes.
func (s *Service) Hold(state string, a *core.UpstreamAttempt, params url.Values) (core.HoldCallback, error) {
	given, ok := core.ParseCredential(core.KindState, state)
	if !ok || !belongs(given, a) {
		return core.HoldCallback{}, core.ErrNotFound
	}
	if err := checkSize(params); err != nil {
		return core.HoldCallback{}, &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: err.reason, Connector: a.Connector}
	}
	text, err := json.Marshal(params)
	if err != nil {
		return core.HoldCallback{}, err
	}
	held, err := s.sealUnder(given, forHeld, text)
	return core.HoldCallback{ID: a.ID, Held: held}, err
}

// belongs reports whether the state is the attempt's.
func belongs(state core.Credential, a *core.UpstreamAttempt) bool {
	return state.ID == a.ID && a.Hash.Matches(state.Hash())
}

// unhold gives the parameters that Hold sealed.
func (s *Service) unhold(state core.Credential, held []byte) (url.Values, error) {
	text, err := s.openUnder(state, forHeld, held)
	if err != nil {
		return nil, err
	}
	var params url.Values
	return params, json.Unmarshal(text, &params)
}
