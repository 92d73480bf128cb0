// Package standin stands in for Confluence: a small web site that signs people
// in as Confluence would, to try a provider with and to test one with.
//
// It owns three relying parties that behave on the wire as the two products do
// which Confluence signs in with: miniOrange's OAuth/OpenID app as "Custom
// OpenID" and as "Custom OAuth", and Atlassian's own OpenID Connect client of
// Data Center. Their oddities are kept on purpose, a missing state and a leeway
// of zero seconds among them: what works here should work there. So nothing of
// it is an example of how to write a relying party.
//
// It uses no OpenID Connect library, because a good library would be kinder than
// the products are, and it never imports a package of Postern. The command
// examples/confluence and tests may import it.
package standin
