package outbound

import "slices"

// Place is a host with a port: what is granted. Places can be compared.
type Place struct {
	to  endpoint
	own uint16 // the port that need not be named
}

// PlaceOf gives where a URL leads. The error is an [*Error].
func PlaceOf(url string) (Place, error) {
	t, err := parseTarget(url)
	if err != nil {
		return Place{}, err
	}
	return t.place(), nil
}

// ParsePlace reads HOST or HOST:PORT; own is the port of the first. The error is an
// [*Error].
func ParsePlace(text string, own uint16) (Place, error) {
	g, err := parseGrant(text)
	if err != nil || g.below {
		return Place{}, refuse(ReasonURL, "", "%s is no HOST or HOST:PORT", quoted(text))
	}
	if g.port == 0 {
		g.port = own
	}
	return Place{endpoint{g.host, g.port}, own}, nil
}

// In reports whether one of the hosts, written as in [Request].Hosts, covers the
// place.
func (p Place) In(hosts []string) bool {
	return slices.ContainsFunc(hosts, func(entry string) bool {
		g, err := parseGrant(entry)
		return err == nil && g.covers(p)
	})
}

// Host is the name or the address.
func (p Place) Host() string { return p.to.host.name }

// Address is HOST:PORT, for a dial.
func (p Place) Address() string { return p.to.String() }

// String writes the place as a grant for it is written.
func (p Place) String() string {
	switch {
	case p.to.port != p.own:
		return p.to.String()
	case p.to.host.address.Is6():
		return "[" + p.to.host.name + "]"
	}
	return p.to.host.name
}

func (t *target) place() Place { return Place{t.to, defaultPort(t.url.Scheme)} }
