// Package web has the pages: templates, typed page structs, styles and scripts,
// embedded in the binary. It knows nothing of core and imports the standard
// library only; httpd fills the structs.
//
// Every page works without JavaScript. No page has inline script or style.
package web
