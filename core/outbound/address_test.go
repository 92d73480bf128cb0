package outbound

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestSpecial(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified",
		"10.0.0.1": "private", "172.16.0.1": "private", "172.31.255.255": "private", "192.168.0.1": "private",
		"fc00::1": "private", "fd00:ec2::254": "private",
		"100.64.0.1": "private to a carrier", "100.100.100.200": "private to a carrier", "100.127.255.255": "private to a carrier",
		"169.254.169.254": "link-local", "fe80::1": "link-local", "fec0::1": "site-local",
		"168.63.129.16": "a cloud's own service",
		"192.0.0.192":   "reserved", "240.0.0.1": "reserved", "255.255.255.255": "reserved",
		"192.0.2.1": "for documentation", "198.51.100.1": "for documentation", "203.0.113.1": "for documentation",
		"2001:db8::1": "for documentation", "3fff::1": "for documentation",
		"198.18.0.1": "for benchmarks", "198.19.255.255": "for benchmarks", "2001:2::1": "for benchmarks",
		"192.88.99.1": "a 6to4 relay", "2002:7f00:1::": "6to4", "2002:0808:0808::": "6to4",
		"2001:0:7f00:1::": "Teredo", "2001:10::1": "reserved",
		"224.0.0.1": "multicast", "239.255.255.250": "multicast", "ff02::1": "multicast",
		"::ffff:127.0.0.1": "loopback", "::ffff:10.0.0.1": "private", "::ffff:169.254.169.254": "link-local",
		"::127.0.0.1": "IPv4-compatible", "::8.8.8.8": "IPv4-compatible",
		"64:ff9b::127.0.0.1": "loopback behind a NAT64", "64:ff9b::a9fe:a9fe": "link-local behind a NAT64",
		"64:ff9b:1::8.8.8.8": "a translation of private IPv4",
		"100::1":             "for discarding", "5f00::1": "reserved", "4000::1": "reserved", "::ffff:0:127.0.0.1": "reserved",
		"fe80::1%eth0": "of one interface", "2600::1%eth0": "of one interface",
	} {
		if name, yes := special(netip.MustParseAddr(text)); !yes || name != want {
			t.Errorf("%s: got %q, %v, want %q", text, name, yes, want)
		}
	}
	if _, yes := special(netip.Addr{}); !yes {
		t.Error("no address at all is reachable from anywhere")
	}
}

func TestOrdinary(t *testing.T) {
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
		"198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00::1", "2001:4860::1", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8",
	} {
		if name, yes := special(netip.MustParseAddr(text)); yes {
			t.Errorf("%s is %s", text, name)
		}
	}
}

// What the standard library calls special is special here, for any address.
func TestSpecialHasWhatNetipHas(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		var bytes [16]byte
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		if random.IntN(2) == 0 {
			copy(bytes[:], []byte{0xfc, 0xfe, 0xff, 0}[random.IntN(4):][:1])
		}
		for _, a := range []netip.Addr{netip.AddrFrom4([4]byte(bytes[:4])), netip.AddrFrom16(bytes)} {
			known := a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified()
			if _, yes := special(a); known && !yes {
				t.Fatalf("%s is reachable from anywhere", a)
			}
		}
	}
}

func TestAllowed(t *testing.T) {
	a, err := parseAllowed([]string{"10.1.2.3/16", "fd00::/64", "127.0.0.1:8089", "[::1]:9000", "Directory.Internal.:636", "169.254.0.0/16"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		to, address string
		want        bool
	}{
		{"10.1.0.9:1", "10.1.0.9", true},
		{"10.2.0.9:1", "10.2.0.9", false},
		{"any.example:443", "10.1.255.255", true},
		{"any.example:443", "fd00::5", true},
		{"any.example:443", "fd00:0:0:1::5", false},
		{"127.0.0.1:8089", "127.0.0.1", true},
		{"any.example:8089", "127.0.0.1", true},
		{"127.0.0.1:8090", "127.0.0.1", false},
		{"127.0.0.2:8089", "127.0.0.2", false},
		{"[::1]:9000", "::1", true},
		{"[::1]:9001", "::1", false},
		{"directory.internal:636", "192.168.7.7", true},
		{"directory.internal:636", "127.0.0.1", true},
		{"directory.internal:636", "100.64.0.1", true},
		{"directory.internal:636", "fd99::1", true},
		{"directory.internal:389", "192.168.7.7", false},
		{"other.internal:636", "192.168.7.7", false},
		{"directory.internal:636", "169.254.1.1", true}, // its network is listed
		{"directory.internal:636", "fe80::1", false},
		{"directory.internal:636", "0.0.0.0", false},
		{"directory.internal:636", "224.0.0.1", false},
		{"directory.internal:636", "168.63.129.16", false},
		{"directory.internal:636", "8.8.8.8", false}, // not private: nothing to list
	} {
		to, err := parseEndpoint("tcp", tt.to)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.lists(to, netip.MustParseAddr(tt.address)); got != tt.want {
			t.Errorf("%s at %s: %v", tt.to, tt.address, got)
		}
	}
	if (&allowed{}).lists(endpoint{hostname{name: "a"}, 1}, netip.MustParseAddr("127.0.0.1")) {
		t.Error("an empty list lists something")
	}
}
