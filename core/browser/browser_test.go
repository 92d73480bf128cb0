package browser_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/browser"
)

// site sets a cookie of each kind, has a form, and says what it was sent.
func site(t *testing.T) *browser.Browser {
	mux := http.NewServeMux()
	mux.HandleFunc("/begin", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "lax", Value: "1", SameSite: http.SameSiteLaxMode})
		http.SetCookie(w, &http.Cookie{Name: "none", Value: "1", SameSite: http.SameSiteNoneMode, Secure: true})
		http.SetCookie(w, &http.Cookie{Name: "plain", Value: "1", SameSite: http.SameSiteNoneMode})
		http.SetCookie(w, &http.Cookie{Name: "quiet", Value: "1", SameSite: http.SameSiteNoneMode, Secure: true, HttpOnly: true})
		http.Redirect(w, r, "/form", http.StatusSeeOther)
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<title>x</title><p id="said">one <b>two</b></p><iframe src="/frame?a=1&amp;b=2"></iframe>
			<form action="/said" method="post"><input name="kept" value="a&amp;b"><input name="filled"><input type="checkbox" name="ticked" value="1" checked><input type="checkbox" name="unticked" value="1"><button id="go" name="action" value="go">Go</button></form>
			<form action="/said" method="post" id="far"><input name="far" value="1"></form><p><button id="come" form="far" name="action" value="come">Come</button></p>
			<a id="leave" href="https://elsewhere.example/">Leave</a>`)
	})
	mux.HandleFunc("/said", func(w http.ResponseWriter, r *http.Request) {
		var cookies []string
		for _, c := range r.Cookies() {
			cookies = append(cookies, c.Name)
		}
		slices.Sort(cookies)
		r.ParseForm()
		fmt.Fprintf(w, "%s %v %s %s", r.Method, cookies, r.Header.Get("Origin"), r.PostForm.Encode())
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "lax", MaxAge: -1})
		http.Redirect(w, r, "https://rp.example/cb?code=1#x", http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return browser.New(t, server.URL)
}

func TestForms(t *testing.T) {
	b := site(t)
	p := b.Get("/begin")
	if p.URL.Path != "/form" || p.Text("said") != "one two" || p.Field("kept") != "a&b" || p.Has("nothing") {
		t.Fatalf("%s: %q, %q", p.URL, p.Text("said"), p.Field("kept"))
	}
	if frames := p.References("iframe", "src"); !slices.Equal(frames, []string{b.Origin + "/frame?a=1&b=2"}) {
		t.Errorf("frames %v", frames)
	}
	p = p.Press("go", map[string]string{"filled": "in"})
	if want := "POST [lax none plain quiet] " + b.Origin + " action=go&filled=in&kept=a%26b&ticked=1"; p.Body != want {
		t.Errorf("sent %q, want %q", p.Body, want)
	}
	if p = b.Get("/form").Press("come", nil); !strings.HasSuffix(p.Body, " action=come&far=1") {
		t.Errorf("the button outside of its form sent %q", p.Body)
	}
}

// From another site only those cookies come along that are for that, except with
// links.
func TestOtherSites(t *testing.T) {
	b := site(t)
	b.Get("/begin")
	for _, tt := range []struct {
		name string
		page *browser.Page
		want string
	}{
		{"form", b.PostFrom("https://rp.example", "/said", url.Values{"a": {"b"}}), "POST [none quiet] https://rp.example a=b"},
		{"frame", b.Frame("https://rp.example", "/said"), "GET [none quiet] https://rp.example "},
		{"link", b.Get("/said"), "GET [lax none plain quiet]  "},
		{"own form", b.Post("/said", url.Values{}), "POST [lax none plain quiet] " + b.Origin + " "},
	} {
		if tt.page.Body != tt.want {
			t.Errorf("%s: sent %q, want %q", tt.name, tt.page.Body, tt.want)
		}
	}
	if readable := b.Readable(); !maps.Equal(readable, map[string]string{"none": "1"}) {
		t.Errorf("a script in a frame reads %v", readable)
	}
	if p := b.Get("/away"); p.Location == nil || p.Location.String() != "https://rp.example/cb?code=1#x" {
		t.Errorf("ended at %v", p.Location)
	}
	if p := b.Get("/said"); p.Body != "GET [none plain quiet]  " {
		t.Errorf("the cookie stays: %q", p.Body)
	}
}
