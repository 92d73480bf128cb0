// Package cache keeps what the server fetches from others, such as their keys, for as
// long as they say and within its own bounds.
//
// It owns when a document is fetched again: how long it lives, how often whoever sends
// what is unknown can cause a fetch, how long a failure is believed, and that many who
// want one document cause one fetch. It never fetches by itself and knows nothing of
// what it keeps. It imports the standard library only; capability and clientkey import
// it.
package cache
