package outbound_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/outbound"
)

// sendsOn redirects /to?STATUS=URL and tells at any other path what it got.
func sendsOn(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/to" {
		var status int
		fmt.Sscan(r.FormValue("status"), &status)
		rw.Header().Set("Location", r.FormValue("url"))
		rw.WriteHeader(status)
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(rw, "%s %s body=%q auth=%q cookie=%q referer=%q", r.Method, r.Host+r.URL.Path, body,
		r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Referer())
}

func to(status int, url string) string {
	return fmt.Sprintf("https://example.com/to?status=%d&url=%s", status, url)
}

var credentials = http.Header{"Authorization": {"Bearer a"}, "Cookie": {"c=d"}}

func TestRedirect(t *testing.T) {
	w := newWorld(t, sendsOn)
	for status, want := range map[int]string{
		301: `GET example.com/b body=""`, 302: `GET example.com/b body=""`, 303: `GET example.com/b body=""`,
		307: `POST example.com/b body="x"`, 308: `POST example.com/b body="x"`,
	} {
		got := w.do(outbound.Request{Method: "POST", URL: to(status, "/b"), Body: []byte("x"), Header: credentials, FollowRedirects: true, Hosts: []string{"example.com"}})
		if want += ` auth="Bearer a" cookie="c=d" referer=""`; string(got.Body) != want || got.URL != "https://example.com/b" {
			t.Errorf("%d: %s at %s", status, got.Body, got.URL)
		}
	}
	got := w.do(outbound.Request{URL: to(302, "https://EXAMPLE.com:443/b"), FollowRedirects: true})
	if !strings.HasPrefix(string(got.Body), "GET example.com/b") {
		t.Errorf("%s", got.Body)
	}
	got = w.do(outbound.Request{URL: to(302, "https://127.0.0.1/")})
	if got.Status != 302 || got.Header.Get("Location") != "https://127.0.0.1/" {
		t.Errorf("not followed: %d %v", got.Status, got.Header)
	}
}

func refuseRedirect(t *testing.T) {
	w := newWorld(t, sendsOn, allow("127.0.0.0/8"))
	w.names.answers["www.example.com"] = []string{public}
	for url, want := range map[string]string{
		"https://www.example.com/":             "redirects to www.example.com: ask that one itself",
		"https://example.com:8443/":            "redirects to example.com:8443",
		"//evil.example/":                      "redirects to evil.example",
		"https://127.0.0.1:80/":                "redirects to 127.0.0.1:80",
		"http://example.com/":                  "redirects to http",
		"http://127.0.0.1/":                    "redirects to http",
		"https://user:pw@example.com/":         "cannot have a user name",
		"file:///etc/passwd":                   "must begin with https://",
		"https://0x7f.1/":                      "no address in its usual form",
		"https://[::ffff:127.0.0.1]/":          "IPv4 written as IPv6",
		"https:%2F%2Fexample.com.evil.example": "redirects to example.com.evil.example",
	} {
		w.refused(outbound.Request{URL: to(302, url), FollowRedirects: true}, outbound.ReasonRedirect, "example.com", want)
	}
	if dialled := w.wires.list(); len(dialled) != 1 {
		t.Errorf("dialled %v", dialled)
	}
}

func refuseRedirectLoop(t *testing.T) {
	requests := 0
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(rw, r, fmt.Sprintf("/%d", requests), http.StatusFound)
	})
	w.refused(outbound.Request{URL: "https://example.com", FollowRedirects: true}, outbound.ReasonRedirect, "more than 5 times")
	if requests != 6 {
		t.Errorf("%d requests", requests)
	}
}

// TestRedirectToTLS: a step from http to https at the same name is an improvement.
// The host's grant is for both or the redirect ends there.
func TestRedirectToTLS(t *testing.T) {
	w := newWorld(t, answer("secure"), allow("example.com:80", "example.com:443"))
	plain := httptest.NewServer(http.RedirectHandler("https://example.com/b", http.StatusMovedPermanently))
	defer plain.Close()
	w.names.answers["example.com"] = []string{"10.0.0.1"}
	w.wires.servers = map[string]string{"10.0.0.1:80": plain.Listener.Addr().String(), "10.0.0.1:443": w.server.Listener.Addr().String()}
	got := w.do(outbound.Request{URL: "http://example.com/a", FollowRedirects: true, Hosts: []string{"example.com"}})
	if string(got.Body) != "secure" || got.URL != "https://example.com/b" {
		t.Errorf("%q at %s", got.Body, got.URL)
	}
	w.refused(outbound.Request{URL: "http://example.com/a", FollowRedirects: true, Hosts: []string{"example.com:80"}}, outbound.ReasonRedirect, "not among the hosts")
}

// TestHTTP: a library's client has the same guard.
func TestHTTP(t *testing.T) {
	w := newWorld(t, sendsOn, func(o *outbound.Options) { o.MaxBody = 200 })
	w.names.answers["ten.example"] = []string{"10.0.0.1"}
	client := w.client.HTTP()
	response, err := client.Get(to(302, "/b"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if want := `GET example.com/b body="" auth="" cookie="" referer=""`; err != nil || string(body) != want {
		t.Errorf("%s, %v", body, err)
	}
	for url, want := range map[string]outbound.Reason{
		"https://ten.example":                             outbound.ReasonAddress,
		"http://example.com":                              outbound.ReasonURL,
		"https://user:pw@example.com":                     outbound.ReasonURL,
		"https://0x7f.1":                                  outbound.ReasonURL,
		to(302, "https://www.example.com/"):               outbound.ReasonRedirect,
		"https://example.com/" + strings.Repeat("a", 300): outbound.ReasonTooLarge,
	} {
		response, err := client.Get(url)
		if err == nil {
			_, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if problem, ok := errors.AsType[*outbound.Error](err); !ok || problem.Reason != want {
			t.Errorf("%.60s: %v, want %s", url, err, want)
		}
	}
	request, err := http.NewRequest("GET", "https://example.com/b", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "internal.example"
	_, err = client.Do(request)
	if problem, ok := errors.AsType[*outbound.Error](err); !ok || problem.Reason != outbound.ReasonRequest {
		t.Errorf("another Host header: %v", err)
	}
	if client.Timeout == 0 || client.Jar != nil {
		t.Errorf("%+v", client)
	}
}

// TestHTTPWithin: redirects lead from one host of the list to another, and leave
// the credentials behind, even on the way to a name below the first.
func TestHTTPWithin(t *testing.T) {
	var at []string
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		at = append(at, r.Host+" "+r.Header.Get("Accept")+r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("X-Token"))
		switch r.Host + r.URL.Path {
		case "example.com/":
			http.Redirect(rw, r, "https://cdn.example.com/", http.StatusTemporaryRedirect)
		case "cdn.example.com/":
			http.Redirect(rw, r, "https://blobs.example.com:8443/", http.StatusTemporaryRedirect)
		case "blobs.example.com:8443/out":
			http.Redirect(rw, r, "https://evil.example/", http.StatusTemporaryRedirect)
		}
	}, func(o *outbound.Options) { o.RootCAs = nil })
	// The server's certificate is for example.com alone; names below it are signed
	// here by the same key.
	w = below(t, w)
	for _, name := range []string{"cdn.example.com", "blobs.example.com"} {
		w.names.answers[name] = []string{public}
	}
	w.wires.servers[public+":8443"] = w.server.Listener.Addr().String()
	client := w.client.HTTPWithin("example.com", "*.example.com", "blobs.example.com:8443")
	get := func(url string) error {
		request, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = credentials.Clone()
		request.Header.Set("Accept", "a/b")
		request.Header.Set("X-Token", "e")
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
		}
		return err
	}
	if err := get("https://example.com/"); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(at, "; "), "example.com a/bBearer ac=de; cdn.example.com a/b; blobs.example.com:8443 a/b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for url, want := range map[string]outbound.Reason{
		"https://blobs.example.com:8443/out": outbound.ReasonRedirect,
		"https://evil.example/":              outbound.ReasonHost,
		"https://example.com:8443/":          outbound.ReasonHost,
	} {
		if problem, ok := errors.AsType[*outbound.Error](get(url)); !ok || problem.Reason != want {
			t.Errorf("%s: %v", url, problem)
		}
	}
}
