package api

import "encoding/json"

// Import is what another program knows, to be moved in, and how that is done. It holds
// secrets.
type Import struct {
	Source        string               `json:"source" doc:"The program: casdoor, keycloak, dex, csv, or any other word. A second import of the same knows people again by it."`
	DryRun        bool                 `json:"dry_run,omitempty" doc:"Say what would happen, and change nothing."`
	Into          string               `json:"into,omitempty" doc:"The organisation where everything goes, whatever the objects say."`
	Adopt         bool                 `json:"adopt,omitempty" doc:"Take users who are here by the same login name for those of the import."`
	KeepIDs       bool                 `json:"keep_ids,omitempty" doc:"Give new users the identifier that they had, if it is a UUID."`
	Organisations []ImportOrganisation `json:"organisations,omitempty"`
	Groups        []ImportGroup        `json:"groups,omitempty"`
	Connectors    []ImportConnector    `json:"connectors,omitempty"`
	Clients       []ImportClient       `json:"clients,omitempty"`
	Users         []ImportUser         `json:"users,omitempty"`
	Left          []ImportLeft         `json:"left,omitempty" doc:"What the reader of the files found no place for: comes back in the report."`
}

// ImportOrganisation is an organisation. One that is here is left as it is.
type ImportOrganisation struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name,omitempty"`
	WebsiteURL  string   `json:"website_url,omitempty"`
	Logo        string   `json:"logo,omitempty"`
	Favicon     string   `json:"favicon,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`
	Notes       []string `json:"notes,omitempty" doc:"What of it was left behind: comes back in the report."`
}

// ImportGroup is a group, without its members.
type ImportGroup struct {
	Organisation string   `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string   `json:"name"`
	DisplayName  string   `json:"display_name,omitempty"`
	Notes        []string `json:"notes,omitempty"`
}

// ImportUser is a person.
type ImportUser struct {
	Organisation  string            `json:"organisation,omitempty" doc:"built-in if it is absent."`
	ID            string            `json:"id" doc:"How the program knows the person."`
	Name          string            `json:"name" doc:"Login name."`
	Email         string            `json:"email,omitempty"`
	EmailVerified bool              `json:"email_verified,omitempty"`
	Disabled      bool              `json:"disabled,omitempty"`
	PasswordHash  string            `json:"password_hash,omitempty" doc:"As another program wrote it: Argon2id, bcrypt, PBKDF2, SHA-crypt, one of a directory after the name of its scheme in braces, or a salted digest of Casdoor; made anew at the first sign-in."`
	Password      string            `json:"password,omitempty" doc:"The password itself, in the place of a hash."`
	Profile       Profile           `json:"profile,omitzero"`
	Attributes    map[string]string `json:"attributes,omitempty"`
	Groups        []string          `json:"groups,omitempty" doc:"Names; those that do not exist are made."`
	TOTP          []ImportTOTP      `json:"totp,omitempty" doc:"Apps that show codes of six digits, one each 30 seconds, by SHA-1."`
	Links         []ImportLink      `json:"links,omitempty" doc:"Accounts at providers."`
	Notes         []string          `json:"notes,omitempty"`
}

// ImportTOTP is an app that shows codes.
type ImportTOTP struct {
	Name string `json:"name,omitempty"`
	Seed []byte `json:"seed"`
}

// ImportLink says who the person is at a provider.
type ImportLink struct {
	Connector string `json:"connector"`
	Subject   string `json:"subject"`
	Name      string `json:"name,omitempty" doc:"To show."`
}

// ImportClient is a relying party. Of one that is here the redirect URIs are added.
type ImportClient struct {
	Organisation           string   `json:"organisation,omitempty" doc:"built-in if it is absent."`
	ClientID               string   `json:"client_id"`
	Name                   string   `json:"name,omitempty" doc:"Made of the client id if it is absent."`
	DisplayName            string   `json:"display_name,omitempty"`
	ClientSecret           string   `json:"client_secret,omitempty"`
	Preset                 string   `json:"preset,omitempty" doc:"web if it is absent, or spa without a secret."`
	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	BackchannelLogoutURI   string   `json:"backchannel_logout_uri,omitempty"`
	Scopes                 []string `json:"scopes,omitempty" doc:"Besides those of the preset."`
	RequirePKCE            bool     `json:"require_pkce,omitempty"`
	SkipConsent            bool     `json:"skip_consent,omitempty"`
	Shared                 bool     `json:"shared,omitempty"`
	Disabled               bool     `json:"disabled,omitempty"`
	AllowedGroups          []string `json:"allowed_groups,omitempty"`
	LogoURI                string   `json:"logo_uri,omitempty"`
	ClientURI              string   `json:"client_uri,omitempty"`
	PolicyURI              string   `json:"policy_uri,omitempty"`
	TermsURI               string   `json:"terms_uri,omitempty"`
	AccessTTL              int64    `json:"access_ttl,omitempty" doc:"Seconds; 0: the server's default."`
	RefreshTTL             int64    `json:"refresh_ttl,omitempty" doc:"Seconds."`
	Notes                  []string `json:"notes,omitempty"`
}

// ImportConnector is a provider that people sign in with. It is made disabled.
type ImportConnector struct {
	Organisation string            `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string            `json:"name"`
	DisplayName  string            `json:"display_name,omitempty"`
	Plugin       string            `json:"plugin"`
	Preset       string            `json:"preset,omitempty"`
	Settings     json.RawMessage   `json:"settings,omitempty"`
	Secrets      map[string]string `json:"secrets,omitempty"`
	Notes        []string          `json:"notes,omitempty"`
}

// ImportLeft is something that has no place here.
type ImportLeft struct {
	Kind         string `json:"kind"`
	Organisation string `json:"organisation,omitempty"`
	Name         string `json:"name"`
	Reason       string `json:"reason"`
}

// ImportReport says what became of an import, object by object.
type ImportReport struct {
	Source string      `json:"source"`
	DryRun bool        `json:"dry_run" doc:"Nothing was changed: this is what would be."`
	Rows   []ImportRow `json:"rows"`
}

// ImportRow says what became of one object.
type ImportRow struct {
	Kind         string   `json:"kind" doc:"organisation, group, connector, client, user, or what it was there."`
	Organisation string   `json:"organisation,omitempty"`
	Name         string   `json:"name"`
	Result       string   `json:"result" enum:"created,updated,unchanged,refused"`
	Reason       string   `json:"reason,omitempty" doc:"Why it was refused."`
	Notes        []string `json:"notes,omitempty" doc:"What of it was not taken, and what is left to do."`
}
