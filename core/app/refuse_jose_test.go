package app_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/vault"
)

const (
	theFarewell = "https://rp.example/bye"
	// longestHint is how long an id_token_hint may be for anybody to look at it.
	longestHint = 16 << 10
)

// forger has an ID token of alice, the server's own keys, and where a forged ID
// token could be of use.
type forger struct {
	w       *world
	rp      *relyingParty
	browser *browser
	set     answer
	header  string // of the good ID token, as JSON
	payload string
}

func newForger(t *testing.T, w *world) *forger {
	t.Helper()
	w.user("alice")
	f := &forger{w: w, browser: newBrowser(t, w.issuer), rp: w.register("rp", func(c *core.Client) {
		withRefresh(c)
		c.PostLogoutRedirectURIs = []string{theFarewell}
	})}
	f.set = f.rp.tokens(f.browser)
	parts := strings.Split(f.idToken(), ".")
	f.header, f.payload = unencoded(t, parts[0]), unencoded(t, parts[1])
	return f
}

func (f *forger) idToken() string { return f.set.text("id_token") }

func unencoded(t *testing.T, part string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func encoded(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// headed changes members of the good header; nil takes one out.
func (f *forger) headed(members map[string]any) string { return changed(f.w.t, f.header, members) }

// claiming changes claims of the good payload; nil takes one out.
func (f *forger) claiming(claims map[string]any) string { return changed(f.w.t, f.payload, claims) }

func changed(t *testing.T, object string, members map[string]any) string {
	t.Helper()
	all := map[string]any{}
	decoder := json.NewDecoder(strings.NewReader(object))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// key is one of the server's own signing keys: who has it can sign what the
// server would never sign.
func (f *forger) key(alg string) (crypto.Signer, string) {
	f.w.t.Helper()
	open, err := vault.Open(f.w.dir, "")
	if err != nil {
		f.w.t.Fatal(err)
	}
	keys, err := f.w.app.Store.SigningKeys(context.Background())
	if err != nil {
		f.w.t.Fatal(err)
	}
	for _, key := range keys {
		if key.Alg != alg {
			continue
		}
		der, err := open.Unseal(key.Sealed, "signing-key:"+key.ID)
		if err != nil {
			f.w.t.Fatal(err)
		}
		private, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			f.w.t.Fatal(err)
		}
		return private.(crypto.Signer), key.ID
	}
	f.w.t.Fatalf("no key for %s", alg)
	return nil, ""
}

// signed signs with the server's own key for RS256.
func (f *forger) signed(header, payload string) string {
	f.w.t.Helper()
	key, _ := f.key(jose.RS256)
	return sign(f.w.t, key, header, payload)
}

// sign makes a token to the letter, with the signature that suits the key.
func sign(t *testing.T, key crypto.Signer, header, payload string) string {
	t.Helper()
	input := encoded(header) + "." + encoded(payload)
	digest := sha256.Sum256([]byte(input))
	var (
		signature []byte
		err       error
	)
	switch key := key.(type) {
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	case *ecdsa.PrivateKey:
		r, s, failed := ecdsa.Sign(rand.Reader, key, digest[:])
		err = failed
		if err == nil {
			signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, []byte(input))
	}
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (f *forger) logoutURL(hint string) string {
	return oauth.PathEndSession + "?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {theFarewell}}.Encode()
}

// distrusted checks that the token is worth nothing wherever an ID token counts:
// as id_token_hint of a silent sign-in and of a sign-out.
func (f *forger) distrusted(token string) {
	f.w.t.Helper()
	if strings.Count(token, ".") == 2 && len(token) > 100 {
		f.w.hide(token)
	}
	code, reason := "login_required", "hint_untrusted"
	if len(token) > longestHint {
		code, reason = "invalid_request", "hint_too_long"
	}
	f.w.recorded(core.EventAuthorizeRefused, reason, func() {
		f.w.t.Helper()
		wantErrorRedirect(f.w.t, f.w, f.browser.get(f.rp.authorizeURL("prompt", "none", "id_token_hint", token)), code)
	})
	f.w.recorded(core.EventRequestRefused, "hint_untrusted", func() {
		f.w.t.Helper()
		f.asked(f.browser.get(f.logoutURL(token)))
	})
}

// asked checks that nobody was signed out, nor sent anywhere: the person is asked.
func (f *forger) asked(p *page) {
	f.w.t.Helper()
	if p.status != http.StatusOK || p.location != nil || !p.has("logout") {
		f.w.t.Errorf("status %d, to %v: %s", p.status, p.location, p.body)
	}
	if strings.Contains(p.body, theFarewell) {
		f.w.t.Errorf("the page leads to the client: %s", p.body)
	}
}

// control checks that the good ID token is trusted at both places, so that what
// was refused before was refused for what was wrong with it. It ends the session.
func (f *forger) control() {
	f.w.t.Helper()
	f.w.serves(f.set.text("access_token"))
	p := f.browser.get(f.rp.authorizeURL("prompt", "none", "id_token_hint", f.idToken()))
	if p.location == nil || !p.location.Query().Has("code") {
		f.w.t.Fatalf("the session is over: status %d, to %v", p.status, p.location)
	}
	f.w.hide(p.location.Query().Get("code"))
	if p := f.browser.get(f.logoutURL(f.idToken())); p.location == nil || p.location.String() != theFarewell {
		f.w.t.Errorf("the good ID token does not sign out: status %d, to %v", p.status, p.location)
	}
}

// forged is a case with tokens that must all be worth nothing.
func forged(name string, tokens func(f *forger) map[string]string) refusal {
	return refusal{name, func(t *testing.T, w *world) {
		f := newForger(t, w)
		list := tokens(f)
		if len(list) == 0 {
			t.Fatal("no tokens")
		}
		for _, name := range slices.Sorted(maps.Keys(list)) {
			w.each(name, func() { f.distrusted(list[name]) })
		}
		f.control()
	}}
}

func joseRefusals() []refusal {
	return []refusal{
		forged("070_alg_none", algNone),
		forged("070_signature_empty_or_wrong", badSignatures),
		forged("071_hs256_with_the_public_key", confusedKeys),
		forged("071_other_algorithm_than_the_key_is_for", confusedAlgs),
		forged("072_other_typ", otherTyps),
		forged("072_other_issuer_or_audience", otherClaims),
		forged("072_other_tokens_as_id_token", func(f *forger) map[string]string {
			return map[string]string{"access_token": f.set.text("access_token"), "refresh_token": f.set.text("refresh_token"), "code": f.rp.code(f.browser, "alice")}
		}),
		{"072_id_token_of_another_client", foreignIDToken},
		{"072_tokens_as_access_token", tokensAsAccessToken},
		{"072_tokens_as_code", tokensAsCode},
		{"072_tokens_as_refresh_token", tokensAsRefreshToken},
		{"072_tokens_as_session", tokensAsSession},
		forged("073_critical_extensions", criticals),
		forged("074_kid_is_opaque", kids),
		{"074_kid_of_1_mib", func(t *testing.T, w *world) {
			f := newForger(t, w)
			f.tooLarge(encoded(f.headed(map[string]any{"kid": strings.Repeat("k", 1<<20)})) + "." + encoded(f.payload) + ".AA")
			f.control()
		}},
		{"075_embedded_keys", embeddedKeys},
		forged("076_dots", func(*forger) map[string]string {
			return map[string]string{"100": strings.Repeat(".", 100), "20_000": strings.Repeat(".", 20_000), "60_000": strings.Repeat(".", 60_000)}
		}),
		{"076_100_000_dots", func(t *testing.T, w *world) {
			f := newForger(t, w)
			f.tooLarge(strings.Repeat(".", 100_000))
			f.control()
		}},
		{"076_header_of_10_mib", func(t *testing.T, w *world) {
			f := newForger(t, w)
			f.tooLarge(strings.Repeat("e30", 10<<20/3) + "." + encoded(f.payload) + ".AA")
			f.control()
		}},
		forged("076_deep_json", deepJSON),
		forged("076_duplicate_members", duplicateMembers),
		forged("076_not_an_object", notObjects),
		{"076_in_no_time", inNoTime},
		forged("079_not_canonical", notCanonical),
		{"080_only_public_keys_are_published", publishedKeys},
		forged("083_not_valid_yet", notYetValid),
	}
}

// 70, 71: the signature.

func algNone(f *forger) map[string]string {
	tokens := map[string]string{}
	signature := f.idToken()[strings.LastIndex(f.idToken(), ".")+1:]
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", ""} {
		head := encoded(f.headed(map[string]any{"alg": alg}))
		tokens[fmt.Sprintf("%q", alg)] = head + "." + encoded(f.payload) + "."
		tokens[fmt.Sprintf("%q_with_signature", alg)] = head + "." + encoded(f.payload) + "." + signature
		bare := encoded(fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, alg))
		tokens[fmt.Sprintf("%q_without_kid", alg)] = bare + "." + encoded(f.payload) + "."
	}
	tokens["absent"] = encoded(f.headed(map[string]any{"alg": nil})) + "." + encoded(f.payload) + "." + signature
	tokens["null"] = encoded(strings.Replace(f.header, `"RS256"`, "null", 1)) + "." + encoded(f.payload) + "." + signature
	return tokens
}

func badSignatures(f *forger) map[string]string {
	parts := strings.Split(f.idToken(), ".")
	stranger := must(f.w.t)(rsa.GenerateKey(rand.Reader, 2048))
	return map[string]string{
		"empty":              parts[0] + "." + parts[1] + ".",
		"absent":             parts[0] + "." + parts[1],
		"zero":               parts[0] + "." + parts[1] + "." + encoded(strings.Repeat("\x00", 256)),
		"one":                parts[0] + "." + parts[1] + "." + encoded(strings.Repeat("\x00", 255)+"\x01"),
		"short":              parts[0] + "." + parts[1] + "." + parts[2][:len(parts[2])-4],
		"of_another_payload": parts[0] + "." + encoded(f.claiming(map[string]any{"sub": "somebody"})) + "." + parts[2],
		"of_another_header":  encoded(f.header+" ") + "." + parts[1] + "." + parts[2],
		"of_a_stranger":      sign(f.w.t, stranger, f.header, f.payload),
		// CVE-2022-21449: r and s of zero.
		"of_zeros_by_ecdsa": encoded(f.es256Header()) + "." + parts[1] + "." + encoded(strings.Repeat("\x00", 64)),
	}
}

func (f *forger) es256Header() string {
	_, kid := f.key(jose.ES256)
	return f.headed(map[string]any{"alg": jose.ES256, "kid": kid})
}

// must fails the test for an error.
func must(t *testing.T) func(key *rsa.PrivateKey, err error) *rsa.PrivateKey {
	return func(key *rsa.PrivateKey, err error) *rsa.PrivateKey {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
}

// published gives the server's keys as everybody gets them.
func (w *world) published() (document []byte, keys []map[string]any) {
	w.t.Helper()
	a := w.resource(oauth.PathJWKS, "")
	list, _ := a.json["keys"].([]any)
	for _, key := range list {
		members, ok := key.(map[string]any)
		if !ok {
			w.t.Fatalf("a key is no object: %s", a.body)
		}
		keys = append(keys, members)
	}
	if a.status != http.StatusOK || len(keys) == 0 {
		w.t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a.body, keys
}

// confusedKeys signs by HMAC with everything that somebody may take for the bytes
// of the public key.
func confusedKeys(f *forger) map[string]string {
	key, kid := f.key(jose.RS256)
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		f.w.t.Fatal(err)
	}
	public := key.Public().(*rsa.PublicKey)
	document, keys := f.w.published()
	jwk, err := json.Marshal(keys[slices.IndexFunc(keys, func(k map[string]any) bool { return k["kid"] == kid })])
	if err != nil {
		f.w.t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	secrets := map[string][]byte{
		"pem": text, "pem_trimmed": bytes.TrimSpace(text), "der": der, "pkcs1": x509.MarshalPKCS1PublicKey(public),
		"pkcs1_pem": pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(public)}),
		"jwk":       jwk, "jwks": document, "modulus": public.N.Bytes(), "nothing": {}, "kid": []byte(kid), "client_secret": []byte(f.rp.secret),
	}
	tokens := map[string]string{}
	for name, secret := range secrets {
		for _, alg := range []string{"HS256", "RS256"} {
			input := encoded(f.headed(map[string]any{"alg": alg})) + "." + encoded(f.payload)
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(input))
			tokens[alg+"_"+name] = input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		}
	}
	return tokens
}

func confusedAlgs(f *forger) map[string]string {
	rsaKey, rsaKid := f.key(jose.RS256)
	ecKey, ecKid := f.key(jose.ES256)
	edKey, edKid := f.key(jose.EdDSA)
	_, psKid := f.key(jose.PS256)
	with := func(key crypto.Signer, alg, kid string) string {
		return sign(f.w.t, key, f.headed(map[string]any{"alg": alg, "kid": kid}), f.payload)
	}
	return map[string]string{
		"rsa_as_ps256":       with(rsaKey, jose.PS256, rsaKid),
		"rsa_under_ps256":    with(rsaKey, jose.RS256, psKid),
		"rsa_as_rs512":       with(rsaKey, "RS512", rsaKid),
		"rsa_as_rs1":         with(rsaKey, "RS1", rsaKid),
		"ecdsa_as_rs256":     with(ecKey, jose.RS256, ecKid),
		"ecdsa_under_rsa":    with(ecKey, jose.ES256, rsaKid),
		"ecdsa_as_es384":     with(ecKey, "ES384", ecKid),
		"eddsa_as_es256":     with(edKey, jose.ES256, edKid),
		"eddsa_under_ecdsa":  with(edKey, jose.EdDSA, ecKid),
		"alg_in_small":       with(rsaKey, "rs256", rsaKid),
		"alg_is_a_list":      f.signed(strings.Replace(f.header, `"RS256"`, `["RS256"]`, 1), f.payload),
		"alg_with_blank":     with(rsaKey, "RS256 ", rsaKid),
		"alg_of_encryption":  with(rsaKey, "RSA-OAEP", rsaKid),
		"kid_of_another_key": with(rsaKey, jose.RS256, edKid),
	}
}

// 72: tokens of one kind as another.

func otherTyps(f *forger) map[string]string {
	tokens := map[string]string{}
	for _, typ := range []any{"at+jwt", "logout+jwt", "secevent+jwt", "oauth-authz-req+jwt", "dpop+jwt", "token-introspection+jwt", "jwt", "application/jwt", "", nil, []string{"JWT"}} {
		tokens[fmt.Sprint(typ)] = f.signed(f.headed(map[string]any{"typ": typ}), f.payload)
	}
	return tokens
}

func otherClaims(f *forger) map[string]string {
	with := func(name string, value any) string {
		return f.signed(f.header, f.claiming(map[string]any{name: value}))
	}
	return map[string]string{
		"other_issuer":            with("iss", "https://evil.example"),
		"issuer_with_slash":       with("iss", f.w.issuer+"/"),
		"issuer_in_capitals":      with("iss", strings.ToUpper(f.w.issuer)),
		"no_issuer":               with("iss", nil),
		"issuer_is_a_list":        with("iss", []string{f.w.issuer}),
		"no_audience":             with("aud", nil),
		"empty_audience":          with("aud", []string{}),
		"more_audiences":          with("aud", []string{f.rp.client.ID, "other"}),
		"no_subject":              with("sub", nil),
		"no_exp":                  with("exp", nil),
		"no_iat":                  with("iat", nil),
		"exp_is_text":             with("exp", "9999999999"),
		"exp_is_no_whole_number":  with("exp", 9999999999.5),
		"exp_is_enormous":         with("exp", json.Number("1e99")),
		"claims_of_another_shape": f.signed(f.header, `{"iss":{"iss":"`+f.w.issuer+`"}}`),
	}
}

// foreignIDToken: what another client got is of no use at this one.
func foreignIDToken(t *testing.T, w *world) {
	f := newForger(t, w)
	other := w.register("other", withRefresh).tokens(f.browser).text("id_token")
	w.recorded(core.EventAuthorizeRefused, "hint_untrusted", func() {
		wantErrorRedirect(t, w, f.browser.get(f.rp.authorizeURL("prompt", "none", "id_token_hint", other)), "login_required")
	})
	w.recorded(core.EventRequestRefused, "hint_other_client", func() {
		f.asked(f.browser.get(f.logoutURL(other) + "&client_id=" + f.rp.client.ID))
	})
	w.recorded(core.EventRequestRefused, "post_logout_redirect_uri_unregistered", func() {
		if p := f.browser.get(f.logoutURL(other)); p.location != nil {
			t.Errorf("sent to %s by the ID token of a client that did not register it", p.location)
		}
	})
}

// wrongKinds are credentials that are good for something else.
func (f *forger) wrongKinds(b *browser, leaveOut string) map[string]string {
	kinds := map[string]string{
		"id_token": f.idToken(), "access_token": f.set.text("access_token"), "refresh_token": f.set.text("refresh_token"),
		"code": f.rp.code(b, "alice"), "session": b.cookies["__Host-postern-session"], "browser": b.cookies["__Host-postern-browser"],
		"client_secret": f.rp.secret, "jwt_of_type_at+jwt": f.signed(f.headed(map[string]any{"typ": "at+jwt"}), f.payload),
	}
	for name, value := range kinds {
		if value == "" {
			f.w.t.Fatalf("no %s", name)
		}
		f.w.hide(value)
	}
	delete(kinds, leaveOut)
	return kinds
}

// renamed gives a credential the prefix of another kind.
func renamed(prefix, credential string) string {
	_, rest, found := strings.Cut(credential, "_")
	if !found {
		rest = credential
	}
	return prefix + "_" + rest
}

func tokensAsAccessToken(t *testing.T, w *world) {
	f := newForger(t, w)
	for name, token := range f.wrongKinds(f.browser, "access_token") {
		w.each(name, func() { w.deniesAccess(token, "") })
		w.each(name+"_renamed", func() { w.deniesAccess(renamed("at", token), "") })
	}
	f.control()
}

func tokensAsCode(t *testing.T, w *world) {
	f := newForger(t, w)
	for name, token := range f.wrongKinds(f.browser, "code") {
		w.each(name, func() { w.refuses(f.rp.callCode(token), http.StatusBadRequest, "invalid_grant", "malformed_code") })
		w.each(name+"_renamed", func() {
			w.refuses(f.rp.callCode(renamed("code", token)), http.StatusBadRequest, "invalid_grant", "")
		})
	}
	f.control()
}

func tokensAsRefreshToken(t *testing.T, w *world) {
	f := newForger(t, w)
	for name, token := range f.wrongKinds(f.browser, "refresh_token") {
		w.each(name, func() {
			w.refuses(f.rp.callRefresh(token), http.StatusBadRequest, "invalid_grant", "malformed_refresh_token")
		})
		w.each(name+"_renamed", func() {
			w.refuses(f.rp.callRefresh(renamed("rt", token)), http.StatusBadRequest, "invalid_grant", "")
		})
	}
	f.control()
}

// tokensAsSession: who has a token of a person is not that person.
func tokensAsSession(t *testing.T, w *world) {
	f := newForger(t, w)
	for name, token := range f.wrongKinds(f.browser, "session") {
		for _, value := range []string{token, renamed("session", token)} {
			w.each(name, func() {
				thief := newBrowser(w.t, w.issuer)
				thief.cookies["__Host-postern-session"] = value
				w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
					wantErrorRedirect(w.t, w, thief.get(f.rp.authorizeURL("prompt", "none")), "login_required")
				})
			})
		}
	}
	f.control()
}

// 73 to 75: the header.

func criticals(f *forger) map[string]string {
	tokens := map[string]string{}
	for name, members := range map[string]map[string]any{
		"unknown":           {"crit": []string{"https://evil.example/ext"}, "https://evil.example/ext": true},
		"unknown_not_there": {"crit": []string{"ext"}},
		"b64":               {"crit": []string{"b64"}, "b64": true},
		"b64_false":         {"crit": []string{"b64"}, "b64": false},
		"exp":               {"crit": []string{"exp"}, "exp": 1},
		"known_parameter":   {"crit": []string{"alg"}},
		"empty":             {"crit": []string{}},
		"text":              {"crit": "ext"},
		"number":            {"crit": 1},
	} {
		tokens[name] = f.signed(f.headed(members), f.payload)
	}
	tokens["null"] = f.signed(strings.Replace(f.header, "{", `{"crit":null,`, 1), f.payload)
	return tokens
}

func kids(f *forger) map[string]string {
	_, own := f.key(jose.RS256)
	tokens := map[string]string{}
	for name, kid := range map[string]any{
		"path": "../../../../etc/passwd", "absolute_path": "/dev/null", "file": "file:///dev/null", "address": "https://evil.example/key",
		"sql": "' OR '1'='1", "sql_union": "x' UNION SELECT 'key' --", "sql_like": "%", "command": "x; cat /etc/passwd", "template": "{{.Key}}",
		"nul": own + "\x00", "blank": own + " ", "line_feed": own + "\n", "wildcard": "*", "empty": "", "prefix": own[:10], "capitals": strings.ToUpper(own),
		"10_kib": strings.Repeat("k", 7<<10), "40_kib": strings.Repeat("k", 25<<10), "number": 1, "list": []string{own}, "object": map[string]string{"kid": own}, "absent": nil,
	} {
		tokens[name] = f.signed(f.headed(map[string]any{"kid": kid}), f.payload)
	}
	return tokens
}

// tooLarge checks that a token that is larger than any request is refused without
// being read.
func (f *forger) tooLarge(token string) {
	f.w.t.Helper()
	body := url.Values{"id_token_hint": {token}}.Encode()
	beginning := body[:1<<10]
	for _, path := range []string{oauth.PathAuthorize, oauth.PathEndSession, oauth.PathUserInfo, oauth.PathToken} {
		f.w.recorded(core.EventRequestRefused, "body_too_large", func() {
			f.w.t.Helper()
			if status := f.w.announce(path, len(body), beginning); status != http.StatusRequestEntityTooLarge {
				f.w.t.Errorf("%s: status %d", path, status)
			}
		})
	}
	conn := f.w.dial()
	defer conn.Close()
	// In a header it ends at the limit of headers. The server hangs up while it is
	// still being sent, so its answer may get lost.
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", oauth.PathUserInfo, token)
	status := make([]byte, len("HTTP/1.1 431"))
	if _, err := conn.Read(status); err == nil && string(status) != "HTTP/1.1 431" {
		f.w.t.Errorf("answered %q", status)
	}
}

// embeddedKeys: a stranger signs with a key that the token itself brings, or says
// where to find. The server must neither believe it nor go there.
func embeddedKeys(t *testing.T, w *world) {
	f := newForger(t, w)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var visitors atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			visitors.Add(1)
			conn.Close()
		}
	}()
	address := "http://" + listener.Addr().String() + "/keys"
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(stranger.Public())
	if err != nil {
		t.Fatal(err)
	}
	point, err := stranger.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, ours := f.key(jose.ES256)
	for name, value := range map[string]any{
		"jwk": map[string]string{"kty": "EC", "crv": "P-256", "kid": "mine", "x": encoded(string(point[1:33])), "y": encoded(string(point[33:]))},
		"jku": address, "x5u": address, "x5c": []string{base64.StdEncoding.EncodeToString(der)},
		"x5t": encoded(strings.Repeat("x", 20)), "x5t#S256": encoded(strings.Repeat("x", 32)),
	} {
		for kid, id := range map[string]any{"with_a_kid_of_its_own": "mine", "with_our_kid": ours, "without_kid": nil} {
			w.each(name+"_"+kid, func() {
				f.distrusted(sign(w.t, stranger, f.headed(map[string]any{"alg": jose.ES256, "kid": id, name: value}), f.payload))
			})
		}
	}
	f.control()
	listener.Close()
	if n := visitors.Load(); n > 0 {
		t.Errorf("the server went %d times to an address in a token", n)
	}
}

// 76, 79, 83: the form.

func deepJSON(f *forger) map[string]string {
	deep := func(open, end string, depth int) string {
		return `{"a":` + strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth) + "}"
	}
	within := func(object, deep string) string { return strings.TrimSuffix(object, "}") + "," + deep[1:] }
	parts := strings.Split(f.idToken(), ".")
	return map[string]string{
		"lists_in_payload":     f.signed(f.header, within(f.payload, deep("[", "]", 5000))),
		"objects_in_payload":   f.signed(f.header, within(f.payload, deep(`{"a":`, "}", 1500))),
		"17_lists_in_payload":  f.signed(f.header, within(f.payload, deep("[", "]", 17))),
		"lists_in_header":      f.signed(within(f.header, deep("[", "]", 5000)), f.payload),
		"objects_in_header":    f.signed(within(f.header, deep(`{"a":`, "}", 1500)), f.payload),
		"lists_that_never_end": encoded(strings.Repeat("[", 10_000)) + "." + parts[1] + "." + parts[2],
		"deeper_than_allowed":  encoded(deep("[", "]", 20_000)) + "." + parts[1] + "." + parts[2],
	}
}

func duplicateMembers(f *forger) map[string]string {
	add := func(object, member string) string { return strings.TrimSuffix(object, "}") + "," + member + "}" }
	return map[string]string{
		"sub":               f.signed(f.header, add(f.payload, `"sub":"somebody"`)),
		"sub_escaped":       f.signed(f.header, add(f.payload, `"s\u0075b":"somebody"`)),
		"aud":               f.signed(f.header, add(f.payload, `"aud":"other"`)),
		"the_same_iss":      f.signed(f.header, add(f.payload, fmt.Sprintf(`"iss":%q`, f.w.issuer))),
		"deep":              f.signed(f.header, add(f.payload, `"x":{"a":1,"a":2}`)),
		"alg":               f.signed(add(f.header, `"alg":"none"`), f.payload),
		"the_same_alg":      f.signed(add(f.header, `"alg":"RS256"`), f.payload),
		"kid":               f.signed(add(f.header, `"kid":"other"`), f.payload),
		"typ_escaped":       f.signed(add(f.header, `"t\u0079p":"at+jwt"`), f.payload),
		"sub_in_capitals":   f.signed(f.header, strings.Replace(f.payload, `"sub"`, `"SUB"`, 1)),
		"alg_in_capitals":   f.signed(strings.Replace(f.header, `"alg"`, `"ALG"`, 1), f.payload),
		"header_in_header":  f.signed(`{"header":`+f.header+`}`, f.payload),
		"trailing_data":     f.signed(f.header, f.payload+"{}"),
		"trailing_in_head":  f.signed(f.header+"{}", f.payload),
		"invalid_utf8":      f.signed(f.header, add(f.payload, "\"x\":\"\xff\"")),
		"invalid_utf8_head": f.signed(add(f.header, "\"x\":\"\xff\""), f.payload),
	}
}

func notObjects(f *forger) map[string]string {
	tokens := map[string]string{"five_parts": "e30.e30.e30.e30.e30", "four_parts": f.idToken() + ".e30", "one_part": "e30", "two_parts": "e30.e30"}
	for name, text := range map[string]string{"nothing": "", "null": "null", "text": `"x"`, "number": "1", "list": "[]", "empty": "{}", "half": `{"alg":`} {
		tokens["payload_"+name] = f.signed(f.header, text)
		tokens["header_"+name] = f.signed(text, f.payload)
	}
	return tokens
}

// inNoTime measures the worst of what a request can carry, together with the
// request itself: the fastest of some, since the machine may be busy.
func inNoTime(t *testing.T, w *world) {
	f := newForger(t, w)
	for name, token := range map[string]string{
		"dots":       strings.Repeat(".", 60_000),
		"deep":       deepJSON(f)["lists_in_header"],
		"long_kid":   kids(f)["40_kib"],
		"long_parts": strings.Repeat("e30", 20_000) + "." + encoded(f.payload) + ".AA",
	} {
		best := time.Hour
		for range 5 {
			begun := time.Now()
			f.browser.get(f.rp.authorizeURL("prompt", "none", "id_token_hint", token))
			best = min(best, time.Since(begun))
		}
		if best > 200*time.Millisecond {
			t.Errorf("%s: %v", name, best)
		}
	}
}

func notCanonical(f *forger) map[string]string {
	good := f.idToken()
	parts := strings.Split(good, ".")
	last := good[len(good)-1]
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	spare := alphabet[strings.IndexByte(alphabet, last)|1] // 256 bytes leave four bits
	return map[string]string{
		"padding":              good + "=",
		"padding_twice":        good + "==",
		"spare_bits":           good[:len(good)-1] + string(spare),
		"line_feed_in_middle":  parts[0] + "." + parts[1] + "." + parts[2][:10] + "\n" + parts[2][10:],
		"line_feed_at_end":     good + "\n",
		"line_feed_in_header":  good[:5] + "\r\n" + good[5:],
		"blank_before":         " " + good,
		"blank_after":          good + " ",
		"standard_alphabet":    parts[0] + "." + parts[1] + "." + strings.Repeat("+/", 171),
		"padding_of_the_parts": parts[0] + "=." + parts[1] + "=." + parts[2] + "=",
		"bearer_before":        "Bearer " + good,
	}
}

// notYetValid: a minute is more than clocks differ.
func notYetValid(f *forger) map[string]string {
	later := f.w.clock.Now().Add(time.Minute).Unix()
	return map[string]string{
		"iat":          f.signed(f.header, f.claiming(map[string]any{"iat": later})),
		"nbf":          f.signed(f.header, f.claiming(map[string]any{"nbf": later})),
		"iat_negative": f.signed(f.header, f.claiming(map[string]any{"iat": -1})),
		"nbf_is_text":  f.signed(f.header, f.claiming(map[string]any{"nbf": "0"})),
	}
}

// publishedKeys: what everybody may read has no private or symmetric part.
func publishedKeys(t *testing.T, w *world) {
	f := newForger(t, w)
	document, keys := w.published()
	public := []string{"alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"}
	for _, key := range keys {
		for name := range key {
			if !slices.Contains(public, name) {
				t.Errorf("a key is published with %q", name)
			}
		}
		if key["kty"] == "oct" {
			t.Error("a symmetric key is published")
		}
	}
	for _, alg := range jose.Algs() {
		private, _ := f.key(alg)
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		w.hide(base64.StdEncoding.EncodeToString(der), base64.RawURLEncoding.EncodeToString(der), string(der))
		if key, ok := private.(*rsa.PrivateKey); ok && bytes.Contains(document, []byte(encoded(string(key.D.Bytes())))) {
			t.Errorf("the private exponent of %s is published", alg)
		}
	}
}
