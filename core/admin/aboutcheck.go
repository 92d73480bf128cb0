package admin

import (
	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const maxContacts = 10

// checkAbout checks what a client says about itself and no endpoint needs, and what it
// cannot have.
func checkAbout(p *problems, c *core.Client) {
	m := &c.Metadata
	checkChoice(p, "application_type", m.ApplicationType, []string{"web", "native"})
	if len(m.Contacts) > maxContacts {
		p.add("contacts", "", "there are more than %d contacts", maxContacts)
	}
	for _, contact := range m.Contacts {
		checkLine(p, "contacts", contact)
	}
	checkLine(p, "software_id", m.SoftwareID)
	checkLine(p, "software_version", m.SoftwareVersion)
	// OpenID Connect Core section 4 wants https, MUST.
	checkSecureURL(p, "initiate_login_uri", m.InitiateLoginURI)
	supported := oauth.Supported()
	checkChoice(p, "request_object_encryption_alg", m.RequestObjectEncryptionAlg, supported.RequestEncryptAlgs)
	checkChoice(p, "request_object_encryption_enc", m.RequestObjectEncryptionEnc, supported.RequestEncryptEncs)
	if c.Registered() && c.SkipConsent {
		p.add("skip_consent", "", "a client that registered itself asks people for their consent")
	}
}

// checkChoice accepts a word that is known, or none.
func checkChoice(p *problems, field, value string, known []string) {
	switch {
	case value == "":
	case len(known) == 0:
		p.add(field, "leave it out", "%s is not supported", words(field))
	default:
		checkKnown(p, field, []string{value}, known...)
	}
}

// checkSecureURL accepts an address of https, or none.
func checkSecureURL(p *problems, field, value string) {
	if value != "" && !oauth.IsSecureURI(value) {
		p.add(field, "give an address that begins with https://, without a fragment", "%q cannot be the %s", shown(value), words(field))
	}
}
