package oauth_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/oauth"
)

func TestParseAuthorizeReadsEverything(t *testing.T) {
	query := change("state", "af0ifjsldkj", "nonce", "n-0S6", "scope", "email  openid email unknown offline_access",
		"prompt", "login consent login", "max_age", "0", "response_mode", "form_post", "login_hint", "anna@example.org",
		"id_token_hint", "e30.e30.x", "acr_values", "urn:a urn:b", "ui_locales", "de fr-CA", "idp_hint", "github",
		"code_challenge", challenge, "code_challenge_method", "S256")
	got, refusal := oauth.ParseAuthorize(parse(t, query), confidential())
	if refusal != nil {
		t.Fatal(refusal)
	}
	want := &oauth.AuthorizeRequest{
		ClientID: "confluence", RedirectURI: "https://rp.example/cb", RedirectURIGiven: true,
		ResponseType: "code", ResponseMode: "form_post", State: "af0ifjsldkj", StateGiven: true, Nonce: "n-0S6",
		Scopes: []string{"email", "openid", "offline_access"}, Challenge: challenge,
		Prompts: []string{"login", "consent"}, MaxAgeGiven: true,
		LoginHint: "anna@example.org", IDTokenHint: "e30.e30.x",
		ACRValues: []string{"urn:a", "urn:b"}, UILocales: []string{"de", "fr-CA"}, ProviderHint: "github",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	again, refusal := oauth.ParseAuthorize(oauth.ParamsOf(parse(t, query).Values()), confidential())
	if refusal != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("from stored parameters: %+v, %v", again, refusal)
	}
}

// What names no provider is no reason to refuse: the person may choose one.
func TestProviderHint(t *testing.T) {
	for hint, want := range map[string]string{
		"": "", "github": "github", strings.Repeat("a", 64): strings.Repeat("a", 64), strings.Repeat("a", 65): "",
	} {
		got, refusal := oauth.ParseAuthorize(parse(t, change("idp_hint", hint)), confidential())
		if refusal != nil || got.ProviderHint != want {
			t.Errorf("%q: %+v, %v", hint, got, refusal)
		}
	}
}

// TestParseAuthorizeMiniOrange is the request as Confluence's app sends it: no
// state, no nonce, no PKCE, a blank at the end of what was typed.
func TestParseAuthorizeMiniOrange(t *testing.T) {
	query := "client_id=confluence&scope=address+phone+openid+profile+offline_access+email+" +
		"&redirect_uri=https://rp.example/cb&response_type=code"
	got, refusal := oauth.ParseAuthorize(parse(t, query), confidential())
	if refusal != nil {
		t.Fatal(refusal)
	}
	if oauth.FormatScope(got.Scopes) != "address phone openid profile offline_access email" {
		t.Errorf("scopes %q", got.Scopes)
	}
	if got.StateGiven || got.Nonce != "" || got.Challenge != "" || got.MaxAgeGiven || got.Prompts != nil {
		t.Errorf("something was invented: %+v", got)
	}
	if url := got.Issued("https://id.example", oauth.Answer{Code: "code_x"}).URL(); url != "https://rp.example/cb?code=code_x&iss=https%3A%2F%2Fid.example" {
		t.Errorf("answered by %s", url)
	}
}

func TestParseAuthorizeAccepts(t *testing.T) {
	for _, test := range []struct{ name, query string }{
		{"unknown parameters", good + "&extra=foobar&claims=%7B%22userinfo%22%3A%7B%7D%7D&display=popup&claims_locales=se"},
		{"empty parameters, as if they were omitted", good + "&state=&nonce=&prompt=&max_age=&request=&code_challenge="},
		{"another order", "response_type=code&redirect_uri=https%3A%2F%2Frp.example%2Fcb&scope=email%20openid&client_id=confluence"},
		{"a scope without openid", change("scope", "email")},
		{"fragment", change("response_mode", "fragment")},
		{"query", change("response_mode", "query")},
		{"ten years", change("max_age", "315360000")},
		{"prompt none", change("prompt", "none")},
		{"the only redirect URI, left out", change("redirect_uri", "")},
		{"the only redirect URI, left out, with OAuth alone", change("redirect_uri", "", "scope", "email")},
	} {
		if _, refusal := oauth.ParseAuthorize(parse(t, test.query), confidential()); refusal != nil {
			t.Errorf("%s: %v", test.name, refusal)
		}
	}
}

func TestRedirectURIGiven(t *testing.T) {
	left, _ := oauth.ParseAuthorize(parse(t, change("redirect_uri", "")), confidential())
	sent, _ := oauth.ParseAuthorize(parse(t, good), confidential())
	if left.RedirectURIGiven || !sent.RedirectURIGiven {
		t.Errorf("left out: %v, sent: %v", left.RedirectURIGiven, sent.RedirectURIGiven)
	}
	if left.RedirectURI != sent.RedirectURI {
		t.Errorf("left out it is %q", left.RedirectURI)
	}
}

func TestNativeClientKeepsItsPort(t *testing.T) {
	query := change("client_id", "app", "redirect_uri", "http://127.0.0.1:4711/cb", "code_challenge", challenge, "code_challenge_method", "S256")
	got, refusal := oauth.ParseAuthorize(parse(t, query), public())
	if refusal != nil {
		t.Fatal(refusal)
	}
	if url := got.Issued("https://id.example", oauth.Answer{Code: "c"}).URL(); !strings.HasPrefix(url, "http://127.0.0.1:4711/cb?code=c&") {
		t.Errorf("answered by %s", url)
	}
}

func TestOfflineAccessNeedsTheRefreshGrant(t *testing.T) {
	client := confidential()
	client.GrantTypes = client.GrantTypes[:1]
	got, refusal := oauth.ParseAuthorize(parse(t, change("scope", "openid offline_access")), client)
	if refusal != nil || oauth.FormatScope(got.Scopes) != "openid" {
		t.Errorf("%+v, %v", got, refusal)
	}
}

func TestMaxAge(t *testing.T) {
	got, refusal := oauth.ParseAuthorize(parse(t, change("max_age", "10000")), confidential())
	if refusal != nil || got.MaxAge != 10000*time.Second || !got.MaxAgeGiven {
		t.Errorf("%+v, %v", got, refusal)
	}
}

// TestLongStateReturnsIntact is number 20, with what would break out of a page.
func TestLongStateReturnsIntact(t *testing.T) {
	for _, state := range []string{
		strings.Repeat("s", 4096), `"><script>alert(1)</script>`, "a\r\nSet-Cookie: x=y", "a&b=c#d%20 e+f", "ünïcode 🔑",
	} {
		for _, query := range []string{change("state", state, "nonce", state), change("state", state, "prompt", "bogus")} {
			request, refusal := oauth.ParseAuthorize(parse(t, query), confidential())
			response := oauth.Response{}
			if refusal != nil {
				response = refusal.Response("https://id.example")
			} else {
				response = request.Issued("https://id.example", oauth.Answer{Code: "c"})
				if request.Nonce != state {
					t.Errorf("nonce %.40q became %.40q", state, request.Nonce)
				}
			}
			_, back, _ := strings.Cut(response.URL(), "?")
			if got := parse(t, back).Get("state"); got != state {
				t.Errorf("state %.40q became %.40q", state, got)
			}
			if strings.ContainsAny(response.URL(), "\r\n\"<> ") {
				t.Errorf("it stands as it was in %.120q", response.URL())
			}
		}
	}
}

// TestRefusalNeverEchoes sends a marker in every parameter.
func TestRefusalNeverEchoes(t *testing.T) {
	const marker = "MARKER"
	for _, name := range []string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "prompt", "max_age",
		"code_challenge", "code_challenge_method", "request", "request_uri", "registration",
	} {
		_, refusal := oauth.ParseAuthorize(parse(t, change(name, `<`+marker+`"`)), confidential())
		if refusal == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if text := refusal.Error.Error() + refusal.RedirectURI + refusal.Reason + string(refusal.Body()); strings.Contains(text, marker) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestRefusalIsAnsweredAsAsked(t *testing.T) {
	for _, test := range []struct{ query, mode string }{
		{change("response_type", "bogus"), oauth.ModeQuery},
		{change("response_type", "token"), oauth.ModeFragment},
		{change("response_type", "id_token token"), oauth.ModeFragment},
		{change("response_type", "id_token", "response_mode", "query"), oauth.ModeFragment},
		{change("response_type", "id_token", "response_mode", "form_post"), oauth.ModeFormPost},
		{change("prompt", "bogus", "response_mode", "form_post"), oauth.ModeFormPost},
		{change("prompt", "bogus", "response_mode", "fragment"), oauth.ModeFragment},
		{change("response_mode", "jwt"), oauth.ModeQuery},
	} {
		_, refusal := oauth.ParseAuthorize(parse(t, test.query), confidential())
		if refusal == nil || refusal.ResponseMode != test.mode {
			t.Errorf("%s: %+v, want %s", test.query, refusal, test.mode)
		}
	}
}

// FuzzParseAuthorize states what holds for every request: an answer goes to what
// is registered, or nowhere, and brings the state back.
func FuzzParseAuthorize(f *testing.F) {
	f.Add(good)
	f.Add(change("state", "x", "prompt", "none login"))
	f.Add(change("response_mode", "form_post", "max_age", "1", "scope", "openid  email"))
	f.Add(good + "&client_id=x")
	f.Fuzz(func(t *testing.T, query string) {
		p, err := oauth.ParseQuery(query)
		if err != nil {
			return
		}
		client := confidential()
		request, refusal := oauth.ParseAuthorize(p, client)
		var response oauth.Response
		switch {
		case refusal == nil:
			response = request.Issued("https://id.example", oauth.Answer{Code: "c"})
		case refusal.Shown():
			return
		default:
			response = refusal.Response("https://id.example")
		}
		if response.RedirectURI != client.RedirectURIs[0] {
			t.Fatalf("answered to %q", response.RedirectURI)
		}
		last := response.Fields[len(response.Fields)-1]
		if last.Name != "iss" || last.Value != "https://id.example" {
			t.Errorf("no issuer in %v", response.Fields)
		}
		var state string
		for _, field := range response.Fields {
			if field.Name == "state" {
				state = field.Value
			}
		}
		if state != p.Get("state") {
			t.Errorf("state %q became %q", p.Get("state"), state)
		}
	})
}
