package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// SessionState is the parameter session_state of an authorization response (OpenID Connect
// Session Management 1.0 section 2): what the page at [PathCheckSession] computes for a
// client that asks from the origin of the redirect URI, as long as browserState is the
// state of the browser. It is empty for a redirect URI without origin, which no page can
// ask from. The salt has no dot and no blank.
func SessionState(clientID, redirectURI, browserState, salt string) string {
	origin := webOrigin(redirectURI)
	if origin == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{clientID, origin, browserState, salt}, " ")))
	return hex.EncodeToString(sum[:]) + "." + salt
}

// webOrigin is the origin of a page as browsers write it (RFC 6454 section 6.2): lower
// case, without the port that goes without saying.
func webOrigin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}
