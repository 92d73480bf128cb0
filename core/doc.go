// Package core is the domain of Postern: the values that every other package
// talks about, and the changes that may happen to them.
//
// It owns users, groups, organisations, clients, sessions, authorization
// requests, consents, grants, tokens, signing keys, plugin bindings and audit
// events; identifiers and credentials; and the errors that a store reports.
//
// It never does I/O, never reads a clock and never draws randomness of its own:
// both come in as arguments. It imports the standard library only, and every
// other package may import it.
//
// A request is served by one read, one decision and one write. The read gives
// values of this package, the decision is a pure function of them, and the write
// is a list of [Change] values that the store applies in one transaction.
package core
