package bearer

import (
	"context"
	"net/netip"
)

// Origin is where a request comes from, as the server knows it: behind a proxy the
// connection does not say.
type Origin struct {
	IP          string // without port
	Correlation string // the request's id
}

type originKey struct{}

// WithOrigin puts the origin of a request into its context.
func WithOrigin(ctx context.Context, from Origin) context.Context {
	return context.WithValue(ctx, originKey{}, from)
}

// OriginOf gives what [WithOrigin] put there; it is empty for other requests.
func OriginOf(ctx context.Context) Origin {
	from, _ := ctx.Value(originKey{}).(Origin)
	return from
}

// network counts an IPv6 network as one address: its hosts choose the rest of theirs
// themselves.
func (o Origin) network() string {
	address, err := netip.ParseAddr(o.IP)
	if err != nil {
		return ""
	}
	address = address.Unmap().WithZone("")
	if !address.Is6() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil {
		return ""
	}
	return network.Addr().String()
}
