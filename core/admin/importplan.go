package admin

import (
	"context"
	"encoding/json"
	"time"

	"github.com/postern-id/postern/core"
)

// ImportPlan is what another program knows, in the terms of this one. Package intake makes
// it of that program's files; as JSON it is what the REST API takes. It holds secrets.
type ImportPlan struct {
	// Source names the program: "casdoor", "keycloak", "dex", "csv", or any other word.
	Source        string               `json:"source"`
	Organisations []ImportOrganisation `json:"organisations,omitempty"`
	Groups        []ImportGroup        `json:"groups,omitempty"`
	Connectors    []ImportConnector    `json:"connectors,omitempty"`
	Clients       []ImportClient       `json:"clients,omitempty"`
	Users         []ImportUser         `json:"users,omitempty"`
	// Left are what the reader of the files found no place for, each with its reason.
	Left []ImportRow `json:"left,omitempty"`
}

// ImportOrganisation is an organisation. One that is there is left as it is.
type ImportOrganisation struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name,omitempty"`
	WebsiteURL  string   `json:"website_url,omitempty"`
	Logo        string   `json:"logo,omitempty"`
	Favicon     string   `json:"favicon,omitempty"`
	Disabled    bool     `json:"disabled,omitempty"`
	Notes       []string `json:"notes,omitempty"` // what of it was left behind
}

// ImportGroup is a group, without its members.
type ImportGroup struct {
	Org         string   `json:"organisation,omitempty"` // "" is the default organisation
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name,omitempty"`
	Notes       []string `json:"notes,omitempty"`
}

// ImportUser is a person.
type ImportUser struct {
	Org string `json:"organisation,omitempty"`
	// ID is how the program knows the person; it is how a second import knows them again.
	ID            string `json:"id"`
	Name          string `json:"name"` // login name
	Email         string `json:"email,omitempty"`
	EmailVerified bool   `json:"email_verified,omitempty"`
	Disabled      bool   `json:"disabled,omitempty"`
	// PasswordHash is in any form that package authn knows; Password is the password
	// itself, which is hashed. One of them may be given.
	PasswordHash string            `json:"password_hash,omitempty"`
	Password     string            `json:"password,omitempty"`
	Profile      core.Profile      `json:"profile,omitzero"`
	Attributes   map[string]string `json:"attributes,omitempty"`
	Groups       []string          `json:"groups,omitempty"` // names
	// TOTP are seeds of apps that show codes of six digits, one each 30 seconds, by SHA-1.
	TOTP  []ImportTOTP `json:"totp,omitempty"`
	Links []ImportLink `json:"links,omitempty"`
	Notes []string     `json:"notes,omitempty"`
}

// ImportTOTP is an app that shows codes.
type ImportTOTP struct {
	Name string `json:"name,omitempty"`
	Seed []byte `json:"seed"` // base64 in JSON
}

// ImportLink says who the person is at a provider.
type ImportLink struct {
	Connector string `json:"connector"`
	Subject   string `json:"subject"`
	Name      string `json:"name,omitempty"` // to show
}

// ImportClient is a relying party.
type ImportClient struct {
	Org                    string   `json:"organisation,omitempty"`
	ID                     string   `json:"client_id"`
	Name                   string   `json:"name,omitempty"` // empty: made of the client id
	DisplayName            string   `json:"display_name,omitempty"`
	Secret                 string   `json:"client_secret,omitempty"`
	Preset                 string   `json:"preset,omitempty"` // one of [Presets]; empty: "web", or "spa" without a secret
	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	BackchannelLogoutURI   string   `json:"backchannel_logout_uri,omitempty"`
	// Scopes besides those of the preset.
	Scopes        []string      `json:"scopes,omitempty"`
	RequirePKCE   bool          `json:"require_pkce,omitempty"`
	SkipConsent   bool          `json:"skip_consent,omitempty"`
	Shared        bool          `json:"shared,omitempty"`
	Disabled      bool          `json:"disabled,omitempty"`
	AllowedGroups []string      `json:"allowed_groups,omitempty"`
	LogoURI       string        `json:"logo_uri,omitempty"`
	ClientURI     string        `json:"client_uri,omitempty"`
	PolicyURI     string        `json:"policy_uri,omitempty"`
	TermsURI      string        `json:"terms_uri,omitempty"`
	AccessTTL     time.Duration `json:"access_ttl,omitempty"` // nanoseconds in JSON; 0: the server's
	RefreshTTL    time.Duration `json:"refresh_ttl,omitempty"`
	Notes         []string      `json:"notes,omitempty"`
}

// ImportConnector is a provider that people sign in with. It is made disabled: the
// provider has to learn the new address of the callback, and the plugin is granted what it
// needs first.
type ImportConnector struct {
	Org         string            `json:"organisation,omitempty"`
	Name        string            `json:"name"`
	DisplayName string            `json:"display_name,omitempty"`
	Plugin      string            `json:"plugin"`
	Preset      string            `json:"preset,omitempty"`
	Settings    json.RawMessage   `json:"settings,omitempty"`
	Secrets     map[string]string `json:"secrets,omitempty"`
	Notes       []string          `json:"notes,omitempty"`
}

// ImportResult says what became of a row.
type ImportResult string

// What becomes of a row.
const (
	ImportCreated   ImportResult = "created"
	ImportUpdated   ImportResult = "updated"
	ImportUnchanged ImportResult = "unchanged"
	ImportRefused   ImportResult = "refused" // not taken, and nothing of it
)

// ImportRow says what became of one object.
type ImportRow struct {
	Kind   string       `json:"kind"` // "organisation", "group", "connector", "client", "user", or what it was there
	Org    string       `json:"organisation,omitempty"`
	Name   string       `json:"name"`
	Result ImportResult `json:"result"`
	// Reason says why it was not taken, Notes what of it was not, and what is left to do;
	// in lower case without a full stop.
	Reason string   `json:"reason,omitempty"`
	Notes  []string `json:"notes,omitempty"`
}

// ImportReport says what became of a plan, row by row, in its order.
type ImportReport struct {
	Source string      `json:"source"`
	DryRun bool        `json:"dry_run"` // nothing was changed: this is what would be
	Rows   []ImportRow `json:"rows"`
}

// Count is how many rows ended so.
func (r *ImportReport) Count(result ImportResult) (count int) {
	for i := range r.Rows {
		if r.Rows[i].Result == result {
			count++
		}
	}
	return count
}

// ImportOptions say how a plan is carried out.
type ImportOptions struct {
	DryRun bool
	// Org is where everything goes, whatever the plan says; "" leaves it to the plan.
	Org string
	// Adopt takes a user who is here by the same login name, and was not imported, for the
	// one of the plan. Without it such a row is refused.
	Adopt bool
	// KeepIDs gives new users the identifier that they had, if it is a UUID: relying
	// parties that know people by sub know them again.
	KeepIDs bool
	// Guard refuses changes of a user who is here, by an [InvalidError]; nil refuses
	// nothing.
	Guard func(ctx context.Context, user *core.User) error
}
