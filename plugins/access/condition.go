package access

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// truth is what a condition says. Some things are not known: the domain of an
// address that nobody verified, say.
type truth uint8

// In this order the least of several is whether they all hold.
const (
	no truth = iota
	unknown
	yes
)

func not(t truth) truth { return yes - t }

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// facts are the question, taken apart once.
type facts struct {
	in      *hook.ScopeInput
	person  bool
	signIn  truth // yes: known; no: nobody signed in
	address address
	placed  bool // address is one
	moment  moment
	timed   bool // moment is one
	offset  int  // minutes that the clock of the settings is ahead of UTC
}

func factsOf(in *hook.ScopeInput, settings hook.Object) (*facts, error) {
	f := &facts{in: in, person: in.User.ID != "", signIn: yes}
	switch {
	case !f.person:
		f.signIn = no
	case in.Authentication.Time == "":
		f.signIn = unknown
	}
	f.address, f.placed = parseAddress(in.Address)
	f.moment, f.timed = parseMoment(in.Time)
	var ok bool
	if f.offset, ok = readOffset(settings, 0); !ok {
		return nil, errors.New("settings.utc_offset is none")
	}
	return f, nil
}

// condition is one member of "when" and "unless". An error says what is wrong with
// the settings.
type condition func(v hook.Value, f *facts) (truth, error)

// conditionOf finds the condition of that name; nil if there is none.
func conditionOf(name string) condition {
	switch name {
	case "clients":
		return clientIn
	case "grant_types":
		return grantTypeIn
	case "scopes":
		return scopeIn
	case "groups":
		return groupsAre
	case "organisations":
		return organisationIn
	case "email_domains":
		return domainIn
	case "networks":
		return addressIn
	case "time":
		return timeIn
	case "connectors":
		return connectorIn
	case "acr":
		return acrIn
	case "amr":
		return amrIn
	case "sign_in_older_than_minutes":
		return olderThan
	}
	return nil
}

// all says whether every condition of the object holds.
func all(o hook.Object, f *facts) (truth, error) {
	holds := yes
	for _, member := range o {
		c := conditionOf(member.Name)
		if c == nil {
			return no, errors.New(member.Name + " is no condition")
		}
		t, err := c(member.Value, f)
		if err != nil {
			return no, errors.New(member.Name + err.Error())
		}
		holds = min(holds, t)
	}
	return holds, nil
}

func clientIn(v hook.Value, f *facts) (truth, error) {
	list := v.Strings()
	return is(slices.Contains(list, f.in.Client.ID) || slices.Contains(list, f.in.Client.Name)), nil
}

func grantTypeIn(v hook.Value, f *facts) (truth, error) {
	return is(slices.Contains(v.Strings(), f.in.GrantType)), nil
}

// scopeIn looks at what was asked for, not at what earlier rules left of it.
func scopeIn(v hook.Value, f *facts) (truth, error) {
	return is(slices.ContainsFunc(v.Strings(), func(scope string) bool { return slices.Contains(f.in.Scopes, scope) })), nil
}

// groupsAre: nobody is in no group.
func groupsAre(v hook.Value, f *facts) (truth, error) {
	member := func(group string) bool { return slices.Contains(f.in.User.Groups, group) }
	stranger := func(group string) bool { return !member(group) }
	o, holds := v.Object(), true
	if some, given := o.Get("any"); given {
		holds = holds && slices.ContainsFunc(some.Strings(), member)
	}
	if each, given := o.Get("all"); given {
		holds = holds && !slices.ContainsFunc(each.Strings(), stranger)
	}
	if none, given := o.Get("none"); given {
		holds = holds && !slices.ContainsFunc(none.Strings(), member)
	}
	return is(holds), nil
}

func organisationIn(v hook.Value, f *facts) (truth, error) {
	switch {
	case !f.person:
		return no, nil
	case f.in.Organisation.Name == "":
		return unknown, nil
	}
	return is(slices.Contains(v.Strings(), f.in.Organisation.Name)), nil
}

// domainIn: what somebody merely claims as their address is not known to be theirs.
func domainIn(v hook.Value, f *facts) (truth, error) {
	name, domain, whole := strings.Cut(f.in.User.Email, "@")
	switch {
	case !f.person:
		return no, nil
	case !whole || name == "" || domain == "" || strings.Contains(domain, "@") || !f.in.User.EmailVerified:
		return unknown, nil
	}
	return is(slices.ContainsFunc(v.Strings(), func(listed string) bool { return sameDomain(listed, domain) })), nil
}

// sameDomain compares without regard to the case of ASCII letters, and of no others:
// letters that only look or fold alike are another domain.
func sameDomain(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func addressIn(v hook.Value, f *facts) (truth, error) {
	found := no
	for _, text := range v.Strings() {
		n, ok := parseNetwork(text)
		if !ok {
			return no, errors.New(" has " + text + ", which is no network: one has no bits set beyond its length")
		}
		if f.placed && n.contains(f.address) {
			found = yes
		}
	}
	if !f.placed {
		return unknown, nil
	}
	return found, nil
}

// ownPassword stands for a sign-in without a connector. No plugin instance can have
// that name.
const ownPassword = "-"

func connectorIn(v hook.Value, f *facts) (truth, error) {
	name := f.in.Authentication.Connector
	if name == "" {
		name = ownPassword
	}
	return f.ofSignIn(slices.Contains(v.Strings(), name)), nil
}

func acrIn(v hook.Value, f *facts) (truth, error) {
	return f.ofSignIn(slices.Contains(v.Strings(), f.in.Authentication.ACR)), nil
}

func amrIn(v hook.Value, f *facts) (truth, error) {
	return f.ofSignIn(slices.ContainsFunc(v.Strings(), func(method string) bool {
		return slices.Contains(f.in.Authentication.AMR, method)
	})), nil
}

func olderThan(v hook.Value, f *facts) (truth, error) {
	minutes, ok := v.Int()
	if !ok {
		return no, errors.New(" is no number of minutes")
	}
	if !f.person {
		return no, nil
	}
	return ageOf(f.in).atLeast(60 * minutes), nil
}

// ofSignIn is what a condition on the sign-in says.
func (f *facts) ofSignIn(holds bool) truth {
	if f.signIn == yes {
		return is(holds)
	}
	return f.signIn
}
