// Package admin owns every change that an operator makes to users, groups, clients,
// organisations, roles, service accounts, plugins and connectors, and the set-up of the
// first administrator.
//
// A plugin is installed as a module, which is examined first and grants itself
// nothing. An instance of it has settings, grants, secrets and limits, and is bound to
// hooks when it has all that the plugin needs.
//
// A connector is an instance with which people sign in elsewhere, and how the host
// deals with whom it names. It is made with all of its parts at once, and stays
// disabled until it has all that its plugin needs.
//
// Where the operator allows it, clients register themselves and manage what they
// registered (RFC 7591, RFC 7592), within the operator's policy. The same checks are made
// of them as of clients that an operator makes, and more.
//
// Who is invited, or has forgotten the password, gets a link: by mail, or from the hands of
// the operator. What a person enrolled, trusted or began can be taken back for them.
//
// Users and service accounts have roles, of the whole server or of an organisation, and API
// tokens. Somebody always stays who owns the server.
//
// Each method checks its whole input and reports every mistake at once as an
// [InvalidError], decides, and applies one list of changes together with the
// audit event that tells of it: there is no change without its record.
//
// It never prints, never reads flags or requests, never shows a secret after the
// moment at which it was made, and decides nothing about who may call it: that is
// the caller's, who says in an [Actor] on whose behalf it calls. It imports core,
// oauth and ticket; cli, httpd and app import it.
package admin
