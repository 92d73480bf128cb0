package httpd

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// lang is the language that the page says it has.
func (b *tab) lang() string {
	for node := range b.page.Descendants() {
		if node.Type == html.ElementNode && node.Data == "html" {
			return attr(node, "lang")
		}
	}
	return ""
}

// accepting sends the next request as a browser of that language does.
func (b *tab) accepting(target, languages string) *tab {
	b.t.Helper()
	b.language = languages
	defer func() { b.language = "" }()
	return b.get(target)
}

func TestLanguageOfAPage(t *testing.T) {
	w := newWorld(t)
	authorize := func(uiLocales string) string {
		query := url.Values{
			"client_id": {"rp"}, "redirect_uri": {"https://rp.example/cb"}, "response_type": {"code"}, "scope": {"openid"}, "ui_locales": {uiLocales},
		}
		return oauth.PathAuthorize + "?" + query.Encode()
	}
	b := w.tab()
	if got := b.accepting("/", "").lang(); got != "en" {
		t.Errorf("nothing is wanted: %s", got)
	}
	if got := b.accepting("/", "fr-CA, fr;q=0.9, en;q=0.8").lang(); got != "fr" {
		t.Errorf("the browser is set to French: %s", got)
	}
	b.accepting(authorize("tlh pt-BR"), "fr")
	if got := b.accepting(b.last.Header.Get("Location"), "fr").lang(); got != "pt" {
		t.Errorf("the client asks for Portuguese: %s", got)
	}
	profile := w.ada
	profile.Profile.Locale, profile.Profile.Appearance = "ja-JP", "dark"
	if err := w.store.Apply(t.Context(), core.UpdateUser{User: profile}); err != nil {
		t.Fatal(err)
	}
	w.ada = profile
	b.home()
	if got := b.accepting(pathAccount, "fr").lang(); got != "ja" || !strings.Contains(b.body, `data-appearance="dark"`) {
		t.Errorf("the profile says Japanese and dark: %s\n%s", got, b.body)
	}
	b.post(web.LanguagePath, url.Values{"locale": {"de"}, "back": {pathAccount}}).follow()
	if got := b.lang(); got != "de" {
		t.Errorf("German was chosen: %s", got)
	}
}

// The switch of the footer shows the same page again, also where it came in answer to a form.
func TestSwitchLanguage(t *testing.T) {
	w := newWorld(t)
	b := w.tab().signInAt("rp")
	b.press("login", nil).wants(http.StatusUnprocessableEntity)
	form := url.Values{"locale": {"zh"}, "back": {backOf(b)}}
	b.post(web.LanguagePath, form).follow().wants(http.StatusOK, "Wiki rp")
	if got := b.lang(); got != "zh" || b.cookies[cookieLocale] != "zh" || b.last.Header.Get("Cache-Control") != noStore {
		t.Errorf("the language is %q, the cookies %v", got, b.cookies)
	}
	for _, target := range []string{"/", "/?step=x"} {
		if got := backOf(b.get(target)); got != target {
			t.Errorf("%s leads back to %q", target, got)
		}
	}
	for _, target := range []string{
		"/?a=b", "/nothing", "/nothing?a=b", oauth.PathAuthorize + "?client_id=nobody", "/callback/hub?code=c&state=s", "//evil.example", "/?step=" + strings.Repeat("x", maxBack),
		oauth.PathEndSession + "?logout_hint=ada",
	} {
		if got := backOf(b.get(target)); got != "" {
			t.Errorf("%s leads back to %q", target, got)
		}
	}
}

// backOf is where the switch of the page leads back to.
func backOf(b *tab) string {
	for node := range b.page.Descendants() {
		if node.Data == "input" && attr(node, "name") == "back" {
			return attr(node, "value")
		}
	}
	return ""
}

func TestLanguageRefuses(t *testing.T) {
	w := newWorld(t)
	for _, back := range []string{
		"", "login", "https://evil.example/", "//evil.example", `/\\evil.example`, `\\evil.example`, "/\t/evil.example", "/\r\nSet-Cookie: a=b", "/ /evil.example",
		"javascript:alert(1)", "/" + strings.Repeat("a", maxBack),
	} {
		b := w.tab().post(web.LanguagePath, url.Values{"locale": {"de"}, "back": {back}}).wants(http.StatusBadRequest)
		if b.last.Header.Get("Location") != "" || len(b.last.Cookies()) != 0 {
			t.Errorf("%.40q: %v", back, b.last.Header)
		}
	}
	for _, locale := range []string{"", "xx", "de-CH", "DE", "en,de", "../de"} {
		b := w.tab().post(web.LanguagePath, url.Values{"locale": {locale}, "back": {"/"}}).wants(http.StatusBadRequest)
		if len(b.last.Cookies()) != 0 {
			t.Errorf("%q: %v", locale, b.last.Cookies())
		}
	}
	w.tab().send(http.MethodPost, web.LanguagePath, formType, "locale=de&back=%2F", "cross-site").wants(http.StatusForbidden)
	w.tab().get(web.LanguagePath).wants(http.StatusMethodNotAllowed)
}

// An organisation's pages are those of its clients and of its people.
func TestThemeOfAPage(t *testing.T) {
	w := newWorld(t)
	acme := core.Organisation{Name: "acme", DisplayName: "Acme", Logo: "https://cdn.example/acme.png", Theme: core.Theme{Accent: "#1f6feb"}, CreatedAt: w.ada.CreatedAt}
	if err := w.store.Apply(t.Context(), core.CreateOrganisation{Organisation: acme}); err != nil {
		t.Fatal(err)
	}
	w.addClient("rp2", "https://rp2.example/cb")
	client, err := w.store.Client(t.Context(), "rp2")
	if err != nil {
		t.Fatal(err)
	}
	client.Org = "acme"
	if err := w.store.Apply(t.Context(), core.UpdateClient{Client: *client}); err != nil {
		t.Fatal(err)
	}
	policy := func(b *tab) string { return b.last.Header.Get("Content-Security-Policy") }
	b := w.tab().signInAt("rp2").wants(http.StatusOK, "Acme")
	if !strings.Contains(b.body, "theme-1f6feb-none.css") || !strings.Contains(policy(b), "img-src 'self' data: https://cdn.example;") {
		t.Errorf("%s\n%s", policy(b), b.body)
	}
	b.signInAt("rp")
	if strings.Contains(b.body, "theme-1f6feb") || strings.Contains(policy(b), "cdn.example") {
		t.Errorf("another organisation's page has the theme: %s\n%s", policy(b), b.body)
	}
	builtin, err := w.store.Organisation(t.Context(), core.DefaultOrganisation)
	if err != nil {
		t.Fatal(err)
	}
	builtin.Theme.AccentDark, builtin.DisplayName, builtin.Logo = "#8ab4f8", "Northwind", "https://northwind.example/l.png"
	if err := w.store.Apply(t.Context(), core.UpdateOrganisation{Organisation: *builtin}); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/", "/nothing"} {
		if b.get(target); !strings.Contains(b.body, "theme-none-8ab4f8.css") {
			t.Errorf("%s: nobody's page is not that of the first organisation:\n%s", target, b.body)
		}
	}
	if b.get("/"); strings.Count(text(b.page), "Northwind") < 2 {
		t.Errorf("the front page does not say whose it is:\n%s", b.body)
	}
}

// Clients are told of the languages that there are.
func TestLanguagesAreAnnounced(t *testing.T) {
	if !slices.Equal(oauth.UILocales(), web.Languages()) {
		t.Errorf("discovery announces %v, the pages are in %v", oauth.UILocales(), web.Languages())
	}
}
