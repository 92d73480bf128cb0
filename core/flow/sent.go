package flow

import (
	"net/url"
	"strings"

	"github.com/postern-id/postern/core/oauth"
)

// maxSent bounds what the audit log keeps of a parameter, in bytes.
const maxSent = 200

// sentWith gives what the application sent that was refused, for the audit log: whoever
// sets the application up compares it with what they registered. Of a redirect URI that is
// all but its query, which may hold anything. What is not ASCII is left out.
func sentWith(reason string, params oauth.Params) map[string]string {
	name, value := "", ""
	switch reason {
	case "redirect_uri_unregistered", "client_unknown", "client_missing":
		name, value = "redirect_uri", withoutQuery(params.Get("redirect_uri"))
	case "scope_unregistered", "scope_without_openid":
		name, value = "scope", params.Get("scope")
	case "response_type", "response_type_unregistered":
		name, value = "response_type", params.Get("response_type")
	case "challenge_method":
		name, value = "code_challenge_method", params.Get("code_challenge_method")
	}
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil
	}
	return map[string]string{name: value[:min(len(value), maxSent)]}
}

// withoutQuery is empty for what is no address.
func withoutQuery(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
