// Package capability does what plugins ask the host for: it fetches, verifies
// tokens, keeps small values, hands out secrets, exchanges codes at other
// providers, and asks directories.
//
// It owns the check of what a plugin instance was granted a capability for, the
// limits of every request and answer, and the form of every answer that comes from
// outside.
//
// It never runs a plugin, never decides whether a capability is granted at all
// (plugin does that before it calls), and never lets a code, a token or a secret
// of an exchange out: they go from the store to the other side and back to the
// host. Everything leaves through outbound, so its guard holds for plugins too. It
// imports core, outbound, jose and hook, and go-ldap alone; app makes the set of
// the server and hands it to plugin, workbench that of a plugin's author.
//
// # Limits
//
// All calls: a request of 256 KiB, an answer of 1 MiB, the deadline of the context.
//
//	http.fetch      8 requests side by side, a minute for each, each answer's body 256
//	                KiB decompressed
//	jwt.verify      a token of 64 KiB, a key set of 256 KiB with 100 keys; kept for 5
//	                minutes to 1 hour as Cache-Control says, 128 documents of each kind;
//	                an unknown key fetches again once a minute; a failure is kept 30 s
//	kv              a key of 128 bytes, a value of 4 KiB, 1 second to 30 days; the
//	                store bounds the number of keys
//	oidc.exchange,  a code is sent once; each answer 256 KiB, an access or refresh token
//	oauth.exchange  16 KiB; clocks may be a minute apart for iat, nbf and exp; what a
//	                client signs lives for a minute, instead of its secret for five
//	ldap.bind,      a DN or password of 1 KiB, a filter of 4 KiB with 16 values,
//	ldap.search     64 attributes, 1,000 entries; 4 MiB from the server, a message of
//	                1 MiB
package capability
