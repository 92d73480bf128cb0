// Package rest is the REST API: the operations below /api/v1, each of them what a desk does
// for who calls, and the document that describes them.
//
// It owns the paths, how bodies are read (strictly: what a type does not have is refused),
// problem details (RFC 9457), versions as entity tags, cursors of lists, merge patches (RFC
// 7396) and idempotency keys. It decides nothing about who may what: everything goes through
// a [desk.Desk]. No cookie counts here and no other origin's page can read anything: there
// are bearers alone, and no CORS header ever. The cause of a failure goes to the log, never
// into an answer.
//
// Operations are declared to huma, which reads parameters, writes the document and routes;
// bodies and errors are this package's own, because huma reads names of members regardless
// of case and tells errors as they are.
//
// httpd mounts it; app and the generator of the client build it; it imports core, admin, bearer, desk,
// strict, wire and sdk/api.
package rest
