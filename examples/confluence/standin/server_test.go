package standin

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestFrontPage(t *testing.T) {
	w := open(t, newFakeProvider(t), openID)
	page := w.text(w.do(http.MethodGet, "/"))
	for _, want := range []string{"Nobody is signed in", `id="signin" href="/login"`, "Sign in with Postern", "/api/get-account"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "sec ret") {
		t.Error("the page shows the client secret")
	}
}

func TestSignedInPageShowsEverything(t *testing.T) {
	p := newFakeProvider(t)
	page := html.UnescapeString(open(t, p, custom).signIn(p))
	for _, want := range []string{
		`<th scope="row">data.address</th><td>Street 1;Berlin</td>`, `<th scope="row">data.properties.department</th><td>R&D</td>`,
		`<th scope="row">data2.name</th><td>built-in</td>`, account,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "data.roles") || strings.Contains(page, "data3</th>") {
		t.Error("it shows an empty array or null")
	}
}

func TestSignOutHere(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	w.signIn(p)
	signedIn := w.cookie
	if response := w.do(http.MethodPost, "/logout"); response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/" {
		t.Errorf("status %d to %s", response.StatusCode, response.Header.Get("Location"))
	}
	if page := w.text(w.do(http.MethodGet, "/")); !strings.Contains(page, "Nobody is signed in") || !strings.Contains(page, "still signed in at the provider") {
		t.Errorf("got\n%s", page)
	}
	if page := w.text(w.do(http.MethodGet, "/")); strings.Contains(page, "still signed in at the provider") {
		t.Error("the notice is shown twice")
	}
	w.cookie = signedIn
	if page := w.text(w.do(http.MethodGet, "/")); !strings.Contains(page, "Nobody is signed in") {
		t.Error("the old cookie still works")
	}
}

func TestSignOutAtProvider(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"with the ID token", openID, []string{"client_id", "id_token_hint"}},
		{"with an address to return to", func(c *Config) { c.PostLogoutRedirectURI = "http://127.0.0.1:8090/" }, []string{"client_id", "id_token_hint", "post_logout_redirect_uri"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			w := open(t, p, test.change)
			w.signIn(p)
			response := w.do(http.MethodPost, "/logout/provider")
			location, err := url.Parse(response.Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for name := range location.Query() {
				got = append(got, name)
			}
			slices.Sort(got)
			if location.Path != logoutPath || !slices.Equal(got, test.want) || strings.Count(location.Query().Get("id_token_hint"), ".") != 2 {
				t.Errorf("got %s", location)
			}
			if page := w.text(w.do(http.MethodGet, "/")); !strings.Contains(page, "Nobody is signed in") {
				t.Error("still signed in here")
			}
		})
	}
}

func TestTestConfiguration(t *testing.T) {
	answer := func(body string) func(*fakeProvider) {
		return func(p *fakeProvider) { p.account = &reply{http.StatusOK, []byte(body)} }
	}
	for _, test := range []struct {
		name    string
		change  func(*Config)
		spoil   func(*fakeProvider)
		want    []string
		success bool
	}{
		{"openid", openID, func(*fakeProvider) {}, []string{"preferred_username", "confluence-users;staff"}, true},
		{"oauth", custom, func(*fakeProvider) {}, []string{"data.displayName", "data.groups"}, true},
		{"atlassian", dataCenter, func(*fakeProvider) {}, []string{"Alice Liddell"}, true},
		{"error as a key", custom, answer(`{"name":"alice","email":"a@b","error":null}`), []string{`the text "error" in it`}, false},
		{"error within a value", custom, answer(`{"name":"alice","email":"terror@example.com"}`), []string{`the text "error" in it`, "terror@example.com"}, false},
		{"invalid_scope within a value", custom, answer(`{"name":"alice","email":"a@b","x":"invalid_scope"}`), []string{`"invalid_scope"`}, false},
		{"invalid_token in the ID token", openID, func(p *fakeProvider) { p.claims = set("x", "not invalid_token") }, []string{`"invalid_token"`}, false},
		{"Atlassian has no such test", dataCenter, func(p *fakeProvider) { p.claims = set("x", "error") }, nil, true},
		{"refused account", custom, answer(`{"status":"error","msg":"Please login first"}`), []string{`the text "error"`, `no attribute "name"`, "Please login first"}, false},
		{"no e-mail", openID, func(p *fakeProvider) { p.claims = drop("email") }, []string{"no e-mail address", "preferred_username"}, false},
		{"no token", openID, func(p *fakeProvider) { p.token = drop("id_token") }, []string{"gives no id_token"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			test.spoil(p)
			w := open(t, p, test.change)
			page := html.UnescapeString(w.walk(p, "/test"))
			if success := strings.Contains(page, "The test was successful."); success != test.success {
				t.Errorf("success: %v\n%s", success, page)
			}
			for _, want := range test.want {
				if !strings.Contains(page, want) {
					t.Errorf("no %q in\n%s", want, page)
				}
			}
			if front := w.text(w.do(http.MethodGet, "/")); !strings.Contains(front, "Nobody is signed in") {
				t.Error("the test signed somebody in")
			}
		})
	}
}

func TestTestResultWithoutTest(t *testing.T) {
	w := open(t, newFakeProvider(t), openID)
	if response := w.do(http.MethodGet, "/test/result"); response.StatusCode != http.StatusSeeOther {
		t.Errorf("status %d", response.StatusCode)
	}
}

func TestImportDetails(t *testing.T) {
	p := newFakeProvider(t)
	p.discovery = func(m map[string]any) {
		m["token_endpoint"] = p.URL + "/other/token"
		m["jwks_uri"] = p.URL + "/other/keys"
		m["scopes_supported"] = []string{"phone", "openid", "a"}
	}
	w := open(t, p, openID)
	if page := w.text(w.do(http.MethodGet, "/import")); !strings.Contains(page, `id="import"`) {
		t.Fatal(page)
	}
	page := w.text(w.do(http.MethodPost, "/import"))
	if !strings.Contains(page, "The details were imported.") || !strings.Contains(page, `<dd id="scopes">phone openid a</dd>`) {
		t.Errorf("got\n%s", page)
	}
	config := w.site.Config()
	for _, test := range []struct{ got, want string }{
		{config.AuthorizationURL, p.URL + "/login/oauth/authorize"},
		{config.TokenURL, p.URL + "/other/token"},
		{config.JWKSURL, p.URL + "/other/keys"},
		{config.UserInfoURL, p.URL + userInfoPath}, // stays as it was typed
		{config.Scope, "phone openid a"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func TestImportDetailsKeepsWhatIsNotThere(t *testing.T) {
	p := newFakeProvider(t)
	p.discovery = func(m map[string]any) {
		delete(m, "jwks_uri")
		delete(m, "scopes_supported")
		m["issuer"] = "https://other.example.com" // which it does not look at
	}
	w := open(t, p, openID)
	w.do(http.MethodPost, "/import")
	if config := w.site.Config(); config.Scope != guideScope || config.JWKSURL != p.URL+jwksPath {
		t.Errorf("got scope %q and keys %q", config.Scope, config.JWKSURL)
	}
}

func TestImportDetailsFails(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*fakeProvider)
		want  string
	}{
		{"status", func(p *fakeProvider) { p.discoveryAnswer = &reply{http.StatusCreated, []byte("{}")} }, "status 201"},
		{"no JSON", func(p *fakeProvider) { p.discoveryAnswer = &reply{http.StatusOK, []byte("hello")} }, "no JSON object"},
		{"no authorization endpoint", func(p *fakeProvider) { p.discovery = drop("authorization_endpoint") }, "no authorization_endpoint"},
		{"no token endpoint", func(p *fakeProvider) { p.discovery = drop("token_endpoint") }, "no token_endpoint"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newFakeProvider(t)
			test.spoil(p)
			w := open(t, p, openID)
			before := w.site.Config()
			page := w.text(w.do(http.MethodPost, "/import"))
			after := w.site.Config()
			if !strings.Contains(page, test.want) || after.TokenURL != before.TokenURL || after.Scope != before.Scope {
				t.Errorf("want %q in\n%s", test.want, page)
			}
		})
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	w.signIn(p)
	for _, path := range []string{"/logout", "/logout/provider", "/import"} {
		request := httptest.NewRequest(http.MethodPost, path, nil)
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		request.AddCookie(w.cookie)
		recorder := httptest.NewRecorder()
		w.site.ServeHTTP(recorder, request)
		if recorder.Code != http.StatusForbidden {
			t.Errorf("%s: status %d", path, recorder.Code)
		}
	}
}

func TestCookie(t *testing.T) {
	p := newFakeProvider(t)
	for base, secure := range map[string]bool{"http://127.0.0.1:8090": false, "https://wiki.example.com": true} {
		w := open(t, p, func(c *Config) { c.BaseURL = base })
		w.leave("/login")
		before := w.cookie.Value
		if !w.cookie.HttpOnly || w.cookie.SameSite != http.SameSiteLaxMode || w.cookie.Secure != secure || len(before) != 32 {
			t.Errorf("%s: got %v", base, w.cookie)
		}
		if w.signIn(p); w.cookie.Value == before {
			t.Errorf("%s: the session's identifier stayed at sign-in", base)
		}
	}
}

func TestHeaders(t *testing.T) {
	p := newFakeProvider(t)
	w := open(t, p, openID)
	for _, path := range []string{"/", "/import", "/style.css", "/nowhere"} {
		header := w.do(http.MethodGet, path).Header
		policy := header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "form-action 'self' "+p.URL) || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, header)
		}
	}
}
