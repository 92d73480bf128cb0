package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// HasOrigin reports whether a client that is not disabled has a redirect URI of that
// origin, which is as [core.WebOrigin] writes it. All origins are read once for each
// generation of the configuration.
func (s *Store) HasOrigin(ctx context.Context, origin string) (has bool, err error) {
	err = s.read(ctx, func(c *sqlite.Conn) error {
		generation, err := readGeneration(c)
		if err != nil {
			return err
		}
		current, err := s.configAt(c, generation)
		if err != nil {
			return err
		}
		origins := current.origins.Load()
		if origins == nil {
			read, err := readOrigins(c)
			if err != nil {
				return err
			}
			// What was read may be of a newer generation, whose own config reads again.
			current.origins.Store(&read)
			origins = &read
		}
		has = (*origins)[origin]
		return nil
	})
	return has, err
}

func readOrigins(c *sqlite.Conn) (map[string]bool, error) {
	origins := map[string]bool{}
	err := c.Query(`SELECT redirect_uris FROM clients WHERE disabled = 0`, func(r *sqlite.Row) error {
		uris, err := readListJSON(r)
		for _, uri := range uris {
			if origin := core.WebOrigin(uri); origin != "" {
				origins[origin] = true
			}
		}
		return err
	})
	return origins, err
}
