package login

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	// pathDiscovery is where a server says what it has (OpenID Connect Discovery section 4).
	pathDiscovery = "/.well-known/openid-configuration"
	// maxDocument is the size in bytes of what a server answers here.
	maxDocument = 1 << 20
)

// ParseServer reads the address of a server as people write it. It is the server's issuer:
// https, or http on this very machine, without a slash at its end.
func ParseServer(text string) (string, error) {
	advice := "write it like https://id.example.org"
	u, err := url.Parse(strings.TrimSpace(text))
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "", &Error{What: fmt.Sprintf("%q is no address of a server", text), Advice: advice, Err: err}
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", &Error{What: fmt.Sprintf("the address of the server %q has more than host, port and path", u.Host), Advice: advice}
	case u.Scheme != "https" && u.Scheme != "http":
		return "", &Error{What: fmt.Sprintf("%q is no address of a server", text), Advice: advice}
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", &Error{What: "what goes to http://" + u.Host + " is not encrypted, and everybody on the way could read the token", Advice: advice}
	}
	host := strings.ToLower(u.Host)
	if port := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; strings.HasSuffix(host, port) {
		host = strings.TrimSuffix(host, port)
	}
	return u.Scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// loopback reports whether the host is this very machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Client signs people in. The zero value works.
type Client struct {
	HTTP *http.Client     // nil: [NewHTTP]
	Now  func() time.Time // nil: the system's clock
	// Wait waits so long, or until ctx ends; nil does.
	Wait func(ctx context.Context, d time.Duration) error
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) http() *http.Client {
	if c.HTTP == nil {
		return NewHTTP()
	}
	return c.HTTP
}

// Server is one at which people sign in, and where it does what.
type Server struct {
	client *Client
	// Issuer is its address.
	Issuer                              string
	device, token, userInfo, revocation string
}

// Find asks a server, by its address as of [ParseServer], how people sign in at it.
func (c *Client) Find(ctx context.Context, address string) (*Server, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+pathDiscovery, nil)
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	answer, body, err := c.send(address, request)
	if err != nil {
		return nil, err
	}
	var d struct {
		Issuer     string `json:"issuer"`
		Device     string `json:"device_authorization_endpoint"`
		Token      string `json:"token_endpoint"`
		UserInfo   string `json:"userinfo_endpoint"`
		Revocation string `json:"revocation_endpoint"`
	}
	advice := "check the address: it is what clients are told as the issuer"
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return nil, &Error{What: fmt.Sprintf("%s sends elsewhere", address), Advice: advice}
	case answer.StatusCode != http.StatusOK || json.Unmarshal(body, &d) != nil || d.Issuer == "":
		return nil, &Error{What: fmt.Sprintf("there is no Postern at %s (status %d)", address, answer.StatusCode), Advice: advice}
	case d.Issuer != address: // OpenID Connect Discovery section 4.3, MUST
		return nil, &Error{What: fmt.Sprintf("the server at %s calls itself %s", address, d.Issuer), Advice: "if that is the one you mean, give that address"}
	case d.Device == "":
		return nil, &Error{What: address + " has no sign-in for programs", Advice: "it may be of an earlier version"}
	}
	s := &Server{c, d.Issuer, d.Device, d.Token, d.UserInfo, d.Revocation}
	return s, s.check()
}

// check refuses to send what is secret to anybody but the server itself.
func (s *Server) check() error {
	for _, endpoint := range []string{s.device, s.token, s.userInfo, s.revocation} {
		if endpoint != "" && !within(s.Issuer, endpoint) {
			return &Error{What: fmt.Sprintf("the server %s has its sign-in elsewhere, at %s", s.Issuer, endpoint), Advice: "do not trust it, unless whoever runs it explains that"}
		}
	}
	return nil
}

// within reports whether a URL has scheme, host and port of the server.
func within(server, address string) bool {
	own, err := url.Parse(server)
	if err != nil {
		return false
	}
	other, err := url.Parse(address)
	return err == nil && other.Scheme == own.Scheme && other.Host == own.Host && other.User == nil
}

// send sends a request and reads the answer.
func (c *Client) send(server string, request *http.Request) (*http.Response, []byte, error) {
	request.Header.Set("Accept", "application/json")
	answer, err := c.http().Do(request)
	if err != nil {
		return nil, nil, Reach(server, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	switch {
	case err != nil:
		return nil, nil, Reach(server, err)
	case len(body) > maxDocument:
		return nil, nil, &Error{What: server + " answers without an end", Advice: "check the address"}
	}
	return answer, body, nil
}
