package admin_test

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// TestClientMetadata has what is wrong with the metadata of any client, whoever makes it.
func TestClientMetadata(t *testing.T) {
	w := newWorld(t)
	client := w.client(admin.NewClient{Name: "web"})
	meta := func(edit func(m *core.ClientMetadata)) func(*core.Client) {
		return func(c *core.Client) { c.Metadata = core.ClientMetadata{}; edit(&c.Metadata) }
	}
	for _, tt := range []struct {
		name string
		edit func(*core.Client)
		want []string
	}{
		{"nothing", meta(func(*core.ClientMetadata) {}), nil},
		{"much", meta(func(m *core.ClientMetadata) {
			m.ApplicationType, m.Contacts, m.SubjectType, m.SoftwareID = "web", []string{"ops@rp.example"}, "public", "4NRB1-0XZABZI9E6-5SM3R"
			m.JWKSURI, m.SectorIdentifierURI, m.InitiateLoginURI = "https://rp.example/jwks", "https://rp.example/sector.json", "https://rp.example/login"
			m.RequestURIs, m.DefaultMaxAge, m.DefaultACRValues = []string{"https://rp.example/r#hash"}, new(0), []string{"1", "urn:x:2"}
		}), nil},
		{"application type", meta(func(m *core.ClientMetadata) { m.ApplicationType = "x" }), []string{"application_type"}},
		{"contacts", meta(func(m *core.ClientMetadata) { m.Contacts = slices.Repeat([]string{"x"}, 11) }), []string{"contacts"}},
		{"contact of two lines", meta(func(m *core.ClientMetadata) { m.Contacts = []string{"a\nb"} }), []string{"contacts"}},
		{"software", meta(func(m *core.ClientMetadata) { m.SoftwareID, m.SoftwareVersion = "a\x00", "b\n" }), []string{"software_id", "software_version"}},
		{"initiate_login_uri in clear", meta(func(m *core.ClientMetadata) { m.InitiateLoginURI = "http://rp.example/login" }), []string{"initiate_login_uri"}},
		{"initiate_login_uri with a fragment", meta(func(m *core.ClientMetadata) { m.InitiateLoginURI = "https://rp.example/login#x" }), []string{"initiate_login_uri"}},
		{"encrypted request objects", meta(func(m *core.ClientMetadata) { m.RequestObjectEncryptionAlg = "RSA-OAEP" }), []string{"request_object_encryption_alg"}},
		{"subject type", meta(func(m *core.ClientMetadata) { m.SubjectType = "x" }), []string{"subject_type"}},
		{"consent, as an operator may", func(c *core.Client) { c.SkipConsent = true }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateClient(t.Context(), actor, client.ID, "", tt.edit)
			if tt.want == nil && err == nil {
				return
			}
			if got := problems(t, err); !slices.Equal(got, tt.want) {
				t.Errorf("problems with %v, want %v: %v", got, tt.want, err)
			}
		})
	}
}

// TestSupportedIsAccepted: what the table has, a client can be made for.
func TestSupportedIsAccepted(t *testing.T) {
	w := newWorld(t)
	s := oauth.Supported()
	client := w.client(admin.NewClient{Name: "web"})
	for _, alg := range s.IDTokenAlgs {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) { c.IDTokenAlg = alg }); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
	for _, responseType := range s.ResponseTypes {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) {
			c.IDTokenAlg, c.ResponseTypes, c.GrantTypes = "RS256", []string{responseType}, oauth.GrantTypesFor(responseType)
		}); err != nil {
			t.Errorf("%s: %v", responseType, err)
		}
	}
	for _, subjectType := range s.SubjectTypes {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) { c.Metadata.SubjectType = subjectType }); err != nil {
			t.Errorf("%s: %v", subjectType, err)
		}
	}
}
