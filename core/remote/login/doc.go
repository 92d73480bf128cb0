// Package login signs people in at a server elsewhere, for programs without a browser: by
// the device flow (RFC 8628). It keeps their tokens in files that nobody else may read, one
// for each server, and gives requests the token that they need.
//
// It never shows a token, never sends one but to the server that it is of, and never in the
// clear over a network. It follows no redirects. It imports the standard library alone;
// remote and cli import it.
package login
