package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// browser keeps cookies, fills in forms and follows redirects, as far as a
// sign-in needs that. Its errors are connections that broke, so that a test can
// pull the plug at any moment.
type browser struct {
	server  *server
	cookies map[string]string
}

func newBrowser(s *server) *browser { return &browser{server: s, cookies: map[string]string{}} }

// page is where the browser ended: an answer, or a redirect away from the server.
type page struct {
	status int
	body   string
	away   *url.URL
}

// visit sends a request and follows redirects within the server.
func (b *browser) visit(target string, form url.Values) (*page, error) {
	for range 10 {
		response, body, err := b.send(target, form)
		if err != nil {
			return nil, err
		}
		location, err := response.Location()
		if err != nil {
			return &page{status: response.StatusCode, body: body}, nil
		}
		if target = location.String(); !strings.HasPrefix(target, b.server.issuer+"/") {
			return &page{status: response.StatusCode, body: body, away: location}, nil
		}
		form = nil
	}
	return nil, &surprise{"redirected in circles to " + target}
}

func (b *browser) send(target string, form url.Values) (*http.Response, string, error) {
	method, content := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, content = http.MethodPost, strings.NewReader(form.Encode())
	}
	if strings.HasPrefix(target, "/") {
		target = b.server.issuer + target
	}
	request, err := http.NewRequest(method, target, content)
	if err != nil {
		return nil, "", err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", b.server.issuer)
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := b.server.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, "", err
	}
	for _, cookie := range response.Cookies() {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	return response, string(body), nil
}

// button finds the form of the button with this id: where it goes, and what is in
// it already.
func (p *page) button(id string) (action string, fields url.Values, found bool) {
	document, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		return "", nil, false
	}
	fields = url.Values{}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode || attribute(node, "id") != id {
			continue
		}
		form := node
		for form != nil && form.Data != "form" {
			form = form.Parent
		}
		if form == nil {
			return "", nil, false
		}
		for input := range form.Descendants() {
			if name := attribute(input, "name"); input.Data == "input" && name != "" {
				fields.Set(name, attribute(input, "value"))
			}
		}
		if name := attribute(node, "name"); name != "" {
			fields.Set(name, attribute(node, "value"))
		}
		return attribute(form, "action"), fields, true
	}
	return "", nil, false
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// press sends the form of the button with what is filled in.
func (b *browser) press(p *page, id string, fill url.Values) (*page, error) {
	action, fields, found := p.button(id)
	if !found {
		return nil, &surprise{fmt.Sprintf("status %d, and no button %q:\n%s", p.status, id, p.body)}
	}
	maps.Copy(fields, fill)
	return b.visit(action, fields)
}

// surprise is an answer that no power cut explains.
type surprise struct{ what string }

func (s *surprise) Error() string { return s.what }

// code asks for a code, and signs the user in if the server wants that.
func (b *browser) code(client registered, user string) (code string, signedIn bool, err error) {
	p, err := b.visit("/login/oauth/authorize?"+url.Values{
		"client_id": {client.ID}, "redirect_uri": {theCallback}, "response_type": {"code"},
		"scope": {"openid profile email offline_access"}, "state": {"the-state"},
	}.Encode(), nil)
	if err != nil {
		return "", false, err
	}
	if p.away == nil {
		signedIn = true
		if p, err = b.press(p, "login", url.Values{"username": {user}, "password": {thePassword}}); err != nil {
			return "", false, err
		}
	}
	if p.away == nil || p.away.Query().Get("code") == "" {
		return "", false, &surprise{fmt.Sprintf("no code: status %d, to %v:\n%s", p.status, p.away, p.body)}
	}
	return p.away.Query().Get("code"), signedIn, nil
}

// signOut signs out by the page that asks for it.
func (b *browser) signOut() error {
	p, err := b.visit("/api/logout", nil)
	if err != nil {
		return err
	}
	if p, err = b.press(p, "logout", nil); err == nil && p.status != http.StatusOK {
		err = &surprise{fmt.Sprintf("sign-out: status %d:\n%s", p.status, p.body)}
	}
	return err
}

// answer is what the token endpoint says.
type answer struct {
	status  int
	body    string
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Code    string `json:"error"`
}

// redeem exchanges a code.
func (s *server) redeem(client registered, code string) (*answer, error) {
	return s.token(client, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {theCallback}})
}

// refresh exchanges a refresh token.
func (s *server) refresh(client registered, token string) (*answer, error) {
	return s.token(client, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func (s *server) token(client registered, form url.Values) (*answer, error) {
	request, err := http.NewRequest(http.MethodPost, s.issuer+"/api/login/oauth/access_token", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(client.ID, client.Secret)
	status, body, err := s.do(request)
	if err != nil {
		return nil, err
	}
	a := &answer{status: status, body: body}
	if err := json.Unmarshal([]byte(body), a); err != nil {
		return nil, &surprise{fmt.Sprintf("token endpoint: status %d: %v:\n%s", status, err, body)}
	}
	return a, nil
}

// userInfo gives the status of the UserInfo endpoint.
func (s *server) userInfo(access string) (status int, err error) {
	request, err := http.NewRequest(http.MethodGet, s.issuer+"/api/userinfo", nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+access)
	status, _, err = s.do(request)
	return status, err
}

func (s *server) do(request *http.Request) (status int, body string, err error) {
	response, err := s.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}
