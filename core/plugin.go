package core

import "time"

// Hooks that a plugin can be bound to.
const (
	HookClaims   = "claims.map/v1"
	HookAccount  = "account.shape/v1"
	HookScopes   = "scope.policy/v1"
	HookLogin    = "connector.login/v1"
	HookPassword = "connector.password/v1"
	HookEvents   = "event.sink/v1"
)

// BuiltinModule stands for the digest of the module that is compiled into the
// binary.
const BuiltinModule = "builtin"

// PluginModule is a WebAssembly module that was installed, without its bytes.
type PluginModule struct {
	Digest    string // SHA-256 of the bytes, in lower-case hexadecimal
	Size      int    // bytes
	Source    string // where it came from: a path, or a reference of a registry
	Signer    string // name of the key that signed it; empty: nobody
	Pinned    bool   // the operator wants these bytes from Source and no others
	Manifests []byte // the module's own description, a JSON array
	CreatedAt time.Time
}

// PluginRelease says that a module was made the one to run for a plugin. Those of
// a plugin are kept, so that one can go back.
type PluginRelease struct {
	ID        ID
	Plugin    string // id in the module's manifest
	Version   string
	Module    string // digest
	CreatedAt time.Time
}

// PluginWish is a capability that a plugin asks for. The operator grants it.
type PluginWish struct {
	Name string // "http.fetch"
	// Targets are what it is wanted for, such as hosts. Empty: the settings say it.
	Targets  []string
	Reason   string // one sentence of the plugin's author
	Optional bool   // the plugin does without
}

// PluginSecretWish is a secret that a plugin asks for. The operator sets it.
type PluginSecretWish struct {
	Name        string
	Description string
	Optional    bool
}

// PluginGrant is a capability that the operator granted to an instance.
type PluginGrant struct {
	Capability string
	// Target is what it was granted for: a host for http.fetch, a server for ldap,
	// the name of a secret for secret.get. Empty where the capability has none.
	Target string
}

// PluginSecret is a secret of an instance, sealed.
type PluginSecret struct {
	Name      string
	Sealed    []byte
	UpdatedAt time.Time
}

// SecretPurpose is what a secret of an instance is sealed for.
func SecretPurpose(instance, name string) string {
	return "plugin-secret:" + instance + ":" + name
}

// PluginLimits bound each call of an instance. Zero fields stand for the host's
// defaults.
type PluginLimits struct {
	MemoryMiB int
	CPU       time.Duration // of the guest's own work, by fuel
	Wait      time.Duration // of all host calls together
}

// PluginInstance is a plugin with settings, grants and secrets, under a name.
type PluginInstance struct {
	Name      string // key: lower-case letters, digits and hyphens
	Plugin    string // id in the module's manifest
	Module    string // digest, or BuiltinModule
	Settings  []byte // JSON object, checked against the manifest's schema
	Grants    []PluginGrant
	Secrets   []PluginSecret
	Limits    PluginLimits
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
	FailOpen bool
	// Shadow runs the plugin and notes what it would have changed, and changes
	// nothing. Not for connectors and event sinks.
	Shadow    bool
	CreatedAt time.Time
}

// PluginConfig is everything that the plugin host serves. It is immutable; a
// change gives another pointer with a higher Generation.
type PluginConfig struct {
	Generation int64
	// Reload rises when the operator wants all modules loaded anew.
	Reload    int64
	Modules   []PluginModule  // installed; not the builtin one
	Releases  []PluginRelease // in their order: the last of a plugin runs
	Instances []PluginInstance
	Bindings  []PluginBinding // in the order in which they run
	// Connectors are in the order of their instances' names.
	Connectors []Connector
}

// PluginCaller is who asks for a capability, for the time of one call of a hook.
type PluginCaller struct {
	Instance string
	Plugin   string
	Hook     string
	Grants   []PluginGrant
	Secrets  []PluginSecret
	// Login is the host's half of an upstream sign-in; nil elsewhere.
	Login *UpstreamLogin
	// Exchanged is the upstream access token that this call got; never the guest's.
	Exchanged string
}

// UpstreamLogin is what the host knows of a sign-in at an upstream provider and a
// plugin never sees.
type UpstreamLogin struct {
	RedirectURI  string
	Code         string
	CodeVerifier string // PKCE (RFC 7636)
	Nonce        string
	Issuer       string // iss of the callback (RFC 9207), if any
	// Got is filled by an exchange that succeeds; nil: nobody wants to know.
	Got *UpstreamTokens
}
