package oidc

import (
	"slices"
	"strconv"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Admission says who may sign in, of those whom the provider signs in. Each list that is
// empty lets everybody in.
type Admission struct {
	Domains []string // of a verified e-mail address
	Groups  []string // one of them is enough
}

// Words for a person who may not sign in. They name no domain and no group: whoever
// may not come in need not learn who may.
const (
	notVerified   = "The provider does not vouch for your e-mail address, so its domain does not count here."
	notFromDomain = "People with an e-mail address of your domain may not sign in here."
	notInGroup    = "You are in none of the groups that may sign in here."
)

// maxGroups is how many groups of a person the host takes.
const maxGroups = 1000

// Admit gives the identity, or a refusal. All groups count for that; those that are more
// than the host takes are left out afterwards.
func (a Admission) Admit(i *hook.Identity) *hook.LoginOutput {
	if reason := a.refuse(i); reason != "" {
		return Refuse(reason)
	}
	if more := len(i.Groups) - maxGroups; more > 0 {
		postern.Log("the person has " + strconv.Itoa(more) + " groups more than can be kept: they are left out")
		i.Groups = i.Groups[:maxGroups]
	}
	return &hook.LoginOutput{Identity: i}
}

// Refuse ends a sign-in. The person reads the reason.
func Refuse(reason string) *hook.LoginOutput { return &hook.LoginOutput{Deny: true, Reason: reason} }

func (a Admission) refuse(i *hook.Identity) (reason string) {
	switch {
	case len(a.Domains) > 0 && !i.EmailVerified:
		return notVerified
	case len(a.Domains) > 0 && !InDomains(i.Email, a.Domains):
		return notFromDomain
	case len(a.Groups) > 0 && !slices.ContainsFunc(i.Groups, func(g string) bool { return slices.Contains(a.Groups, g) }):
		return notInGroup
	}
	return ""
}

// InDomains reports whether an address is of one of the domains. Letters of ASCII may be
// large or small, others have to be as they are written.
func InDomains(address string, domains []string) bool {
	at := strings.LastIndexByte(address, '@')
	return at > 0 && HasFold(domains, address[at+1:])
}

// HasFold reports whether a list has the name, whatever the case of its letters of
// ASCII.
func HasFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return Lower(s) == Lower(name) })
}

// Lower changes letters of ASCII alone: others fold into them, as the Kelvin sign does.
func Lower(s string) string {
	text := []byte(s)
	for i, c := range text {
		if c >= 'A' && c <= 'Z' {
			text[i] = c + 'a' - 'A'
		}
	}
	return string(text)
}
