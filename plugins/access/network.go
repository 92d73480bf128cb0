package access

import "strings"

// address is an IP address in 16 bytes; one of IPv4 is mapped (RFC 4291 section
// 2.5.5.2), so that both ways to write it are the same. net/netip would add 130 KB to
// the module.
type address [16]byte

// network is a range of addresses.
type network struct {
	base address
	bits int // of the 128
}

// mapped is the number of bits before an IPv4 address.
const mapped = 96

// parseAddress reads an address as RFC 4291 section 2.2 and RFC 6943 section 3.1.1
// write it: four decimal numbers without leading zeros, or groups of hexadecimal
// digits. A zone is no part of the address, and is passed over.
func parseAddress(text string) (a address, ok bool) {
	if !strings.Contains(text, ":") {
		a[10], a[11] = 0xff, 0xff
		return a, parseIPv4(text, a[12:])
	}
	text, zone, zoned := strings.Cut(text, "%")
	if zoned && zone == "" {
		return a, false
	}
	head, tail, compressed := strings.Cut(text, "::")
	before, ok := parseGroups(head, a[:], !compressed)
	if !compressed {
		return a, ok && before == len(a)
	}
	var end address
	after, fits := parseGroups(tail, end[:], true)
	// "::" stands for one group at least.
	if !ok || !fits || before+after > len(a)-2 {
		return a, false
	}
	copy(a[len(a)-after:], end[:after])
	return a, true
}

// parseGroups reads groups between colons into dst and gives how many bytes they
// fill. The last may be an IPv4 address where the whole ends.
func parseGroups(text string, dst []byte, last bool) (n int, ok bool) {
	for text != "" {
		group, rest, more := strings.Cut(text, ":")
		if more && rest == "" {
			return n, false
		}
		if !more && last && strings.Contains(group, ".") {
			return n + 4, n+4 <= len(dst) && parseIPv4(group, dst[n:])
		}
		value, ok := parseNumber(group, 16, 4)
		if !ok || n+2 > len(dst) {
			return n, false
		}
		dst[n], dst[n+1] = byte(value>>8), byte(value)
		n, text = n+2, rest
	}
	return n, true
}

func parseIPv4(text string, dst []byte) bool {
	for i := range 4 {
		part, rest, more := strings.Cut(text, ".")
		value, ok := parseNumber(part, 10, 3)
		if !ok || value > 255 || len(part) > 1 && part[0] == '0' || more != (i < 3) {
			return false
		}
		dst[i], text = byte(value), rest
	}
	return true
}

// parseNumber reads up to so many digits, and nothing else.
func parseNumber(text string, base, digits int) (n int, ok bool) {
	if text == "" || len(text) > digits {
		return 0, false
	}
	for i := range len(text) {
		digit := base
		switch c := lower(text[i]); {
		case '0' <= c && c <= '9':
			digit = int(c - '0')
		case 'a' <= c && c <= 'f':
			digit = int(c-'a') + 10
		}
		if digit >= base {
			return 0, false
		}
		n = n*base + digit
	}
	return n, true
}

// parseNetwork reads an address with the length of a prefix, or without one, which
// is the address alone. Bits beyond the prefix are a mistake.
func parseNetwork(text string) (n network, ok bool) {
	text, length, limited := strings.Cut(text, "/")
	n.base, ok = parseAddress(text)
	if !ok || strings.Contains(text, "%") {
		return n, false
	}
	n.bits = 128
	if limited {
		before := mapped
		if strings.Contains(text, ":") {
			before = 0
		}
		bits, ok := parseNumber(length, 10, 3)
		if n.bits = before + bits; !ok || n.bits > 128 || len(length) > 1 && length[0] == '0' {
			return n, false
		}
	}
	for i := n.bits; i < 128; i++ {
		if n.base[i/8]&(0x80>>(i%8)) != 0 {
			return n, false
		}
	}
	return n, true
}

// contains compares the first bits.
func (n network) contains(a address) bool {
	for i := range n.bits {
		if bit := byte(0x80) >> (i % 8); n.base[i/8]&bit != a[i/8]&bit {
			return false
		}
	}
	return true
}
