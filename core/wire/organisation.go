package wire

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Organisation gives the organisation as it is answered.
func Organisation(o *core.Organisation) api.Organisation {
	return api.Organisation{
		Name: o.Name, Version: string(admin.VersionOf(o.UpdatedAt)), OrganisationRules: OrganisationRules(o),
		CreatedAt: at(o.CreatedAt), UpdatedAt: at(o.UpdatedAt),
	}
}

// OrganisationRules gives what may be changed of it.
func OrganisationRules(o *core.Organisation) api.OrganisationRules {
	r := &o.Rules
	return api.OrganisationRules{
		DisplayName: o.DisplayName, WebsiteURL: o.WebsiteURL, Logo: o.Logo, Favicon: o.Favicon, Disabled: o.Disabled,
		SignInMethods: list(r.SignIn.Methods), RequireSignIn: r.SignIn.Require, RememberDays: r.RememberDays, PasswordMin: r.PasswordMin,
		Registration: r.Registration.Open, RegistrationDomains: list(r.Registration.Domains), RegistrationGroups: list(r.Registration.Groups),
		KeepEmail: r.KeepEmail, KeepProfile: r.KeepProfile, KeepAccount: r.KeepAccount, Accent: o.Theme.Accent, AccentDark: o.Theme.AccentDark,
	}
}

// CoreOrganisation is the way back.
func CoreOrganisation(o *api.Organisation) core.Organisation {
	back := core.Organisation{Name: o.Name, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
	SetOrganisation(&back, &o.OrganisationRules)
	return back
}

// SetOrganisation lets the organisation be what may be changed of it.
func SetOrganisation(o *core.Organisation, to *api.OrganisationRules) {
	o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled = to.DisplayName, to.WebsiteURL, to.Logo, to.Favicon, to.Disabled
	o.Rules = core.OrgRules{
		SignIn: core.SignInRules{Methods: some(to.SignInMethods), Require: to.RequireSignIn}, RememberDays: to.RememberDays, PasswordMin: to.PasswordMin,
		Registration: core.SelfRegistration{Open: to.Registration, Domains: some(to.RegistrationDomains), Groups: some(to.RegistrationGroups)},
		KeepEmail:    to.KeepEmail, KeepProfile: to.KeepProfile, KeepAccount: to.KeepAccount,
	}
	o.Theme = core.Theme{Accent: to.Accent, AccentDark: to.AccentDark}
}
