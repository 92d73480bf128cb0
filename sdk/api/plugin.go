package api

import (
	"encoding/json"
	"time"
)

// Plugin is what a module says of one of its plugins.
type Plugin struct {
	ID           string             `json:"id"`
	Version      string             `json:"version"`
	Description  string             `json:"description"`
	Module       string             `json:"module" doc:"SHA-256 of the module, or builtin."`
	Source       string             `json:"source,omitempty" doc:"Where the module came from."`
	Signer       string             `json:"signer,omitempty" doc:"Name of the key that signed it."`
	HostAPI      int                `json:"host_api"`
	Hooks        []string           `json:"hooks"`
	Capabilities []PluginWish       `json:"capabilities" doc:"What it asks for. Nothing is granted by that."`
	Secrets      []PluginSecretWish `json:"secrets"`
	Settings     json.RawMessage    `json:"settings" doc:"JSON Schema of its settings."`
	Presets      []PluginPreset     `json:"presets"`
	Manifest     json.RawMessage    `json:"manifest" doc:"All that the module says of it."`
}

// PluginWish is a capability that a plugin asks for.
type PluginWish struct {
	Name     string   `json:"name"`
	Targets  []string `json:"targets" doc:"What it is wanted for, such as hosts; empty: the settings say it."`
	Reason   string   `json:"reason,omitempty"`
	Optional bool     `json:"optional"`
}

// PluginSecretWish is a secret that a plugin asks for.
type PluginSecretWish struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Optional    bool   `json:"optional"`
}

// PluginPreset is a way to use a plugin.
type PluginPreset struct {
	Name     string          `json:"name"`
	Title    string          `json:"title"`
	Icon     string          `json:"icon,omitempty"`
	Settings json.RawMessage `json:"settings" doc:"To begin with."`
	Targets  []string        `json:"targets" doc:"What each capability that reaches out is needed for."`
}

// Need is something that a plugin asks for and an instance has not been given.
type Need struct {
	Instance   string `json:"instance"`
	Plugin     string `json:"plugin"`
	Capability string `json:"capability,omitempty" doc:"Absent where a secret is asked for."`
	Target     string `json:"target,omitempty"`
	Secret     string `json:"secret,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Optional   bool   `json:"optional"`
	Ahead      bool   `json:"ahead" doc:"The version that runs does not ask for it, but the next."`
}

// Asked is something that a plugin asks for, beside what an instance was given of it.
type Asked struct {
	Need
	Given  bool      `json:"given"`
	Grants []Grant   `json:"grants" doc:"Those that give it."`
	SetAt  time.Time `json:"set_at,omitzero" doc:"When the secret was set."`
}

// Grant is a capability that an instance was granted.
type Grant struct {
	Capability string `json:"capability" doc:"http.fetch, secret.get, ..."`
	Target     string `json:"target,omitempty" doc:"What for: a host, a server, the name of a secret."`
}

// NewGrant is a capability to be granted.
type NewGrant struct {
	Grant
	Ahead bool `json:"ahead,omitempty" doc:"For a version that is to be installed."`
}

// SetSecret is a secret that was set. What it is nobody is told.
type SetSecret struct {
	Name      string    `json:"name"`
	UpdatedAt time.Time `json:"updated_at"`
}

// NewSecret is a secret to be kept, sealed. One of Value and Base64 is given.
type NewSecret struct {
	Value  string `json:"value,omitempty" writeOnly:"true"`
	Base64 []byte `json:"base64,omitempty" writeOnly:"true" doc:"What is no text."`
	Ahead  bool   `json:"ahead,omitempty" doc:"For a version that is to be installed."`
}

// Limits bound each call of an instance; 0 is the host's default.
type Limits struct {
	Memory int   `json:"memory" required:"false" doc:"MiB."`
	CPU    int64 `json:"cpu" required:"false" doc:"Milliseconds of the guest's own work."`
	Wait   int64 `json:"wait" required:"false" doc:"Milliseconds of all host calls together."`
}

// Instance is a plugin with settings, grants and secrets, under a name.
type Instance struct {
	Name      string          `json:"name" readOnly:"true"`
	Version   string          `json:"version" readOnly:"true" doc:"Changes with each change of the instance: what ETag has in quotes."`
	Plugin    string          `json:"plugin" readOnly:"true"`
	Module    string          `json:"module" readOnly:"true" doc:"SHA-256 of the module, or builtin."`
	Release   string          `json:"release" readOnly:"true" doc:"Version of the plugin; empty if nothing here has it any more."`
	Hooks     []string        `json:"hooks" readOnly:"true" doc:"Of the plugin."`
	Settings  json.RawMessage `json:"settings"`
	Limits    Limits          `json:"limits"`
	Grants    []Grant         `json:"grants" readOnly:"true"`
	Secrets   []SetSecret     `json:"secrets" readOnly:"true"`
	Asked     []Asked         `json:"asked" readOnly:"true" doc:"What the plugin asks for."`
	Unasked   Unasked         `json:"unasked" readOnly:"true" doc:"What it was given without being asked."`
	Bindings  []Binding       `json:"bindings" readOnly:"true"`
	ManagedBy *ManagedBy      `json:"managed_by,omitempty" readOnly:"true" doc:"The file that manages it: it is changed there. Absent: none does."`
	CreatedAt time.Time       `json:"created_at" readOnly:"true"`
	UpdatedAt time.Time       `json:"updated_at" readOnly:"true"`
}

// Unasked is what an instance was given and its plugin does not ask for.
type Unasked struct {
	Grants  []Grant     `json:"grants"`
	Secrets []SetSecret `json:"secrets"`
}

// NewInstance is an instance to be made, which serves nothing yet.
type NewInstance struct {
	Name     string          `json:"name,omitempty" doc:"The plugin's id if it is absent."`
	Plugin   string          `json:"plugin" doc:"Id of the plugin."`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Binding says that an instance serves a hook.
type Binding struct {
	ID        string    `json:"id"`
	Instance  string    `json:"instance"`
	Hook      string    `json:"hook"`
	Client    string    `json:"client,omitempty" doc:"client_id; absent: all clients."`
	Position  int       `json:"position" doc:"Those of one hook run in this order."`
	FailOpen  bool      `json:"fail_open" doc:"Requests go on without it when it fails."`
	Shadow    bool      `json:"shadow" doc:"It changes nothing: what it would have changed is noted."`
	CreatedAt time.Time `json:"created_at"`
}

// NewBinding binds a plugin.
type NewBinding struct {
	Plugin   string          `json:"plugin" doc:"Id of the plugin."`
	Instance string          `json:"instance,omitempty" doc:"Named like the plugin if it is absent; made if there is none."`
	Hooks    []string        `json:"hooks,omitempty" doc:"Every hook that it has and that can be bound there if it is absent."`
	Client   string          `json:"client,omitempty" doc:"client_id; absent: all clients."`
	Settings json.RawMessage `json:"settings,omitempty" doc:"Replace those of the instance."`
	Position int             `json:"position,omitempty" doc:"100 if it is absent."`
	FailOpen bool            `json:"fail_open,omitempty" doc:"claims.map/v1 alone."`
	Shadow   bool            `json:"shadow,omitempty"`
}

// Installed says what runs from now on.
type Installed struct {
	Digest    string    `json:"digest" doc:"SHA-256 of the module."`
	Plugins   []Plugin  `json:"plugins"`
	Replaced  []Release `json:"replaced" doc:"What ran before."`
	Upgraded  []string  `json:"upgraded" doc:"Instances that ran another module before."`
	Unchanged bool      `json:"unchanged" doc:"It ran already."`
	Wishes    []Need    `json:"wishes" doc:"What the plugins ask for and have not been given."`
}

// Release says that a module was made the one to run for a plugin.
type Release struct {
	ID        string    `json:"id"`
	Plugin    string    `json:"plugin"`
	Version   string    `json:"version"`
	Module    string    `json:"module"`
	Size      int       `json:"size" doc:"Bytes."`
	Source    string    `json:"source,omitempty"`
	Signer    string    `json:"signer,omitempty"`
	Pinned    bool      `json:"pinned" doc:"These bytes from the source and no others."`
	Running   bool      `json:"running"`
	CreatedAt time.Time `json:"created_at"`
}

// Rollback names a release that ran before.
type Rollback struct {
	To       string                     `json:"to,omitempty" doc:"A version, or the beginning of a digest; the release before the one that runs if it is absent."`
	Settings map[string]json.RawMessage `json:"settings,omitempty" doc:"New settings of instances, by name, if those of today do not suit."`
}

// RemovedInstances are those that went with a plugin.
type RemovedInstances struct {
	Instances []string `json:"instances"`
}

// Module is a WebAssembly module that was installed.
type Module struct {
	Digest    string    `json:"digest"`
	Size      int       `json:"size" doc:"Bytes."`
	Source    string    `json:"source,omitempty"`
	Signer    string    `json:"signer,omitempty"`
	Pinned    bool      `json:"pinned"`
	CreatedAt time.Time `json:"created_at"`
}

// PluginConfig is what the server serves by plugins.
type PluginConfig struct {
	Generation int64     `json:"generation" doc:"Rises with each change."`
	Reload     int64     `json:"reload" doc:"Rises when all modules are to be loaded anew."`
	Modules    []Module  `json:"modules"`
	Releases   []Release `json:"releases" doc:"In their order: the last one of a plugin runs."`
	Bindings   []Binding `json:"bindings" doc:"In the order in which they run."`
	// Orders are the versions of the orders, by hook.
	Orders map[string]string `json:"orders" doc:"The version of the order of each hook, for If-Match of move-binding."`
}
