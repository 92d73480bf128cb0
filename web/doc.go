// Package web has the pages: templates, typed page structs, one stylesheet, small
// scripts and the mark, embedded in the binary.
//
// It owns how a page looks and reads. It never decides which page is shown, with
// which HTTP status or headers: httpd does, and fills the structs. It knows
// nothing of core but how colours are read. httpd and app import it.
//
// Every page works without JavaScript, but for passkeys, which always have an
// alternative, and asks nothing of another origin. The pages are made for this Content-Security-Policy, which httpd sends:
//
//	default-src 'none'; style-src 'self'; img-src 'self' data:;
//	form-action 'self' ORIGIN-OF-THE-CLIENT; frame-ancestors 'none'; base-uri 'none'
//
// and, on those that [HasScript] tells of, also script-src 'self'; on a [SigningOut] that
// goes on frame-src names the origins of its frames. [CheckSession] has a script too, and no
// frame-ancestors: it is nothing without JavaScript and a page around it. There is no inline script,
// style or event handler anywhere. As img-src names no foreign origin, a client's
// logo is shown only if it is a data:image URI or one of our assets; every other
// client gets a monogram. So a sign-in page never tells a third party who signs in where.
package web
