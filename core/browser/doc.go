// Package browser is a browser without scripts, for tests.
//
// It owns what such a browser does with a server: it keeps cookies, follows redirects,
// finds forms and sends them by their buttons, and takes along from other sites only
// the cookies that a browser would. It never runs a script, never loads what a page
// refers to unless it is told to, and knows nothing of any protocol. Tests import it,
// and nothing else does.
package browser
