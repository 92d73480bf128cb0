package store

import (
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	selectConnectors = `SELECT c.instance, c.org, c.display_name, c.icon, c.hidden, c.disabled, c.create_users, c.link_by_email,
		c.sync_profile, c.sync_groups, c.group_prefix, c.keep_tokens, c.logout, c.created_at, c.updated_at
		FROM connectors c ORDER BY c.instance`

	selectDomains = `SELECT d.instance, d.domain FROM connector_domains d ORDER BY d.instance, d.domain`
)

func scanConnector(r *sqlite.Row, c *core.Connector) error {
	*c = core.Connector{
		Instance:    r.Text(),
		Org:         r.Text(),
		DisplayName: r.Text(),
		Icon:        r.Text(),
		Hidden:      r.Bool(),
		Disabled:    r.Bool(),
		CreateUsers: r.Bool(),
		LinkByEmail: r.Bool(),
		SyncProfile: r.Bool(),
		SyncGroups:  r.Bool(),
		GroupPrefix: r.Text(),
		KeepTokens:  r.Bool(),
		Logout:      r.Bool(),
		CreatedAt:   readTime(r),
		UpdatedAt:   readTime(r),
	}
	return nil
}

// readConnectors reads all connectors with their domains.
func readConnectors(c *sqlite.Conn) ([]core.Connector, error) {
	connectors, err := collect(c, selectConnectors, scanConnector)
	if err != nil {
		return nil, err
	}
	named := make(map[string]*core.Connector, len(connectors))
	for i := range connectors {
		named[connectors[i].Instance] = &connectors[i]
	}
	err = c.Query(selectDomains, func(r *sqlite.Row) error {
		connector := named[r.Text()]
		connector.Domains = append(connector.Domains, r.Text())
		return nil
	})
	return connectors, err
}

func saveConnector(c *sqlite.Conn, connector core.Connector) error {
	if err := touchInstance(c, connector.Instance, connector.UpdatedAt); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO connectors (instance, org, display_name, icon, hidden, disabled, create_users, link_by_email,
			sync_profile, sync_groups, group_prefix, keep_tokens, logout, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (instance) DO UPDATE SET org = $2, display_name = $3, icon = $4, hidden = $5, disabled = $6, create_users = $7, link_by_email = $8,
			sync_profile = $9, sync_groups = $10, group_prefix = $11, keep_tokens = $12, logout = $13, updated_at = $15`,
		connector.Instance, connector.Org, connector.DisplayName, connector.Icon, connector.Hidden, connector.Disabled, connector.CreateUsers,
		connector.LinkByEmail, connector.SyncProfile, connector.SyncGroups, connector.GroupPrefix, connector.KeepTokens, connector.Logout,
		millis(connector.CreatedAt), millis(connector.UpdatedAt))
	if err != nil {
		return classify(err)
	}
	if _, err := c.Exec(`DELETE FROM connector_domains WHERE instance = $1`, connector.Instance); err != nil {
		return err
	}
	for _, domain := range connector.Domains {
		_, err := c.Exec(`INSERT INTO connector_domains (org, domain, instance) VALUES ($1, $2, $3)`, connector.Org, domain, connector.Instance)
		if err != nil {
			return taken(err, "domain "+domain)
		}
	}
	return nil
}

// deleteConnector deletes its domains, links and attempts too, by the schema.
func deleteConnector(c *sqlite.Conn, instance string) error {
	return endingLinks(c, instance, func() error {
		if err := touchInstance(c, instance, time.Time{}); err != nil {
			return err
		}
		return mustChange(c.Exec(`DELETE FROM connectors WHERE instance = $1`, instance))
	})
}
