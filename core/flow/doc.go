// Package flow is the sign-in: from an authorization request to its answer, and
// the sign-out.
//
// It owns the order of the steps, which is the pure function [Next]; what a sign-in has
// to be, and why, which is [Demand]; the signed links between the steps; sessions, which
// begin with a sign-in and end with a sign-out, and who has them; browsers that people
// trust; the way of a browser to another provider and back; linking accounts there to
// whoever is signed in; the grant with its code or the tokens of the front channel,
// which begins when the last step is done; and what a person says to a program that has
// no browser, which asks for its tokens itself. It declares what it needs of others: a
// [Store], [Passwords], [Factors], [Mails], [Upstream], [Hints], [Tokens],
// [RequestObjects], [DeviceCodes], a [ScopePolicy].
//
// It never sees HTTP: the [Dispatcher] takes values and gives an [Outcome], which
// says one thing to answer. It never checks a password or a passkey, never makes or
// verifies a token and never writes a page. It imports core, oauth, ticket and sdk/hook;
// httpd calls it, app builds it.
//
// Steps never call one another. Each gives control back to the dispatcher, which
// asks Next what remains to be done and answers with a link to that step. A link
// names one step of one request and is bound to the browser that began it, so no
// step can be skipped, swapped or carried to another browser. What comes back from a
// provider is bound in the same way, by its state: to the browser and to the request,
// or to the session whose person links an account. It is used once. The challenge of a
// passkey is made of such a link too.
//
// There is no session before everything is proved that a sign-in needs: a first factor
// waits in the authorization request for the second. What is proved on top of a session
// makes another one, with another identifier.
package flow
