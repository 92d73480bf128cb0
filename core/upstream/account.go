package upstream

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// loginNames are the login names that a new user may get, in the order in which they
// are tried. A name that looks like an address counts as one only if it was verified
// as that: nobody gets to be called what another will want to sign in with.
func loginNames(p *person, instance string) []string {
	name := p.name
	if strings.Contains(name, "@") && !(p.verified && name == p.email) {
		name, _, _ = strings.Cut(name, "@")
	}
	candidates := []string{name}
	if p.verified {
		candidates = append(candidates, p.email)
	}
	if local, _, _ := strings.Cut(name, "@"); local != "" {
		candidates = append(candidates, local+"-"+instance)
	}
	return slices.DeleteFunc(candidates, func(name string) bool { return !loginName.MatchString(name) })
}

// freeName gives the first that nobody has, empty if all are taken.
func (s *Service) freeName(ctx context.Context, org string, p *person, instance string) (string, error) {
	for _, name := range loginNames(p, instance) {
		_, err := s.Store.UserByLogin(ctx, org, name)
		missing, err := absent(err)
		if err != nil {
			return "", err
		}
		switch {
		case !missing:
			continue
		case p.verified && name == p.email: // it is theirs, whoever has it there
			return name, nil
		}
		if shuts, err := s.shutsOut(ctx, org, name); err != nil || !shuts {
			return name, err
		}
	}
	return "", nil
}

// shutsOut reports whether somebody of another organisation signs in by that login with a
// password. Where people of several organisations sign in, one that two have is
// nobody's: whoever can choose a login must not keep another out by it.
func (s *Service) shutsOut(ctx context.Context, org, login string) (bool, error) {
	user, err := s.Store.UserByLogin(ctx, "", login)
	if errors.Is(err, core.ErrAmbiguous) {
		return true, nil
	}
	missing, err := absent(err)
	return !missing && err == nil && user.Org != org && user.PasswordHash != "", err
}

// newUser is a person who was never here.
func newUser(id core.ID, now time.Time, org, name string, p *person) core.User {
	user := core.User{
		ID: id, Org: org, Name: name, Email: p.email, EmailVerified: p.verified,
		Profile: p.profile, CreatedAt: now, UpdatedAt: now,
	}
	if len(p.attributes) > 0 {
		user.Attributes = maps.Clone(p.attributes)
	}
	return user
}

// follow brings a user up to what the provider says, and names what changed. What it
// does not say stays. Login name, organisation and rights are never touched, and the
// address only as newEmail says.
func follow(user *core.User, p *person, emailFree bool) (fields []string) {
	profile := user.Profile
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&profile.DisplayName, p.profile.DisplayName}, {&profile.GivenName, p.profile.GivenName}, {&profile.FamilyName, p.profile.FamilyName},
		{&profile.Picture, p.profile.Picture}, {&profile.Locale, p.profile.Locale}, {&profile.Phone, p.profile.Phone},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if profile.Phone != user.Profile.Phone {
		profile.PhoneVerified = false
	}
	if profile != user.Profile {
		user.Profile, fields = profile, append(fields, "profile")
	}
	if attributes := merged(user.Attributes, p.attributes); !maps.Equal(attributes, user.Attributes) {
		user.Attributes, fields = attributes, append(fields, "attributes")
	}
	if newEmail(user, p, emailFree) {
		user.Email, user.EmailVerified, fields = p.email, true, append(fields, "email")
	}
	return fields
}

// newEmail reports whether the user gets the provider's address: it was verified there
// and is either the user's own already, not verified here, or nobody's.
func newEmail(user *core.User, p *person, free bool) bool {
	if !p.verified || p.email == "" {
		return false
	}
	if p.email == user.Email {
		return !user.EmailVerified
	}
	return free || core.FoldName(p.email) == core.FoldName(user.Email)
}

// merged adds to what there is, as long as there is room.
func merged(there, more map[string]string) map[string]string {
	all := maps.Clone(there)
	if all == nil {
		all = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if _, has := all[name]; has || len(all) < maxAttributes {
			all[name] = more[name]
		}
	}
	return all
}

// withGroups gives the groups of a user once a link that gave some gives others.
func withGroups(groups, before, after []string) []string {
	rest := slices.DeleteFunc(slices.Clone(groups), func(g string) bool { return slices.Contains(before, g) })
	return sortedUnique(append(rest, after...))
}
