package outbound

import (
	"errors"
	"net"
	"strings"
)

const hostAdvice = "write api.example.org, api.example.org:8443, or *.example.org for all names below"

// CheckHost gives an [*EntryError] for an entry that [Request].Hosts does not
// understand, and that therefore grants nothing.
func CheckHost(entry string) error {
	if _, err := parseGrant(entry); err != nil {
		return &EntryError{entry, "no host that can be granted, because " + err.Error(), hostAdvice}
	}
	return nil
}

// grant is one entry of [Request].Hosts.
type grant struct {
	host  hostname
	below bool   // the names below the host, not the host itself
	port  uint16 // 0 is the scheme's own
}

func parseGrant(entry string) (g grant, err error) {
	hostText, below := strings.CutPrefix(entry, "*.")
	g.below = below
	if name, portText, err := net.SplitHostPort(hostText); err == nil {
		if g.port, err = parsePort(portText); err != nil {
			return grant{}, err
		}
		hostText = name
	} else {
		hostText = strings.TrimSuffix(strings.TrimPrefix(hostText, "["), "]")
	}
	if g.host, err = parseHost(hostText); err != nil {
		return grant{}, err
	}
	if below && g.host.address.IsValid() {
		return grant{}, errors.New("there is nothing below an address")
	}
	return g, nil
}

// covers reports whether the grant is for the place.
func (g grant) covers(p Place) bool {
	port := g.port
	if port == 0 {
		port = p.own
	}
	if port != p.to.port {
		return false
	}
	if g.below {
		return !p.to.host.address.IsValid() && strings.HasSuffix(p.to.host.name, "."+g.host.name)
	}
	return p.to.host == g.host
}

// granted reports whether one of the hosts covers the target; nil grants all.
func granted(hosts []string, t *target) bool { return hosts == nil || t.place().In(hosts) }
