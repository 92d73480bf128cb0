package jose

import (
	"encoding/base64"
	"errors"
	"strings"
)

// decode reads base64url in its one canonical form: no padding, no line breaks,
// no spare bits (RFC 7515 section 2, RFC 4648 section 3.5).
func decode(s string) ([]byte, error) {
	// The decoder skips line breaks.
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("line breaks within base64url")
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}
