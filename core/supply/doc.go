// Package supply is the supply chain of plugin modules: where a .wasm comes from
// and who signed it.
//
// It owns references (a file or a place in an OCI registry), what travels under
// one (the module, its signature, annotations), pushing and pulling it, and keys
// and signatures in the format of minisign.
//
// It never decides whether an unsigned module may run, never keeps a key or a
// login, never trusts a byte of a registry that no digest covers, and never puts
// a credential into an error. It makes requests only with the HTTP client that it
// is handed.
//
// It imports nothing of the house. config imports it to check what the operator
// lists, app to use it; only this package imports aead.dev/minisign,
// oras.land/oras-go and what that speaks in.
package supply
