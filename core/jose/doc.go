// Package jose has the keys that sign ID tokens: it makes them, publishes their
// public halves, signs and verifies. It also verifies what other issuers and clients
// sign, and encrypts to clients, with the key sets that they publish.
//
// It never stores a key, never fetches one, and takes no key from a token: what
// a token's header names is looked up among the keys that are here, or refused.
// It imports golang-jwt for the signatures, go-jose for encryption and the standard
// library; token, app, capability, clientkey and admin import it.
package jose
