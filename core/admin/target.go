package admin

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
)

// targetKind is what a capability is granted for.
type targetKind int

const (
	targetNone   targetKind = iota // "clock"
	targetHost                     // a host, with or without port, or all below a domain
	targetServer                   // a host with its port
	targetSecret                   // the name of a secret
)

// targetKindOf knows the capabilities of sdk/abi.md.
func targetKindOf(capability string) (kind targetKind, known bool) {
	switch capability {
	case "clock", "kv":
		return targetNone, true
	case "http.fetch", "jwt.verify", "oidc.exchange", "oauth.exchange":
		return targetHost, true
	case "ldap.bind", "ldap.search":
		return targetServer, true
	case "secret.get":
		return targetSecret, true
	default:
		return targetNone, false
	}
}

// placeholder stands in a command for a target that the operator knows.
func (k targetKind) placeholder() string {
	switch k {
	case targetHost:
		return "HOST"
	case targetServer:
		return "HOST:PORT"
	case targetSecret:
		return "SECRET"
	default:
		return ""
	}
}

const secretNameHint = "use up to 63 lower-case letters, digits and underscores, a letter first"

var (
	secretName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	hostLabel  = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)
	hostNumber = regexp.MustCompile(`^([0-9]+|0x[0-9a-f]*)$`)
)

// host is a target that was read.
type host struct {
	name  string // lower case; an address in its usual form, without brackets
	below bool   // the names below it, not itself
	port  int    // 0: none was given
}

// parseHost reads host, host:port, *.domain or *.domain:port. Names are in lower
// case and ASCII, without a dot at the end, and addresses in their usual form, those
// of IPv6 in brackets, so that a host is written in one way only.
func parseHost(text string) (h host, ok bool) {
	name, below := strings.CutPrefix(text, "*.")
	h.below = below
	if before, port, err := net.SplitHostPort(name); err == nil {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return host{}, false
		}
		name, h.port = before, int(number)
	}
	h.name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if address, err := netip.ParseAddr(h.name); err == nil {
		ok = address.String() == h.name && address.Zone() == "" && !address.Is4In6() && !below
	} else {
		ok = isHostName(h.name)
	}
	return h, ok && h.String() == text
}

// isHostName refuses names that a resolver may read as an address: 127.1, 0x7f000001.
func isHostName(name string) bool {
	if len(name) > 253 { // RFC 1035 section 2.3.4
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	return !hostNumber.MatchString(labels[len(labels)-1])
}

// covers reports whether a grant for h is one for what is wanted too. Without a port
// it is for the one of https.
func (h host) covers(wanted host) bool {
	if h.port != wanted.port && (h.port != 0 || wanted.port != 443) {
		return false
	}
	if !h.below {
		return !wanted.below && h.name == wanted.name
	}
	return wanted.below && h.name == wanted.name || strings.HasSuffix(wanted.name, "."+h.name)
}

// suggestHost finds the host in what was typed: an address of the web, capital
// letters, a dot at the end.
func suggestHost(text string) (h host, found bool) {
	authority, scheme := text, ""
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		authority, scheme = u.Host, strings.ToLower(u.Scheme)
	}
	authority, _, _ = strings.Cut(authority, "/")
	if h, found = parseHost(strings.TrimSuffix(strings.ToLower(authority), ".")); !found {
		return h, false
	}
	usual := map[string]int{"https": 443, "ldap": 389, "ldaps": 636}[scheme]
	switch {
	case scheme == "https" && h.port == usual:
		h.port = 0
	case h.port == 0 && scheme != "https":
		h.port = usual
	}
	return h, true
}

func (h host) String() string {
	name := h.name
	if h.below {
		name = "*." + name
	}
	switch {
	case h.port != 0:
		return net.JoinHostPort(name, strconv.Itoa(h.port))
	case strings.Contains(name, ":"):
		return "[" + name + "]"
	}
	return name
}

// checkTarget says what is wrong with a target, and what to write; both are empty if
// it is right. Names of secrets are compared with the manifest elsewhere.
func checkTarget(capability, target string) (text, hint string) {
	kind, _ := targetKindOf(capability)
	switch kind {
	case targetNone:
		if target != "" {
			return capability + " is not granted for anything in particular", "leave out " + strconv.Quote(shown(target))
		}
	case targetHost, targetServer:
		return checkHostTarget(kind, target)
	case targetSecret:
		if !secretName.MatchString(target) {
			return strconv.Quote(shown(target)) + " is no name of a secret", secretNameHint
		}
	}
	return "", ""
}

func checkHostTarget(kind targetKind, target string) (text, hint string) {
	h, ok := parseHost(target)
	switch {
	case target == "":
		text = "the host is missing"
	case !ok:
		text = strconv.Quote(shown(target)) + " is no host"
	case kind == targetServer && (h.port == 0 || h.below):
		text = strconv.Quote(shown(target)) + " is no server with its port"
	default:
		return "", ""
	}
	suggested, found := suggestHost(target)
	switch {
	case found && (kind == targetHost || suggested.port != 0 && !suggested.below):
		return text, "write " + suggested.String()
	case kind == targetServer:
		return text, "write it like ldap.example.org:636"
	}
	return text, "write it like api.example.org, api.example.org:8443, or *.example.org for all below"
}

// ParseGrant reads a capability, or a capability with its target behind an equals
// sign: "clock", "http.fetch=api.example.org". The error is an [*InvalidError].
func ParseGrant(text string) (core.PluginGrant, error) {
	capability, target, _ := strings.Cut(text, "=")
	if _, known := targetKindOf(capability); !known {
		return core.PluginGrant{}, invalid("capabilities", "the capabilities are clock, http.fetch, jwt.verify, kv, ldap.bind, ldap.search, oauth.exchange, oidc.exchange and secret.get",
			"there is no capability %q", shown(capability))
	}
	if text, hint := checkTarget(capability, target); text != "" {
		return core.PluginGrant{}, invalid("target", hint, "%s cannot be granted: %s", capability, text)
	}
	return core.PluginGrant{Capability: capability, Target: target}, nil
}
