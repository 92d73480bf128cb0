// Package httpd is the HTTP face: routes, middleware, error writers and a file
// per endpoint. It is the only package that knows Echo.
//
// A handler parses, calls the package that decides and acts, and writes the
// answer. It holds no rule of the protocol. app builds it; nothing else imports it.
package httpd
