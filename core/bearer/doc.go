// Package bearer says who calls the REST API and SCIM: it turns the Authorization header
// of a request into the caller who stands at a desk.
//
// It owns which tokens are accepted there (API tokens, and access tokens of OAuth with the
// scope of administration), how often one address may use one token, and the audit event
// of every refusal. It accepts nothing but the header: no cookie, no token in a form or a
// URL, so nothing that a browser sends by itself. What a caller may do is not its business:
// a desk decides that.
//
// It imports core, admin, desk, oauth and token; rest, scim, httpd and app import it.
package bearer
