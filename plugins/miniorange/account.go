package miniorange

import "github.com/postern-id/postern/sdk/hook"

// Account gives Casdoor's envelope. The order of the members is part of the
// contract: miniOrange searches a name that is not at the top level only through
// the first nested object, and not behind an array. So everything before address
// is a scalar, and what is not granted is an empty string, never absent.
func Account(in *hook.AccountInput) (hook.Object, error) {
	sub := newSubject(&in.User, in.Organisation.Name, in.Scopes, readSettings(in.Settings))
	return hook.Object{
		{Name: "status", Value: hook.String("ok")},
		{Name: "msg", Value: hook.String("")},
		{Name: "sub", Value: hook.String(in.User.ID)},
		{Name: "name", Value: hook.String(sub.login)},
		{Name: "data", Value: hook.FromObject(person(in, sub))},
		{Name: "data2", Value: hook.FromObject(organisation(&in.Organisation))},
		{Name: "data3", Value: hook.Value{}},
	}, nil
}

func person(in *hook.AccountInput, sub subject) hook.Object {
	user := &in.User
	empty := hook.String("")
	return hook.Object{
		{Name: "owner", Value: hook.String(in.Organisation.Name)},
		{Name: "name", Value: hook.String(sub.login)},
		{Name: "createdTime", Value: text(sub.profile, user.CreatedAt)},
		{Name: "updatedTime", Value: text(sub.profile, user.UpdatedAt)},
		{Name: "deletedTime", Value: empty},
		{Name: "id", Value: hook.String(user.ID)},
		{Name: "externalId", Value: text(sub.profile, user.ExternalID)},
		{Name: "type", Value: hook.String("normal-user")},
		{Name: "displayName", Value: text(sub.profile, user.DisplayName)},
		{Name: "firstName", Value: text(sub.profile, user.GivenName)},
		{Name: "lastName", Value: text(sub.profile, user.FamilyName)},
		{Name: "avatar", Value: text(sub.profile, user.Picture)},
		{Name: "avatarType", Value: empty},
		{Name: "permanentAvatar", Value: empty},
		{Name: "email", Value: text(sub.email, user.Email)},
		{Name: "emailVerified", Value: hook.Bool(sub.email && user.EmailVerified)},
		{Name: "phone", Value: text(sub.phone, user.Phone)},
		{Name: "countryCode", Value: text(sub.phone, user.CountryCode)},
		{Name: "region", Value: text(sub.address, user.Region)},
		{Name: "location", Value: text(sub.address, user.Location)},
		{Name: "address", Value: hook.Strings(when(sub.address, user.Address))},
		{Name: "affiliation", Value: text(sub.profile, user.Affiliation)},
		{Name: "title", Value: text(sub.profile, user.Title)},
		{Name: "homepage", Value: text(sub.profile, user.Website)},
		{Name: "bio", Value: text(sub.profile, user.Bio)},
		{Name: "tag", Value: text(sub.profile, user.Tag)},
		{Name: "language", Value: text(sub.profile, user.Locale)},
		{Name: "gender", Value: text(sub.profile, user.Gender)},
		{Name: "birthday", Value: text(sub.profile, user.Birthdate)},
		{Name: "education", Value: text(sub.profile, user.Education)},
		{Name: "isOnline", Value: hook.Bool(false)},
		{Name: "isAdmin", Value: hook.Bool(sub.profile && user.Admin)},
		{Name: "isForbidden", Value: hook.Bool(false)}, // a disabled person gets no account
		{Name: "isDeleted", Value: hook.Bool(false)},
		{Name: "signupApplication", Value: empty},
		{Name: "createdIp", Value: empty},
		{Name: "lastSigninTime", Value: text(sub.profile, user.LastSignInAt)},
		{Name: "lastSigninIp", Value: text(sub.profile, user.LastSignInIP)},
		{Name: "ldap", Value: empty},
		{Name: "properties", Value: hook.FromObject(when(sub.profile, user.Attributes))},
		{Name: "roles", Value: hook.Array()},
		{Name: "permissions", Value: hook.Array()},
		{Name: "groups", Value: hook.Strings(sub.groups)},
	}
}

func organisation(o *hook.Organisation) hook.Object {
	return hook.Object{
		{Name: "owner", Value: hook.String("admin")},
		{Name: "name", Value: hook.String(o.Name)},
		{Name: "createdTime", Value: hook.String(o.CreatedAt)},
		{Name: "displayName", Value: hook.String(o.DisplayName)},
		{Name: "websiteUrl", Value: hook.String(o.WebsiteURL)},
		{Name: "logo", Value: hook.String(o.Logo)},
		{Name: "favicon", Value: hook.String(o.Favicon)},
	}
}

// text gives the text if its scope was granted, else an empty string: a mapping
// always finds its key.
func text(granted bool, s string) hook.Value {
	if !granted {
		s = ""
	}
	return hook.String(s)
}

func when[List ~[]E, E any](granted bool, list List) List {
	if !granted {
		return nil
	}
	return list
}
