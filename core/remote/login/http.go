package login

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// NewHTTP makes the client for requests to a server. It follows no redirects: a token goes
// nowhere but where the person who has it said.
func NewHTTP() *http.Client {
	dialer := net.Dialer{Timeout: 15 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 15 * time.Second,
			// Compiling a plugin that was sent there may take this long.
			ResponseHeaderTimeout: 2 * time.Minute, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
