// Package conformance restates what the OpenID Foundation's conformance suite demands
// of a provider (version 5.2), as tests under the names of its modules:
//
//	go test ./core/conformance -run TestConformance/oidcc-codereuse-30seconds -v
//
// It owns the table of the modules with their plans and variants, a relying party
// that holds the server to every rule that the suite applies on the way, and the walk
// of a person through the pages with a browser that has no JavaScript. The server is
// the one of package app over https. What the suite only warns of fails here.
//
// It holds nothing but tests, and nobody imports it. A variant fails where
// discovery does not announce what it is about.
package conformance
