// Package attempt tries a sign-in as a client: a real one, begun by an administrator in
// their own browser, to see what the client would get.
//
// It owns the attempt: its authorization request, with the return address that only a
// signed attempt may use, the exchange of the code in the client's name, and the account of
// all that. An attempt is bound to who began it and to the client, ends after ten minutes,
// and is used once. No token leaves this package, and the grant is revoked before anybody
// reads what came of it.
//
// It keeps nothing: the state of the request is the attempt, and everything secret is
// derived from its identifier. It imports core, admin for the words of its account, grant,
// oauth and token; flow asks it which redirect URI is allowed, app builds it.
package attempt
