// Package grant is the token endpoint (RFC 6749 section 3.2): one pipeline that
// every grant runs through, and a file for each grant. Beside it is the device
// authorization endpoint (RFC 8628 section 3.1), where programs begin whose
// person is elsewhere, and the revocation endpoint (RFC 7009).
//
// It owns client authentication against the stored clients, the decision whether
// a code or a refresh token may be exchanged, what happens when one is used
// twice, and the audit event of every answer. It never builds or signs a token
// (package token does), never parses HTTP (package oauth does the parameters),
// and issues nothing before the store has said that it is on disk.
//
// A request is one read, one decision and one write. If the write meets a
// conflict, somebody else was faster: the pipeline reads and decides anew, which
// gives a refusal, or within the grace the same refresh token.
//
// httpd and app import it.
package grant
