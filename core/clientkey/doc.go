// Package clientkey knows the keys of clients: those that a client registered, those
// that it publishes at its jwks_uri, and the secret of one that proves it by an HMAC.
//
// It owns when published keys are fetched, by which key and algorithm a client may sign
// what, whether what a client signed to prove itself is for this server, for now and
// for once, and what an authorization request is that comes as a JWT or stands where the
// client has registered. It never stores: the change that uses an assertion up goes back
// to whoever asked. It never says what a parameter means. It imports core, cache, jose,
// oauth and outbound; app makes the one service and hands it to grant and flow.
package clientkey
