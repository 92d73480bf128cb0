package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRefuseHTTP sends what no browser and no client sends. Everything gets an
// answer, and the server goes on.
func TestRefuseHTTP(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", usedData(t))
	s.waitReady()
	const (
		form  = "Content-Type: application/x-www-form-urlencoded\r\n"
		token = "/api/login/oauth/access_token"
	)
	large := strings.Repeat("a", 70_000)
	for _, tt := range []struct {
		name, request string
		status        int
		body          string // a regular expression
	}{
		{"a page that is none", "GET /nowhere HTTP/1.1\r\nHost: HOST\r\n\r\n", 404, `(?s)^<!doctype html.*There is no such page`},
		{"an endpoint that is none", "GET /api/nowhere HTTP/1.1\r\nHost: HOST\r\n\r\n", 404, `^\{"error":"invalid_request"`},
		{"a wrong method for a page", "DELETE /login HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, `(?s)^<!doctype html`},
		{"a wrong method for an endpoint", "GET " + token + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, `^\{"error":"invalid_request"`},
		{"a method that is none", "FROB / HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, `(?s)^<!doctype html`},
		{"a large body", "POST " + token + " HTTP/1.1\r\nHost: HOST\r\n" + form + "Content-Length: 70000\r\n\r\n" + large, 413, `^\{"error":"invalid_request"`},
		{"a large body in chunks", "POST " + token + " HTTP/1.1\r\nHost: HOST\r\n" + form + "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + large + "\r\n0\r\n\r\n", 413, `^\{"error":"invalid_request"`},
		{"a large body for a page", "POST /login HTTP/1.1\r\nHost: HOST\r\n" + form + "Content-Length: 70000\r\n\r\n" + large, 413, `(?s)^<!doctype html`},
		{"a large header", "GET / HTTP/1.1\r\nHost: HOST\r\nX-Large: " + large + "\r\n\r\n", 431, ``},
		{"a large address", "GET /?" + large + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 431, ``},
		{"a malformed query", "GET /login/oauth/authorize?client_id=%zz HTTP/1.1\r\nHost: HOST\r\n\r\n", 400, `(?s)^<!doctype html`},
		{"a parameter twice", "GET /login/oauth/authorize?client_id=a&client_id=b HTTP/1.1\r\nHost: HOST\r\n\r\n", 400, `(?s)^<!doctype html`},
		{"a form of another type", "POST " + token + " HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 400, `^\{"error":"invalid_request"`},
		{"a malformed path", "GET /%zz HTTP/1.1\r\nHost: HOST\r\n\r\n", 400, ``},
		{"a path that climbs", "GET /assets/../../etc/passwd HTTP/1.1\r\nHost: HOST\r\n\r\n", 404, ``},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, ``},
		{"two lengths", "POST " + token + " HTTP/1.1\r\nHost: HOST\r\n" + form + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, ``},
		{"length and chunks", "POST " + token + " HTTP/1.1\r\nHost: HOST\r\n" + form + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, ``},
		{"no HTTP", "EHLO rp.example\r\n\r\n", 400, ``},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400, ``},
		{"a new version", "GET / HTTP/3.0\r\nHost: HOST\r\n\r\n", 505, ``},
		{"an old version", "GET /livez HTTP/1.0\r\n\r\n", 200, `^ok\n$`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers := s.raw(t, tt.request)
			if len(answers) != 1 || answers[0].status != tt.status || !regexp.MustCompile(tt.body).MatchString(answers[0].body) {
				t.Errorf("want status %d and %q, got\n%v", tt.status, tt.body, answers)
			}
		})
	}
	t.Run("garbage after a request", func(t *testing.T) {
		answers := s.raw(t, "GET /livez HTTP/1.1\r\nHost: HOST\r\n\r\n\x00\x01garbage\r\n\r\n")
		if len(answers) != 2 || answers[0].status != 200 || answers[1].status != 400 {
			t.Errorf("got %v", answers)
		}
	})
	s.waitReady()
	s.checkLog()
}

// rawAnswer is an answer as it was on the wire.
type rawAnswer struct {
	status int
	body   string
}

// raw sends bytes and reads answers until the server closes the connection, or
// nothing more can be answered.
func (s *server) raw(t *testing.T, request string) []rawAnswer {
	t.Helper()
	host := strings.TrimPrefix(s.issuer, "http://")
	c, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	go func() {
		// Where the server refuses early the rest cannot be sent.
		io.WriteString(c, strings.ReplaceAll(request, "HOST", host))
		c.(*net.TCPConn).CloseWrite()
	}()
	var answers []rawAnswer
	for lines := bufio.NewReader(c); ; {
		response, err := http.ReadResponse(lines, nil)
		if err != nil {
			return answers
		}
		body, _ := io.ReadAll(response.Body) // a reset after the answer is no matter
		answers = append(answers, rawAnswer{response.StatusCode, string(body)})
	}
}

// TestSlowHeader: whoever sends a header byte by byte is cut off, and holds up
// nobody.
func TestSlowHeader(t *testing.T) {
	t.Parallel()
	s := start(t, "--data", usedData(t))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.issuer, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begin := time.Now()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		io.Copy(io.Discard, c)
	}()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n")
	for ticker := time.Tick(200 * time.Millisecond); ; {
		select {
		case <-ticker:
			io.WriteString(c, "X-Slow: 1\r\n")
			if response, err := s.client.Get(s.issuer + "/livez"); err != nil {
				t.Fatal(err)
			} else {
				response.Body.Close()
			}
			if time.Since(begin) > patience {
				t.Fatal("still connected")
			}
			continue
		case <-closed:
		}
		break
	}
	if took := time.Since(begin); took < 5*time.Second {
		t.Errorf("cut off after %s already", took)
	}
}

// TestErrorsAreTheStandards: what a client reads off an error is what the
// standards say.
func TestErrorsAreTheStandards(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	s := start(t, "--data", data)
	client := createClient(t, data, "another")
	for name, form := range map[string]url.Values{
		"unsupported_grant_type": {"grant_type": {"password"}},
		"invalid_request":        {},
		"invalid_grant":          {"grant_type": {"authorization_code"}, "code": {"code_unknown"}, "redirect_uri": {theCallback}},
	} {
		if a, err := s.token(client, form); err != nil || a.status != http.StatusBadRequest || a.Code != name {
			t.Errorf("want %s, got %v, %v", name, a, err)
		}
	}
	stranger := registered{ID: "nobody", Secret: "nothing"}
	if a, err := s.redeem(stranger, "x"); err != nil || a.status != http.StatusUnauthorized || a.Code != "invalid_client" {
		t.Errorf("an unknown client: %v, %v", a, err)
	}
	if status, err := s.userInfo("nonsense"); err != nil || status != http.StatusUnauthorized {
		t.Errorf("an unknown token: %d, %v", status, err)
	}
	request, err := http.NewRequest(http.MethodGet, s.issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, body, err := s.do(request)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal([]byte(body), &document); err != nil || document.Issuer != s.issuer {
		t.Errorf("the issuer is %q, %v", document.Issuer, err)
	}
}
