package standin

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// modes are all the ways to set the stand-in up.
var modes = []struct {
	name   string
	change func(*Config)
}{
	{"openid basic", func(c *Config) { c.Mode = MiniOrangeOpenID }},
	{"openid post", func(c *Config) { c.Mode, c.ClientAuth = MiniOrangeOpenID, Post }},
	{"openid with state and nonce", func(c *Config) { c.Mode, c.State, c.Nonce = MiniOrangeOpenID, true, true }},
	{"oauth basic", func(c *Config) { c.Mode = MiniOrangeOAuth }},
	{"oauth post", func(c *Config) { c.Mode, c.ClientAuth = MiniOrangeOAuth, Post }},
	{"atlassian", func(c *Config) { c.Mode = Atlassian }},
}

func openID(*Config)       {}
func custom(c *Config)     { c.Mode = MiniOrangeOAuth }
func dataCenter(c *Config) { c.Mode = Atlassian }

func TestSignIn(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			p := newFakeProvider(t)
			w := open(t, p, mode.change)
			page := w.signIn(p)
			for _, want := range []string{
				"You are signed in", "Your account was created.", `<dd id="user">alice</dd>`,
				`<dd id="display-name">Alice Liddell</dd>`, `<dd id="email">alice@example.com</dd>`, "<li>confluence-users</li>",
			} {
				if !strings.Contains(page, want) {
					t.Errorf("the page has no %s:\n%s", want, page)
				}
			}
			if again := w.signIn(p); !strings.Contains(again, "Welcome back.") {
				t.Errorf("the second sign-in: %s", again)
			}
		})
	}
}

func TestAuthorizationRequest(t *testing.T) {
	const code = "[A-Z0-9]{10}"
	const fixed = `client_id=client&scope=address\+phone\+openid\+profile\+offline_access\+email` +
		`&redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A8090%2Fplugins%2Fservlet%2Foauth%2Fcallback&response_type=code`
	const atlassians = `response_type=code&client_id=client&scope=openid\+profile\+email` +
		`&redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A8090%2Fplugins%2Fservlet%2Foidc%2Fcallback&state=` + code + `&nonce=` + code
	for _, test := range []struct {
		name, from string
		change     func(*Config)
		want       string
	}{
		{"openid", "/login", openID, fixed},
		{"oauth", "/login", custom, fixed},
		{"nonce", "/login", func(c *Config) { c.Nonce = true }, fixed + "&nonce=" + code},
		{"state", "/login", func(c *Config) { c.State = true }, fixed + "&state=" + code},
		{"both", "/login", func(c *Config) { c.State, c.Nonce = true, true }, fixed + "&nonce=" + code + "&state=" + code},
		{"a URL with a query", "/login", func(c *Config) { c.AuthorizationURL = c.Issuer + "/a?tenant=1" }, "tenant=1&" + fixed},
		{"atlassian", "/login", dataCenter, atlassians},
		{"atlassian again", "/login?reauthenticate", dataCenter, atlassians + "&prompt=login"},
		{"atlassian hint", "/login?login_hint=a%40b", dataCenter, atlassians + "&login_hint=a%40b"},
		{"openid is always asked for", "/login", func(c *Config) { c.Mode, c.Scope = Atlassian, "profile email" }, atlassians},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := open(t, newFakeProvider(t), test.change).leave(test.from)
			if !regexp.MustCompile("^" + test.want + "$").MatchString(got) {
				t.Errorf("got\n%s, want\n%s", got, test.want)
			}
		})
	}
}

func TestTokenRequest(t *testing.T) {
	const callback = "http%3A%2F%2F127.0.0.1%3A8090%2Fplugins%2Fservlet%2Foauth%2Fcallback"
	const body = "redirect_uri=" + callback + "&grant_type=authorization_code&code=c1"
	for _, test := range []struct {
		name   string
		change func(*Config)
		basic  string // before base64
		body   string
	}{
		{"miniOrange does not form-encode", openID, "client:sec ret/+%", body},
		{"in the body", func(c *Config) { c.ClientAuth = Post }, "", body + "&client_id=client&client_secret=sec+ret%2F%2B%25"},
		{"Atlassian form-encodes", dataCenter, "client:sec+ret%2F%2B%25", "grant_type=authorization_code&code=c1&redirect_uri=" + strings.Replace(callback, "oauth", "oidc", 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			open(t, p, test.change).signIn(p)
			got, found := p.last(tokenPath)
			if !found || got.method != http.MethodPost || got.body != test.body || got.query != "" {
				t.Errorf("got %s %q ?%s, want POST %q", got.method, got.body, got.query, test.body)
			}
			authorization := ""
			if test.basic != "" {
				authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(test.basic))
			}
			for name, want := range map[string]string{
				"Authorization": authorization, "Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded",
			} {
				if value := got.header.Get(name); value != want {
					t.Errorf("%s: got %q, want %q", name, value, want)
				}
			}
		})
	}
}

func TestUserInfoRequest(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		path   string // empty: nothing is asked
		query  string
	}{
		{"openid never asks", openID, "", ""},
		{"oauth", custom, userInfoPath, ""},
		{"a URL that ends in =", func(c *Config) { custom(c); c.UserInfoURL = c.Issuer + "/api/get-account?accessToken=" }, userInfoPath, "accessToken=at1"},
		{"atlassian does not ask for what it has", dataCenter, "", ""},
		{"atlassian asks for what it has not", func(c *Config) { dataCenter(c); c.UserName = "${login}" }, "/api/userinfo", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			p.userInfo = &reply{http.StatusOK, []byte(`{"sub":"u1","login":"alice"}`)}
			if page := open(t, p, test.change).signIn(p); !strings.Contains(page, "You are signed in") {
				t.Fatal(page)
			}
			var asked []received
			for _, r := range p.received {
				if r.path == userInfoPath || r.path == "/api/userinfo" {
					asked = append(asked, r)
				}
			}
			switch {
			case test.path == "" && len(asked) > 0:
				t.Errorf("it asked %v", asked)
			case test.path == "":
			case len(asked) != 1 || asked[0].path != test.path || asked[0].query != test.query || asked[0].method != http.MethodGet:
				t.Errorf("it asked %v", asked)
			case asked[0].header.Get("Authorization") != "Bearer at1":
				t.Errorf("Authorization: %q", asked[0].header.Get("Authorization"))
			}
		})
	}
}

// set gives a change that sets one member, and drop one that removes it.
func set(name string, to any) func(map[string]any) { return func(m map[string]any) { m[name] = to } }
func drop(name string) func(map[string]any)        { return func(m map[string]any) { delete(m, name) } }

type wrong struct {
	name   string
	change func(*Config)
	spoil  func(*fakeProvider)
	want   string // on the page; empty: it is accepted all the same
}

func checkAll(t *testing.T, cases []wrong) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			test.spoil(p)
			page := html.UnescapeString(open(t, p, test.change).signIn(p))
			signedIn := strings.Contains(page, "You are signed in")
			switch {
			case test.want == "" && !signedIn:
				t.Errorf("refused:\n%s", page)
			case test.want != "" && (signedIn || !strings.Contains(page, "You could not be signed in") || !strings.Contains(page, test.want)):
				t.Errorf("want %q, got\n%s", test.want, page)
			}
		})
	}
}

func at(p *fakeProvider, seconds int64) int64 { return p.now.Unix() + seconds }

func TestIDTokenAtMiniOrange(t *testing.T) {
	withNonce := func(c *Config) { c.Nonce = true }
	claims := func(name string, to any) func(*fakeProvider) {
		return func(p *fakeProvider) { p.claims = set(name, to) }
	}
	checkAll(t, []wrong{
		{"expired this second", openID, func(p *fakeProvider) { p.claims = set("exp", at(p, 0)) }, "expired at 2026-11-23 19:00:00.000 UTC"},
		{"a second to go", openID, func(p *fakeProvider) { p.claims = set("exp", at(p, 1)) }, ""},
		{"issued a second ahead", openID, func(p *fakeProvider) { p.claims = set("iat", at(p, 1)) }, "iat of the ID token is 2026-11-23 19:00:01.000 UTC"},
		{"valid a second ahead", openID, func(p *fakeProvider) { p.claims = set("nbf", at(p, 1)) }, "nbf of the ID token"},
		{"valid from now", openID, func(p *fakeProvider) { p.claims = set("nbf", at(p, 0)) }, ""},
		{"no exp", openID, func(p *fakeProvider) { p.claims = drop("exp") }, "has no exp"},
		{"no iat", openID, func(p *fakeProvider) { p.claims = drop("iat") }, "has no iat"},
		{"exp as a string", openID, claims("exp", "1795460400"), "exp of the ID token is no whole number"},
		{"iat with a fraction", openID, claims("iat", 1795460399.5), "iat of the ID token is no whole number"},
		{"aud in an array", openID, claims("aud", []string{"client"}), ""},
		{"aud with another", openID, claims("aud", []string{"client", "other"}), "for somebody else"},
		{"aud of another", openID, claims("aud", "other"), "for somebody else"},
		{"no aud", openID, func(p *fakeProvider) { p.claims = drop("aud") }, "for somebody else"},
		{"nonce", withNonce, func(*fakeProvider) {}, ""},
		{"another nonce", withNonce, claims("nonce", "AAAAAAAAAA"), "nonce"},
		{"no nonce", withNonce, func(p *fakeProvider) { p.claims = drop("nonce") }, "nonce"},
		{"another issuer, which it does not look at", openID, claims("iss", "https://other.example.com"), ""},
		{"no name", openID, func(p *fakeProvider) { p.claims = drop("preferred_username") }, `no attribute "preferred_username"`},
		{"no e-mail", openID, func(p *fakeProvider) { p.claims = drop("email") }, "a user is created only with an e-mail address"},
		{"blank e-mail", openID, claims("email", " "), "a user is created only with an e-mail address"},
		{"groups as objects", openID, claims("groups", []any{map[string]string{"name": "g"}}), ""},
		{"RS512", openID, func(p *fakeProvider) { p.header, p.sign = set("alg", "RS512"), signRS512 }, ""},
		{"PS256", openID, func(p *fakeProvider) { p.header, p.sign = set("alg", "PS256"), signPS256 }, `signed with "PS256"`},
		{"ES256", openID, func(p *fakeProvider) { p.header = set("alg", "ES256") }, `signed with "ES256"`},
		{"EdDSA", openID, func(p *fakeProvider) { p.header = set("alg", "EdDSA") }, `signed with "EdDSA"`},
		{"HS256", openID, func(p *fakeProvider) { p.header = set("alg", "HS256") }, `signed with "HS256"`},
		{"none", openID, func(p *fakeProvider) { p.header, p.sign = set("alg", "none"), func(string) []byte { return nil } }, `signed with "none"`},
		{"wrong signature", openID, func(p *fakeProvider) { p.sign = func(s string) []byte { return signRS256(s + "x") } }, "signature of the ID token is wrong"},
		{"no kid", openID, func(p *fakeProvider) { p.header = drop("kid") }, "does not name its key"},
		{"unknown kid", openID, func(p *fakeProvider) { p.header = set("kid", "k9") }, `the key "k9"`},
		{"kid of an EC key", openID, func(p *fakeProvider) { p.header = set("kid", "other") }, "no RSA key"},
		{"not a JWT", openID, func(p *fakeProvider) { p.token = set("id_token", "abc") }, "malformed"},
		{"padded base64", openID, func(p *fakeProvider) { p.token = set("id_token", "e30=.e30.AA") }, "malformed"},
	})
}

func TestKeysAtMiniOrange(t *testing.T) {
	checkAll(t, []wrong{
		{"x5c", openID, func(p *fakeProvider) {
			p.keys = func(key map[string]any) {
				key["x5c"] = []string{certificate(t, signingKey())}
				delete(key, "n")
			}
		}, ""},
		{"x5c of two", openID, func(p *fakeProvider) {
			one := certificate(t, signingKey())
			p.keys = set("x5c", []string{one, one})
		}, "exactly one certificate"},
		{"empty x5c", openID, func(p *fakeProvider) { p.keys = set("x5c", []string{}) }, "exactly one certificate"},
		{"x5c of another kind", openID, func(p *fakeProvider) { p.keys = set("x5c", []string{certificate(t, ecKey(t))}) }, "no RSA key"},
		{"x5c as base64url", openID, func(p *fakeProvider) { p.keys = set("x5c", []string{"_-"}) }, "no base64"},
		{"x5c of nothing", openID, func(p *fakeProvider) { p.keys = set("x5c", []string{"AAAA"}) }, "no certificate"},
		{"no modulus", openID, func(p *fakeProvider) { p.keys = drop("n") }, "malformed"},
		{"exponent 1", openID, func(p *fakeProvider) { p.keys = set("e", "AQ") }, "malformed"},
		{"status", openID, func(p *fakeProvider) { p.keysAnswer = &reply{http.StatusNotFound, nil} }, "status 404"},
		{"no JSON", openID, func(p *fakeProvider) { p.keysAnswer = &reply{http.StatusOK, []byte("<html>")} }, "no key set"},
		{"no keys", openID, func(p *fakeProvider) { p.keysAnswer = &reply{http.StatusOK, []byte("{}")} }, "has no such key"},
		{"nobody there", func(c *Config) { c.JWKSURL = "http://127.0.0.1:1/" }, func(*fakeProvider) {}, "cannot be read"},
	})
}

func TestTokenAnswer(t *testing.T) {
	noOpenID := func(c *Config) { c.Scope = "profile email" }
	answer := func(status int, body string) func(*fakeProvider) {
		return func(p *fakeProvider) { p.tokenAnswer = &reply{status, []byte(body)} }
	}
	checkAll(t, []wrong{
		{"error with its status", openID, answer(401, `{"error":"invalid_client","error_description":"Wrong."}`), "invalid_client Wrong."},
		{"error with status 200", custom, answer(200, `{"error":"invalid_grant"}`), "invalid_grant"},
		{"error beside a token", custom, answer(200, `{"access_token":"at1","error":""}`), "refuses the code"},
		{"status is ignored", custom, answer(500, `{"access_token":"at1"}`), ""},
		{"Atlassian looks at the status", dataCenter, answer(500, `{"access_token":"at1","id_token":"x"}`), "status 500"},
		{"no JSON", openID, answer(502, `<h1>Bad Gateway</h1>`), "no JSON object"},
		{"redirect", openID, answer(302, ``), "status 302"},
		{"too large", openID, answer(200, strings.Repeat(" ", maxBody+1)), "more than 1048576 bytes"},
		{"no id_token", openID, func(p *fakeProvider) { p.token = drop("id_token") }, "gives no id_token"},
		{"no id_token without openid", noOpenID, func(p *fakeProvider) { p.token = drop("id_token") }, "add openid to the scopes"},
		{"no id_token at Atlassian", dataCenter, func(p *fakeProvider) { p.token = drop("id_token") }, "gives no id_token"},
		{"no id_token in OAuth", custom, func(p *fakeProvider) { p.token = drop("id_token") }, ""},
		{"no access_token in OAuth", custom, func(p *fakeProvider) { p.token = drop("access_token") }, "gives no access_token"},
		{"nobody there", func(c *Config) { c.TokenURL = "http://127.0.0.1:1/" }, func(*fakeProvider) {}, "does not answer"},
	})
}

func TestAccountAtMiniOrange(t *testing.T) {
	answer := func(status int, body string) func(*fakeProvider) {
		return func(p *fakeProvider) { p.account = &reply{status, []byte(body)} }
	}
	checkAll(t, []wrong{
		{"status is ignored", custom, answer(418, account), ""},
		{"refused", custom, answer(401, `{"status":"error","msg":"Please login first","data":null}`), `no attribute "name"`},
		{"data2 before data", custom, answer(200, `{"name":"alice","data2":{"owner":"admin"},"data":{"email":"a@b"}}`), "created only with an e-mail"},
		{"no e-mail scope", custom, answer(200, strings.Replace(account, "alice@example.com", "", 1)), "created only with an e-mail"},
		{"the same name twice", custom, answer(200, `{"name":"alice","name":"bob","email":"a@b"}`), `"name" is there twice`},
		{"no JSON", custom, answer(200, `hello`), "no JSON object"},
		{"nobody there", func(c *Config) { custom(c); c.UserInfoURL = "http://127.0.0.1:1/?accessToken=" }, func(*fakeProvider) {}, "http://127.0.0.1:1/?accessToken= does not answer"},
	})
}

func TestAtlassian(t *testing.T) {
	claims := func(name string, to any) func(*fakeProvider) {
		return func(p *fakeProvider) { p.claims = set(name, to) }
	}
	missing := func(name string) func(*fakeProvider) { return func(p *fakeProvider) { p.claims = drop(name) } }
	login := func(c *Config) { dataCenter(c); c.UserName = "${login}" }
	info := func(status int, body string) func(*fakeProvider) {
		return func(p *fakeProvider) { p.userInfo = &reply{status, []byte(body)} }
	}
	checkAll(t, []wrong{
		{"issuer with a slash", dataCenter, func(p *fakeProvider) { p.claims = set("iss", p.URL+"/") }, "is configured"},
		{"59 s after the end", dataCenter, func(p *fakeProvider) { p.claims = set("exp", at(p, -59)) }, ""},
		{"60 s after the end", dataCenter, func(p *fakeProvider) { p.claims = set("exp", at(p, -60)) }, "expired"},
		{"issued 60 s ahead", dataCenter, func(p *fakeProvider) { p.claims = set("iat", at(p, 60)) }, ""},
		{"issued 61 s ahead", dataCenter, func(p *fakeProvider) { p.claims = set("iat", at(p, 61)) }, "iat of the ID token"},
		{"aud with another", dataCenter, claims("aud", []string{"other", "client"}), ""},
		{"aud of another", dataCenter, claims("aud", []string{"other"}), "for somebody else"},
		{"no nonce", dataCenter, missing("nonce"), "nonce"},
		{"no sub", dataCenter, missing("sub"), "has no sub"},
		{"RS512", dataCenter, func(p *fakeProvider) { p.header, p.sign = set("alg", "RS512"), signRS512 }, `signed with "RS512"`},
		{"no groups", dataCenter, missing("groups"), `no list "groups"`},
		{"empty groups", dataCenter, claims("groups", []string{}), ""},
		{"groups as objects", dataCenter, claims("groups", []any{map[string]string{"name": "g"}}), "no list of strings"},
		{"groups as a string", dataCenter, claims("groups", "g"), `no list "groups"`},
		{"no e-mail in the ID token", dataCenter, missing("email"), `no "email"`},
		{"no display name in the ID token", dataCenter, missing("displayName"), `no "displayName"`},
		{"two claims in an expression", func(c *Config) { dataCenter(c); c.UserName = "${name}.${sub}" }, func(*fakeProvider) {}, ""},
		{"name from UserInfo", login, info(200, `{"sub":"u1","login":"alice"}`), ""},
		{"UserInfo of another", login, info(200, `{"sub":"u2","login":"alice"}`), "sub of UserInfo"},
		{"UserInfo without it", login, info(200, `{"sub":"u1"}`), `has "login"`},
		{"UserInfo with a number", login, info(200, `{"sub":"u1","login":7}`), `has "login"`},
		{"UserInfo refuses", login, info(401, `{}`), "status 401"},
		{"UserInfo is no JSON", login, info(200, `eyJ`), "no JSON object"},
	})
}

func TestAtlassianReadsDiscovery(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*fakeProvider)
		want  string
	}{
		{"another issuer", func(p *fakeProvider) { p.discovery = set("issuer", p.URL+"/") }, "issuer is"},
		{"no authorization endpoint", func(p *fakeProvider) { p.discovery = drop("authorization_endpoint") }, "no authorization_endpoint"},
		{"no token endpoint", func(p *fakeProvider) { p.discovery = drop("token_endpoint") }, "no token_endpoint"},
		{"no UserInfo endpoint", func(p *fakeProvider) { p.discovery = drop("userinfo_endpoint") }, "no userinfo_endpoint"},
		{"no keys", func(p *fakeProvider) { p.discovery = set("jwks_uri", "keys") }, "no jwks_uri"},
		{"status", func(p *fakeProvider) { p.discoveryAnswer = &reply{http.StatusFound, nil} }, "status 302"},
		{"nobody there", func(p *fakeProvider) { p.Close() }, "Is the provider running?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			test.spoil(p)
			w := open(t, p, dataCenter)
			response := w.do(http.MethodGet, "/login")
			if page := w.text(response); response.StatusCode != http.StatusBadGateway || !strings.Contains(page, test.want) {
				t.Errorf("status %d, want %q in:\n%s", response.StatusCode, test.want, page)
			}
		})
	}
}

func TestCallbackRefuses(t *testing.T) {
	withState := func(c *Config) { c.State = true }
	for _, test := range []struct {
		name, target string
		change       func(*Config)
		want         string
	}{
		{"an error", miniOrangeCallback + "?error=access_denied&error_description=%3Cb%3Eno", openID, "access_denied <b>no"},
		{"no code", miniOrangeCallback, openID, "has no code"},
		{"another's state", miniOrangeCallback + "?code=c1&state=AAAAAAAAAA", withState, "state is not the one"},
		{"no state", miniOrangeCallback + "?code=c1", withState, "state is not the one"},
		{"no state at Atlassian", atlassianCallback + "?code=c1", dataCenter, "state is not the one"},
		{"Atlassian's callback", atlassianCallback + "?code=c1", openID, "the answer came to"},
		{"miniOrange's callback", miniOrangeCallback + "?code=c1", dataCenter, "the answer came to"},
	} {
		for _, asked := range []bool{true, false} {
			p := newFakeProvider(t)
			w := open(t, p, test.change)
			if asked {
				w.leave("/login")
			}
			page := w.text(w.do(http.MethodGet, test.target))
			if strings.Contains(page, "<b>") || !strings.Contains(html.UnescapeString(page), test.want) {
				t.Errorf("%s (asked: %v): want %q in:\n%s", test.name, asked, test.want, page)
			}
			if _, exchanged := p.last(tokenPath); exchanged {
				t.Errorf("%s (asked: %v): it redeemed a code", test.name, asked)
			}
		}
	}
}

// Without state miniOrange cannot tell who asked: an answer that nobody asked for
// signs in.
func TestUnaskedAnswerSignsInWithoutState(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	if response := w.do(http.MethodGet, miniOrangeCallback+"?code=c1"); response.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d: %s", response.StatusCode, w.text(response))
	}
}

func TestStateWorksOnce(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, dataCenter)
	sent, err := url.ParseQuery(w.leave("/login"))
	if err != nil {
		t.Fatal(err)
	}
	p.nonce = sent.Get("nonce")
	target := atlassianCallback + "?code=c1&state=" + sent.Get("state")
	if first := w.do(http.MethodGet, target); first.StatusCode != http.StatusSeeOther {
		t.Fatalf("first: status %d: %s", first.StatusCode, w.text(first))
	}
	if second := w.text(w.do(http.MethodGet, target)); !strings.Contains(second, "state is not the one") {
		t.Errorf("second: %s", second)
	}
}

// A user who exists keeps the e-mail address when the answer has none.
func TestKnownUserNeedsNoEmail(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	w.signIn(p)
	p.claims = drop("email")
	if page := w.signIn(p); !strings.Contains(page, `<dd id="email">alice@example.com</dd>`) {
		t.Errorf("got\n%s", page)
	}
}

func TestGroupsAreExactStrings(t *testing.T) {
	p := newFakeProvider(t)
	p.claims = set("groups", []string{"org/a b", "x;y", "Ä"})
	page := open(t, p, openID).signIn(p)
	if want := "<li>org/a b</li><li>x;y</li><li>Ä</li>"; !strings.Contains(page, want) {
		t.Errorf("no %s in\n%s", want, page)
	}
}

func TestRandomCodeIsFair(t *testing.T) {
	config, err := Config{ClientID: "c", ClientSecret: "s", Issuer: "http://localhost", BaseURL: "http://localhost"}.complete()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[rune]int{}
	for range 2000 {
		code, err := config.randomCode()
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range code {
			seen[letter]++
		}
	}
	for _, letter := range codeAlphabet {
		if seen[letter] < 400 || seen[letter] > 720 {
			t.Errorf("%c came %d times of 20000, about 556 are due", letter, seen[letter])
		}
	}
	if len(seen) != len(codeAlphabet) {
		t.Errorf("%d different letters", len(seen))
	}
}

func TestSessionEndsAfterItsLife(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	w.signIn(p)
	p.now = p.now.Add(visitorLife + time.Second)
	if page := w.text(w.do(http.MethodGet, "/")); !strings.Contains(page, "Nobody is signed in") {
		t.Errorf("got\n%s", page)
	}
}
