package miniorange

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// subject is the person as far as the granted scopes and the settings let the
// application know them. What is not granted is empty (OpenID Connect Core
// section 5.4 says which claims belong to which scope).
type subject struct {
	profile, email, phone, address bool // the scopes

	login  string
	groups []string // never nil
}

func newSubject(user *hook.User, organisation string, scopes []string, s settings) subject {
	sub := subject{
		profile: slices.Contains(scopes, "profile"),
		email:   slices.Contains(scopes, "email"),
		phone:   slices.Contains(scopes, "phone"),
		address: slices.Contains(scopes, "address"),
		groups:  []string{},
	}
	if sub.profile {
		sub.groups = groupNames(user.Groups, organisation, s)
		sub.login = loginName(user, sub.email, s)
	}
	return sub
}

// loginName is what the application knows the person by. An address that nobody
// verified is no name to sign in under: whoever may write it into their profile
// would become somebody else.
func loginName(user *hook.User, emailGranted bool, s settings) string {
	if !s.loginByEmail {
		return user.Name
	}
	if emailGranted && user.EmailVerified {
		return user.Email
	}
	return ""
}

// groupNames filters, then renames. Two groups of one new name are told once.
func groupNames(groups []string, organisation string, s settings) []string {
	names := make([]string, 0, len(groups))
	for _, group := range groups {
		if s.includeSome && !matchesAny(s.include, group) || matchesAny(s.exclude, group) {
			continue
		}
		if name := groupName(group, organisation, s); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func groupName(group, organisation string, s settings) string {
	if renamed, ok := s.rename.Get(group); ok {
		return renamed.Text()
	}
	if s.withOrganisation {
		return organisation + "/" + group
	}
	return group
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return strings.HasPrefix(name, prefix)
		}
		return name == pattern
	})
}
