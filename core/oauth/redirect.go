package oauth

import (
	"slices"
	"strings"
)

const maxRedirectURI = 2048

// MatchRedirect reports whether the requested redirect URI is registered. It
// compares strings, byte by byte (RFC 9700 section 4.1.3, MUST): nothing is
// decoded, folded or normalised. One thing is free, for native clients alone:
// the port of an http URI to 127.0.0.1 or [::1] (RFC 8252 section 7.3, MUST).
// The name localhost is no such address.
func MatchRedirect(registered []string, native bool, requested string) bool {
	if requested == "" {
		return false
	}
	if slices.Contains(registered, requested) {
		return true
	}
	if !native {
		return false
	}
	host, rest, isLoopback := cutLoopback(requested)
	return isLoopback && slices.ContainsFunc(registered, func(uri string) bool {
		registeredHost, registeredRest, ok := cutLoopback(uri)
		return ok && registeredHost == host && registeredRest == rest
	})
}

// cutLoopback cuts an http URI to a loopback address into what stands before and
// behind its port.
func cutLoopback(uri string) (host, rest string, ok bool) {
	for _, host := range [...]string{"http://127.0.0.1", "http://[::1]"} {
		rest, found := strings.CutPrefix(uri, host)
		if !found {
			continue
		}
		if port, hasPort := strings.CutPrefix(rest, ":"); hasPort {
			if rest, ok = cutPort(port); !ok {
				return "", "", false
			}
		}
		return host, rest, rest == "" || rest[0] == '/' || rest[0] == '?'
	}
	return "", "", false
}

// cutPort cuts a port number between 1 and 65535, without leading zeros, off.
func cutPort(s string) (rest string, ok bool) {
	n, i := 0, 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && i < 6; i++ {
		n = 10*n + int(s[i]-'0')
	}
	return s[i:], i > 0 && s[0] != '0' && n <= 65535
}
