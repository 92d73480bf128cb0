package access

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

var addresses = []string{
	"192.0.2.7", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "1.2.3.4 ", "+1.2.3.4", "1..2.3", "0x1.2.3.4",
	"", ":", "::", ":::", "::1", "1::", "::1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8", "2001:db8::A:b", "2001:db8::12345", "2001:db8::g", "::ffff:192.0.2.7", "::192.0.2.7", "1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:7:192.0.2.7",
	"192.0.2.7::", "::192.0.2.7:1", "::1.2.3", "fe80::1%eth0", "fe80::1%", "192.0.2.7%eth0", "[::1]", "::1/128", "1:", ":1", "1::2:", "localhost", "::00001",
}

// sameAs compares with net/netip.
func sameAs(t *testing.T, text string) {
	want, err := netip.ParseAddr(text)
	got, ok := parseAddress(text)
	if ok != (err == nil) || ok && got != want.As16() {
		t.Errorf("%q: %v, %v, want %v, %v", text, got, ok, want, err)
	}
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for _, text := range addresses {
		sameAs(t, text)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, text := range addresses {
		f.Add(text)
	}
	f.Fuzz(sameAs)
}

func FuzzNetwork(f *testing.F) {
	for _, network := range []string{"192.0.2.0/24", "192.0.2.1/24", "0.0.0.0/0", "10.0.0.0/08", "10.0.0.0/33", "2001:db8::/32", "::/0", "::1/128", "::1/129", "fe80::%a/10", "::ffff:10.0.0.0/104", "10.0.0.0/", "/8"} {
		for _, address := range []string{"192.0.2.255", "192.0.3.0", "::1", "2001:db9::", "::ffff:10.1.2.3"} {
			f.Add(network, address)
		}
	}
	f.Fuzz(func(t *testing.T, network, address string) {
		want, err := netip.ParsePrefix(network)
		if !strings.Contains(network, "/") {
			return // of one address: TestParseAddress
		}
		got, ok := parseNetwork(network)
		if ok != (err == nil && want == want.Masked()) {
			t.Fatalf("%q: %v, netip says %v, %v", network, ok, want, err)
		}
		a, err := netip.ParseAddr(address)
		if !ok || err != nil {
			return
		}
		// netip holds mapped addresses and those of IPv4 apart; here they are the same.
		bits := want.Bits()
		if want.Addr().Is4() {
			bits += 96
		}
		same := netip.PrefixFrom(netip.AddrFrom16(want.Addr().As16()), bits)
		parsed, _ := parseAddress(address)
		if got.contains(parsed) != same.Contains(netip.AddrFrom16(a.As16())) {
			t.Errorf("%s in %s: %v", address, network, got.contains(parsed))
		}
	})
}

// TestParseMoment goes through every day of 9,000 years.
func TestParseMoment(t *testing.T) {
	t.Parallel()
	for at := time.Date(0, 1, 1, 13, 59, 7, 0, time.UTC); at.Year() < 9999; at = at.AddDate(0, 0, 1) {
		got, ok := parseMoment(at.Format(time.RFC3339))
		if !ok || int64(got) != at.Unix() {
			t.Fatalf("%s: %d, %v, want %d", at, got, ok, at.Unix())
		}
		name := strings.ToLower(at.Format("Mon"))
		if got := weekday(floor(int64(got), 24*60*60)); got != name {
			t.Fatalf("%s is a %s, not %s", at, name, got)
		}
	}
}

func FuzzParseMoment(f *testing.F) {
	for _, text := range []string{
		"2026-11-23T09:10:00Z", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z", "2026-11-23t09:10:00z", "2026-11-23 09:10:00Z", "2026-11-23T09:10:00.5Z", "2026-11-23T09:10:00+01:00", "", "2026-11-+3T09:10:00Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseMoment(text)
		want, err := time.Parse("2006-01-02T15:04:05Z", text)
		// time.Parse takes a fraction that the layout does not have.
		if whole := err == nil && len(text) == 20; ok != whole || ok && int64(got) != want.Unix() {
			t.Errorf("%q: %d, %v, want %v, %v", text, got, ok, want, err)
		}
	})
}

func TestTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		at, condition string
		want          truth
	}{
		"begins":              {"2026-11-23T08:00:00Z", `{"from":"08:00","to":"18:00"}`, yes},
		"before":              {"2026-11-23T07:59:59Z", `{"from":"08:00","to":"18:00"}`, no},
		"the last second":     {"2026-11-23T17:59:59Z", `{"from":"08:00","to":"18:00"}`, yes},
		"ends":                {"2026-11-23T18:00:00Z", `{"from":"08:00","to":"18:00"}`, no},
		"from alone":          {"2026-11-23T23:59:59Z", `{"from":"18:00"}`, yes},
		"from alone, before":  {"2026-11-23T17:59:59Z", `{"from":"18:00"}`, no},
		"to alone":            {"2026-11-23T00:00:00Z", `{"to":"06:00"}`, yes},
		"to alone, after":     {"2026-11-23T06:00:00Z", `{"to":"06:00"}`, no},
		"a day":               {"2026-11-23T23:59:59Z", `{"days":["tue","mon"]}`, yes},
		"another day":         {"2026-11-24T00:00:00Z", `{"days":["mon"]}`, no},
		"night, evening":      {"2026-11-23T22:00:00Z", `{"from":"22:00","to":"06:00"}`, yes},
		"night, morning":      {"2026-11-23T05:59:59Z", `{"from":"22:00","to":"06:00"}`, yes},
		"night, by day":       {"2026-11-23T12:00:00Z", `{"from":"22:00","to":"06:00"}`, no},
		"night after monday":  {"2026-11-24T05:00:00Z", `{"days":["mon"],"from":"22:00","to":"06:00"}`, yes},
		"night before monday": {"2026-11-23T05:00:00Z", `{"days":["mon"],"from":"22:00","to":"06:00"}`, no},
		"a day from noon":     {"2026-11-24T11:59:00Z", `{"days":["mon"],"from":"12:00","to":"12:00"}`, yes},
		"after that day":      {"2026-11-24T12:00:00Z", `{"days":["mon"],"from":"12:00","to":"12:00"}`, no},
		"east":                {"2026-11-23T23:30:00Z", `{"days":["tue"],"utc_offset":"+01:00"}`, yes},
		"west":                {"2026-11-23T04:00:00Z", `{"days":["sun"],"utc_offset":"-05:00"}`, yes},
		"half an hour":        {"2026-11-23T02:30:00Z", `{"from":"08:00","utc_offset":"+05:30"}`, yes},
		"long ago":            {"1969-12-31T23:00:00Z", `{"days":["wed"],"from":"23:00"}`, yes},
		"of all rules":        {"2026-11-23T02:30:00Z", `{"from":"04:30","to":"04:31"}`, no},
	} {
		at, ok := parseMoment(test.at)
		condition, err := hook.Parse([]byte(test.condition))
		if !ok || err != nil {
			t.Fatal(name, err)
		}
		got, err := timeIn(condition, &facts{moment: at, timed: true})
		if err != nil || got != test.want {
			t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
		}
		// The clock of all rules is the same as one of its own.
		offset, _ := condition.Object().Get("utc_offset")
		plain := condition.Object()
		plain.Remove("utc_offset")
		minutes, _ := readOffset(hook.Object{{Name: "utc_offset", Value: offset}}, 0)
		if got, err := timeIn(hook.FromObject(plain), &facts{moment: at, timed: true, offset: minutes}); err != nil || got != test.want {
			t.Errorf("%s with the offset outside: %v, %v, want %v", name, got, err, test.want)
		}
	}
}
