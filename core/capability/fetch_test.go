package capability_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

// echo answers with what came, without authorization.
func echo(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	rw.Header().Set("Content-Type", "text/plain")
	rw.Header().Add("X-Two", "a")
	rw.Header().Add("X-Two", "b")
	rw.Header().Set("Set-Cookie", "session=1")
	rw.Header()["Date"] = nil
	fmt.Fprintf(rw, "%s %s %s", r.Method, r.Header.Get("X-Sent"), body)
}

func TestFetch(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/", echo)
	w.serve("api.example.org/bytes", "image/png", "\x89PNG\xff")
	caller := w.caller("http.fetch api.example.org")
	headers := `"headers":{"content-length":"%d","content-type":"text/plain","x-two":"a, b"}`
	for request, want := range map[string]string{
		`{"url":"https://api.example.org/"}`: `{"status":200,` + fmt.Sprintf(headers, 5) + `,"body":"GET  "}`,
		`{"method":"POST","url":"https://API.example.org:443/?q","headers":{"x-sent":"Grüße"},"body":"{\"a\":1}"}`: `{"status":200,` + fmt.Sprintf(headers, 20) + `,"body":"POST Grüße {\"a\":1}"}`,
		`{"method":"DELETE","url":"https://api.example.org/","body_base64":"AAE="}`:                                `{"status":200,` + fmt.Sprintf(headers, 10) + `,"body":"DELETE  \u0000\u0001"}`,
		`{"url":"https://api.example.org/bytes"}`:                                                                  `"body_base64":"iVBOR/8="}`,
		`{"method":"HEAD","url":"https://api.example.org/"}`:                                                       `{"status":200,`,
	} {
		answer, code := w.call(caller, hook.HTTPFetch, `{"requests":[`+request+`]}`)
		if code != "" || !strings.HasPrefix(answer, `{"responses":[{"status":200`) || !strings.Contains(answer, want) {
			t.Errorf("%s\ngives %s (%s)\nwant  %s", request, answer, code, want)
		}
		if strings.Contains(answer, "cookie") {
			t.Errorf("%s: a cookie in %s", request, answer)
		}
	}
}

// TestFetchSideBySide holds that the requests do not wait for each other: each
// answer comes when all have arrived.
func TestFetchSideBySide(t *testing.T) {
	w := newWorld(t)
	var arrived sync.WaitGroup
	arrived.Add(8)
	w.mux.HandleFunc("api.example.org/{n}", func(rw http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		io.WriteString(rw, r.PathValue("n"))
	})
	var requests []string
	for n := range 8 {
		requests = append(requests, fmt.Sprintf(`{"url":"https://api.example.org/%d"}`, n))
	}
	answer, code := w.call(w.caller("http.fetch *.example.org"), hook.HTTPFetch, `{"requests":[`+strings.Join(requests, ",")+`]}`)
	var got struct{ Responses []struct{ Body string } }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || code != "" || len(got.Responses) != 8 {
		t.Fatalf("%s (%s)", answer, code)
	}
	for n, response := range got.Responses {
		if response.Body != fmt.Sprint(n) {
			t.Errorf("response %d: %q", n, response.Body)
		}
	}
	w.refuses(w.caller("http.fetch *.example.org"), hook.HTTPFetch, `{"requests":[`+strings.Join(append(requests, requests[0]), ",")+`]}`, hook.CodeInvalidRequest, "1 to 8 requests")
	w.refuses(w.caller("http.fetch *.example.org"), hook.HTTPFetch, `{"requests":[]}`, hook.CodeInvalidRequest, "1 to 8 requests")
}

// TestFetchRefuses has what a plugin tries. Nothing is sent, not even the good
// request before it.
func TestFetchRefuses(t *testing.T) {
	w := newWorld(t)
	w.serve("api.example.org/", "text/plain", "x")
	caller := w.caller("http.fetch api.example.org", "ldap.search other.example.org")
	w.secret(caller, "key", "s3cr3t-value")
	w.secret(caller, "lines", "s3cr3t\r\nX-Admin: 1")
	for _, test := range []struct{ request, code, words string }{
		{`{"url":"https://other.example.org/"}`, hook.CodeDenied, `the instance \"directory\" may not fetch from other.example.org; the operator allows it with: postern plugin grant directory http.fetch other.example.org`},
		{`{"url":"https://api.example.org:8443/"}`, hook.CodeDenied, "postern plugin grant directory http.fetch api.example.org:8443"},
		{`{"url":"https://example.org/"}`, hook.CodeDenied, "may not fetch from example.org"},
		{`{"url":"https://xapi.example.org/"}`, hook.CodeDenied, "may not fetch from xapi.example.org"},
		{`{"url":"https://127.0.0.1/"}`, hook.CodeDenied, "may not fetch from 127.0.0.1"},
		{`{"url":"https://[::1]:2375/"}`, hook.CodeDenied, "may not fetch from [::1]:2375"},
		{`{"url":"https://2130706433/"}`, hook.CodeInvalidRequest, "usual form"},
		{`{"url":"https://api.example.org@127.0.0.1/"}`, hook.CodeInvalidRequest, "user name"},
		{`{"url":"https://api.example.org\\@127.0.0.1/"}`, hook.CodeInvalidRequest, "URL"},
		{`{"url":"file:///etc/passwd"}`, hook.CodeInvalidRequest, "must begin with https://"},
		{`{"url":"//api.example.org/"}`, hook.CodeInvalidRequest, "must begin with https://"},
		{`{"url":""}`, hook.CodeInvalidRequest, "must begin with https://"},
		{`{"url":"https://api.example.org/ HTTP/1.1\r\nX-Admin: 1"}`, hook.CodeInvalidRequest, "URL"},
		{`{"method":"CONNECT","url":"https://api.example.org/"}`, hook.CodeInvalidRequest, "the method is GET, HEAD"},
		{`{"method":"OPTIONS","url":"https://api.example.org/"}`, hook.CodeInvalidRequest, "the method is GET, HEAD"},
		{`{"method":"get","url":"https://api.example.org/"}`, hook.CodeInvalidRequest, "the method is GET, HEAD"},
		{`{"method":"GET / HTTP/1.1\r\n","url":"https://api.example.org/"}`, hook.CodeInvalidRequest, "the method is GET, HEAD"},
		{`{"url":"https://api.example.org/","body":"x"}`, hook.CodeInvalidRequest, "the method GET has no body"},
		{`{"method":"POST","url":"https://api.example.org/","body":"x","body_base64":"eA=="}`, hook.CodeInvalidRequest, "body and body_base64 are both given"},
		{`{"method":"POST","url":"https://api.example.org/","body_base64":"eA"}`, hook.CodeInvalidRequest, "body_base64: illegal base64"},
		{`{"url":"https://api.example.org/","headers":{"X-A":1}}`, hook.CodeInvalidRequest, "is no string"},
		{`{"url":"https://api.example.org/","headers":{"X-A":"1","x-a":"2"}}`, hook.CodeInvalidRequest, "is there twice"},
		{`{"url":"https://api.example.org/","timeout_ms":-1}`, hook.CodeInvalidRequest, "cannot be negative"},
		{`{"url":"https://api.example.org/","exchanged":true}`, hook.CodeInvalidRequest, "no token was exchanged in this call"},
		{`{"url":"https://api.example.org/","secrets":[{"header":"X-Key","name":"unset"}]}`, hook.CodeUnavailable, "the secret unset of the instance \\\"directory\\\" is not set"},
		{`{"url":"https://api.example.org/","secrets":[{"header":"X-Key","name":"lines"}]}`, hook.CodeUnavailable, "control character"},
		{`{"url":"https://api.example.org/","secrets":[{"header":"X-Key","name":"key"}],"headers":{"x-key":"mine"}}`, hook.CodeInvalidRequest, "is there twice"},
	} {
		w.refuses(caller, hook.HTTPFetch, `{"requests":[{"url":"https://api.example.org/"},`+test.request+`]}`, test.code, test.words)
	}
	if n := w.hit("api.example.org/"); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	answer, _ := w.call(caller, hook.HTTPFetch, `{"requests":[{"url":"https://api.example.org/","secrets":[{"header":"X-Key","name":"lines"}]}]}`)
	if strings.Contains(answer, "s3cr3t") {
		t.Errorf("the secret is in %s", answer)
	}
}

// TestFetchFails has what becomes of one request without harm to the others.
func TestFetchFails(t *testing.T) {
	w := newWorld(t)
	w.serve("api.example.org/", "text/plain", "x")
	w.mux.HandleFunc("api.example.org/endless", func(rw http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(rw, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	})
	w.mux.HandleFunc("api.example.org/bomb", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(rw)
		defer zip.Close()
		for range 1 << 8 {
			io.WriteString(zip, strings.Repeat("x", 1<<16))
		}
	})
	w.mux.HandleFunc("api.example.org/slow", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	w.names["gone.example.org"] = []string{"93.184.216.99"}
	w.names["inside.example.org"] = []string{"127.0.0.1"}
	w.names["cloud.example.org"] = []string{"169.254.169.254"}
	caller := w.caller("http.fetch *.example.org", "http.fetch 10.0.0.1")
	for _, test := range []struct{ request, code, words string }{
		{`{"url":"https://api.example.org/endless"}`, hook.CodeTooLarge, "larger than 262144 bytes"},
		{`{"url":"https://api.example.org/bomb"}`, hook.CodeTooLarge, "larger than 262144 bytes"},
		{`{"url":"https://api.example.org/slow","timeout_ms":50}`, hook.CodeTimeout, ""},
		{`{"url":"https://gone.example.org/"}`, hook.CodeUnavailable, "no connection to gone.example.org"},
		{`{"url":"https://inside.example.org/"}`, hook.CodeDenied, "is loopback: if it is to be reached, the operator lists 127.0.0.1:443"},
		{`{"url":"https://cloud.example.org/"}`, hook.CodeDenied, "is link-local"},
		{`{"url":"https://10.0.0.1/"}`, hook.CodeDenied, "is private"},
		{`{"url":"http://api.example.org/"}`, hook.CodeInvalidRequest, "use https"},
		{`{"url":"https://api.example.org/","headers":{"Host":"admin.example.org"}}`, hook.CodeInvalidRequest, "belongs to the connection"},
		{`{"url":"https://api.example.org/","headers":{"Content-Length":"1"}}`, hook.CodeInvalidRequest, "belongs to the connection"},
		{`{"url":"https://api.example.org/","headers":{"transfer-encoding":"chunked"}}`, hook.CodeInvalidRequest, "belongs to the connection"},
		{`{"url":"https://api.example.org/","headers":{"Proxy-Authorization":"x"}}`, hook.CodeInvalidRequest, "belongs to the connection"},
		{`{"url":"https://api.example.org/","headers":{"X-A\r\nX-Admin":"1"}}`, hook.CodeInvalidRequest, "is no name of a header"},
		{`{"url":"https://api.example.org/","headers":{"X-A: 1":"1"}}`, hook.CodeInvalidRequest, "is no name of a header"},
		{`{"url":"https://api.example.org/","headers":{"X-A":"1\r\nX-Admin: 1"}}`, hook.CodeInvalidRequest, "line break"},
		{`{"url":"https://api.example.org/","headers":{"X-A":"1\n"}}`, hook.CodeInvalidRequest, "line break"},
	} {
		answer, code := w.call(caller, hook.HTTPFetch, `{"requests":[`+test.request+`,{"url":"https://api.example.org/"}]}`)
		if !strings.HasPrefix(answer, `{"responses":[{"error":{"code":"`+test.code+`"`) || !strings.Contains(answer, test.words) || !strings.Contains(answer, `"body":"x"}]}`) {
			t.Errorf("%s\ngives %.500s (%s)\nwant %s: %s", test.request, answer, code, test.code, test.words)
		}
		if (code == hook.CodeDenied) != (test.code == hook.CodeDenied) {
			t.Errorf("%s: the code of the call is %q", test.request, code)
		}
	}
}

// TestFetchRebinding: a name that was good when it was looked up first is checked
// again when it is dialled again.
func TestFetchRebinding(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Connection", "close")
		io.WriteString(rw, "x")
	})
	w.names["api.example.org"] = []string{public, "127.0.0.1"}
	caller, request := w.caller("http.fetch api.example.org"), `{"requests":[{"url":"https://api.example.org/"}]}`
	if answer, code := w.call(caller, hook.HTTPFetch, request); code != "" {
		t.Errorf("%s (%s)", answer, code)
	}
	if answer, code := w.call(caller, hook.HTTPFetch, request); code != hook.CodeDenied || !strings.Contains(answer, "is loopback") {
		t.Errorf("%s (%s)", answer, code)
	}
}

// TestFetchRedirect: a redirect at the same host is followed, any other is not, and
// nothing of the host's goes there.
func TestFetchRedirect(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/old", http.RedirectHandler("/new", http.StatusPermanentRedirect).ServeHTTP)
	w.serve("api.example.org/new", "text/plain", "here")
	caller := w.caller("http.fetch *.example.org")
	w.secret(caller, "key", "s3cr3t-value")
	ask := func(path string) (answer, code string) {
		return w.call(caller, hook.HTTPFetch, `{"requests":[{"method":"POST","url":"https://api.example.org/`+path+`","body":"x","secrets":[{"header":"X-Key","name":"key"}]}]}`)
	}
	if answer, code := ask("old"); code != "" || !strings.Contains(answer, `"body":"here"`) {
		t.Errorf("%s (%s)", answer, code)
	}
	for path, to := range map[string]string{
		"inside": "http://127.0.0.1:8500/v1/kv/?raw", "cloud": "https://169.254.169.254/", "plain": "http://api.example.org/new",
		"port": "https://api.example.org:8443/new", "other": "https://other.example.org/new", "file": "file:///etc/passwd",
	} {
		w.mux.HandleFunc("api.example.org/"+path, http.RedirectHandler(to, http.StatusTemporaryRedirect).ServeHTTP)
		if answer, _ := ask(path); !strings.HasPrefix(answer, `{"responses":[{"error":{"code":"unavailable","message":"api.example.org redirects to`) {
			t.Errorf("%s: %s", to, answer)
		}
	}
	if n := w.hit("other.example.org/new"); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestFetchWithSecrets(t *testing.T) {
	w := newWorld(t)
	var got http.Header
	w.mux.HandleFunc("api.example.org/", func(rw http.ResponseWriter, r *http.Request) {
		got = r.Header
		io.WriteString(rw, "fine")
	})
	caller := w.caller("http.fetch api.example.org")
	w.secret(caller, "key", "s3cr3t-value")
	w.secret(caller, "other", "0ther")
	caller.Exchanged = "access-t0ken"
	answer, code := w.call(caller, hook.HTTPFetch, `{"requests":[{"url":"https://api.example.org/","exchanged":true,"headers":{"X-Mine":"1"},
		"secrets":[{"header":"x-api-key","name":"key","prefix":"Key "},{"header":"X-Other","name":"other"}]}]}`)
	if code != "" || !strings.Contains(answer, `"body":"fine"`) {
		t.Fatalf("%s (%s)", answer, code)
	}
	for name, want := range map[string]string{"X-Api-Key": "Key s3cr3t-value", "X-Other": "0ther", "Authorization": "Bearer access-t0ken", "X-Mine": "1"} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	w.refuses(caller, hook.HTTPFetch, `{"requests":[{"url":"https://api.example.org/","exchanged":true,"headers":{"authorization":"Basic x"}}]}`, hook.CodeInvalidRequest, "is there twice")
}

// TestFetchKeepsSecrets: a server that repeats what it got does not tell the guest.
func TestFetchKeepsSecrets(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/body", func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(rw, "the token %s is unknown", r.Header.Get("Authorization"))
	})
	w.mux.HandleFunc("api.example.org/header", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Request-Key", r.Header.Get("X-Key"))
	})
	caller := w.caller("http.fetch api.example.org")
	w.secret(caller, "key", "s3cr3t-value")
	caller.Exchanged = "access-t0ken"
	for _, request := range []string{
		`{"url":"https://api.example.org/body","exchanged":true}`,
		`{"url":"https://api.example.org/body","secrets":[{"header":"Authorization","name":"key","prefix":"Bearer "}]}`,
		`{"url":"https://api.example.org/header","secrets":[{"header":"X-Key","name":"key"}]}`,
	} {
		answer, _ := w.call(caller, hook.HTTPFetch, `{"requests":[`+request+`]}`)
		if !strings.HasPrefix(answer, `{"responses":[{"error":{"code":"refused","message":"the answer of api.example.org repeats`) ||
			strings.Contains(answer, "s3cr3t") || strings.Contains(answer, "t0ken") {
			t.Errorf("%s\ngives %s", request, answer)
		}
	}
}

// TestFetchTogether holds the answer to 1 MiB: what has no room is left out, the
// others stay.
func TestFetchTogether(t *testing.T) {
	w := newWorld(t)
	w.serve("api.example.org/", "text/plain", strings.Repeat("x", 250<<10))
	w.serve("api.example.org/small", "text/plain", "small")
	w.serve("api.example.org/escaped", "text/plain", strings.Repeat("\x00", 250<<10))
	large := strings.Repeat(`{"url":"https://api.example.org/"},`, 7)
	for requests, want := range map[string]string{large + `{"url":"https://api.example.org/small"}`: "4 3 1", `{"url":"https://api.example.org/escaped"}`: "0 1 0"} {
		answer, code := w.call(w.caller("http.fetch api.example.org"), hook.HTTPFetch, `{"requests":[`+requests+`]}`)
		got := fmt.Sprint(strings.Count(answer, `"body":"xxx`), strings.Count(answer, `{"error":{"code":"too_large","message":"the answers together`), strings.Count(answer, `"body":"small"`))
		if code != "" || len(answer) > 1<<20 || got != want {
			t.Errorf("%d bytes (%s) with %s, want %s", len(answer), code, got, want)
		}
	}
}

func TestFetchPrivate(t *testing.T) {
	w := newWorld(t, "127.0.0.1:8089")
	w.mux.HandleFunc("127.0.0.1/", echo)
	plain := http.Server{Handler: w.mux}
	defer plain.Close()
	listener := listen(t)
	go plain.Serve(listener)
	w.servers["127.0.0.1:8089"] = listener.Addr().String()
	answer, code := w.call(w.caller("http.fetch 127.0.0.1:8089"), hook.HTTPFetch, `{"requests":[{"url":"http://127.0.0.1:8089/"}]}`)
	if code != "" || !strings.Contains(answer, `"body":"GET  "`) {
		t.Errorf("%s (%s)", answer, code)
	}
}

func TestFetchEndsWithTheCall(t *testing.T) {
	w := newWorld(t)
	w.mux.HandleFunc("api.example.org/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	answer, _ := w.set.Call(ctx, w.caller("http.fetch api.example.org"), hook.HTTPFetch, []byte(`{"requests":[{"url":"https://api.example.org/slow"}]}`))
	if !strings.Contains(string(answer), `{"error":{"code":"timeout"`) {
		t.Errorf("%s", answer)
	}
}
