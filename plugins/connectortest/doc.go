// Package connectortest lets the shipped connectors sign in at servers that answer as
// those of the vendors do: over TLS, under the vendors' own names, in the sandbox of the
// server, with the capabilities of the server. Nothing leaves the machine: a [World]
// resolves every name to a server of the test on loopback.
//
// It owns the other side (an authorization server, an OpenID provider) and a little of
// the host's own half, as far as a sign-in needs it: state, nonce, PKCE, the way of the
// browser. It knows no vendor; the tests in this folder do, each in a file. They import
// it, and nothing else does.
package connectortest
