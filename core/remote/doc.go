// Package remote is a desk at a server elsewhere: the methods of desk.Desk, each carried out
// by the REST API of that server, for who has a token there. Errors come back as those that
// a desk here gives, so that whoever calls need not know the difference.
//
// It decides nothing, checks nothing and keeps nothing: that is the server's. It imports
// core, admin, wire, sdk/api and remote/login; only cli imports it.
package remote
