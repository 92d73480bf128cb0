package oauth_test

import (
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func TestSector(t *testing.T) {
	for _, test := range []struct {
		want, sectorURI string
		redirectURIs    []string
	}{
		{"rp.example", "", []string{"https://rp.example/cb"}},
		{"rp.example", "", []string{"https://rp.example/cb", "https://RP.example:8443/other"}},
		{"", "", []string{"https://rp.example/cb", "https://other.example/cb"}},
		{"", "", []string{"com.example.app:/cb"}},
		{"", "", []string{"com.example.app:/cb", "https://rp.example/cb"}},
		{"", "", nil},
		{"sector.example", "https://sector.example/uris.json", []string{"https://rp.example/cb", "https://other.example/cb"}},
		{"", "http://%zz", []string{"https://rp.example/cb"}},
	} {
		client := &core.Client{RedirectURIs: test.redirectURIs, Metadata: core.ClientMetadata{SectorIdentifierURI: test.sectorURI}}
		if got := oauth.Sector(client); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}
