package api

import (
	"encoding/json"
	"time"
)

// Connector is a way to sign in elsewhere.
type Connector struct {
	Name         string `json:"name" readOnly:"true" doc:"Of the connector and of its plugin instance."`
	Version      string `json:"version" readOnly:"true"`
	Organisation string `json:"organisation" readOnly:"true" doc:"Whose people sign in with it."`
	Plugin       string `json:"plugin" readOnly:"true"`
	Disabled     bool   `json:"disabled" readOnly:"true" doc:"See the operations enable-connector and disable-connector."`
	ConnectorSettings
	Settings    json.RawMessage `json:"settings" doc:"Of the plugin instance; see the schema of its plugin."`
	Clients     []string        `json:"clients" doc:"client_ids that it serves; empty: all clients."`
	Position    int             `json:"position" doc:"Its place among others."`
	RedirectURI string          `json:"redirect_uri" readOnly:"true" doc:"What the provider must be told."`
	Missing     []Need          `json:"missing" readOnly:"true" doc:"What it needs and has not been given. As long as there is something it stays disabled."`
	Beyond      []Need          `json:"beyond" readOnly:"true" doc:"Hosts that the settings name, and that a capability was not granted for."`
	Instance    Instance        `json:"instance" readOnly:"true"`
	ManagedBy   *ManagedBy      `json:"managed_by,omitempty" readOnly:"true" doc:"The file that manages it: it is changed there. Absent: none does."`
	CreatedAt   time.Time       `json:"created_at" readOnly:"true"`
	UpdatedAt   time.Time       `json:"updated_at" readOnly:"true"`
}

// ConnectorSettings say how the host deals with whom a connector names.
type ConnectorSettings struct {
	DisplayName string   `json:"display_name" required:"false" doc:"On the button; empty: the name."`
	Icon        string   `json:"icon" required:"false" doc:"Name of a built-in icon, or a data:image URI; empty: a monogram."`
	Domains     []string `json:"domains" required:"false" doc:"E-mail domains whose people are sent here."`
	Hidden      bool     `json:"hidden" required:"false" doc:"Not on the sign-in page."`
	CreateUsers bool     `json:"create_users" required:"false" doc:"Make an account for whoever signs in for the first time."`
	LinkByEmail bool     `json:"link_by_email" required:"false" doc:"Take a person for the one here with the same address, if both sides have verified it."`
	SyncProfile bool     `json:"sync_profile" required:"false" doc:"The profile follows the provider at each sign-in."`
	SyncGroups  bool     `json:"sync_groups" required:"false" doc:"Memberships follow the provider, in groups whose names begin with group_prefix."`
	GroupPrefix string   `json:"group_prefix" required:"false"`
	KeepTokens  bool     `json:"keep_tokens" required:"false" doc:"Keep the provider's tokens, sealed."`
	Logout      bool     `json:"logout" required:"false" doc:"Sign out at the provider too."`
}

// NewConnector is a connector to be made. One that lacks something is made too, but
// disabled.
type NewConnector struct {
	Name         string            `json:"name"`
	Plugin       string            `json:"plugin,omitempty" doc:"Id; that of the instance if it is absent and there is one of the name."`
	Preset       string            `json:"preset,omitempty" doc:"One of the plugin's."`
	Organisation string            `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Settings     json.RawMessage   `json:"settings,omitempty" doc:"Laid over those of the preset."`
	Secrets      map[string]string `json:"secrets,omitempty" writeOnly:"true" doc:"By name."`
	Grants       []string          `json:"grants,omitempty" doc:"What it may use: a host, for each capability that reaches out, or clock, or http.fetch=api.example.org."`
	Clients      []string          `json:"clients,omitempty" doc:"client_ids; absent: all clients."`
	Position     int               `json:"position,omitempty" doc:"100 if it is absent."`
	// Connector are the members of [ConnectorSettings] that are to differ.
	Connector Patch `json:"connector,omitempty" patch:"ConnectorSettings" doc:"What is to differ from what the preset says of it."`
}
