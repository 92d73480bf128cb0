// Package authn proves who somebody is by a password, its own or one that is
// checked [Elsewhere].
//
// It owns how passwords are hashed, which passwords are accepted, how many are
// checked at once, and when somebody has to wait after failures. It reads users
// and failure counts from its [Store] and writes what a failed attempt leaves
// behind: the counts and one audit event. What a success leaves behind it hands
// to its caller, whose commit begins the session.
//
// It never begins a session, never issues anything and never says which part of
// an attempt was wrong. It imports core; app builds it and httpd's flow calls it.
package authn
