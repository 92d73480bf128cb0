// Package store keeps the state: SQL, one text for SQLite and PostgreSQL.
//
// It owns the schema and its migrations, the mapping between rows and the values
// of package core, the one writer that commits for everybody, the readers, and
// the cache of what rarely changes. Applying a list of [core.Change] is the only
// way to write, but for what the server itself tidies up and claims.
//
// It never decides: what is expired, revoked or disabled is returned as it is,
// and a change fails only where its comment in package core says so. It never
// sees a secret in clear: it gets hashes and sealed keys.
//
// It imports core and the database drivers; app, and tests, import it. Who uses
// the store declares the methods that it needs as an interface of its own.
//
// # Writing
//
// Making a commit durable takes a hundred times as long as a statement, so
// concurrent writers share commits. One goroutine owns the only connection that
// writes. It takes all lists that wait, runs each in a savepoint of one BEGIN
// IMMEDIATE transaction, commits with synchronous=FULL, and then answers
// everybody. While it commits, the next lists gather.
//
// # Events
//
// The transaction that records an audit event adds it to the queue of each plugin
// that is bound to event.sink/v1. Whoever delivers claims events for a while, so
// that of several servers one has each, and ends them or puts them off. It is the same
// with mails and with notices of the end of sessions.
//
// # Reading
//
// Each hot read is one prepared statement on one of a few connections.
// Organisations, clients and plugin configuration are cached under a generation
// that is raised, in the database, by every transaction that changes them, by
// whichever process. Every hot read returns the generation along with its row, so
// what it returns is of one moment, and Plugins and Organisation, which a request
// asks for after its first read, answer from memory.
package store
