package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const organisationColumns = `o.name, o.display_name, o.website_url, o.logo, o.favicon, o.disabled, o.created_at, o.updated_at, o.rules, o.theme`

func scanOrganisation(r *sqlite.Row, o *core.Organisation) error {
	*o = core.Organisation{
		Name:        r.Text(),
		DisplayName: r.Text(),
		WebsiteURL:  r.Text(),
		Logo:        r.Text(),
		Favicon:     r.Text(),
		Disabled:    r.Bool(),
		CreatedAt:   readTime(r),
		UpdatedAt:   readTime(r),
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
	_, err := c.Exec(`INSERT INTO organisations (name, display_name, website_url, logo, favicon, disabled, created_at, updated_at, rules, theme)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		o.Name, o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled, millis(o.CreatedAt), millis(o.UpdatedAt), mustJSON(o.Rules), mustJSON(o.Theme))
	return taken(err, "organisation name")
}

func updateOrganisation(c *sqlite.Conn, update core.UpdateOrganisation) error {
	o := update.Organisation
	if err := unchanged(c, "organisations", "name", o.Name, update.Was); err != nil {
		return err
	}
	return mustChange(c.Exec(`UPDATE organisations SET display_name = $2, website_url = $3, logo = $4, favicon = $5, disabled = $6, rules = $7, theme = $8, updated_at = $9
		WHERE name = $1`,
		o.Name, o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled, mustJSON(o.Rules), mustJSON(o.Theme), millis(o.UpdatedAt)))
}

// deleteOrganisation deletes what the schema would keep it from, and what refers to it
// without the schema knowing. Mails of it tell nobody anything any more.
func deleteOrganisation(c *sqlite.Conn, deletion core.DeleteOrganisation) error {
	if err := endSessionsOf(c, deletion.Name, deletion.At); err != nil {
		return err
	}
	const members = `(SELECT u.id FROM users u WHERE u.org = $1 UNION ALL SELECT a.id FROM service_accounts a WHERE a.org = $1)`
	for _, text := range []string{
		`DELETE FROM roles WHERE org = $1 OR holder IN ` + members,
		`DELETE FROM api_tokens WHERE holder IN ` + members,
		`UPDATE plugin_instances SET updated_at = updated_at + 1 WHERE name IN (SELECT instance FROM connectors WHERE org = $1 UNION
			SELECT b.instance FROM plugin_bindings b JOIN clients c ON c.id = b.client_id WHERE c.org = $1)`,
		`DELETE FROM connectors WHERE org = $1`,
		`DELETE FROM clients WHERE org = $1`,
		`DELETE FROM mails WHERE org = $1`,
		`DELETE FROM tickets WHERE org = $1`,
		`DELETE FROM groups WHERE org = $1`,
		`DELETE FROM users WHERE org = $1`,
		`DELETE FROM service_accounts WHERE org = $1`,
	} {
		if _, err := c.Exec(text, deletion.Name); err != nil {
			return err
		}
	}
	return mustChange(c.Exec(`DELETE FROM organisations WHERE name = $1`, deletion.Name))
}

// endSessionsOf tells the clients, of whatever organisation, that the people of one are
// signed out.
func endSessionsOf(c *sqlite.Conn, org string, at time.Time) error {
	people, err := collect(c, `SELECT DISTINCT s.user_id FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.org = $1 AND s.ended_at = 0`,
		func(r *sqlite.Row, id *core.ID) error {
			*id = readID(r)
			return nil
		}, org)
	if err != nil {
		return err
	}
	for _, id := range people {
		if err := endSessions(c, id, "", at); err != nil {
			return err
		}
	}
	return nil
}
