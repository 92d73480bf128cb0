package core

import "time"

// Hooks that a plugin can be bound to.
const (
	HookClaims  = "claims.map/v1"
	HookAccount = "account.shape/v1"
	HookScopes  = "scope.policy/v1"
)

// BuiltinModule is the module of the plugins that are compiled into the binary.
const BuiltinModule = "builtin"

// PluginInstance is a plugin with settings, under a name.
type PluginInstance struct {
	Name      string // key: lower-case letters, digits and hyphens
	Plugin    string // id in the module's manifest
	Module    string // BuiltinModule, later a SHA-256
	Settings  []byte // JSON object, checked against the manifest's schema
	CreatedAt time.Time
	UpdatedAt time.Time
}

// PluginBinding says that an instance serves a hook for a client, or for all.
// Bindings of one hook run in the order of Position, then of ID.
type PluginBinding struct {
	ID       ID
	Instance string
	Hook     string
	ClientID string // empty: all clients
	Position int
	// FailOpen lets the request go on without the plugin when it fails. Only
	// claims.map/v1 may; the store refuses it for the others.
	FailOpen  bool
	CreatedAt time.Time
}

// PluginConfig is everything that the plugin host serves. It is immutable; a
// change gives another pointer with a higher Generation.
type PluginConfig struct {
	Generation int64
	Instances  []PluginInstance
	Bindings   []PluginBinding // in the order in which they run
}
