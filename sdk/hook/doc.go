// Package hook has the Go types of every message between Postern and its
// plugins, and their codec. Host and guests share it, so it imports the
// standard library only, and nothing that needs reflection: a guest that carries
// encoding/json is ten times slower and 1.4 MB larger.
//
// sdk/abi.md is the normative text of the messages.
package hook
