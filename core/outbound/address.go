package outbound

import "net/netip"

// block is a range of addresses that is not for everybody.
type block struct {
	prefix netip.Prefix
	name   string // completes "the address X is ..."
}

// The IANA registries of special addresses, without those that are reachable from
// anywhere, and one that a cloud took out of what is:
// https://www.iana.org/assignments/iana-ipv4-special-registry,
// https://www.iana.org/assignments/iana-ipv6-special-registry
var (
	special4 = blocks(
		"0.0.0.0/8", "unspecified",
		"10.0.0.0/8", "private",
		"100.64.0.0/10", "private to a carrier",
		"127.0.0.0/8", "loopback",
		"168.63.129.16/32", "a cloud's own service",
		"169.254.0.0/16", "link-local",
		"172.16.0.0/12", "private",
		"192.0.0.0/24", "reserved",
		"192.0.2.0/24", "for documentation",
		"192.88.99.0/24", "a 6to4 relay",
		"192.168.0.0/16", "private",
		"198.18.0.0/15", "for benchmarks",
		"198.51.100.0/24", "for documentation",
		"203.0.113.0/24", "for documentation",
		"224.0.0.0/4", "multicast",
		"240.0.0.0/4", "reserved",
	)
	special6 = blocks(
		"::/128", "unspecified",
		"::1/128", "loopback",
		"::/96", "IPv4-compatible",
		"64:ff9b:1::/48", "a translation of private IPv4",
		"100::/64", "for discarding",
		"2001:0::/32", "Teredo",
		"2001:2::/48", "for benchmarks",
		"2001:db8::/32", "for documentation",
		"2001::/23", "reserved",
		"2002::/16", "6to4",
		"3fff::/20", "for documentation",
		"fc00::/7", "private",
		"fe80::/10", "link-local",
		"fec0::/10", "site-local",
		"ff00::/8", "multicast",
	)
	// translated is IPv4 behind a NAT64 (RFC 6052 section 2.1), which hosts without
	// IPv4 of their own need.
	translated = netip.MustParsePrefix("64:ff9b::/96")
	// global is all that IPv6 has given out so far (RFC 4291 section 2.4).
	global = netip.MustParsePrefix("2000::/3")
	// inside are the addresses of one's own network, which a listed name may have.
	inside = blocks(
		"10.0.0.0/8", "private", "172.16.0.0/12", "private", "192.168.0.0/16", "private", "100.64.0.0/10", "private to a carrier",
		"127.0.0.0/8", "loopback", "::1/128", "loopback", "fc00::/7", "private",
	)
)

// blocks takes prefixes and names in turn.
func blocks(pairs ...string) []block {
	list := make([]block, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, block{netip.MustParsePrefix(pairs[i]), pairs[i+1]})
	}
	return list
}

// special says what is special about an address, or that it is reachable from
// anywhere.
func special(address netip.Addr) (name string, yes bool) {
	address = address.Unmap()
	switch {
	case !address.IsValid() || address.Zone() != "":
		return "of one interface", true
	case address.Is4():
		return within(special4, address)
	case translated.Contains(address):
		bytes := address.As16()
		name, yes = special(netip.AddrFrom4([4]byte(bytes[12:])))
		return name + " behind a NAT64", yes
	}
	if name, yes = within(special6, address); !yes && !global.Contains(address) {
		return "reserved", true
	}
	return name, yes
}

func within(list []block, address netip.Addr) (name string, yes bool) {
	for _, b := range list {
		if b.prefix.Contains(address) {
			return b.name, true
		}
	}
	return "", false
}
