package outbound

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Setting is the name of the setting in which an operator lists private
// addresses; messages name it.
const Setting = "outbound-allow-private"

// EntryError says which entry of a list cannot be understood.
type EntryError struct {
	Entry  string
	What   string // completes "ENTRY is ..."
	Advice string
}

func (e *EntryError) Error() string { return fmt.Sprintf("%q is %s", e.Entry, e.What) }

// Hint says what to do.
func (e *EntryError) Hint() string { return e.Advice }

const allowAdvice = "write a network like 10.0.0.0/8, or one service like 127.0.0.1:8089 or directory.internal:443"

// allowed is what of the special addresses may be dialled.
type allowed struct {
	networks []netip.Prefix
	services []netip.AddrPort
	names    map[string]bool // host:port
}

// CheckAllowPrivate gives an [*EntryError] for the first entry that
// [Options].AllowPrivate does not understand.
func CheckAllowPrivate(list []string) error {
	_, err := parseAllowed(list)
	return err
}

func parseAllowed(list []string) (allowed, error) {
	a := allowed{names: map[string]bool{}}
	for _, entry := range list {
		add := a.addService
		if strings.Contains(entry, "/") {
			add = a.addNetwork
		}
		if err := add(entry); err != nil {
			return allowed{}, err
		}
	}
	return a, nil
}

func (a *allowed) addNetwork(entry string) error {
	prefix, err := netip.ParsePrefix(entry)
	switch {
	case err != nil:
		return &EntryError{entry, "no network", allowAdvice}
	case prefix.Bits() == 0:
		return &EntryError{entry, "every address there is", "name the networks alone that are to be reached"}
	case prefix.Addr().Is4In6():
		return &EntryError{entry, "IPv4 written as IPv6", "write it like 10.0.0.0/8"}
	}
	a.networks = append(a.networks, prefix.Masked())
	return nil
}

func (a *allowed) addService(entry string) error {
	hostText, portText, err := net.SplitHostPort(entry)
	if err != nil {
		return &EntryError{entry, "neither a network nor a host with a port", allowAdvice}
	}
	port, err := parsePort(portText)
	if err != nil {
		return &EntryError{entry, "without a port from 1 to 65535", allowAdvice}
	}
	host, err := parseHost(hostText)
	if err != nil {
		return &EntryError{entry, "no service, because " + err.Error(), allowAdvice}
	}
	if host.address.IsValid() {
		a.services = append(a.services, netip.AddrPortFrom(host.address, port))
	} else {
		a.names[join(host.name, port)] = true
	}
	return nil
}

// lists reports whether the operator listed the address, or the name that led to
// it. A name opens one's own network alone: what a cloud tells its machines at a
// link-local address stays out of reach of whoever sets the name.
func (a *allowed) lists(to endpoint, address netip.Addr) bool {
	for _, network := range a.networks {
		if network.Contains(address) {
			return true
		}
	}
	for _, service := range a.services {
		if service == netip.AddrPortFrom(address, to.port) {
			return true
		}
	}
	if !a.names[join(to.host.name, to.port)] {
		return false
	}
	_, own := within(inside, address)
	return own
}
