package api

import (
	"encoding/json"
	"time"
)

// Apply are files that say what there is to be, and how that is done. It holds secrets.
type Apply struct {
	DryRun bool          `json:"dry_run,omitempty" doc:"Say what would happen, and change nothing."`
	Prune  bool          `json:"prune,omitempty" doc:"Delete what a file managed and does not say any more. Otherwise such objects stay, and no file manages them."`
	Files  []Declaration `json:"files"`
}

// Declaration is what one file says. What it does not say about an object stays as it is.
type Declaration struct {
	Source        string                 `json:"source" doc:"How the file is known again the next time."`
	File          string                 `json:"file,omitempty" doc:"What it is called, for people."`
	Organisations []DeclaredOrganisation `json:"organisations,omitempty"`
	Groups        []DeclaredGroup        `json:"groups,omitempty"`
	Clients       []DeclaredClient       `json:"clients,omitempty"`
	Plugins       []DeclaredInstance     `json:"plugins,omitempty"`
	Connectors    []DeclaredConnector    `json:"connectors,omitempty"`
}

// DeclaredOrganisation is an organisation, by its name.
type DeclaredOrganisation struct {
	Name     string `json:"name"`
	Settings Patch  `json:"settings,omitempty" patch:"OrganisationRules" doc:"What is said about it."`
}

// DeclaredGroup is a group, by its name.
type DeclaredGroup struct {
	Organisation string `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string `json:"name"`
	Settings     Patch  `json:"settings,omitempty" patch:"GroupSettings" doc:"What is said about it."`
}

// GroupSettings is what a file can say about a group.
type GroupSettings struct {
	DisplayName string `json:"display_name" required:"false"`
	ExternalID  string `json:"external_id" required:"false"`
}

// DeclaredClient is a client, by its client_id, or without one by its name.
type DeclaredClient struct {
	Organisation string `json:"organisation,omitempty" doc:"built-in if it is absent."`
	ID           string `json:"id,omitempty" doc:"client_id; a new client gets one if it is absent."`
	Name         string `json:"name,omitempty"`
	Preset       string `json:"preset,omitempty" doc:"What kind of client it is."`
	ClientSecret string `json:"client_secret,omitempty" writeOnly:"true" doc:"Absent: a new client that uses one gets one, which is in the answer, and others keep theirs."`
	Settings     Patch  `json:"settings,omitempty" patch:"ClientSettings" doc:"What is said about it."`
}

// DeclaredInstance is an instance of a plugin, by its name. Members that are absent say
// nothing.
type DeclaredInstance struct {
	Name     string            `json:"name"`
	Plugin   string            `json:"plugin,omitempty" doc:"Its id; the name if it is absent."`
	Settings json.RawMessage   `json:"settings,omitempty" doc:"All of them."`
	Limits   Patch             `json:"limits,omitempty" patch:"Limits" doc:"All of them: what is absent is the host's default."`
	Grants   []string          `json:"grants,omitzero" doc:"All that it may use: clock, http.fetch=api.example.org, or a host for each capability that reaches out."`
	Secrets  map[string]string `json:"secrets,omitempty" writeOnly:"true" doc:"By name. Others stay."`
	Bindings []DeclaredBinding `json:"bindings,omitzero" doc:"All but those that presets of clients make."`
}

// DeclaredBinding says that an instance serves a hook.
type DeclaredBinding struct {
	Hook     string `json:"hook"`
	Client   string `json:"client,omitempty" doc:"client_id or name; absent: all clients."`
	Position int    `json:"position,omitempty" doc:"100 if it is absent."`
	FailOpen bool   `json:"fail_open,omitempty" doc:"claims.map/v1 alone."`
	Shadow   bool   `json:"shadow,omitempty"`
}

// DeclaredConnector is a connector with its instance, by its name.
type DeclaredConnector struct {
	Organisation string            `json:"organisation,omitempty" doc:"built-in if it is absent."`
	Name         string            `json:"name"`
	Plugin       string            `json:"plugin,omitempty" doc:"Id."`
	Preset       string            `json:"preset,omitempty" doc:"One of the plugin's."`
	Disabled     *bool             `json:"disabled,omitempty" doc:"Absent: a new one is disabled if it lacks something."`
	Settings     json.RawMessage   `json:"settings,omitempty" doc:"All of them, laid over those of the preset."`
	Grants       []string          `json:"grants,omitzero" doc:"As of plugin instances."`
	Secrets      map[string]string `json:"secrets,omitempty" writeOnly:"true" doc:"By name. Others stay."`
	Clients      []string          `json:"clients,omitzero" doc:"client_ids or names of those that it serves; an empty list: all."`
	Position     int               `json:"position,omitempty" doc:"Its place among others."`
	Connector    Patch             `json:"connector,omitempty" patch:"ConnectorSettings" doc:"What is said about how the host deals with whom it names."`
}

// Applied says what became of files, object by object.
type Applied struct {
	DryRun  bool              `json:"dry_run" doc:"Nothing was changed: this is what would be."`
	Rows    []AppliedRow      `json:"rows"`
	Secrets map[string]string `json:"secrets,omitempty" secret:"true" doc:"Those that new clients got, by client_id; shown this once."`
	Failed  string            `json:"failed,omitempty" doc:"What went wrong behind what is listed; absent: nothing."`
}

// AppliedRow says what became of one object.
type AppliedRow struct {
	Source       string        `json:"source"`
	Kind         string        `json:"kind" enum:"organisation,group,client,instance,connector"`
	Organisation string        `json:"organisation,omitempty"`
	Name         string        `json:"name"`
	ID           string        `json:"id,omitempty" doc:"Of a group; the client_id of a client; else the name."`
	Result       string        `json:"result" enum:"created,updated,managed,unchanged,released,deleted" doc:"managed: it was as the file says. released: it stays, and no file manages it."`
	Fields       []FieldChange `json:"fields,omitempty" doc:"What was changed of it."`
	Notes        []string      `json:"notes,omitempty" doc:"What is left to do, and what went with it."`
}

// Managed is something that a file manages: nobody else changes it.
type Managed struct {
	Kind         string    `json:"kind" enum:"organisation,group,client,instance,connector"`
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	Organisation string    `json:"organisation,omitempty" doc:"Absent for what belongs to none."`
	Source       string    `json:"source" doc:"How the file is known."`
	File         string    `json:"file,omitempty" doc:"What it was called."`
	Members      []string  `json:"members" doc:"What the file says about it."`
	ManagedAt    time.Time `json:"managed_at"`
}
