// Package authn proves who somebody is: by a password, its own or one that is checked
// [Elsewhere], and by what they have, see [Factors].
//
// It owns how passwords are hashed, which passwords are accepted, how many are checked at
// once, and when somebody has to wait after failures; what is kept of passkeys, of apps
// that show codes and of recovery codes, and what a sign-in with them amounts to (acr and
// amr); the tickets that a mail to sign in with brings; and, as it is the same throttle, how
// often somebody types the code of a device, see [DeviceCodes]. It reads from its [Store] and
// [FactorStore], and writes what a failed attempt leaves behind: the counts and one audit
// event. Password hashes that other programs made are compared with as they are, and made
// anew at the first sign-in, see [ForeignHash]. What a success leaves behind it hands to its
// caller, whose commit begins the session.
//
// It never begins a session, never issues anything, never sends a mail, never decides
// which factors a sign-in needs, and never says which part of an attempt was wrong. It
// imports core, strict and ticket; app builds it and httpd's flow calls it.
package authn
