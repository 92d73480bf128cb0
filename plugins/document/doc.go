// Package document reads what services answer over HTTP: a JSON document, a value in
// it that settings point at, a person made of such values.
//
// It owns the way in which settings name a place in a document, and the care with
// which an identity is made of what somebody else wrote. It asks nobody anything, and
// it never guesses: what has the wrong type is an error or is not there. The connectors
// import it.
package document
