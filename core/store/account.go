package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	accountColumns = `a.id, a.org, a.name, a.description, a.disabled, a.created_at, a.updated_at`

	// A list says of each how many tokens it has, and when the first one ends.
	accountListed = accountColumns + `, (SELECT count(*) FROM api_tokens t WHERE t.holder = a.id),
	(SELECT coalesce(min(t.expires_at), 0) FROM api_tokens t WHERE t.holder = a.id)`
)

func scanAccount(r *sqlite.Row, a *core.ServiceAccount) error {
	*a = core.ServiceAccount{
		ID: readID(r), Org: r.Text(), Name: r.Text(), Description: r.Text(), Disabled: r.Bool(), CreatedAt: readTime(r), UpdatedAt: readTime(r),
	}
	return nil
}

func scanListed(r *sqlite.Row, a *core.ServiceAccount) error {
	err := scanAccount(r, a)
	a.Tokens, a.TokensEnd = int(r.Int()), readTime(r)
	return err
}

// ServiceAccount gives the account, or core.ErrNotFound.
func (s *Store) ServiceAccount(ctx context.Context, id core.ID) (*core.ServiceAccount, error) {
	return one(ctx, s, `SELECT `+accountColumns+` FROM service_accounts a WHERE a.id = $1`, scanAccount, string(id))
}

// ServiceAccounts gives those of an organisation, of all if org is empty, ordered by name.
func (s *Store) ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error) {
	return list(ctx, s, `SELECT `+accountListed+` FROM service_accounts a WHERE ($1 = '' OR a.org = $1) ORDER BY a.name_folded, a.org`, scanListed, org)
}

func createAccount(c *sqlite.Conn, a core.ServiceAccount) error {
	_, err := c.Exec(`INSERT INTO service_accounts (id, org, name, name_folded, description, disabled, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(a.ID), a.Org, a.Name, core.FoldName(a.Name), a.Description, a.Disabled, millis(a.CreatedAt), millis(a.UpdatedAt))
	return taken(err, "service account name")
}

// updateAccount leaves the organisation: what a program may do would go with it.
func updateAccount(c *sqlite.Conn, update core.UpdateServiceAccount) error {
	a := update.Account
	if err := unchanged(c, "service_accounts", "id", string(a.ID), update.Was); err != nil {
		return err
	}
	changed, err := c.Exec(`UPDATE service_accounts SET name = $2, name_folded = $3, description = $4, disabled = $5, updated_at = $6 WHERE id = $1`,
		string(a.ID), a.Name, core.FoldName(a.Name), a.Description, a.Disabled, millis(a.UpdatedAt))
	return mustChange(changed, taken(err, "service account name"))
}

func deleteAccount(c *sqlite.Conn, id core.ID) error {
	if err := forgetHolder(c, id); err != nil {
		return err
	}
	return mustChange(c.Exec(`DELETE FROM service_accounts WHERE id = $1`, string(id)))
}
