package authn

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/postern-id/postern/core"
)

// limit says how failures under one key slow down further attempts: the first
// Free cost nothing, then each wait is twice the one before, up to Longest. There
// is no lock that only an administrator opens: it would let anybody lock anybody
// out.
type limit struct {
	Free    int
	First   time.Duration
	Longest time.Duration
	Window  time.Duration // without a failure for so long, everything is forgotten
}

// accountLimit leaves about a hundred guesses a day at one account.
func accountLimit() limit {
	return limit{Free: 5, First: time.Second, Longest: 15 * time.Minute, Window: 24 * time.Hour}
}

// addressLimit is wider: a whole company may share an address. It ends a flood
// of guesses that takes a new name each time.
func addressLimit() limit {
	return limit{Free: 100, First: time.Second, Longest: 10 * time.Second, Window: 15 * time.Minute}
}

// wait is how long after now the next attempt is heard. Zero: at once.
func (l limit) wait(f core.Failures, now time.Time) time.Duration {
	if f.Count < l.Free || now.Sub(f.LastAt) > l.Window {
		return 0
	}
	delay := l.First
	for i := l.Free; i < f.Count && delay < l.Longest; i++ {
		delay *= 2
	}
	return max(0, f.LastAt.Add(min(delay, l.Longest)).Sub(now))
}

// waitFor finds the key among the counts.
func (l limit) waitFor(key string, counts []core.Failures, now time.Time) time.Duration {
	for _, f := range counts {
		if f.Key == key {
			return l.wait(f, now)
		}
	}
	return 0
}

// accountKey counts an account under every name that finds it: login name,
// e-mail address, whatever case. What finds nobody is counted as well, under a
// hash, so that both slow down alike.
func accountKey(user *core.User, org, login string) string {
	if user != nil {
		return "account:" + string(user.ID)
	}
	sum := sha256.Sum256([]byte(org + "\n" + alike(login)))
	return "name:" + hex.EncodeToString(sum[:16])
}

// alike gives one text for all names that some directory may take for one: those compare
// without regard to case, width, accents, spaces, and what cannot be seen (RFC 4518
// section 2). Else each way to write a name would be worth a few guesses. People who
// share a text only wait for each other.
func alike(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.In(c, unicode.Mn, unicode.Cc, unicode.Cf, unicode.Zs) {
			return -1
		}
		return c
	}, norm.NFKD.String(cases.Fold().String(norm.NFKD.String(name))))
}

// addressKey counts an IPv6 network as one: its hosts choose the rest of their
// addresses themselves. Loopback addresses count like others.
func addressKey(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "ip:unknown"
	}
	address = address.Unmap().WithZone("")
	bits := 32
	if address.Is6() {
		bits = 64
	}
	network, err := address.Prefix(bits)
	if err != nil {
		return "ip:unknown"
	}
	return "ip:" + network.Addr().String()
}
