package outbound

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// hostname is a name or an address, written in the one way that we compare.
type hostname struct {
	name    string     // lower case, no dot at its end; an address as netip writes it
	address netip.Addr // invalid for a name
}

// endpoint is what is dialled.
type endpoint struct {
	host hostname
	port uint16
}

func (e endpoint) String() string { return join(e.host.name, e.port) }

func join(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.FormatUint(uint64(port), 10))
}

// Longest names (RFC 1035 section 2.3.4).
const (
	longestName  = 253
	longestLabel = 63
)

// parseHost accepts a name, or an address in its usual form. Other spellings of an
// address are refused, because resolvers read them and comparisons do not: 0x7f.1,
// 2130706433, 127.1. So is a name that is not ASCII, which would be rewritten
// before it is looked up.
func parseHost(text string) (hostname, error) {
	if strings.ContainsAny(text, ":%") {
		return parseIPv6(text)
	}
	name := strings.TrimSuffix(strings.ToLower(text), ".")
	if name == "" || len(name) > longestName {
		return hostname{}, errors.New("the host is empty or too long")
	}
	var last string
	for label := range strings.SplitSeq(name, ".") {
		if err := checkLabel(label); err != nil {
			return hostname{}, err
		}
		last = label
	}
	if !isNumber(last) {
		return hostname{name: name}, nil
	}
	address, err := netip.ParseAddr(name)
	if err != nil {
		return hostname{}, fmt.Errorf("%s is no address in its usual form, such as 192.0.2.7", quoted(text))
	}
	return hostname{address.String(), address}, nil
}

func parseIPv6(text string) (hostname, error) {
	address, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return hostname{}, fmt.Errorf("%s is neither a name nor an address", quoted(text))
	case address.Zone() != "":
		return hostname{}, fmt.Errorf("%s names an interface of this machine", quoted(text))
	case address.Is4In6():
		return hostname{}, fmt.Errorf("%s is IPv4 written as IPv6", quoted(text))
	}
	return hostname{address.String(), address}, nil
}

func checkLabel(label string) error {
	if label == "" || len(label) > longestLabel {
		return errors.New("a part of the host's name is empty or too long")
	}
	for i := range len(label) {
		switch c := label[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		case c >= 0x80:
			return errors.New("the host's name is not ASCII: write it in its xn-- form")
		default:
			return fmt.Errorf("a host's name cannot have %s", quoted(string(c)))
		}
	}
	return nil
}

// isNumber reports whether a resolver may take a name that ends so for an address
// (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func isNumber(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

func parsePort(text string) (uint16, error) {
	if strings.Trim(text, "0123456789") != "" {
		return 0, fmt.Errorf("%s is no port", quoted(text))
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%s is no port", quoted(text))
	}
	return uint16(port), nil
}

// quoted is for messages: what cannot be read may be long.
func quoted(text string) string {
	if len(text) > 80 {
		text = text[:80] + "..."
	}
	return strconv.QuoteToASCII(text)
}
