package oauth

import (
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
)

// Sector is the sector identifier of a client (OpenID Connect Core section 8.1): the
// host of its sector_identifier_uri, else the one host of its redirect URIs. It is empty
// for a client that has neither, which therefore cannot be pairwise.
func Sector(client *core.Client) string {
	if uri := client.Metadata.SectorIdentifierURI; uri != "" {
		return hostOf(uri)
	}
	sector := ""
	for _, uri := range client.RedirectURIs {
		host := hostOf(uri)
		if host == "" || sector != "" && host != sector {
			return ""
		}
		sector = host
	}
	return sector
}

func hostOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
