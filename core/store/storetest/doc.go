// Package storetest is the suite that every database behind a store must pass.
//
// It owns [Store], the whole of what a store offers, and the tests of its
// promises: what is read after each change, what a change refuses, that of many
// that race for a code, a refresh token or the set-up link exactly one wins, and
// that what was answered is there after a crash.
//
// It never names a database. Only tests import it.
package storetest
