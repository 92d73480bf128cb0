package connectortest

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/postern-id/postern/core/jose"
)

// OpenID is an OpenID provider in the shape of a vendor's. Set its fields before anybody
// asks it.
type OpenID struct {
	Server
	// Claims are those of the ID token. iss, aud, exp, iat and nonce are those of a good
	// one unless they are among them; nil takes one out.
	Claims map[string]any
	// UserInfo is what the UserInfo endpoint says.
	UserInfo map[string]any
	// Token changes the answer of the token endpoint; nil value takes a member out.
	Token map[string]any
	// Key signs; nil: the one that the provider publishes.
	Key *jose.Keyring

	world     *World
	issuer    string
	published *jose.Keyring
	access    string
}

// signingKey is one key of the kind that all vendors here have; to make it takes a while.
var signingKey = sync.OnceValues(func() (jose.Private, error) { return jose.Generate(jose.RS256, time.Now(), rand.Reader) })

// Ring is a ring with a fresh key, for signatures that are not the provider's.
func (w *World) Ring(alg string) *jose.Keyring {
	w.t.Helper()
	key, err := jose.Generate(alg, time.Now(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ringOf(key)
}

func (w *World) ringOf(key jose.Private) *jose.Keyring {
	w.t.Helper()
	ring, err := jose.NewKeyring([]jose.Private{key}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return ring
}

// OpenID puts a provider into the world. discovery is its document, as the vendor
// publishes it at the URL; the endpoints are those that it names.
func (w *World) OpenID(address, discovery string) *OpenID {
	w.t.Helper()
	var document struct {
		Issuer    string `json:"issuer"`
		Authorize string `json:"authorization_endpoint"`
		Token     string `json:"token_endpoint"`
		UserInfo  string `json:"userinfo_endpoint"`
		JWKS      string `json:"jwks_uri"`
	}
	if err := json.Unmarshal([]byte(discovery), &document); err != nil {
		w.t.Fatal(err)
	}
	key, err := signingKey()
	if err != nil {
		w.t.Fatal(err)
	}
	p := &OpenID{world: w, issuer: document.Issuer, published: w.ringOf(key), access: "access-" + rand.Text()}
	p.ClientID, p.ClientSecret = "client", "s3cret of the client"
	p.Answer = p.answer
	w.JSON(address, discovery)
	w.AddServer(&p.Server, document.Authorize, document.Token)
	w.Serve(document.JWKS, http.StatusOK, "application/json", string(p.published.JWKS()))
	if document.UserInfo != "" {
		w.Handle(document.UserInfo, p.userInfo)
	}
	return p
}

// AccessToken is the one that the provider gives.
func (p *OpenID) AccessToken() string { return p.access }

func (p *OpenID) answer(rw http.ResponseWriter, r Redeemed) {
	answer := map[string]any{
		"access_token": p.access, "token_type": "Bearer", "expires_in": 3600, "scope": r.Asked.Get("scope"), "id_token": p.idToken(r),
	}
	send(rw, http.StatusOK, lay(answer, p.Token))
}

func (p *OpenID) idToken(r Redeemed) string {
	now := time.Now().Unix()
	claims := lay(map[string]any{"iss": p.issuer, "aud": p.ClientID, "iat": now, "exp": now + 3600, "nonce": r.Asked.Get("nonce")}, p.Claims)
	payload, err := json.Marshal(claims)
	if err != nil {
		panic(err) // of the test's own values
	}
	ring := p.Key
	if ring == nil {
		ring = p.published
	}
	token, err := ring.Sign(ring.Algs()[0], jose.TypJWT, payload)
	if err != nil {
		panic(err) // of a key that was just made
	}
	return token
}

// userInfo answers who has the access token (OpenID Connect Core section 5.3).
func (p *OpenID) userInfo(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+p.access {
		rw.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		send(rw, http.StatusUnauthorized, map[string]any{"error": "invalid_token"})
		return
	}
	send(rw, http.StatusOK, p.UserInfo)
}

// lay puts members over others. nil takes one out.
func lay(under, over map[string]any) map[string]any {
	all := maps.Clone(under)
	maps.Copy(all, over)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

func send(rw http.ResponseWriter, status int, document map[string]any) {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // of the test's own values
	}
	Send(rw, status, "application/json;charset=UTF-8", strings.TrimSpace(string(text)))
}
