package oauth

import (
	"net/url"
	"slices"
	"strings"
)

// CheckRedirectURI decides whether a redirect URI may be registered. The error
// is invalid_redirect_uri (RFC 7591 section 3.2.2) and says what to do. The
// rules are stricter than URIs are, so that no browser reads a registered one
// otherwise than we do.
func CheckRedirectURI(uri string, native bool) *Error {
	u, err := url.Parse(uri)
	switch {
	case uri == "" || len(uri) > maxRedirectURI:
		return badRedirect("length", "A redirect URI has 1 to 2048 characters.")
	case !isURIText(uri):
		return badRedirect("characters", "A redirect URI is plain ASCII without blanks, quotes and backslashes; write an international host name in its xn-- form.")
	case strings.Contains(uri, "#"):
		return badRedirect("fragment", "A redirect URI has no fragment: leave out the # and what follows.")
	case strings.Contains(uri, "*"):
		return badRedirect("wildcard", "A redirect URI has no wildcards: register each address by itself.")
	case err != nil:
		return badRedirect("malformed", "The redirect URI cannot be parsed.")
	case !u.IsAbs():
		return badRedirect("relative", "A redirect URI is absolute: begin it with https://.")
	case u.User != nil || strings.Contains(u.Host, "@"):
		return badRedirect("userinfo", "A redirect URI has no user name in front of its host.")
	case hasDotSegment(u):
		return badRedirect("dot_segment", "A redirect URI has no . or .. in its path.")
	case hasResponseParameter(u):
		return badRedirect("query", "The query of a redirect URI has no parameter of the response, like code or state.")
	}
	return checkRedirectScheme(u, native)
}

func badRedirect(reason, description string) *Error {
	return Refuse(CodeInvalidRedirectURI, "redirect_uri_"+reason, description)
}

// checkRedirectScheme admits https, http to the person's own machine, and for
// native clients schemes that are reversed domain names (RFC 8252 section 7.1,
// MUST). So javascript:, data: and vbscript: are out without a list of evil.
func checkRedirectScheme(u *url.URL, native bool) *Error {
	switch u.Scheme {
	case "https", "http":
		if u.Opaque != "" || !isHost(u.Hostname()) || strings.HasSuffix(u.Host, ":") || !isPort(u.Port()) {
			return badRedirect("host", "The redirect URI has no valid host.")
		}
		if u.Scheme == "http" && !IsLoopback(u.Hostname()) {
			return badRedirect("http", "A redirect URI begins with https://; http:// is for localhost, 127.0.0.1 and [::1].")
		}
		return nil
	}
	if !native {
		return badRedirect("scheme", "A redirect URI begins with https://; other schemes are for native clients.")
	}
	if !strings.Contains(u.Scheme, ".") {
		return badRedirect("scheme", "The scheme of a native client is a reversed domain name of its maker, like com.example.app.")
	}
	return nil
}

// IsSecureURI reports whether the URI is an address of https without a fragment, by the
// same strict rules: one that a client registers for us to fetch or to link to.
func IsSecureURI(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && len(uri) <= maxRedirectURI && isURIText(uri) && !strings.Contains(uri, "#") && u.Scheme == "https" &&
		u.Opaque == "" && u.User == nil && isHost(u.Hostname()) && !strings.HasSuffix(u.Host, ":") && isPort(u.Port()) && !hasDotSegment(u)
}

// IsLoopback reports whether the host, without port and brackets, is the
// person's own machine.
func IsLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

func isURIText(s string) bool {
	return isScope(s) && !strings.ContainsAny(s, "<>^`{|}")
}

func hasDotSegment(u *url.URL) bool {
	// The path is decoded: browsers take %2e for a dot.
	return slices.ContainsFunc(strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' || r == '\\' }), func(segment string) bool {
		name, _, _ := strings.Cut(segment, ";")
		return name == "." || name == ".."
	})
}

func hasResponseParameter(u *url.URL) bool {
	query := u.Query()
	return slices.ContainsFunc([]string{"code", "state", "iss", "error", "error_description", "error_uri"}, query.Has)
}

// isHost admits names, IPv4 addresses and, without their brackets, IPv6 ones.
func isHost(host string) bool {
	if strings.Contains(host, ":") {
		return !strings.ContainsFunc(host, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF:.", r) })
	}
	return host != "" && host[0] != '.' && !strings.Contains(host, "..") && !strings.ContainsFunc(host, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("-._", r)
	})
}

func isPort(port string) bool {
	if port == "" {
		return true
	}
	rest, ok := cutPort(port)
	return ok && rest == ""
}

// RedirectOrigin is the source that a Content-Security-Policy names for a
// redirect URI: scheme and host, or the scheme alone where there is no host.
func RedirectOrigin(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "":
		return ""
	case u.Scheme == "https" || u.Scheme == "http":
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}
