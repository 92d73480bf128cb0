// Package oauth has the protocol's words and rules as pure functions on values:
// parameters, errors, redirect URIs, PKCE, scopes, client credentials, metadata.
//
// It does no I/O and keeps no state. It imports core and the standard library;
// flow, grant, token, admin and httpd import it.
package oauth
