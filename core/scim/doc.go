// Package scim is the SCIM 2.0 server (RFC 7643, RFC 7644): other systems keep the users and
// groups of an organisation through it.
//
// It owns the protocol: schemas, filters, paths, patches, bulk requests, and which attribute
// of SCIM is which property of a user or group. It decides nothing and stores nothing: all it
// reads and changes, it does at the desk of whoever sent the request. Nothing that arrives by
// SCIM makes an administrator, says that an e-mail address was proved, or reaches another
// organisation than the one of the path.
//
// It imports core, admin, bearer, desk and strict; app builds it, httpd mounts it.
package scim
