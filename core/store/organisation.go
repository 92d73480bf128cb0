package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const organisationColumns = `o.name, o.display_name, o.website_url, o.logo, o.favicon, o.disabled, o.created_at, o.rules, o.theme`

func scanOrganisation(r *sqlite.Row, o *core.Organisation) error {
	*o = core.Organisation{
		Name:        r.Text(),
		DisplayName: r.Text(),
		WebsiteURL:  r.Text(),
		Logo:        r.Text(),
		Favicon:     r.Text(),
		Disabled:    r.Bool(),
		CreatedAt:   readTime(r),
	}
	if err := readJSON(r, &o.Rules); err != nil {
		return err
	}
	return readJSON(r, &o.Theme)
}

// Organisation gives the organisation of that name, or core.ErrNotFound. It
// answers from memory, as of the newest state that any read of this process has
// seen.
func (s *Store) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	config, err := s.currentConfig(ctx)
	if err != nil {
		return nil, err
	}
	return config.organisation(name)
}

const selectOrganisations = `SELECT ` + organisationColumns + ` FROM organisations o ORDER BY o.name`

// Organisations gives all organisations, ordered by name.
func (s *Store) Organisations(ctx context.Context) ([]core.Organisation, error) {
	return list(ctx, s, selectOrganisations, scanOrganisation)
}

func createOrganisation(c *sqlite.Conn, o core.Organisation) error {
	_, err := c.Exec(`INSERT INTO organisations (name, display_name, website_url, logo, favicon, disabled, created_at, rules, theme)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		o.Name, o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled, millis(o.CreatedAt), mustJSON(o.Rules), mustJSON(o.Theme))
	return taken(err, "organisation name")
}

func updateOrganisation(c *sqlite.Conn, o core.Organisation) error {
	return mustChange(c.Exec(`UPDATE organisations SET display_name = $2, website_url = $3, logo = $4, favicon = $5, disabled = $6, rules = $7, theme = $8
		WHERE name = $1`,
		o.Name, o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled, mustJSON(o.Rules), mustJSON(o.Theme)))
}
