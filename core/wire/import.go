package wire

import (
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Import gives what is to be moved in, and how.
func Import(in *api.Import) (*admin.ImportPlan, admin.ImportOptions) {
	plan := &admin.ImportPlan{
		Source: in.Source, Organisations: Each(in.Organisations, func(o *api.ImportOrganisation) admin.ImportOrganisation { return admin.ImportOrganisation(*o) }),
		Groups: Each(in.Groups, func(g *api.ImportGroup) admin.ImportGroup {
			return admin.ImportGroup{Org: g.Organisation, Name: g.Name, DisplayName: g.DisplayName, Notes: g.Notes}
		}),
		Connectors: Each(in.Connectors, func(c *api.ImportConnector) admin.ImportConnector {
			return admin.ImportConnector{
				Org: c.Organisation, Name: c.Name, DisplayName: c.DisplayName, Plugin: c.Plugin, Preset: c.Preset, Settings: c.Settings, Secrets: c.Secrets, Notes: c.Notes,
			}
		}),
		Clients: Each(in.Clients, importClient), Users: Each(in.Users, importUser),
		Left: Each(in.Left, func(l *api.ImportLeft) admin.ImportRow {
			return admin.ImportRow{Kind: l.Kind, Org: l.Organisation, Name: l.Name, Reason: l.Reason}
		}),
	}
	return plan, admin.ImportOptions{DryRun: in.DryRun, Org: in.Into, Adopt: in.Adopt, KeepIDs: in.KeepIDs}
}

func importUser(u *api.ImportUser) admin.ImportUser {
	return admin.ImportUser{
		Org: u.Organisation, ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Disabled: u.Disabled, PasswordHash: u.PasswordHash, Password: u.Password,
		Profile: coreProfile(u.Profile), Attributes: u.Attributes, Groups: u.Groups,
		TOTP:  Each(u.TOTP, func(t *api.ImportTOTP) admin.ImportTOTP { return admin.ImportTOTP(*t) }),
		Links: Each(u.Links, func(l *api.ImportLink) admin.ImportLink { return admin.ImportLink(*l) }), Notes: u.Notes,
	}
}

func importClient(c *api.ImportClient) admin.ImportClient {
	return admin.ImportClient{
		Org: c.Organisation, ID: c.ClientID, Name: c.Name, DisplayName: c.DisplayName, Secret: c.ClientSecret, Preset: c.Preset, RedirectURIs: c.RedirectURIs,
		PostLogoutRedirectURIs: c.PostLogoutRedirectURIs, BackchannelLogoutURI: c.BackchannelLogoutURI, Scopes: c.Scopes, RequirePKCE: c.RequirePKCE,
		SkipConsent: c.SkipConsent, Shared: c.Shared, Disabled: c.Disabled, AllowedGroups: c.AllowedGroups, LogoURI: c.LogoURI, ClientURI: c.ClientURI,
		PolicyURI: c.PolicyURI, TermsURI: c.TermsURI, AccessTTL: fromSeconds(c.AccessTTL), RefreshTTL: fromSeconds(c.RefreshTTL), Notes: c.Notes,
	}
}

// ToImport is the way back of [Import].
func ToImport(plan *admin.ImportPlan, options admin.ImportOptions) api.Import {
	return api.Import{
		Source: plan.Source, DryRun: options.DryRun, Into: options.Org, Adopt: options.Adopt, KeepIDs: options.KeepIDs,
		Organisations: Each(plan.Organisations, func(o *admin.ImportOrganisation) api.ImportOrganisation { return api.ImportOrganisation(*o) }),
		Groups: Each(plan.Groups, func(g *admin.ImportGroup) api.ImportGroup {
			return api.ImportGroup{Organisation: g.Org, Name: g.Name, DisplayName: g.DisplayName, Notes: g.Notes}
		}),
		Connectors: Each(plan.Connectors, func(c *admin.ImportConnector) api.ImportConnector {
			return api.ImportConnector{
				Organisation: c.Org, Name: c.Name, DisplayName: c.DisplayName, Plugin: c.Plugin, Preset: c.Preset, Settings: c.Settings, Secrets: c.Secrets, Notes: c.Notes,
			}
		}),
		Clients: Each(plan.Clients, toImportClient), Users: Each(plan.Users, toImportUser),
		Left: Each(plan.Left, func(row *admin.ImportRow) api.ImportLeft {
			return api.ImportLeft{Kind: row.Kind, Organisation: row.Org, Name: row.Name, Reason: row.Reason}
		}),
	}
}

func toImportUser(u *admin.ImportUser) api.ImportUser {
	return api.ImportUser{
		Organisation: u.Org, ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Disabled: u.Disabled, PasswordHash: u.PasswordHash, Password: u.Password,
		Profile: profile(u.Profile), Attributes: u.Attributes, Groups: u.Groups,
		TOTP:  Each(u.TOTP, func(t *admin.ImportTOTP) api.ImportTOTP { return api.ImportTOTP(*t) }),
		Links: Each(u.Links, func(l *admin.ImportLink) api.ImportLink { return api.ImportLink(*l) }), Notes: u.Notes,
	}
}

func toImportClient(c *admin.ImportClient) api.ImportClient {
	return api.ImportClient{
		Organisation: c.Org, ClientID: c.ID, Name: c.Name, DisplayName: c.DisplayName, ClientSecret: c.Secret, Preset: c.Preset, RedirectURIs: c.RedirectURIs,
		PostLogoutRedirectURIs: c.PostLogoutRedirectURIs, BackchannelLogoutURI: c.BackchannelLogoutURI, Scopes: c.Scopes, RequirePKCE: c.RequirePKCE,
		SkipConsent: c.SkipConsent, Shared: c.Shared, Disabled: c.Disabled, AllowedGroups: c.AllowedGroups, LogoURI: c.LogoURI, ClientURI: c.ClientURI,
		PolicyURI: c.PolicyURI, TermsURI: c.TermsURI, AccessTTL: seconds(c.AccessTTL), RefreshTTL: seconds(c.RefreshTTL), Notes: c.Notes,
	}
}

// ImportReport gives the report as it is answered.
func ImportReport(r *admin.ImportReport) api.ImportReport {
	return api.ImportReport{Source: r.Source, DryRun: r.DryRun, Rows: Each(r.Rows, func(row *admin.ImportRow) api.ImportRow {
		return api.ImportRow{Kind: row.Kind, Organisation: row.Org, Name: row.Name, Result: string(row.Result), Reason: row.Reason, Notes: row.Notes}
	})}
}

// AdminImportReport is the way back.
func AdminImportReport(r *api.ImportReport) admin.ImportReport {
	return admin.ImportReport{Source: r.Source, DryRun: r.DryRun, Rows: Each(r.Rows, func(row *api.ImportRow) admin.ImportRow {
		return admin.ImportRow{Kind: row.Kind, Org: row.Organisation, Name: row.Name, Result: admin.ImportResult(row.Result), Reason: row.Reason, Notes: row.Notes}
	})}
}
