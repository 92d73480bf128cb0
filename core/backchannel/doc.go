// Package backchannel tells clients that a session has ended (OpenID Connect
// Back-Channel Logout 1.0).
//
// It owns when a client is told: at once, and again later if it did not take it; one
// after the other for one client, and all clients beside each other, so that a client
// that does not answer keeps nobody waiting but itself. What is to be said waits in the
// store, laid out by the transaction that ended the session, so nothing is lost when
// the server ends or is killed, and sessions that a command ended are told too. A client
// may hear the same twice: when the server died after the client had it.
//
// It never ends a session and never writes a token: it is handed those, and what
// sends them. It knows nothing of SQL.
//
// app runs it.
package backchannel
