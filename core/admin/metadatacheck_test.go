package admin_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// TestClientMetadata has what is wrong with the metadata of any client, whoever makes it.
func TestClientMetadata(t *testing.T) {
	w := newWorld(t)
	w.Documents = shelf{"https://rp.example/sector.json": `["https://rp.example/cb"]`}
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
			m.FrontchannelLogoutURI, m.BackchannelLogoutURI = "https://rp.example/front", "https://back.example/out"
		}), nil},
		{"keys", meta(func(m *core.ClientMetadata) { m.JWKS = json.RawMessage(ecKeys) }), nil},
		{"private keys", meta(func(m *core.ClientMetadata) { m.JWKS = json.RawMessage(`{"keys":[{"kty":"EC","d":"x"}]}`) }), []string{"jwks"}},
		{"application type", meta(func(m *core.ClientMetadata) { m.ApplicationType = "x" }), []string{"application_type"}},
		{"subject type", meta(func(m *core.ClientMetadata) { m.SubjectType = "x" }), []string{"subject_type"}},
		{"request URIs", meta(func(m *core.ClientMetadata) {
			m.RequestURIs = []string{"http://rp.example/r", "#x", "", "https://rp.example/r"}
		}), []string{"request_uris", "request_uris", "request_uris"}},
		{"many request URIs", meta(func(m *core.ClientMetadata) { m.RequestURIs = make([]string, 33) }), []string{"request_uris"}},
		{"age below zero", meta(func(m *core.ClientMetadata) { m.DefaultMaxAge = new(-1) }), []string{"default_max_age"}},
		{"age of ages", meta(func(m *core.ClientMetadata) { m.DefaultMaxAge = new(1 << 40) }), []string{"default_max_age"}},
		{"classes", meta(func(m *core.ClientMetadata) { m.DefaultACRValues = []string{"a b", ""} }), []string{"default_acr_values", "default_acr_values"}},
		{"front-channel logout elsewhere", meta(func(m *core.ClientMetadata) { m.FrontchannelLogoutURI = "https://other.example/out" }), []string{"frontchannel_logout_uri"}},
		{"front-channel logout at another port", meta(func(m *core.ClientMetadata) { m.FrontchannelLogoutURI = "https://rp.example:444/out" }), []string{"frontchannel_logout_uri"}},
		{"front-channel logout by script", meta(func(m *core.ClientMetadata) { m.FrontchannelLogoutURI = "javascript:x" }), []string{"frontchannel_logout_uri"}},
		{"back-channel logout in clear", meta(func(m *core.ClientMetadata) { m.BackchannelLogoutURI = "http://rp.example/out" }), []string{"backchannel_logout_uri"}},
		{"back-channel logout with a fragment", meta(func(m *core.ClientMetadata) { m.BackchannelLogoutURI = "https://rp.example/out#x" }), []string{"backchannel_logout_uri"}},
		{"sector that does not list it", func(c *core.Client) {
			c.RedirectURIs, c.Metadata.SectorIdentifierURI = []string{"https://rp.example/cb", "https://rp.example/2"}, "https://rp.example/sector.json"
		}, []string{"sector_identifier_uri"}},
		{"consent, as an operator may", func(c *core.Client) { c.SkipConsent = true }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.UpdateClient(t.Context(), actor, client.ID, tt.edit)
			if tt.want == nil && err == nil {
				return
			}
			if got := problems(t, err); !slices.Equal(got, tt.want) {
				t.Errorf("problems with %v, want %v: %v", got, tt.want, err)
			}
		})
	}
	w.Documents = nil
	_, err := w.UpdateClient(t.Context(), actor, client.ID, func(c *core.Client) { c.Metadata.SectorIdentifierURI = "https://rp.example/sector.json?" })
	if got := problems(t, err); !slices.Equal(got, []string{"sector_identifier_uri"}) {
		t.Error(err)
	}
}

// TestSupportedIsAccepted: what the table has, a client can be made for.
func TestSupportedIsAccepted(t *testing.T) {
	w := newWorld(t)
	s := oauth.Supported()
	client := w.client(admin.NewClient{Name: "web"})
	for _, alg := range s.IDTokenAlgs {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, func(c *core.Client) { c.IDTokenAlg = alg }); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
	for _, responseType := range s.ResponseTypes {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, func(c *core.Client) {
			c.IDTokenAlg = "RS256"
			c.ResponseTypes, c.GrantTypes = []string{responseType}, oauth.GrantTypesFor(responseType)
		}); err != nil {
			t.Errorf("%s: %v", responseType, err)
		}
	}
	for _, subjectType := range s.SubjectTypes {
		if _, err := w.UpdateClient(t.Context(), actor, client.ID, func(c *core.Client) { c.Metadata.SubjectType = subjectType }); err != nil {
			t.Errorf("%s: %v", subjectType, err)
		}
	}
}
