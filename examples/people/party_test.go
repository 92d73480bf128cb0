package people_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// wiki is an application that shows what it learns of who signed in.
type wiki struct {
	t          testing.TB
	issuer     string
	url        string
	id, secret string
}

func newWiki(t testing.TB) *wiki {
	w := &wiki{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /start", w.start)
	mux.HandleFunc("GET /callback", w.callback)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// start sends the browser to Postern, with the parameters of the page added.
func (w *wiki) start(rw http.ResponseWriter, r *http.Request) {
	query := url.Values{
		"response_type": {"code"}, "client_id": {w.id}, "redirect_uri": {w.url + "/callback"},
		"scope": {"openid profile email"}, "state": {"state"}, "nonce": {"nonce"},
	}
	for name, values := range r.URL.Query() {
		query[name] = values
	}
	http.Redirect(rw, r, w.issuer+"/login/oauth/authorize?"+query.Encode(), http.StatusFound)
}

// callback shows the claims of the ID token, or the error.
func (w *wiki) callback(rw http.ResponseWriter, r *http.Request) {
	shown := r.URL.Query().Get("error")
	if code := r.URL.Query().Get("code"); code != "" {
		shown = w.redeem(code)
	}
	fmt.Fprintf(rw, `<!doctype html><html lang="en"><title>Wiki</title><h1>Wiki</h1><pre id="in">%s</pre>`, html.EscapeString(shown))
}

// redeem gives the claims of the ID token and of UserInfo, or what went wrong.
func (w *wiki) redeem(code string) string {
	request, err := http.NewRequest(http.MethodPost, w.issuer+"/api/login/oauth/access_token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {w.url + "/callback"},
	}.Encode()))
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(w.id, w.secret)
	var tokens struct {
		IDToken     string `json:"id_token"`
		AccessToken string `json:"access_token"`
	}
	if err := answer(request, &tokens); err != nil {
		return err.Error()
	}
	known := map[string]any{}
	if _, payload, found := strings.Cut(tokens.IDToken, "."); found {
		payload, _, _ = strings.Cut(payload, ".")
		claims, err := base64.RawURLEncoding.DecodeString(payload)
		if err == nil {
			err = json.Unmarshal(claims, &known)
		}
		if err != nil {
			return err.Error()
		}
	}
	if request, err = http.NewRequest(http.MethodGet, w.issuer+"/api/userinfo", nil); err != nil {
		return err.Error()
	}
	request.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	if err := answer(request, &known); err != nil { // adds to what is known
		return err.Error()
	}
	shown, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(shown)
}

// answer reads the JSON that a request is answered with.
func answer(request *http.Request, into any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s: %s", request.URL.Path, response.Status, body)
	}
	return json.Unmarshal(body, into)
}

// claims are what the wiki shows.
type claims struct {
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Picture string   `json:"picture"`
	ACR     string   `json:"acr"`
	AMR     []string `json:"amr"`
}

// learns gives what the wiki learned of who is at it in this browser.
func (b tab) learns() (c claims) {
	b.t.Helper()
	shown := b.Text("#in")
	if err := json.Unmarshal([]byte(shown), &c); err != nil {
		b.t.Fatalf("the wiki shows %s", shown)
	}
	return c
}

// knows wants the wiki to know that it was signed in by these means.
func (b tab) knows(acr, amr string) {
	b.t.Helper()
	if c := b.learns(); c.ACR != acr || strings.Join(c.AMR, " ") != amr {
		b.t.Errorf("the wiki knows acr %q, amr %q; want %q, %q", c.ACR, c.AMR, acr, amr)
	}
}
