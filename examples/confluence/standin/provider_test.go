package standin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeProvider answers by hand what a right provider would, except for what a test
// changes.
type fakeProvider struct {
	*httptest.Server
	t   *testing.T
	now time.Time

	// What a test may change: the members of each document, in place.
	discovery func(map[string]any)
	keys      func(map[string]any) // of the one key
	header    func(map[string]any)
	claims    func(map[string]any)
	token     func(map[string]any)
	sign      func(signed string) []byte
	// Whole answers: a status and a body that stand for the usual ones.
	account, userInfo, tokenAnswer, keysAnswer, discoveryAnswer *reply

	nonce    string // put into the ID token
	received []received
}

// received is a request as it was on the wire.
type received struct {
	method, path, query, body string
	header                    http.Header
}

var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newFakeProvider(t *testing.T) *fakeProvider {
	t.Helper()
	nothing := func(map[string]any) {}
	p := &fakeProvider{
		t: t, now: time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC),
		discovery: nothing, keys: nothing, header: nothing, claims: nothing, token: nothing, sign: signRS256,
	}
	mux := http.NewServeMux()
	for path, answer := range map[string]func(*http.Request) reply{
		discoveryPath:   p.answerDiscovery,
		jwksPath:        p.answerKeys,
		tokenPath:       p.answerToken,
		userInfoPath:    p.answerAccount,
		"/api/userinfo": p.answerUserInfo,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			p.received = append(p.received, received{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header})
			came := answer(r)
			w.Header().Set("Location", discoveryPath) // counts with a redirecting status
			w.WriteHeader(came.status)
			_, _ = w.Write(came.body)
		})
	}
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *fakeProvider) json(document any) reply {
	p.t.Helper()
	body, err := json.Marshal(document)
	if err != nil {
		p.t.Error(err)
	}
	return reply{http.StatusOK, body}
}

func (p *fakeProvider) answerDiscovery(*http.Request) reply {
	if p.discoveryAnswer != nil {
		return *p.discoveryAnswer
	}
	document := map[string]any{
		"issuer":                 p.URL,
		"authorization_endpoint": p.URL + "/login/oauth/authorize",
		"token_endpoint":         p.URL + tokenPath,
		"userinfo_endpoint":      p.URL + "/api/userinfo",
		"jwks_uri":               p.URL + jwksPath,
		"scopes_supported":       []string{"openid", "profile", "email", "address", "phone", "offline_access"},
	}
	p.discovery(document)
	return p.json(document)
}

func (p *fakeProvider) answerKeys(*http.Request) reply {
	if p.keysAnswer != nil {
		return *p.keysAnswer
	}
	public := signingKey().PublicKey
	key := map[string]any{
		"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256",
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()), "e": "AQAB",
	}
	p.keys(key)
	return p.json(map[string]any{"keys": []any{map[string]any{"kty": "EC", "kid": "other"}, key}})
}

func (p *fakeProvider) answerToken(*http.Request) reply {
	if p.tokenAnswer != nil {
		return *p.tokenAnswer
	}
	document := map[string]any{"access_token": "at1", "token_type": "Bearer", "expires_in": 600, "id_token": p.idToken()}
	p.token(document)
	return p.json(document)
}

func (p *fakeProvider) answerAccount(*http.Request) reply {
	if p.account != nil {
		return *p.account
	}
	return reply{http.StatusOK, []byte(account)}
}

func (p *fakeProvider) answerUserInfo(*http.Request) reply {
	if p.userInfo != nil {
		return *p.userInfo
	}
	return p.json(map[string]any{"sub": "u1", "preferred_username": "alice"})
}

func (p *fakeProvider) idToken() string {
	header := map[string]any{"alg": "RS256", "kid": "k1", "typ": "JWT"}
	claims := map[string]any{
		"iss": p.URL, "aud": "client", "sub": "u1", "iat": p.now.Unix(), "exp": p.now.Unix() + 600,
		"name": "alice", "preferred_username": "alice", "displayName": "Alice Liddell",
		"email": "alice@example.com", "email_verified": true, "groups": []string{"confluence-users", "staff"},
	}
	if p.nonce != "" {
		claims["nonce"] = p.nonce
	}
	p.header(header)
	p.claims(claims)
	signed := base64.RawURLEncoding.EncodeToString(p.json(header).body) + "." + base64.RawURLEncoding.EncodeToString(p.json(claims).body)
	return signed + "." + base64.RawURLEncoding.EncodeToString(p.sign(signed))
}

// last gives the last request to the path.
func (p *fakeProvider) last(path string) (found received, ok bool) {
	for _, r := range p.received {
		if r.path == path {
			found, ok = r, true
		}
	}
	return found, ok
}

func signRS256(signed string) []byte {
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, signingKey(), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return signature
}

func signRS512(signed string) []byte {
	digest := sha512.Sum512([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, signingKey(), crypto.SHA512, digest[:])
	if err != nil {
		panic(err)
	}
	return signature
}

func signPS256(signed string) []byte {
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPSS(rand.Reader, signingKey(), crypto.SHA256, digest[:], nil)
	if err != nil {
		panic(err)
	}
	return signature
}

// certificate gives the signing key's certificate in x5c's form.
func certificate(t *testing.T, private crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// window is a browser's window on the stand-in: it keeps the cookie and follows
// nothing by itself.
type window struct {
	t      *testing.T
	site   *Server
	cookie *http.Cookie
}

func open(t *testing.T, p *fakeProvider, change func(*Config)) *window {
	t.Helper()
	config := Config{
		ClientID: "client", ClientSecret: "sec ret/+%", Issuer: p.URL, BaseURL: "http://127.0.0.1:8090",
		Now: func() time.Time { return p.now },
	}
	change(&config)
	site, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &window{t: t, site: site}
}

func (w *window) do(method, target string) *http.Response {
	w.t.Helper()
	request := httptest.NewRequest(method, target, nil)
	if w.cookie != nil {
		request.AddCookie(w.cookie)
	}
	recorder := httptest.NewRecorder()
	w.site.ServeHTTP(recorder, request)
	response := recorder.Result()
	for _, cookie := range response.Cookies() {
		w.cookie = cookie
	}
	return response
}

func (w *window) text(response *http.Response) string {
	w.t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

// leave goes to the provider and gives the authorization request's query.
func (w *window) leave(path string) (query string) {
	w.t.Helper()
	response := w.do(http.MethodGet, path)
	if response.StatusCode != http.StatusFound {
		w.t.Fatalf("%s: status %d: %s", path, response.StatusCode, w.text(response))
	}
	_, query, _ = strings.Cut(response.Header.Get("Location"), "?")
	return query
}

// signIn walks from the front page to the page after the callback.
func (w *window) signIn(p *fakeProvider) (page string) { return w.walk(p, "/login") }

func (w *window) walk(p *fakeProvider, from string) (page string) {
	w.t.Helper()
	sent, err := url.ParseQuery(w.leave(from))
	if err != nil {
		w.t.Fatal(err)
	}
	p.nonce = sent.Get("nonce")
	back, err := url.Parse(sent.Get("redirect_uri"))
	if err != nil {
		w.t.Fatal(err)
	}
	answer := url.Values{"code": {"c1"}, "iss": {p.URL}}
	if sent.Has("state") {
		answer.Set("state", sent.Get("state"))
	}
	response := w.do(http.MethodGet, back.Path+"?"+answer.Encode())
	if response.StatusCode == http.StatusSeeOther {
		response = w.do(http.MethodGet, response.Header.Get("Location"))
	}
	return w.text(response)
}
