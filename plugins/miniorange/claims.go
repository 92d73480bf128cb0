package miniorange

import "github.com/postern-id/postern/sdk/hook"

// Claims adds what miniOrange and Atlassian's own client read, to the ID token and
// to UserInfo alike, so that both say the same of a person. An access token stays
// as it is.
func Claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	out := &hook.ClaimsOutput{}
	if in.Target == hook.TargetAccessToken {
		return out, nil
	}
	sub := newSubject(&in.User, in.Organisation.Name, in.Scopes, readSettings(in.Settings))
	if sub.profile {
		addProfile(out, &in.User, sub)
	}
	if sub.email && in.User.Email != "" {
		set(out, "email", hook.String(in.User.Email))
		set(out, "email_verified", hook.Bool(in.User.EmailVerified))
	}
	return out, nil
}

func addProfile(out *hook.ClaimsOutput, user *hook.User, sub subject) {
	if sub.login != "" {
		set(out, "name", hook.String(sub.login))
		set(out, "preferred_username", hook.String(sub.login))
	} else {
		// Without a login name the standard's must not pass for one.
		out.Remove = append(out.Remove, "name", "preferred_username")
	}
	for _, claim := range [...]struct{ name, text string }{
		{"displayName", user.DisplayName},
		{"given_name", user.GivenName},
		{"family_name", user.FamilyName},
		{"picture", user.Picture},
	} {
		if claim.text != "" {
			set(out, claim.name, hook.String(claim.text))
		}
	}
	// Atlassian's client wants the list to be there, even if it is empty.
	set(out, "groups", hook.Strings(sub.groups))
}

func set(out *hook.ClaimsOutput, name string, v hook.Value) {
	out.Set = append(out.Set, hook.Member{Name: name, Value: v})
}
