package clientkey

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
)

const (
	issuer    = "https://id.example"
	clientID  = "wiki0000000000000000"
	theSecret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF_"
	jwksURI   = "https://wiki.example/jwks"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// keys are made once.
var keys = sync.OnceValue(func() map[string]crypto.Signer {
	ec := func(curve elliptic.Curve) crypto.Signer {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			panic(err)
		}
		return key
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return map[string]crypto.Signer{
		"ec": ec(elliptic.P256()), "new": ec(elliptic.P256()), "stranger": ec(elliptic.P256()), "ec384": ec(elliptic.P384()), "rsa": rsaKey,
	}
})

// keySet publishes keys under their names.
func keySet(t testing.TB, names ...string) json.RawMessage {
	t.Helper()
	var set gojose.JSONWebKeySet
	for _, name := range names {
		set.Keys = append(set.Keys, gojose.JSONWebKey{Key: keys()[name].Public(), KeyID: name})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// object is a JSON object. A nil value leaves the member out.
type object map[string]any

// with gives a copy with other members.
func (o object) with(changes object) object {
	all := maps.Clone(o)
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

func (o object) encode() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// signed signs as the header says, with the key of that name; "secret" is the client's
// secret, "public" the client's public key taken for one.
func signed(t testing.TB, key string, header, claims object) string {
	t.Helper()
	text := header.encode() + "." + claims.encode()
	var signer any
	switch key {
	case "none":
		return text + "."
	case "secret":
		signer = []byte(theSecret)
	case "public":
		signer = []byte(keySet(t, "ec"))
	default:
		signer = keys()[key]
	}
	alg, _ := header["alg"].(string)
	if alg == "none" || jwt.GetSigningMethod(alg) == nil {
		alg = "ES256" // the header lies
	}
	signature, err := jwt.GetSigningMethod(alg).Sign(text, signer)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// world is a service with a client's server beside it.
type world struct {
	t       testing.TB
	service *Service
	mu      sync.Mutex
	now     time.Time
	// What the client's server answers, and what was asked of it.
	answers map[string]*outbound.Response
	asked   []string
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, now: noon, answers: map[string]*outbound.Response{}}
	w.publish("ec")
	w.service = New(Options{Issuer: issuer, Fetcher: w, Now: w.clock, Unseal: func(sealed []byte, purpose string) ([]byte, error) {
		text, found := strings.CutPrefix(string(sealed), purpose+"|")
		if !found {
			return nil, errors.New("sealed for something else")
		}
		return []byte(text), nil
	}})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) sleep(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// publish makes the client's server have keys.
func (w *world) publish(names ...string) {
	w.answer(jwksURI, "application/json", string(keySet(w.t, names...)))
}

func (w *world) answer(url, contentType, body string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[url] = &outbound.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body)}
}

// Do implements [Fetcher].
func (w *world) Do(_ context.Context, r outbound.Request) (*outbound.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r.URL)
	response := w.answers[r.URL]
	if response == nil {
		return nil, fmt.Errorf("nothing listens at %s", r.URL)
	}
	if int64(len(response.Body)) > r.MaxBody {
		return nil, errors.New("too large")
	}
	return response, nil
}

// client signs with a key of its own.
func client(change func(*core.Client)) *core.Client {
	c := &core.Client{ID: clientID, Name: "wiki", AuthMethods: []string{core.AuthPrivateKeyJWT}, ResponseTypes: []string{"code"}}
	if change != nil {
		change(c)
	}
	return c
}

// withKeys registers keys.
func withKeys(t testing.TB, names ...string) func(*core.Client) {
	return func(c *core.Client) { c.Metadata.JWKS = keySet(t, names...) }
}

// withSecret has the secret of this file, for an HMAC.
func withSecret(c *core.Client) {
	c.AuthMethods = []string{core.AuthSecretJWT}
	c.SealedSecret = []byte(c.SecretPurpose() + "|" + theSecret)
}

func published(c *core.Client) { c.Metadata.JWKSURI = jwksURI }
