package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/flow"
)

// upstreamRefusals are about what other providers answer, and who comes back from them.
func upstreamRefusals() []refusal {
	return []refusal{
		{"103_state_of_an_upstream_sign_in", refuseUpstreamState},
		{"103_id_token_of_a_provider", refuseWrongIDTokens},
		{"103_callback_of_a_provider", refuseWrongCallbacks},
		{"103_answer_of_a_token_endpoint", refuseWrongTokenAnswers},
		{"103_answer_of_userinfo_and_keys", refuseWrongUserInfo},
		{"104_callback_used_twice", refuseSecondCallback},
		{"105_link_by_email", refuseLinkByEmail},
		{"106_link_needs_a_new_sign_in_and_a_post", refuseLink},
		{"107_subject_of_a_provider", refuseWrongSubjects},
		{"107_subject_of_another_provider", refuseSameSubject},
		{"108_closed_connector", refuseClosedConnectors},
		{"109_discovery", refuseWrongDiscovery},
		{"109_addresses_that_are_not_for_everybody", refuseProviderAddresses},
		{"109_slow_provider", refuseSlowProvider},
	}
}

// turnedAway goes to the URL, which must lead to an error page with a way back and a
// reference; nobody is signed in, nobody is made, and the audit log says why in one
// event of the sign-in. What the host of plugins and the capabilities have to say comes
// besides.
func (b *browser) turnedAway(w *world, target string, status int, reason string) {
	t := w.t
	t.Helper()
	people := w.people()
	before := w.events(core.EventFilter{Limit: 100_000})
	p := b.get(target)
	reference := p.text("correlation")
	if p.status != status || reference == "" || !p.has("back") {
		t.Errorf("status %d, want %d, with a reference and a way back:\n%s", p.status, status, p.body)
	}
	if strings.Contains(p.body, "hub.example") || strings.Contains(p.body, "127.0.0.1") || strings.Contains(p.body, "nonce") {
		t.Errorf("the page says too much:\n%s", p.body)
	}
	p.isPrivate()
	var told []string
	for _, e := range w.events(core.EventFilter{Limit: 100_000}) {
		switch {
		case slices.ContainsFunc(before, func(old core.Event) bool { return old.ID == e.ID }):
		case e.Type == core.EventPluginFailed || e.Type == core.EventPluginDenied || e.Type == core.EventPluginLoaded:
		default:
			told = append(told, string(e.Type)+" "+e.Detail["reason"])
			if e.Correlation != reference || e.Detail["connector"] == "" || e.UserID != "" {
				t.Errorf("recorded %+v", e)
			}
			if strings.HasSuffix(e.Detail["reason"], "_failed") && e.Detail["cause"] == "" {
				t.Errorf("nobody learns why: %+v", e)
			}
			if cause := e.Detail["cause"]; cause != "" && strings.Contains(html.UnescapeString(p.body), cause) {
				t.Errorf("the page tells it all: %s", p.body)
			}
		}
	}
	if len(told) != 1 || reason != "" && told[0] != reason {
		t.Errorf("recorded %q, want %q", told, reason)
	}
	if status == http.StatusBadGateway && !strings.Contains(w.log.String(), reference) {
		t.Error("the log does not say why")
	}
	if b.cookies[sessionCookie] != "" || b.signedIn() || w.people() != people {
		t.Error("somebody is signed in, or was made")
	}
}

// wrongs runs cases that each make one thing wrong at a provider of its own. step says
// where it shows: when the browser comes back, unless it is at the way there.
type wrong struct {
	name string
	make func(p *provider)
}

func refuseAtCallback(t *testing.T, w *world, reason string, cases []wrong) {
	rp := w.register("wiki", nil)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inner := w.in(t)
			p := inner.newProvider(fmt.Sprintf("hub-%d", i))
			p.connect(nil)
			c.make(p)
			b := newBrowser(t, w.issuer)
			b.turnedAway(inner, b.callback(rp, p.name), http.StatusBadGateway, reason)
			inner.checkSecrets()
		})
	}
}

func claiming(claims members) func(*provider) {
	return func(p *provider) { p.claims = claims }
}

func refuseWrongIDTokens(t *testing.T, w *world) {
	w.allowLoopback()
	now := w.clock.Now().Unix()
	foreign := must(t)(rsa.GenerateKey(rand.Reader, 2048))
	refuseAtCallback(t, w, "upstream.failed connector_failed", []wrong{
		{"another nonce", claiming(members{"nonce": "another"})},
		{"no nonce", claiming(members{"nonce": nil})},
		{"nonce is a number", claiming(members{"nonce": 7})},
		{"another issuer", claiming(members{"iss": "https://evil.example"})},
		{"issuer with a slash", func(p *provider) { p.claims = members{"iss": p.issuer + "/"} }},
		{"no issuer", claiming(members{"iss": nil})},
		{"another audience", claiming(members{"aud": "another"})},
		{"no audience", claiming(members{"aud": nil})},
		{"two audiences and no azp", claiming(members{"aud": []string{"postern", "another"}})},
		{"azp is another", claiming(members{"aud": []string{"postern", "another"}, "azp": "another"})},
		{"azp is another of one audience", claiming(members{"azp": "another"})},
		{"no exp", claiming(members{"exp": nil})},
		{"exp is over", claiming(members{"exp": now - 61, "iat": now - 3600})},
		{"exp is text", claiming(members{"exp": fmt.Sprint(now + 3600)})},
		{"no iat", claiming(members{"iat": nil})},
		{"iat is to come", claiming(members{"iat": now + 120})},
		{"nbf is to come", claiming(members{"nbf": now + 120})},
		{"alg none", func(p *provider) { p.header = members{"alg": "none"} }},
		{"alg none without signature", func(p *provider) {
			p.header = members{"alg": "none"}
			p.token = unsigned
		}},
		{"unsigned", func(p *provider) { p.token = unsigned }},
		{"signed by nobody's key", func(p *provider) { p.signer = foreign }},
		{"kid that is not published", func(p *provider) { p.header = members{"kid": "k2"} }},
		{"signed with the secret", func(p *provider) { p.header = members{"alg": "HS256"} }},
		{"changed after signing", func(p *provider) {
			p.token = func(token string) string {
				parts := strings.Split(token, ".")
				return parts[0] + "." + encoded(strings.Replace(unencoded(t, parts[1]), "248289761001", "248289761002", 1)) + "." + parts[2]
			}
		}},
		{"members twice", func(p *provider) {
			p.token = func(token string) string {
				parts := strings.Split(token, ".")
				payload := strings.Replace(unencoded(t, parts[1]), "{", `{"sub":"another",`, 1)
				return sign(t, p.key, unencoded(t, parts[0]), payload)
			}
		}},
		{"a key of its own in the header", func(p *provider) {
			p.header, p.signer = members{"kid": nil, "jwk": members{
				"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(foreign.N.Bytes()), "e": "AQAB",
			}}, foreign
		}},
		{"no ID token", func(p *provider) { p.answer = members{"id_token": nil} }},
		{"ID token is a number", func(p *provider) { p.answer = members{"id_token": 7} }},
		{"ID token is no token", func(p *provider) { p.answer = members{"id_token": "x.y.z"} }},
	})
}

func unsigned(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }

func refuseWrongSubjects(t *testing.T, w *world) {
	w.allowLoopback()
	refuseAtCallback(t, w, "", []wrong{
		{"no sub", claiming(members{"sub": nil})},
		{"empty", claiming(members{"sub": ""})},
		{"a number", claiming(members{"sub": 248289761001})},
		{"a list", claiming(members{"sub": []string{"248289761001"}})},
		{"10 KiB", claiming(members{"sub": strings.Repeat("a", 10<<10)})},
		{"256 bytes", claiming(members{"sub": strings.Repeat("a", 256)})},
		{"with a line break", claiming(members{"sub": "a\nb"})},
		{"with NUL", claiming(members{"sub": "a\x00"})},
	})
}

// refuseSameSubject: a subject is one of its provider, so who is called the same at
// another, or a provider that calls everybody the same, takes over nobody.
func refuseSameSubject(t *testing.T, w *world) {
	w.allowLoopback()
	rp := w.register("wiki", nil)
	subjects := map[string]bool{}
	for _, name := range []string{"one", "two"} {
		p := w.newProvider(name)
		p.connect(nil)
		p.claims = members{"sub": "0", "preferred_username": "jane-of-" + name, "email": name + "@hub.example"}
		set := rp.redeem(newBrowser(t, w.issuer).upstreamCode(rp, name))
		subjects[fmt.Sprint(idTokenClaims(t, set.text("id_token"))["sub"])] = true
	}
	if len(subjects) != 2 {
		t.Errorf("two people of two providers are %d here", len(subjects))
	}
}

func refuseWrongTokenAnswers(t *testing.T, w *world) {
	w.allowLoopback()
	refuseAtCallback(t, w, "upstream.failed connector_failed", wrongAnswers(pathProviderToken, func(p *provider) http.HandlerFunc { return p.redeem }, []wrong{
		{"no access token", func(p *provider) { p.answer = members{"access_token": nil} }},
		{"access token is a number", func(p *provider) { p.answer = members{"access_token": 7} }},
		{"no token type", func(p *provider) { p.answer = members{"token_type": nil} }},
		{"another token type", func(p *provider) { p.answer = members{"token_type": "mac"} }},
		{"code refused", func(p *provider) { p.secret = "another" }},
	}))
}

func refuseWrongUserInfo(t *testing.T, w *world) {
	w.allowLoopback()
	userInfo := func(p *provider) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { p.send(rw, members{"sub": "248289761001"}, nil) }
	}
	keys := func(p *provider) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { p.send(rw, members{"keys": []any{p.publicKey()}}, nil) }
	}
	cases := wrongAnswers(pathProviderUserInfo, userInfo, []wrong{
		{"of another person", func(p *provider) { p.userInfo = members{"sub": "248289761002"} }},
		{"without sub", func(p *provider) { p.userInfo = members{"sub": nil} }},
	})
	cases = append(cases, wrongAnswers(pathProviderKeys, keys, []wrong{
		{"keys: none", func(p *provider) {
			p.instead[pathProviderKeys] = answers(http.StatusOK, "application/json", `{"keys":[]}`)
		}},
		{"keys: no list", func(p *provider) {
			p.instead[pathProviderKeys] = answers(http.StatusOK, "application/json", `{"keys":{}}`)
		}},
	})...)
	refuseAtCallback(t, w, "upstream.failed connector_failed", cases)
}

// wrongAnswers adds what every document may have wrong. good makes the right one.
func wrongAnswers(path string, good func(*provider) http.HandlerFunc, more []wrong) []wrong {
	document := func(p *provider, r *http.Request) string {
		recorder := &recorder{header: http.Header{}}
		good(p)(recorder, r)
		return recorder.body.String()
	}
	instead := func(answer func(rw http.ResponseWriter, r *http.Request, p *provider)) func(*provider) {
		return func(p *provider) {
			p.instead[path] = func(rw http.ResponseWriter, r *http.Request) { answer(rw, r, p) }
		}
	}
	wrongs := []wrong{
		{"nothing there", instead(func(rw http.ResponseWriter, r *http.Request, _ *provider) { http.NotFound(rw, r) })},
		{"broken", instead(func(rw http.ResponseWriter, _ *http.Request, _ *provider) {
			rw.WriteHeader(http.StatusInternalServerError)
		})},
		{"a page", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			rw.Header().Set("Content-Type", "text/html")
			io.WriteString(rw, document(p, r))
		})},
		{"no type", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			rw.Header()["Content-Type"] = nil
			io.WriteString(rw, document(p, r))
		})},
		{"no JSON", instead(func(rw http.ResponseWriter, _ *http.Request, _ *provider) {
			answers(http.StatusOK, "application/json", "<html>")(rw, nil)
		})},
		{"a list", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			answers(http.StatusOK, "application/json", "["+document(p, r)+"]")(rw, nil)
		})},
		{"something after it", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			answers(http.StatusOK, "application/json", document(p, r)+"{}")(rw, nil)
		})},
		{"a member twice", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			text := document(p, r)
			answers(http.StatusOK, "application/json", "{"+text[1:len(text)-1]+","+text[1:])(rw, nil)
		})},
		{"huge", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			answers(http.StatusOK, "application/json", document(p, r)+strings.Repeat(" ", 2<<20))(rw, nil)
		})},
		{"huge when it is unpacked", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Header().Set("Content-Type", "application/json")
			packed := gzip.NewWriter(rw)
			io.WriteString(packed, document(p, r)+strings.Repeat(" ", 16<<20))
			packed.Close()
		})},
		{"redirected elsewhere", instead(func(rw http.ResponseWriter, r *http.Request, _ *provider) {
			http.Redirect(rw, r, "http://127.0.0.1:1"+path, http.StatusTemporaryRedirect)
		})},
		{"redirected in circles", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			http.Redirect(rw, r, p.issuer+path, http.StatusTemporaryRedirect)
		})},
		{"cut off", instead(func(rw http.ResponseWriter, r *http.Request, p *provider) {
			text := document(p, r)
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Length", fmt.Sprint(len(text)))
			io.WriteString(rw, text[:len(text)-1])
		})},
	}
	for i := range wrongs {
		wrongs[i].name = strings.Trim(path, "/.") + ": " + wrongs[i].name
	}
	return append(wrongs, more...)
}

func answers(status int, contentType, text string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		rw.WriteHeader(status)
		io.WriteString(rw, text)
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) WriteHeader(int)             {}

func bringing(change func(url.Values)) func(*provider) {
	return func(p *provider) { p.back = change }
}

func refuseWrongCallbacks(t *testing.T, w *world) {
	w.allowLoopback()
	refuseAtCallback(t, w, "", []wrong{
		{"no code", bringing(func(back url.Values) { back.Del("code") })},
		{"a code that nobody gave", bringing(func(back url.Values) { back.Set("code", "invented") })},
		{"a code of 5 KiB", bringing(func(back url.Values) { back.Set("code", strings.Repeat("a", 5<<10)) })},
		{"iss of another", bringing(func(back url.Values) { back.Set("iss", "https://evil.example") })},
		{"code and error", bringing(func(back url.Values) { back.Set("error", "invalid_scope") })},
		{"server_error", bringing(func(back url.Values) {
			back.Del("code")
			back.Set("error", "server_error")
			back.Set("error_description", "<script>hub.example</script>")
		})},
		{"an error that nobody knows", bringing(func(back url.Values) {
			back.Del("code")
			back.Set("error", "no_such_error")
		})},
		{"iss is missing where it is announced", func(p *provider) {
			p.discovery = members{"authorization_response_iss_parameter_supported": true}
		}},
	})
	// Who gives up comes back to the login page.
	p := w.newProvider("lab")
	p.connect(nil)
	p.back = func(back url.Values) { back.Del("code"); back.Set("error", "access_denied") }
	rp := w.register("cancelled", nil)
	b := newBrowser(t, w.issuer)
	target := b.callback(rp, "lab")
	w.recorded(core.EventUpstreamRefused, "", func() {
		page := b.get(target)
		if page.status != http.StatusOK || !page.has("login") || !strings.Contains(page.body, "You came back from The Hub without signing in.") {
			t.Errorf("who gave up sees status %d:\n%s", page.status, page.body)
		}
	})
	if b.signedIn() {
		t.Error("signed in")
	}
}

// allowLoopback lets the server ask the providers of the test.
func (w *world) allowLoopback() {
	w.private = append(w.private, loopback)
	w.restart()
}

// in gives the world to an inner test.
func (w *world) in(t *testing.T) *world {
	return &world{
		t: t, app: w.app, issuer: w.issuer, clock: w.clock, log: w.log, dir: w.dir, stop: w.stop, private: w.private,
		secrets: slices.Clone(w.secrets),
	}
}

func refuseUpstreamState(t *testing.T, w *world) {
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(nil)
	b := newBrowser(t, w.issuer)
	good := b.callback(rp, "hub")
	parsed, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(state string) string {
		query := parsed.Query()
		query.Set("state", state)
		if state == "" {
			query.Del("state")
		}
		return parsed.Path + "?" + query.Encode()
	}
	state := parsed.Query().Get("state")
	p.requests()
	for _, wrong := range []struct{ name, target, reason string }{
		{"none", with(""), "state_missing"},
		{"another's words", with("af0ifjsldkj"), "state_unknown"},
		{"one letter less", with(state[:len(state)-1]), "state_unknown"},
		{"another secret", with(state[:len(state)-2] + "AA"), "state_unknown"},
	} {
		b.refused(w, http.MethodGet, wrong.target, nil, core.EventStepRefused, wrong.reason)
	}
	// Login CSRF: somebody else's answer signs nobody in.
	victim := newBrowser(t, w.issuer)
	victim.refused(w, http.MethodGet, good, nil, core.EventStepRefused, "browser_unknown")
	victim.get(rp.authorizeURL())
	victim.refused(w, http.MethodGet, good, nil, core.EventStepRefused, "browser_other")
	if victim.signedIn() || b.signedIn() || len(p.requests()) != 0 {
		t.Error("somebody is signed in, or the provider was asked")
	}
	// A header says nothing of where the callback came to (number 30).
	b.header.Set("Host", "evil.example")
	b.header.Set("X-Forwarded-Host", "evil.example")
	if page := b.get(good); !strings.HasPrefix(page.leaves(), theCallback+"?code=") || strings.Contains(page.body, "evil.example") {
		t.Errorf("the good one: status %d, to %q", page.status, page.leaves())
	}
}

func refuseSecondCallback(t *testing.T, w *world) {
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(nil)
	b := newBrowser(t, w.issuer)
	target := b.callback(rp, "hub")
	first := b.get(target)
	if first.leaves() == "" {
		t.Fatalf("status %d:\n%s", first.status, first.body)
	}
	session := b.cookies[sessionCookie]
	p.requests()
	b.refused(w, http.MethodGet, target, nil, core.EventStepRefused, "state_unknown")
	if b.cookies[sessionCookie] != session || len(p.requests()) != 0 {
		t.Error("the second callback did something")
	}
	// Of many at once one signs in at most: the provider takes the code once, and who is
	// refused there first uses up the state.
	other := newBrowser(t, w.issuer)
	target = other.callback(rp, "hub")
	sessions := 0
	for _, answer := range other.raceGet(w, 8, target) {
		if slices.ContainsFunc(answer.header["Set-Cookie"], func(c string) bool { return strings.HasPrefix(c, sessionCookie) }) {
			sessions++
		}
	}
	if signedIn := len(w.events(core.EventFilter{Type: core.EventSignedIn, Limit: 100})); sessions > 1 || signedIn != 1+sessions {
		t.Errorf("%d sessions of one callback, %d sign-ins", sessions, signedIn)
	}
	// A posted answer is kept once, and waits for its browser.
	third := newBrowser(t, w.issuer)
	target = third.callback(rp, "hub")
	sent, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	foreign := newBrowser(t, w.issuer)
	foreign.header.Set("Origin", p.issuer)
	foreign.header.Set("Sec-Fetch-Site", "cross-site")
	kept := foreign.send(http.MethodPost, sent.Path, sent.Query())
	if kept.status != http.StatusSeeOther || kept.location == nil || kept.location.Query().Has("code") || len(kept.header["Set-Cookie"]) > 0 {
		t.Fatalf("kept with status %d, to %v", kept.status, kept.location)
	}
	again := foreign.send(http.MethodPost, sent.Path, sent.Query())
	if again.status != http.StatusBadRequest {
		t.Errorf("kept twice: status %d", again.status)
	}
	if page := third.get(kept.location.String()); !strings.HasPrefix(page.leaves(), theCallback+"?code=") {
		t.Errorf("its browser: status %d, to %q:\n%s", page.status, page.leaves(), page.body)
	}
}

// raceGet sends the same request n times at once.
func (b *browser) raceGet(w *world, n int, target string) []answer {
	w.t.Helper()
	done := make(chan answer, n)
	for range n {
		request := b.request(target, nil)
		request.Method, request.Body = http.MethodGet, nil
		go func() { done <- w.do(request) }()
	}
	var all []answer
	for range n {
		all = append(all, <-done)
	}
	return all
}

func refuseLinkByEmail(t *testing.T, w *world) {
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.LinkByEmail = true })
	for _, person := range []struct {
		name     string
		email    string
		verified bool
		admin    bool
	}{
		{"alice", "alice@hub.example", true, false},
		{"local", "local@hub.example", false, false},
		{"boss", "boss@hub.example", true, true},
		{"two", "two@x@hub.example", true, false},
		{"quoted", `"quoted"@hub.example`, true, false},
		{"accent", "acc\u00e9nt@hub.example", true, false},
		{"upper", "Upper@hub.example", true, false},
	} {
		user := core.User{
			ID: core.NewID(w.clock.Now(), rand.Reader), Org: core.DefaultOrganisation, Name: person.name, Email: person.email, EmailVerified: person.verified,
			Admin: person.admin, CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
		}
		if err := w.app.Store.Apply(t.Context(), core.CreateUser{User: user}); err != nil {
			t.Fatal(err)
		}
	}
	for i, claims := range []members{
		{"email": "alice@hub.example", "email_verified": false},
		{"email": "alice@hub.example", "email_verified": "true"},
		{"email": "alice@hub.example", "email_verified": nil},
		{"email": "Alice@hub.example"},
		{"email": "alice@HUB.example"},
		{"email": " alice@hub.example"},
		{"email": "local@hub.example"},
		{"email": "boss@hub.example"},
		{"email": "two@x@hub.example"},
		{"email": `"quoted"@hub.example`},
		{"email": "acc\u00e9nt@hub.example"},
		{"email": "upper@hub.example"},
	} {
		t.Run(fmt.Sprint(claims), func(t *testing.T) {
			inner := w.in(t)
			claims["sub"], claims["preferred_username"] = fmt.Sprintf("subject-%d", i), fmt.Sprintf("stranger-%d", i)
			p.claims = claims
			b := newBrowser(t, w.issuer)
			b.turnedAwayLinked(inner, b.callback(rp, "hub"))
		})
	}
	p.claims = members{"email": "alice@hub.example"}
	set := rp.redeem(newBrowser(t, w.issuer).upstreamCode(rp, "hub"))
	alice, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "alice")
	if err != nil || idTokenClaims(t, set.text("id_token"))["sub"] != string(alice.ID) {
		t.Errorf("both verified: %s, %v", set.body, err)
	}
}

// turnedAwayLinked is turnedAway for an account that is somebody's here: the one text
// for all reasons, and no link.
func (b *browser) turnedAwayLinked(w *world, target string) {
	w.t.Helper()
	users, err := w.app.Store.Users(w.t.Context(), core.UserFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	page := b.get(target)
	if page.status != http.StatusForbidden || !strings.Contains(page.body, "No account here goes with this sign-in") || b.signedIn() {
		w.t.Errorf("status %d:\n%s", page.status, page.body)
	}
	if w.people() != len(users) {
		w.t.Error("somebody was made beside the one who has the address")
	}
	for _, user := range users {
		links, err := w.app.Store.Links(w.t.Context(), user.ID)
		if err != nil || len(links) > 0 {
			w.t.Errorf("%s is linked to %+v, %v", user.Name, links, err)
		}
	}
}

func refuseLink(t *testing.T, w *world) {
	p := w.newProvider("hub")
	p.connect(nil)
	alice, bob := w.user("alice"), w.user("bob")
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	home := b.get("/account/security")
	target, form := home.submission("link-hub", nil)
	links := func(id core.ID) int {
		list, err := w.app.Store.Links(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	// Not by GET, not without a session, not from another site, not with another link.
	if page := b.send(http.MethodGet, target+"?"+form.Encode(), nil); page.status != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d", page.status)
	}
	stranger := newBrowser(t, w.issuer)
	stranger.refused(w, http.MethodPost, target, form, core.EventStepRefused, "session_unknown")
	b.header.Set("Sec-Fetch-Site", "cross-site")
	b.refused(w, http.MethodPost, target, form, core.EventRequestRefused, "cross_origin")
	b.header.Del("Sec-Fetch-Site")
	b.refused(w, http.MethodPost, target, url.Values{"connector": {"hub"}}, core.EventRequestRefused, "step_missing")
	other := newBrowser(t, w.issuer)
	other.get("/login").signIn("bob", thePassword)
	other.refused(w, http.MethodPost, target, form, core.EventStepRefused, "step_forged")
	// Nothing in the form says whose it will be.
	form.Set("user", string(bob.ID))
	form.Set("user_id", string(bob.ID))
	form.Set("subject", "x")
	back := b.throughProvider(b.send(http.MethodPost, target, form).leaves())
	other.refused(w, http.MethodGet, back, nil, core.EventStepRefused, "browser_other")
	if page := b.get(back); page.status != http.StatusOK || links(alice.ID) != 1 || links(bob.ID) != 0 {
		t.Errorf("status %d, %d links of alice, %d of bob", page.status, links(alice.ID), links(bob.ID))
	}
	// It is alice's now, and nobody takes it from her.
	otherHome := other.get("/account/security")
	page := other.get(other.throughProvider(otherHome.press("link-hub", nil).leaves()))
	if page.status != http.StatusForbidden || links(bob.ID) != 0 || links(alice.ID) != 1 {
		t.Errorf("linked by two: status %d", page.status)
	}
	// After five minutes who is at the browser has to prove who they are.
	w.clock.advance(5*time.Minute + time.Second)
	home = b.get("/account/security")
	target, form = home.submission("unlink-0", nil)
	p.requests()
	if page := b.post(target, form); !page.has("login") || links(alice.ID) != 1 {
		t.Errorf("an old session unlinks: status %d", page.status)
	}
	form.Set("connector", "hub")
	form.Del("subject")
	if page := b.post(flow.PathLink, form); !page.has("login") || len(p.requests()) != 0 {
		t.Errorf("an old session links: status %d", page.status)
	} else {
		page.signIn("alice", thePassword)
	}
	if b.get("/account/security").press("unlink-0", nil); links(alice.ID) != 0 {
		t.Error("a new session does not unlink")
	}
}

func refuseClosedConnectors(t *testing.T, w *world) {
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(input *admin.NewConnector, _ *core.Connector) {
		input.Clients = []string{w.register("other", nil).client.ID}
	})
	// It is another client's: neither hint nor form leads there.
	b := newBrowser(t, w.issuer)
	page := b.get(rp.authorizeURL("idp_hint", "hub"))
	if !page.has("login") || page.has("upstream-hub") {
		t.Errorf("offered: status %d\n%s", page.status, page.body)
	}
	target, form := page.submission("login", nil)
	form.Set("action", "upstream")
	form.Set("connector", "hub")
	closed := b.send(http.MethodPost, target, form)
	if closed.status != http.StatusForbidden || !closed.has("back") || len(p.requests()) != 0 {
		t.Errorf("closed: status %d\n%s", closed.status, closed.body)
	}
	// One that is disabled while the browser is there signs nobody in.
	lab := w.newProvider("lab")
	lab.connect(nil)
	b = newBrowser(t, w.issuer)
	back := b.callback(rp, "lab")
	if err := w.app.Admin.DisableConnector(t.Context(), cli, "lab"); err != nil {
		t.Fatal(err)
	}
	lab.requests()
	b.turnedAway(w, back, http.StatusForbidden, "upstream.refused connector_disabled")
	if seen := lab.requests(); len(seen) != 0 {
		t.Errorf("the provider was asked %q", seen)
	}
	if page := newBrowser(t, w.issuer).get(rp.authorizeURL("idp_hint", "lab")); !page.has("login") || page.has("upstream-lab") {
		t.Errorf("a disabled one is offered: status %d", page.status)
	}
}

func refuseWrongDiscovery(t *testing.T, w *world) {
	w.allowLoopback()
	rp := w.register("wiki", nil)
	good := func(p *provider) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			delete(p.instead, pathProviderDiscovery)
			p.serve(rw, r)
		}
	}
	cases := wrongAnswers(pathProviderDiscovery, good, []wrong{
		{"of another issuer", func(p *provider) { p.discovery = members{"issuer": "https://evil.example"} }},
		{"with a slash after the issuer", func(p *provider) { p.discovery = members{"issuer": p.issuer + "/"} }},
		{"without an issuer", func(p *provider) { p.discovery = members{"issuer": nil} }},
		{"without an authorization endpoint", func(p *provider) { p.discovery = members{"authorization_endpoint": nil} }},
		{"without a token endpoint", func(p *provider) { p.discovery = members{"token_endpoint": nil} }},
		{"without keys", func(p *provider) { p.discovery = members{"jwks_uri": nil} }},
		{"with an endpoint that is a script", func(p *provider) { p.discovery = members{"authorization_endpoint": "javascript:alert(1)"} }},
		{"with an endpoint for files", func(p *provider) { p.discovery = members{"authorization_endpoint": "ftp://evil.example/authorize"} }},
		{"with an endpoint for somebody", func(p *provider) { p.discovery = members{"authorization_endpoint": "http://127.0.0.1@evil.example/"} }},
	})
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inner := w.in(t)
			p := inner.newProvider(fmt.Sprintf("hub-%d", i))
			p.connect(nil)
			c.make(p)
			b := newBrowser(t, w.issuer)
			b.turnedAway(inner, rp.authorizeURL("idp_hint", p.name), http.StatusBadGateway, "")
		})
	}
}

// refuseProviderAddresses: what an operator did not allow is not asked, however it is
// spelled, and neither is what a provider names that is not its own.
func refuseProviderAddresses(t *testing.T, w *world) {
	rp := w.register("wiki", nil)
	forbidden := w.newForbiddenProvider("forbidden")
	_, port, _ := strings.Cut(strings.TrimPrefix(forbidden.issuer, "http://"), ":")
	for i, host := range []string{"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"} {
		t.Run(host, func(t *testing.T) {
			inner := w.in(t)
			p := inner.newForbiddenProvider(fmt.Sprintf("hub-%d", i))
			p.issuer = "http://" + host + ":" + port
			if err := p.tryConnect(nil); err != nil {
				t.Logf("not even a connector: %v", err)
				return
			}
			b := newBrowser(t, w.issuer)
			b.turnedAway(inner, rp.authorizeURL("idp_hint", p.name), http.StatusBadGateway, "")
		})
	}
	if seen := forbidden.requests(); len(seen) != 0 {
		t.Errorf("the provider was asked %q", seen)
	}
	// A provider that may be asked names one that may not.
	for i, endpoint := range []string{"token_endpoint", "jwks_uri", "userinfo_endpoint"} {
		t.Run(endpoint, func(t *testing.T) {
			w.t = t
			p := w.newForbiddenProvider(fmt.Sprintf("lab-%d", i))
			w.private = append(w.private, strings.TrimPrefix(p.issuer, "http://"))
			w.restart()
			p.connect(nil)
			p.discovery = members{endpoint: forbidden.issuer + "/x"}
			b := newBrowser(t, w.issuer)
			target := rp.authorizeURL("idp_hint", p.name)
			if page := b.get(target); page.leaves() != "" {
				b = newBrowser(t, w.issuer)
				target = b.throughProvider(b.atProvider(rp, p.name))
			}
			b.turnedAway(w, target, http.StatusBadGateway, "")
		})
	}
	w.t = t
	if seen := forbidden.requests(); len(seen) != 0 {
		t.Errorf("the provider was asked %q", seen)
	}
}

func refuseSlowProvider(t *testing.T, w *world) {
	if testing.Short() {
		t.Skip("waits for the limits of outgoing requests")
	}
	rp := w.register("wiki", nil)
	ctx, release := context.WithCancel(t.Context())
	defer release()
	for name, path := range map[string]string{"slow-token": pathProviderToken, "slow-keys": pathProviderKeys} {
		p := w.newProvider(name)
		p.connect(nil)
		p.instead[path] = func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.WriteHeader(http.StatusOK)
			for {
				io.WriteString(rw, " ")
				rw.(http.Flusher).Flush()
				select {
				case <-ctx.Done():
					return
				case <-r.Context().Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
		b := newBrowser(t, w.issuer)
		b.turnedAway(w, b.callback(rp, name), http.StatusBadGateway, "upstream.failed connector_failed")
	}
}
