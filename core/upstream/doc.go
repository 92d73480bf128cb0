// Package upstream signs people in at other providers: the half of it that the
// host does, around the connectors, which are plugins.
//
// It owns which connectors a client has, the state of a sign-in that went out and
// has to come back (PKCE verifier, nonce, what is sealed between), the URL of the
// authorization request, the checks of a callback and of who a connector says came
// back, and the decision which user here that is: [Decide], a pure function.
//
// It never sees HTTP, sets no cookie, starts no session and writes nothing: what is
// to be stored it gives to the flow as changes, those of a refusal too. It never
// exchanges a code and never verifies a token; capability does, when the connector
// asks for it. It imports core, oauth and sdk/hook; flow and authn call it through
// interfaces of their own, app builds it.
//
// # What stands where
//
// The state parameter is a credential: the store has the hash of its secret. The PKCE
// verifier, the nonce and the keys under which an attempt's data are sealed are made
// of that secret and of a key of the server, so neither the database nor whoever sees
// the URL has them. A callback that was posted is kept sealed in the same way until
// the browser comes for it with its cookie.
//
// # Limits
//
// A callback has 32 parameters and 16 KiB, a code 4 KiB, what a connector keeps 4 KiB,
// an authorization URL 8 KiB. An identity has a subject of 255 bytes, 1,000 groups, 64
// attributes, claims of 16 KiB.
package upstream
