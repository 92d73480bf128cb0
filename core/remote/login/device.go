package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The command line as a client: see core.ClientCommand and core.ScopeAdministration.
const (
	clientID    = "postern-cli"
	scopeOffice = "postern:administration"
	scopes      = "openid profile offline_access " + scopeOffice
)

const (
	grantDevice = "urn:ietf:params:oauth:grant-type:device_code"
	// Between two questions whether somebody has confirmed, if the server does not say
	// (RFC 8628 section 3.2), and at most.
	defaultInterval = 5 * time.Second
	maxInterval     = time.Minute
	// slowDown is what is waited longer where the server says so (section 3.5).
	slowDown = 5 * time.Second
)

// Device is a sign-in that waits for a person with a browser.
type Device struct {
	UserCode string // that they type
	Address  string // where they type it
	Complete string // the same with the code in it; may be empty
	Expires  time.Time

	code     string
	interval time.Duration
}

// Begin begins a sign-in (RFC 8628 section 3.1).
func (s *Server) Begin(ctx context.Context) (*Device, error) {
	body, err := s.post(ctx, s.device, url.Values{"scope": {scopes}})
	if err != nil {
		return nil, s.notBegun(err)
	}
	var d struct {
		Device    string `json:"device_code"`
		User      string `json:"user_code"`
		Address   string `json:"verification_uri"`
		Complete  string `json:"verification_uri_complete"`
		ExpiresIn int    `json:"expires_in"`
		Interval  int    `json:"interval"`
	}
	err = json.Unmarshal(body, &d)
	switch {
	case err != nil || d.Device == "" || d.User == "" || d.Address == "" || d.ExpiresIn < 1:
		return nil, &Error{What: s.Issuer + " gave no code to type", Advice: "look into its log", Err: err}
	case !within(s.Issuer, d.Address) || d.Complete != "" && !within(s.Issuer, d.Complete):
		return nil, &Error{What: fmt.Sprintf("the server %s wants the code to be typed elsewhere, at %s", s.Issuer, d.Address), Advice: "do not do that, unless whoever runs it explains it"}
	}
	device := &Device{d.User, d.Address, d.Complete, s.client.now().Add(time.Duration(d.ExpiresIn) * time.Second), d.Device, defaultInterval}
	if d.Interval > 0 {
		device.interval = min(time.Duration(d.Interval)*time.Second, maxInterval)
	}
	return device, nil
}

func (s *Server) notBegun(err error) error {
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	return &Error{What: fmt.Sprintf("%s does not let the command line sign people in: %s", s.Issuer, refused), Advice: "its client " + clientID + " may have been disabled or deleted", Err: err}
}

// Finish waits until a person has confirmed the sign-in, and gives their tokens (RFC 8628
// section 3.4).
func (s *Server) Finish(ctx context.Context, d *Device) (*Tokens, error) {
	form := url.Values{"grant_type": {grantDevice}, "device_code": {d.code}}
	for interval := d.interval; ; {
		if !s.client.now().Add(interval).Before(d.Expires) {
			return nil, s.late(nil)
		}
		if err := s.client.wait(ctx, interval); err != nil {
			return nil, err
		}
		body, err := s.post(ctx, s.token, form)
		if err == nil {
			return s.tokens(body)
		}
		longer, final := s.undecided(err)
		if final != nil {
			return nil, final
		}
		interval = min(interval+longer, maxInterval)
	}
}

// undecided says how much longer to wait, or why waiting is at its end.
func (s *Server) undecided(err error) (longer time.Duration, final error) {
	refused, ok := errors.AsType[*refusal](err)
	switch {
	case errors.Is(err, context.Canceled):
		return 0, err
	case !ok || refused.status >= 500 || refused.status == http.StatusTooManyRequests:
		return slowDown, nil // the server may be back before the code expires
	}
	switch refused.Code {
	case "authorization_pending":
		return 0, nil
	case "slow_down":
		return slowDown, nil
	case "access_denied":
		return 0, &Error{What: "the sign-in was refused in the browser", Advice: "whoever signs in needs a role on the server: see 'postern role grant'", Err: err}
	case "expired_token":
		return 0, s.late(err)
	}
	return 0, &Error{What: fmt.Sprintf("%s refuses the sign-in: %s", s.Issuer, refused), Err: err}
}

func (s *Server) late(err error) error {
	return &Error{What: "nobody confirmed the sign-in in time", Advice: "run 'postern login " + s.Issuer + "' again", Err: err}
}

// Tokens are what a sign-in gives.
type Tokens struct {
	Access    string    `json:"access_token"`
	Refresh   string    `json:"refresh_token"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // of Access; zero: not known
}

func (s *Server) tokens(body []byte) (*Tokens, error) {
	var t struct {
		Tokens
		Type      string  `json:"token_type"`
		ExpiresIn int     `json:"expires_in"`
		Scope     *string `json:"scope"` // left out: what was asked for (RFC 6749 section 5.1)
	}
	err := json.Unmarshal(body, &t)
	switch {
	case err != nil || t.Access == "" || !strings.EqualFold(t.Type, "Bearer"):
		return nil, &Error{What: s.Issuer + " gave no token", Advice: "look into its log"} // not err: it may quote the answer
	case t.Scope != nil && !slices.Contains(strings.Fields(*t.Scope), scopeOffice):
		return nil, &Error{What: "the server did not let the command line administer it for you", Advice: "whoever signs in needs a role on the server: see 'postern role grant'"}
	}
	got := &Tokens{Access: t.Access, Refresh: t.Refresh}
	if t.ExpiresIn > 0 {
		got.ExpiresAt = s.client.now().Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	return got, nil
}

// Refresh gives new tokens for old ones (RFC 6749 section 6).
func (s *Server) Refresh(ctx context.Context, old *Tokens) (*Tokens, error) {
	body, err := s.post(ctx, s.token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh}})
	if refused, ok := errors.AsType[*refusal](err); ok && refused.status < 500 && refused.status != http.StatusTooManyRequests {
		return nil, Over(s.Issuer, err)
	}
	if err != nil {
		return nil, err
	}
	got, err := s.tokens(body)
	if err == nil && got.Refresh == "" {
		got.Refresh = old.Refresh
	}
	return got, err
}

// Revoke ends a sign-in at the server, where that offers it (RFC 7009); done is false where
// it does not.
func (s *Server) Revoke(ctx context.Context, t *Tokens) (done bool, err error) {
	token, hint := t.Refresh, "refresh_token"
	if token == "" {
		token, hint = t.Access, "access_token"
	}
	if s.revocation == "" || token == "" {
		return false, nil
	}
	_, err = s.post(ctx, s.revocation, url.Values{"token": {token}, "token_type_hint": {hint}})
	return err == nil, err
}

// Person gives the name of whoever signed in, for people to read.
func (s *Server) Person(ctx context.Context, t *Tokens) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.userInfo, nil)
	if err != nil {
		return "", fmt.Errorf("ask who signed in: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+t.Access)
	answer, body, err := s.client.send(s.Issuer, request)
	if err != nil {
		return "", err
	}
	var person struct {
		Login   string `json:"preferred_username"`
		Subject string `json:"sub"`
	}
	if answer.StatusCode != http.StatusOK || json.Unmarshal(body, &person) != nil || person.Login+person.Subject == "" {
		return "", &Error{What: fmt.Sprintf("%s does not say who signed in (status %d)", s.Issuer, answer.StatusCode), Advice: "look into its log"}
	}
	if person.Login == "" {
		return person.Subject, nil
	}
	return person.Login, nil
}

// refusal is an error as an endpoint answers it (RFC 6749 section 5.2).
type refusal struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	status      int
}

func (r *refusal) Error() string {
	switch {
	case r.Code == "":
		return fmt.Sprintf("status %d", r.status)
	case r.Description == "":
		return r.Code
	}
	return r.Code + ": " + r.Description
}

// post sends a form as the command line's client, which has no secret.
func (s *Server) post(ctx context.Context, endpoint string, form url.Values) ([]byte, error) {
	form.Set("client_id", clientID)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, body, err := s.client.send(s.Issuer, request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		refused := &refusal{status: answer.StatusCode}
		if json.Unmarshal(body, refused) != nil {
			refused.Code, refused.Description = "", ""
		}
		return nil, refused
	}
	return body, nil
}
