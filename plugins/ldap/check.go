package ldap

import (
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/plugins/document"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// Bounds of what is typed, in bytes. Longer ones are wrong without being tried.
const (
	maxName     = 256
	maxPassword = 1024
)

// Check is connector.password/v1: the one entry that goes by the name, if its password
// is the one. What went wrong with the directory is an error, and nobody's fault.
func Check(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	if !plausible(in) {
		return denied("nothing was typed that could be a name and a password")
	}
	s := readSettings(in.Settings)
	if s.onlySome && s.groupBase == "" {
		return nil, errors.New("the setting allowed_groups needs group_base: without it nobody is in any group")
	}
	entries, err := s.find(in.Name)
	if err != nil {
		return nil, err
	}
	if len(entries) != 1 {
		return s.nobody(in.Password, len(entries))
	}
	person := &entries[0]
	if ok, err := s.bind(person.DN, in.Password); err != nil || !ok {
		return deniedOr(err, "the password is wrong")
	}
	identity, err := s.identify(person)
	if err != nil {
		return nil, err
	}
	if identity.Groups, err = s.groupsOf(person, identity.Name); err != nil {
		return nil, err
	}
	if s.onlySome && !slices.ContainsFunc(s.allowed, func(name string) bool { return document.HasFold(identity.Groups, name) }) {
		return denied("the person is in none of the allowed groups")
	}
	return &hook.PasswordOutput{Identity: identity}, nil
}

// plausible keeps from the directory what it could take for a bind of nobody: no
// password, or one that ends at a NUL at once (RFC 4513 section 5.1.2).
func plausible(in *hook.PasswordInput) bool {
	return strings.TrimSpace(in.Name) != "" && len(in.Name) <= maxName &&
		in.Password != "" && len(in.Password) <= maxPassword && !strings.Contains(in.Password, "\x00")
}

func denied(reason string) (*hook.PasswordOutput, error) {
	return &hook.PasswordOutput{Deny: true, Reason: reason}, nil
}

func deniedOr(err error, reason string) (*hook.PasswordOutput, error) {
	if err != nil {
		return nil, err
	}
	return denied(reason)
}

// find searches for the entries that go by a name. Two are as good as many.
func (s *settings) find(name string) ([]hook.LDAPEntry, error) {
	principal := name
	if s.upnDomain != "" && !strings.Contains(name, "@") {
		principal += "@" + s.upnDomain
	}
	filter, values := place(s.userFilter, name, principal)
	if len(values) == 0 {
		return nil, errors.New("the setting user_filter has neither {0} nor {1}: it finds the same entries for every name")
	}
	answer, err := postern.LDAPSearch(&hook.LDAPSearchRequest{
		Server: s.searcher, BaseDN: s.userBase, Scope: s.userScope, Filter: filter, Values: values, Attributes: s.wanted(), Limit: 2,
	})
	if err != nil {
		return nil, err
	}
	return answer.Entries, nil
}

// place numbers the values anew that a filter has a place for, because the host
// refuses one without.
func place(filter string, values ...string) (numbered string, used []string) {
	for i, value := range values {
		mark := number(i)
		if strings.Contains(filter, mark) {
			filter = strings.ReplaceAll(filter, mark, number(len(used)))
			used = append(used, value)
		}
	}
	return filter, used
}

// nobody denies a name that one entry alone does not have. The directory is asked for a
// password nevertheless, so that the time it takes does not tell who exists.
func (s *settings) nobody(password string, entries int) (*hook.PasswordOutput, error) {
	if _, err := s.bind("cn=nobody,"+s.userBase, password); err != nil && !isRefused(err) {
		return nil, err
	}
	if entries > 1 {
		return denied("several entries go by that name")
	}
	return denied("no entry goes by that name")
}

// bind reports whether the password opens the entry. A directory that refuses to let the
// account in says no to the person, and is not broken.
func (s *settings) bind(dn, password string) (bool, error) {
	ok, err := postern.LDAPBind(&hook.LDAPBindRequest{Server: s.server, DN: dn, Password: password})
	if isRefused(err) && (strings.Contains(err.Error(), lockedOut) || strings.Contains(err.Error(), unwilling)) {
		return false, nil
	}
	return ok, err
}

// How the host writes the results constraintViolation, with which 389 Directory Server
// answers for an account that had too many wrong passwords, and unwillingToPerform, for
// one that is inactivated.
const (
	lockedOut = "(LDAP result 19)"
	unwilling = "(LDAP result 53)"
)

func isRefused(err error) bool {
	failure, ok := errors.AsType[*hook.CapabilityError](err)
	return ok && failure.Code == hook.CodeRefused
}
