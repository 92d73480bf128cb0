package wire

import (
	"maps"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// User gives the user as it is answered.
func User(u *core.User) api.User {
	return api.User{
		ID: string(u.ID), Version: string(admin.VersionOf(u.UpdatedAt)), Organisation: u.Org, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified,
		Admin: u.Admin, Disabled: u.Disabled, HasPassword: u.PasswordHash != "", Profile: profile(u.Profile),
		Attributes: filled(u.Attributes), Groups: list(u.Groups), CreatedAt: at(u.CreatedAt), UpdatedAt: at(u.UpdatedAt),
		PasswordSetAt: at(u.PasswordAt), LastSignInAt: at(u.LastSignInAt), LastSignInFrom: u.LastSignInIP,
	}
}

// somePassword stands for a hash that nobody is told: it is no hash of anything.
const somePassword = "set"

// CoreUser is the way back. Of a password it says only whether there is one.
func CoreUser(u *api.User) core.User {
	back := core.User{
		ID: core.ID(u.ID), Org: u.Organisation, Disabled: u.Disabled, Groups: list(u.Groups), CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt,
		PasswordAt: u.PasswordSetAt, LastSignInAt: u.LastSignInAt, LastSignInIP: u.LastSignInFrom,
	}
	if u.HasPassword {
		back.PasswordHash = somePassword
	}
	SetUser(&back, u)
	return back
}

// SetUser lets the user be what may be changed of it.
func SetUser(u *core.User, to *api.User) {
	u.Name, u.Email, u.EmailVerified, u.Admin = to.Name, to.Email, to.EmailVerified, to.Admin
	u.Profile, u.Attributes = coreProfile(to.Profile), maps.Clone(to.Attributes)
}

// NewUser gives what is to be made.
func NewUser(u *api.NewUser) admin.NewUser {
	return admin.NewUser{
		Org: u.Organisation, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Admin: u.Admin, Disabled: u.Disabled, Password: u.Password,
		Profile: coreProfile(u.Profile), Attributes: u.Attributes, Groups: u.Groups,
	}
}

// UserToMake is the way back.
func UserToMake(u *admin.NewUser) api.NewUser {
	return api.NewUser{
		Organisation: u.Org, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Admin: u.Admin, Disabled: u.Disabled, Password: u.Password,
		Profile: profile(u.Profile), Attributes: u.Attributes, Groups: u.Groups,
	}
}

// CreatedUser gives what was made.
func CreatedUser(u *admin.CreatedUser) api.CreatedUser {
	return api.CreatedUser{User: User(&u.User), NewGroups: list(u.NewGroups)}
}

// AdminCreatedUser is the way back.
func AdminCreatedUser(u *api.CreatedUser) admin.CreatedUser {
	return admin.CreatedUser{User: CoreUser(&u.User), NewGroups: u.NewGroups}
}

// Invitation gives what was made for somebody who is invited.
func Invitation(i *admin.Invited) api.Invitation {
	return api.Invitation{User: User(&i.User), NewGroups: list(i.NewGroups), Handed: Handed(&i.Handed)}
}

// AdminInvited is the way back.
func AdminInvited(i *api.Invitation) admin.Invited {
	return admin.Invited{CreatedUser: admin.CreatedUser{User: CoreUser(&i.User), NewGroups: i.NewGroups}, Handed: AdminHanded(&i.Handed)}
}

// Handed gives how somebody gets a link.
func Handed(h *admin.Handed) api.Handed {
	return api.Handed{Link: h.Link, SentTo: h.SentTo, ExpiresAt: at(h.ExpiresAt)}
}

// AdminHanded is the way back.
func AdminHanded(h *api.Handed) admin.Handed {
	return admin.Handed{Link: h.Link, SentTo: h.SentTo, ExpiresAt: h.ExpiresAt}
}

func profile(p core.Profile) api.Profile {
	return api.Profile{
		DisplayName: p.DisplayName, GivenName: p.GivenName, FamilyName: p.FamilyName, MiddleName: p.MiddleName, Nickname: p.Nickname,
		Profile: p.URL, Picture: p.Picture, Website: p.Website, Gender: p.Gender, Birthdate: p.Birthdate, Zoneinfo: p.Zoneinfo, Locale: p.Locale,
		Phone: p.Phone, PhoneVerified: p.PhoneVerified, CountryCode: p.CountryCode, Region: p.Region, Location: p.Location, Address: api.Address(p.Address),
		Affiliation: p.Affiliation, Title: p.Title, Bio: p.Bio, Tag: p.Tag, Education: p.Education, ExternalID: p.ExternalID, Appearance: p.Appearance,
	}
}

func coreProfile(p api.Profile) core.Profile {
	return core.Profile{
		DisplayName: p.DisplayName, GivenName: p.GivenName, FamilyName: p.FamilyName, MiddleName: p.MiddleName, Nickname: p.Nickname,
		URL: p.Profile, Picture: p.Picture, Website: p.Website, Gender: p.Gender, Birthdate: p.Birthdate, Zoneinfo: p.Zoneinfo, Locale: p.Locale,
		Phone: p.Phone, PhoneVerified: p.PhoneVerified, CountryCode: p.CountryCode, Region: p.Region, Location: p.Location, Address: core.Address(p.Address),
		Affiliation: p.Affiliation, Title: p.Title, Bio: p.Bio, Tag: p.Tag, Education: p.Education, ExternalID: p.ExternalID, Appearance: p.Appearance,
	}
}
