// Package intake reads what other programs export, Casdoor, Keycloak, Dex, or anybody a
// table, and makes a plan of it that package admin carries out.
//
// It owns the forms of those files: what is where in them, what it means here, and what
// has no place here, which the plan says row by row. Hashes of passwords keep their
// strength and get the form in which package authn stores them.
//
// It never changes anything, never reaches out to another machine, and never decides
// whether a row is taken: what a name or an address may be is admin's. It imports core,
// admin, authn and store/sqlite; cli and console import it.
package intake
