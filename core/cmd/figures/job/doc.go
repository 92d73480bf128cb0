// Package job is the work that the plugins of the figures do, written in Go: it
// prefixes the groups of a person, copies three attributes into claims, and renames a
// claim. Guests in other languages do the same (../guests), and the figures compare
// what they answer.
//
// It owns the work and the messages that are worked on, never a measurement. The guest
// in Go and the figures import it.
package job
