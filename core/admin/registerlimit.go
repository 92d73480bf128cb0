package admin

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// How many may try to register a client in an hour: enough for who runs the conformance
// suite, which registers one for each of its modules. Each try counts, because each may
// make the server fetch something.
const (
	triesOfNetwork = 300
	triesOfAll     = 3000
	triesOfToken   = 3000
)

// countRegistration counts a try, and refuses it if there were too many in this hour: of
// a network and of all networks, or with an initial access token. It counts before it
// looks, so of many at once none is missed.
func (s *Service) countRegistration(ctx context.Context, ip string, initial *core.InitialToken) *oauth.Error {
	now := s.Now()
	hour := strconv.FormatInt(now.Unix()/3600, 10)
	limits := map[string]int{"register:" + network(ip) + ":" + hour: triesOfNetwork, "register:all:" + hour: triesOfAll}
	if initial != nil {
		limits = map[string]int{"register:" + string(initial.ID) + ":" + hour: triesOfToken}
	}
	keys := make([]string, 0, len(limits))
	for key := range limits {
		keys = append(keys, key)
	}
	if err := s.apply(ctx, core.CountFailure{Keys: keys, At: now, Window: 2 * time.Hour}); err != nil {
		return oauth.Failed(wrap("count the registration", err))
	}
	counts, err := s.Store.Failures(ctx, keys...)
	if err != nil {
		return oauth.Failed(wrap("read how many registrations there were", err))
	}
	for _, count := range counts {
		if count.Count > limits[count.Key] {
			refusal := oauth.Refuse(oauth.CodeTemporarilyUnavailable, "registration_limit", "There were too many registrations. Try again in an hour.")
			refusal.Status = http.StatusTooManyRequests
			return refusal
		}
	}
	return nil
}

// network stands for an address: an IPv6 network counts as one, because its hosts choose
// the rest of their addresses themselves.
func network(ip string) string {
	address, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, err := address.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.Addr().String()
}
