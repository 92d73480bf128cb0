// Package vault keeps the master key and encrypts what is secret at rest.
//
// It owns the master key's file, sealing (AES-256-GCM) and the keys derived from
// the master key for single purposes (HKDF).
//
// It never stores what it sealed and never shows the master key. It imports the
// standard library only; app imports it and hands its methods to whoever needs
// them.
package vault
