// Package token goes from an authorization to a token set and back: it builds
// ID tokens, logout tokens, access tokens and families of refresh tokens, recognises an access
// token that is presented, and answers what a relying party may know of a person.
//
// It owns the claims of each document and their order, the lifetimes, the rule
// by which a refresh token's successor is found again, and every reason to refuse
// an access token. It never decides whether a client gets tokens (package grant
// does), never parses HTTP, and never writes but through the list of changes that
// it returns; the one exception is the audit event of a refused access token.
//
// grant, httpd and app import it.
package token
