package admin

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/postern-id/postern/core"
)

// check is all that there is to be said about a client that registers itself: its values,
// and the document that its sector identifier leads to. That is only fetched for a client
// that is right otherwise, and if something about it changed since before, nil for a new
// one. An operator is taken at the word: the document may come later, and a command asks
// nobody elsewhere.
func (s *Service) check(ctx context.Context, before, after *core.Client) problems {
	p := checkClient(after)
	changed := before == nil || before.Metadata.SectorIdentifierURI != after.Metadata.SectorIdentifierURI || !slices.Equal(before.RedirectURIs, after.RedirectURIs)
	if len(p) == 0 && changed && after.Metadata.SectorIdentifierURI != "" {
		s.checkSector(ctx, &p, after)
	}
	return p
}

// checkSector fetches the document of the sector identifier and looks for the redirect
// URIs in it (OpenID Connect Dynamic Client Registration section 5, MUST). What exactly
// came back is not told: who registers a client is not the one to look around with our
// eyes.
func (s *Service) checkSector(ctx context.Context, p *problems, c *core.Client) {
	const field = "sector_identifier_uri"
	if s.Documents == nil {
		p.add(field, "", "nothing can be fetched here")
		return
	}
	document, err := s.Documents.Document(ctx, c.Metadata.SectorIdentifierURI)
	if err != nil {
		p.add(field, "serve it at a public address as application/json, of at most 64 KiB", "the document of the sector identifier cannot be fetched")
		return
	}
	var listed []string
	if json.Unmarshal(document, &listed) != nil {
		p.add(field, "make it a JSON array of the redirect URIs", "the document of the sector identifier is no list of addresses")
		return
	}
	for _, uri := range c.RedirectURIs {
		if !slices.Contains(listed, uri) {
			p.add(field, "add it to the document", "the document of the sector identifier does not have the redirect URI %q", shown(uri))
		}
	}
}
