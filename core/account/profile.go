package account

import (
	"context"
	"strings"

	"github.com/postern-id/postern/core"
)

// Profile is what people say about themselves. Whatever else is in a [core.Profile]
// somebody else says of them.
type Profile struct {
	DisplayName, GivenName, FamilyName, Nickname string
	Website, Phone, Birthdate                    string
}

// ProfileOf gives what the user can edit.
func ProfileOf(user *core.User) Profile {
	p := &user.Profile
	return Profile{
		DisplayName: p.DisplayName, GivenName: p.GivenName, FamilyName: p.FamilyName, Nickname: p.Nickname,
		Website: p.Website, Phone: p.Phone, Birthdate: p.Birthdate,
	}
}

// onto gives the stored profile with the edited fields. Whoever verified the phone
// number verified another one.
func (p Profile) onto(stored core.Profile) core.Profile {
	stored.PhoneVerified = stored.PhoneVerified && stored.Phone == p.Phone
	stored.DisplayName, stored.GivenName, stored.FamilyName, stored.Nickname = p.DisplayName, p.GivenName, p.FamilyName, p.Nickname
	stored.Website, stored.Phone, stored.Birthdate = p.Website, p.Phone, p.Birthdate
	return stored
}

// trimmed takes off the space that nobody types on purpose.
func (p Profile) trimmed() Profile {
	for _, line := range []*string{&p.DisplayName, &p.GivenName, &p.FamilyName, &p.Nickname, &p.Website, &p.Phone, &p.Birthdate} {
		*line = strings.TrimSpace(*line)
	}
	return p
}

// EditProfile replaces what the person says about themselves.
func (s *Service) EditProfile(ctx context.Context, p Person, edited Profile) error {
	if p.Org.Rules.KeepProfile {
		return refuse(RefusedKept)
	}
	profile := edited.trimmed().onto(p.User.Profile)
	return s.setProfile(ctx, p, profile, "profile")
}

// Preferences are how pages address a person.
type Preferences struct {
	Locale     string // BCP 47; empty: as the browser says
	Appearance string // light or dark; empty: as the browser says
}

// EditPreferences replaces them. They are the person's own, whoever keeps the profile.
func (s *Service) EditPreferences(ctx context.Context, p Person, edited Preferences) error {
	profile := p.User.Profile
	profile.Locale, profile.Appearance = edited.Locale, edited.Appearance
	return s.setProfile(ctx, p, profile, "preferences")
}

// setProfile checks and stores a profile, if it is another one.
func (s *Service) setProfile(ctx context.Context, p Person, profile core.Profile, what string, more ...core.Change) error {
	if profile == p.User.Profile && len(more) == 0 {
		return nil
	}
	if wrong := changed(profile.Problems(), p.User.Profile.Problems()); len(wrong) > 0 {
		return &InvalidError{wrong}
	}
	changes := append(more, core.SetProfile{UserID: p.User.ID, Profile: profile, At: s.Now()},
		s.event(p, core.EventProfileChanged, map[string]string{"what": what}))
	return s.apply(ctx, changes...)
}

// changed leaves out the mistakes that were there before: what a provider or an older
// version stored is not for the person to mend.
func changed(after, before []core.FieldProblem) []core.FieldProblem {
	var fresh []core.FieldProblem
	for _, wrong := range after {
		old := false
		for _, was := range before {
			old = old || was == wrong
		}
		if !old {
			fresh = append(fresh, wrong)
		}
	}
	return fresh
}
