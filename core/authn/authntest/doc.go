// Package authntest is a browser with a software authenticator, and an app that shows
// codes, for tests. The browser answers the options of a ceremony as a real one does, and
// as none should.
//
// It owns the form of what browsers send (WebAuthn Level 3) as far as tests need it, and
// shares no code with what checks it. It never decides whether an answer is right. It
// imports the standard library alone; test files import it.
package authntest
