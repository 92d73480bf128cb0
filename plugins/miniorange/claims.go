package miniorange

import "github.com/postern-id/postern/sdk/hook"

// Claims adds what miniOrange and Atlassian's own client read. They take everything
// from the ID token, so that has it all, with the login name as name unless the settings
// want the full one. UserInfo
// stays the standard's, where name is the full name (OpenID Connect Core section
// 5.1), and gains what the standard has no claim for. An access token stays as it
// is.
func Claims(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
	out := &hook.ClaimsOutput{}
	if in.Target == hook.TargetAccessToken {
		return out, nil
	}
	settings := readSettings(in.Settings)
	sub := newSubject(&in.User, in.Organisation.Name, in.Scopes, settings)
	if sub.profile {
		addLogin(out, in.Target, sub, settings.fullName)
		setText(out, "displayName", in.User.DisplayName)
	}
	if in.Target == hook.TargetIDToken {
		addStandard(out, &in.User, sub, settings.fullName)
	}
	if sub.profile {
		// Atlassian's client wants the list to be there, even if it is empty.
		set(out, "groups", hook.Strings(sub.groups))
	}
	return out, nil
}

// addLogin tells the login name. Where there is none, the standard's must not pass
// for one.
func addLogin(out *hook.ClaimsOutput, target hook.Target, sub subject, fullName bool) {
	names := []string{"name", "preferred_username"}
	if target == hook.TargetUserInfo || fullName {
		names = names[1:]
	}
	if sub.login == "" {
		out.Remove = append(out.Remove, names...)
		return
	}
	for _, name := range names {
		set(out, name, hook.String(sub.login))
	}
}

// addStandard tells in the ID token what UserInfo tells anyway.
func addStandard(out *hook.ClaimsOutput, user *hook.User, sub subject, fullName bool) {
	if sub.email && user.Email != "" {
		set(out, "email", hook.String(user.Email))
		set(out, "email_verified", hook.Bool(user.EmailVerified))
	}
	if sub.profile {
		if fullName {
			setText(out, "name", user.DisplayName)
		}
		setText(out, "given_name", user.GivenName)
		setText(out, "family_name", user.FamilyName)
		setText(out, "picture", user.Picture)
	}
}

func setText(out *hook.ClaimsOutput, name, text string) {
	if text != "" {
		set(out, name, hook.String(text))
	}
}

func set(out *hook.ClaimsOutput, name string, v hook.Value) {
	out.Set = append(out.Set, hook.Member{Name: name, Value: v})
}
