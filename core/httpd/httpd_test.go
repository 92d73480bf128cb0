package httpd

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

func TestContentPolicy(t *testing.T) {
	for _, test := range []struct {
		name       string
		page       pageWith
		theme      *web.Theme
		want, none string
	}{
		{"alone", pageWith{Page: web.SignedOut{}}, nil, "form-action 'self'", "script-src"},
		{"to a client", pageWith{Page: web.Login{}, FormTargets: []string{"https://rp.example"}}, nil, "form-action 'self' https://rp.example", "script-src"},
		{"logo", pageWith{Page: web.Login{Client: &web.Client{RemoteLogo: "https://rp.example/l.png?x=1"}}}, nil, "img-src 'self' data: https://rp.example;", "l.png"},
		{"form_post", pageWith{Page: web.FormPost{}, FormTargets: []string{"https://rp.example"}}, nil, "script-src 'self'", "unsafe"},
		{"framed", pageWith{Page: web.CheckSession{}}, nil, "; script-src 'self'", "frame-ancestors"},
		{"not framed", pageWith{Page: web.SignedOut{}}, nil, "frame-ancestors 'none'", "frame-src"},
		{"frames", pageWith{Page: web.SigningOut{}, FrameTargets: []string{"https://a.example", "https://b.example"}}, nil, "; frame-src https://a.example https://b.example", "script-src"},
		{"frames and on", pageWith{Page: web.SigningOut{URL: "https://a.example"}, FrameTargets: []string{"https://a.example"}}, nil, "; script-src 'self'", "unsafe"},
		{"theme", pageWith{Page: web.Login{}}, &web.Theme{Logo: "https://cdn.example/l.png?x=1", Icon: "https://a.example/i.ico"}, "img-src 'self' data: https://cdn.example https://a.example;", "font-src"},
		{"folder", pageWith{Page: web.Login{}}, &web.Theme{Folder: true, Logo: "http://cdn.example/l.png"}, "font-src 'self'", "cdn.example"},
	} {
		policy := contentPolicy(test.page, test.theme)
		if !strings.Contains(policy, test.want) || strings.Contains(policy, test.none) || !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("%s: %s", test.name, policy)
		}
	}
}

func TestRefusalOf(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		code   string
	}{
		{oauth.Refuse(oauth.CodeInvalidGrant, "x", "X."), 400, oauth.CodeInvalidGrant},
		{echo.ErrNotFound, 404, oauth.CodeInvalidRequest},
		{echo.ErrMethodNotAllowed, 405, oauth.CodeInvalidRequest},
		{echo.ErrUnsupportedMediaType, 415, oauth.CodeInvalidRequest},
		{http.ErrHandlerTimeout, 500, oauth.CodeServerError},
		{echo.ErrBadGateway, 500, oauth.CodeServerError},
	} {
		refusal := refusalOf(test.err)
		if refusal.Status != test.status || refusal.Code != test.code {
			t.Errorf("%v: %d %s", test.err, refusal.Status, refusal.Code)
		}
	}
}

func TestCookieOfTwoIsNone(t *testing.T) {
	for header, want := range map[string]string{
		cookieSession + "=a":                          "a",
		cookieSession + "=a; " + cookieSession + "=b": "",
		"other=a": "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", header)
		if got := cookie(echo.New().NewContext(r, nil), cookieSession); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

func TestIsAPI(t *testing.T) {
	s := &Server{Programs: map[string]http.Handler{"/scim/v2": nil}}
	for path, want := range map[string]bool{
		oauth.PathToken: true, oauth.PathDiscovery: true, oauth.PathEndSession: false, oauth.PathAuthorize: false, "/": false, "/apis": false,
		"/scim/v2": true, "/scim/v2/Users": true, "/scim/v20": false,
	} {
		if s.isAPI(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}

func TestReturnTo(t *testing.T) {
	for _, test := range []struct {
		targets []string
		want    string
	}{
		{nil, ""}, {[]string{"https://rp.example:8443"}, "rp.example:8443"}, {[]string{"com.example.app:"}, ""},
	} {
		if got := returnTo(test.targets); got != test.want {
			t.Errorf("%v: %q, want %q", test.targets, got, test.want)
		}
	}
}
