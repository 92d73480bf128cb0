package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/postern-id/postern/core"
)

// SessionState is the parameter session_state of an authorization response (OpenID Connect
// Session Management 1.0 section 2): what the page at [PathCheckSession] computes for a
// client that asks from the origin of the redirect URI, as long as browserState is the
// state of the browser. It is empty for a redirect URI without origin, which no page can
// ask from. The salt has no dot and no blank.
func SessionState(clientID, redirectURI, browserState, salt string) string {
	origin := core.WebOrigin(redirectURI)
	if origin == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{clientID, origin, browserState, salt}, " ")))
	return hex.EncodeToString(sum[:]) + "." + salt
}
