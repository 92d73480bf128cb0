package web

import (
	"encoding/base64"
	"html"
	"html/template"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogo(t *testing.T) {
	pixel := base64.StdEncoding.EncodeToString([]byte("pixels"))
	large := base64.StdEncoding.EncodeToString(make([]byte, maxLogo))
	for _, test := range []struct {
		uri   string
		shown bool
	}{
		{"data:image/png;base64," + pixel, true},
		{"data:image/svg+xml;base64," + pixel, true},
		{"/assets/0123/mark.svg", true},
		{"", false},
		{"https://wiki.example/logo.png", false}, // a foreign request; img-src forbids it
		{"//wiki.example/logo.png", false},
		{"data:image/png;base64,", false},
		{"data:image/png;base64,not base64", false},
		{"data:image/png;base64," + pixel + "\n", false},
		{"data:image/png," + pixel, false},
		{"data:image/png;base64," + large, false},
		{"data:image/tiff;base64," + pixel, false},
		{"data:text/html;base64," + pixel, false},
		{"data:image/svg+xml,<svg onload=alert(1)>", false},
		{"javascript:alert(1)", false},
		{"/assets/../api/logout", false},
		{"/assets/%2e%2e/api/logout", false},
		{"/assets/..\\api\\logout", false},
		{"/assets/x?y", false},
		{"/api/logout", false},
	} {
		want := template.URL("")
		if test.shown {
			want = template.URL(test.uri)
		}
		if got := logo(test.uri); got != want {
			t.Errorf("logo(%.60q) = %.60q, want %.60q", test.uri, got, want)
		}
	}
}

// The names of the icons are a contract with operators.
var iconNames = []string{
	"apple", "auth0", "casdoor", "directory", "generic", "github", "gitlab", "google", "key", "keycloak", "microsoft", "okta", "openid",
}

func TestIcon(t *testing.T) {
	files := newPages(t).assets
	for _, name := range iconNames {
		if got := string(files.icon(name)); got != files.prefix+"icon-"+name+".svg" {
			t.Errorf("icon %q is %q", name, got)
		}
	}
	if got := string(files.icon("postern")); got != files.prefix+"mark.svg" {
		t.Errorf("our own icon is %q", got)
	}
	if got := string(files.icon(sampleLogo())); got != sampleLogo() {
		t.Errorf("an image is %.60q", got)
	}
	for _, name := range []string{"", "mark", "Google", "google.svg", "../mark", "x/../mark", "https://x.example/i.svg", "data:text/html;base64,AAAA"} {
		if got := files.icon(name); got != "" {
			t.Errorf("icon %q is %q", name, got)
		}
	}
	drawn := 0
	for name := range files.files {
		if strings.HasPrefix(name, "icon-") {
			drawn++
		}
	}
	if drawn != len(iconNames) {
		t.Errorf("%d icons are drawn, %d are named", drawn, len(iconNames))
	}
}

func TestRemoteLogo(t *testing.T) {
	for uri, shown := range map[string]bool{
		"https://wiki.example/logo.png": true, "https://wiki.example:8443/logo?x=1": true, "http://wiki.example/logo.png": false, "//wiki.example/logo.png": false,
		"javascript:alert(1)": false, "data:image/png;base64,AAAA": false, "https://a@wiki.example/logo.png": false, "https:logo.png": false, "": false, "https://[": false,
	} {
		want := template.URL("")
		if shown {
			want = template.URL(uri)
		}
		if got := remoteLogo(uri); got != want {
			t.Errorf("%q: got %q", uri, got)
		}
	}
}

func FuzzLogo(f *testing.F) {
	f.Add("data:image/png;base64,AAAA")
	f.Add("/assets/a/b.svg")
	f.Add("/assets/../x")
	f.Fuzz(func(t *testing.T, uri string) {
		got := string(logo(uri))
		if got == "" {
			return
		}
		if got != uri || strings.ContainsAny(got, "\"'<>\\ \r\n\x00") {
			t.Errorf("logo(%q) = %q", uri, got)
		}
		if !strings.HasPrefix(got, "data:image/") && !strings.HasPrefix(got, "/assets/") || strings.Contains(got, "/../") {
			t.Errorf("logo(%q) leaves this server", uri)
		}
	})
}

func TestLink(t *testing.T) {
	for uri, want := range map[string]string{
		"https://wiki.example/privacy?a=b#c": "https://wiki.example/privacy?a=b#c",
		"http://wiki.example":                "http://wiki.example",
		"":                                   "",
		"javascript:alert(1)":                "",
		"JavaScript://wiki.example/%0aalert": "",
		"data:text/html,x":                   "",
		"/local":                             "",
		"//wiki.example":                     "",
		"https:wiki.example":                 "",
		"https://idp.example@wiki.example":   "",
		"https://wiki.example/%zz":           "",
		"ftp://wiki.example/":                "",
	} {
		if got := link(uri); got != want {
			t.Errorf("link(%q) = %q, want %q", uri, got, want)
		}
	}
}

func TestSendTo(t *testing.T) {
	for uri, want := range map[string]template.HTMLAttr{
		"https://wiki.example/cb?a=(b)&c='d'": `action="https://wiki.example/cb?a=(b)&amp;c=&#39;d&#39;"`,
		`https://wiki.example/"><script>`:     `action="https://wiki.example/&#34;&gt;&lt;script&gt;"`,
		"http://127.0.0.1:7777/cb":            `action="http://127.0.0.1:7777/cb"`,
		"com.example.app:/cb":                 `action="com.example.app:/cb"`,
		"javascript:alert(1)":                 "",
		"JAVASCRIPT:alert(1)":                 "",
		"data:text/html,x":                    "",
		" javascript:alert(1)":                "",
		"https://wiki.example/#\n":            "",
		"/local":                              "",
		"":                                    "",
	} {
		got, err := sendTo(uri)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("sendTo(%q) = %q, %v; want %q", uri, got, err, want)
		}
	}
}

// FuzzLeads: what a page leads to is the address as it is, within one attribute.
func FuzzLeads(f *testing.F) {
	for _, uri := range []string{"https://a.example/?b='c'&d=\"e\"", "com.example.app:/cb", "javascript:alert(1)", "'https://a.example", "a.b:#\x00"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		got, err := refreshTo(uri)
		if err != nil {
			return
		}
		value, found := strings.CutPrefix(string(got), `content="0; url=`)
		value, closed := strings.CutSuffix(value, `"`)
		if !found || !closed || strings.ContainsAny(value, "\"'<>\r\n\x00") || html.UnescapeString(value) != uri {
			t.Errorf("refreshTo(%q) = %q", uri, got)
		}
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(uri)), "javascript:") || strings.HasPrefix(uri, "'") {
			t.Errorf("refreshTo(%q) leads anywhere", uri)
		}
	})
}

func TestMonogram(t *testing.T) {
	for name, want := range map[string]string{
		"Confluence": "C", "ada": "A", " (jira) ": "J", "4me": "4", "émile": "É", "日本": "日", "": "•", "!?": "•", "\u202eevil": "E",
	} {
		if got := monogram(name); got != want {
			t.Errorf("monogram(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestProblemsStandInTheOrderOfTheForm(t *testing.T) {
	got := problems(map[string]string{"password": "p", "token": "t", "username": "u", "name": "", "": "form"})
	want := []problem{{"", "form"}, {"", "t"}, {"username", "u"}, {"password", "p"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTitle(t *testing.T) {
	wiki := &Client{Name: "Conflu\u202eence\n"}
	for _, test := range []struct {
		page Page
		want string
	}{
		{Login{}, "Sign in"},
		{Login{Client: wiki}, "Sign in to continue to Confluence"},
		{&Login{Client: wiki, Problem: "No."}, "Error: Sign in to continue to Confluence"},
		{Select{Client: wiki}, "Choose an account to continue to Confluence"},
		{Consent{Client: wiki}, "Allow access for Confluence"},
		{Welcome{}, "Postern"},
		{Logout{}, "Sign out"},
		{SignedOut{}, "You are signed out"},
		{Error{}, "Error: Something went wrong"},
		{Error{Title: "This link does not work"}, "Error: This link does not work"},
		{Setup{}, "Set up Postern"},
		{Setup{Problems: map[string]string{"name": "No."}}, "Error: Set up Postern"},
		{SetupDone{}, "Postern is ready"},
		{FormPost{Client: wiki}, "Returning to Confluence"},
		{Denied{Client: wiki, URL: "https://wiki.example/"}, "Error: You may not sign in to Confluence"},
		{Denied{URL: "https://wiki.example/"}, "Error: You may not sign in"},
		{Leaving{Client: wiki, Name: "Google", URL: "https://wiki.example/"}, "Returning to Confluence"},
		{Leaving{Name: "Google", URL: "https://accounts.google.com/"}, "Going on to Google"},
		{Leaving{URL: "https://accounts.google.com/x"}, "Going on to accounts.google.com"},
		{Leaving{URL: "com.example.app:/cb"}, "Going on to the application"},
		{SigningOut{URL: "https://wiki.example/"}, "You are signed out"},
	} {
		if got := Title(test.page, newPages(t).Known("en")); got != test.want {
			t.Errorf("Title(%#v) = %q, want %q", test.page, got, test.want)
		}
	}
}

func TestRemoteLogos(t *testing.T) {
	client := Client{RemoteLogo: "https://a.example/l.png"}
	for _, test := range []struct {
		page Page
		want []string
	}{
		{Login{Client: &client}, []string{client.RemoteLogo}},
		{&Consent{Client: &client}, []string{client.RemoteLogo}},
		{Login{}, nil}, {Login{Client: &Client{RemoteLogo: "http://a.example/l.png"}}, nil},
		{Login{Client: &Client{LogoURI: sampleLogo(), RemoteLogo: client.RemoteLogo}}, nil},
		{Applications{Applications: []Application{{Client: client}, {}, {Client: client}}}, []string{client.RemoteLogo, client.RemoteLogo}},
		{Profile{Since: time.Now()}, nil},
	} {
		if got := RemoteLogos(test.page); !slices.Equal(got, test.want) {
			t.Errorf("%T: %q, want %q", test.page, got, test.want)
		}
	}
}
