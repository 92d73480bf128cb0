package login_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core/remote/login"
)

// server is one with RFC 8628, as far as a program sees it.
type server struct {
	*httptest.Server
	mu sync.Mutex
	// answers are what the token endpoint says, one after the other; the last one stays.
	answers []string
	forms   []string // that it got
	change  func(document map[string]any)
	device  string // instead of the usual answer of the device endpoint
	good    string // access token that the rest of the server takes
}

const (
	deviceCode   = "dc_0000000000000000"
	accessToken  = "at_1111111111111111"
	refreshToken = "rt_2222222222222222"
)

// granted is the answer with tokens; generation tells them apart.
func granted(generation int) string {
	return fmt.Sprintf(`{"access_token":"%s-%d","refresh_token":"%s-%d","token_type":"Bearer","expires_in":3600,"scope":"openid profile postern:administration"}`, accessToken, generation, refreshToken, generation)
}

func refusedWith(code string) string {
	return `{"error":"` + code + `","error_description":"so it is"}`
}

func newServer(t *testing.T, answers ...string) *server {
	t.Helper()
	s := &server{answers: answers, good: accessToken + "-1"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("POST /device_authorization", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("/userinfo", s.private)
	mux.HandleFunc("/api/", s.private)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *server) discovery(w http.ResponseWriter, _ *http.Request) {
	document := map[string]any{
		"issuer": s.URL, "device_authorization_endpoint": s.URL + "/device_authorization", "token_endpoint": s.URL + "/token",
		"userinfo_endpoint": s.URL + "/userinfo", "revocation_endpoint": s.URL + "/revoke",
	}
	if s.change != nil {
		s.change(document)
	}
	json.NewEncoder(w).Encode(document)
}

func (s *server) note(r *http.Request) {
	r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forms = append(s.forms, r.PostForm.Encode())
}

func (s *server) authorize(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	answer := s.device
	if answer == "" {
		answer = `{"device_code":"` + deviceCode + `","user_code":"WDJB-MJHT","verification_uri":"` + s.URL + `/device","verification_uri_complete":"` + s.URL + `/device?user_code=WDJB-MJHT","expires_in":600,"interval":5}`
	}
	write(w, answer)
}

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	s.note(r)
	s.mu.Lock()
	answer := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	s.mu.Unlock()
	write(w, answer)
}

// write answers with 400 if it is an error; "503" alone is that status.
func write(w http.ResponseWriter, answer string) {
	switch {
	case answer == "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case strings.HasPrefix(answer, `{"error"`):
		w.WriteHeader(http.StatusBadRequest)
	}
	fmt.Fprint(w, answer)
}

func (s *server) revoke(_ http.ResponseWriter, r *http.Request) { s.note(r) }

func (s *server) private(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	good := r.Header.Get("Authorization") == "Bearer "+s.good
	s.mu.Unlock()
	if !good {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodPost {
		s.note(r)
	}
	fmt.Fprint(w, `{"sub":"01999c2e-8f00-7000-8000-000000000000","preferred_username":"ada"}`)
}

func (s *server) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.forms)
}

// clock is one that nobody waits for.
type clock struct {
	now   time.Time
	waits []time.Duration
}

func (c *clock) client() *login.Client {
	return &login.Client{
		Now: func() time.Time { return c.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			c.now, c.waits = c.now.Add(d), append(c.waits, d)
			return ctx.Err()
		},
	}
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} }

// wantError demands words and advice, and that nothing secret is in either.
func wantError(t *testing.T, err error, what, advice string) {
	t.Helper()
	wrong, ok := errors.AsType[*login.Error](err)
	if !ok || !strings.Contains(wrong.What, what) || !strings.Contains(wrong.Hint(), advice) {
		t.Errorf("got %v with hint %q, want %q and %q", err, hint(wrong), what, advice)
		return
	}
	for ; err != nil; err = errors.Unwrap(err) {
		for _, secret := range []string{deviceCode, accessToken, refreshToken} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q has a secret in it", err)
			}
		}
	}
}

func hint(e *login.Error) string {
	if e == nil {
		return ""
	}
	return e.Hint()
}
