// Package app is the only wiring: it builds every part, hands each what it needs,
// and runs the server. The commands and the tests use the same.
//
// It decides nothing itself. cli imports it.
package app
