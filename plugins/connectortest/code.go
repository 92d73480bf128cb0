package connectortest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Server is an authorization server as vendors have one: it gives each browser a code,
// and takes the code back once, from the client that it knows. Set its fields before
// anybody asks it.
type Server struct {
	// ClientID and ClientSecret are of the one client. A test that checks the client in
	// another way sets Authenticate.
	ClientID, ClientSecret string
	// Authenticate reports whether the client is who it says; nil: by the secret, in the
	// header or in the form.
	Authenticate func(r *http.Request, form url.Values) bool
	// Callback is sent back with the code; more of it may be added by Decide.
	Callback url.Values
	// Decide answers an authorization request in place of the code: with the parameters of
	// an error, say. nil, or a nil result: the code.
	Decide func(asked url.Values) url.Values
	// Answer writes what a good code is worth. It must be set.
	Answer func(rw http.ResponseWriter, redeemed Redeemed)
	// Refuse writes that a code, or the client, is no good; nil: as RFC 6749 section 5.2
	// has it.
	Refuse func(rw http.ResponseWriter, code string)

	mu       sync.Mutex
	codes    map[string]url.Values // the authorization request of each code that is good
	redeemed []Redeemed
}

// Redeemed is a code that was taken back.
type Redeemed struct {
	Asked url.Values // the authorization request
	Form  url.Values // the token request
}

// Redeemed are the codes that were taken back so far.
func (s *Server) Redeemed() []Redeemed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Redeemed(nil), s.redeemed...)
}

// AddServer puts the server's two endpoints, URLs, into the world.
func (w *World) AddServer(s *Server, authorize, token string) {
	w.t.Helper()
	s.codes = map[string]url.Values{}
	w.Handle(authorize, s.authorize)
	w.Handle("POST "+token, s.token)
}

// authorize sends the browser back with a code, at once: the person has signed in and
// agreed.
func (s *Server) authorize(rw http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != s.ClientID || asked.Get("redirect_uri") != RedirectURI || asked.Get("response_type") != "code" {
		http.Error(rw, "invalid_request", http.StatusBadRequest)
		return
	}
	back := url.Values{}
	maps.Copy(back, s.Callback)
	if decided := s.decide(asked); decided != nil {
		maps.Copy(back, decided)
	} else {
		code := rand.Text()
		s.mu.Lock()
		s.codes[code] = asked
		s.mu.Unlock()
		back.Set("code", code)
	}
	back.Set("state", asked.Get("state"))
	if asked.Get("response_mode") == "form_post" {
		Send(rw, http.StatusOK, typeForm, back.Encode())
		return
	}
	http.Redirect(rw, r, RedirectURI+"?"+back.Encode(), http.StatusFound)
}

func (s *Server) decide(asked url.Values) url.Values {
	if s.Decide == nil {
		return nil
	}
	return s.Decide(asked)
}

func (s *Server) token(rw http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	form := r.PostForm
	refuse := s.Refuse
	if refuse == nil {
		refuse = refusePlainly
	}
	check := s.Authenticate
	if check == nil {
		check = s.knowsSecret
	}
	if !check(r, form) {
		refuse(rw, "invalid_client")
		return
	}
	s.mu.Lock()
	asked, good := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	s.mu.Unlock()
	if !good || form.Get("grant_type") != "authorization_code" || form.Get("redirect_uri") != asked.Get("redirect_uri") || !proves(form, asked) {
		refuse(rw, "invalid_grant")
		return
	}
	done := Redeemed{asked, form}
	s.mu.Lock()
	s.redeemed = append(s.redeemed, done)
	s.mu.Unlock()
	s.Answer(rw, done)
}

func refusePlainly(rw http.ResponseWriter, code string) {
	text, _ := json.Marshal(map[string]string{"error": code, "error_description": "The request is refused."})
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	Send(rw, status, "application/json", string(text))
}

// knowsSecret takes the secret from the header (RFC 6749 section 2.3.1) or from the form.
func (s *Server) knowsSecret(r *http.Request, form url.Values) bool {
	id, secret, inHeader := r.BasicAuth()
	if inHeader {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	return id == s.ClientID && secret != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(s.ClientSecret)) == 1
}

// proves checks the verifier (RFC 7636 section 4.6), and that none comes where no
// challenge was (RFC 9700 section 2.1.1).
func proves(form, asked url.Values) bool {
	challenge, verifier := asked.Get("code_challenge"), form.Get("code_verifier")
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return asked.Get("code_challenge_method") == "S256" && base64.RawURLEncoding.EncodeToString(sum[:]) == challenge && len(strings.TrimSpace(verifier)) >= 43
}
