// Package desk is everything that an administrator may do, decided by their roles: what
// package admin does, for who may have it done. The console, the REST API, SCIM and the
// command line all work through a [Desk], and through nothing else.
//
// A role is of the whole server or of one organisation. What belongs to an organisation in
// which the caller has no role at all is not there for them: they get the same
// [admin.MissingError] as for what there is not. What they see and may not do is a
// [DeniedError]. Nobody touches the account of somebody who may more than they do, nobody
// gives a role or makes a token that reaches further than their own, and a token that is
// narrowed gets no more by entering an account that may more. How people of an organisation
// sign in is not for its own administrators where one of them may something elsewhere.
//
// It never writes to the store itself and knows nothing of requests. It imports core and
// admin; rest, scim, console, cli and app import it.
package desk
