package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	apiTokenColumns = `t.id, t.holder, t.name, t.hash, t.permissions, t.expires_at, t.created_at, t.last_used_at`

	selectAPITokens = `SELECT ` + apiTokenColumns + ` FROM api_tokens t WHERE t.holder = $1 ORDER BY t.id`

	// A token is of a user or of a service account; the columns of the other are empty.
	selectAPIHolder = `SELECT ` + generationColumn + `, ` + userColumns + `, ` + accountColumns + `, ` + apiTokenColumns + `,
		` + rolesInLine + `t.holder` + rolesInLineEnd + `
		FROM api_tokens t LEFT JOIN users u ON u.id = t.holder LEFT JOIN service_accounts a ON a.id = t.holder WHERE t.id = $1`

	selectHolder = `SELECT ` + generationColumn + `, ` + userColumns + `, ` + rolesInLine + `u.id` + rolesInLineEnd + ` FROM users u WHERE u.id = $1`
)

func scanAPIToken(r *sqlite.Row, t *core.APIToken) error {
	*t = core.APIToken{ID: readID(r), Holder: readID(r), Name: r.Text(), Hash: readHash(r)}
	for _, permission := range readWords(r) {
		t.Permissions = append(t.Permissions, core.Permission(permission))
	}
	t.ExpiresAt, t.CreatedAt, t.LastUsedAt = readTime(r), readTime(r), readTime(r)
	return nil
}

// APITokens gives those of a user or a service account, in the order in which they were
// made. One that has expired is among them until it is swept.
func (s *Store) APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error) {
	return list(ctx, s, selectAPITokens, scanAPIToken, string(holder))
}

// APIHolder gives an API token with whose it is, their organisation and roles, or
// core.ErrNotFound. What has expired or is disabled is returned as it is.
func (s *Store) APIHolder(ctx context.Context, tokenID core.ID) (*core.APIHolder, error) {
	holder := core.APIHolder{Token: new(core.APIToken)}
	return s.holder(ctx, selectAPIHolder, tokenID, &holder, func(r *sqlite.Row) error {
		var account core.ServiceAccount
		if err := scanAccount(r, &account); err != nil {
			return err
		}
		if account.ID != "" {
			holder.Account = &account
		}
		return scanAPIToken(r, holder.Token)
	})
}

// HolderOf gives a user with their organisation and roles, or core.ErrNotFound.
func (s *Store) HolderOf(ctx context.Context, userID core.ID) (*core.APIHolder, error) {
	return s.holder(ctx, selectHolder, userID, new(core.APIHolder), func(*sqlite.Row) error { return nil })
}

// holder reads the user, what scan reads after them, and the roles; then the organisation,
// which comes from memory unless it changed.
func (s *Store) holder(ctx context.Context, text string, id core.ID, holder *core.APIHolder, scan func(*sqlite.Row) error) (*core.APIHolder, error) {
	err := s.read(ctx, func(c *sqlite.Conn) error {
		var generation int64
		err := first(c, text, func(r *sqlite.Row) (err error) {
			generation = r.Int()
			var user core.User
			if err := s.recallUser(r, &user); err != nil {
				return err
			}
			if user.ID != "" {
				holder.User = &user
			}
			if err := scan(r); err != nil {
				return err
			}
			holder.Roles, err = readRolesInLine(r, holderID(holder))
			return err
		}, string(id))
		if err != nil {
			return err
		}
		return s.organisationOfHolder(c, generation, holder)
	})
	if err != nil {
		return nil, err
	}
	return holder, nil
}

func holderID(h *core.APIHolder) core.ID {
	if h.User != nil {
		return h.User.ID
	}
	return h.Token.Holder
}

func (s *Store) organisationOfHolder(c *sqlite.Conn, generation int64, h *core.APIHolder) error {
	var org string
	switch {
	case h.User != nil:
		org = h.User.Org
	case h.Account != nil:
		org = h.Account.Org
	default:
		return core.ErrNotFound
	}
	return s.organisationOf(c, generation, &core.User{Org: org}, &h.Org)
}

func addAPIToken(c *sqlite.Conn, t core.APIToken) error {
	if err := holderExists(c, t.Holder); err != nil {
		return err
	}
	var many int64
	err := first(c, `SELECT count(*) FROM api_tokens WHERE holder = $1`, func(r *sqlite.Row) error {
		many = r.Int()
		return nil
	}, string(t.Holder))
	if err != nil {
		return err
	}
	if many >= core.MaxAPITokens {
		return core.ErrLimit
	}
	permissions := make([]string, len(t.Permissions))
	for i, permission := range t.Permissions {
		permissions[i] = string(permission)
	}
	_, err = c.Exec(`INSERT INTO api_tokens (id, holder, name, hash, permissions, expires_at, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(t.ID), string(t.Holder), t.Name, t.Hash[:], joinWords(permissions), millis(t.ExpiresAt), millis(t.CreatedAt), millis(t.LastUsedAt))
	return classify(err)
}

func useAPIToken(c *sqlite.Conn, use core.UseAPIToken) error {
	_, err := c.Exec(`UPDATE api_tokens SET last_used_at = $2 WHERE id = $1`, string(use.ID), millis(use.At))
	return err
}

func deleteAPIToken(c *sqlite.Conn, t core.DeleteAPIToken) error {
	return mustChange(c.Exec(`DELETE FROM api_tokens WHERE id = $1 AND holder = $2`, string(t.ID), string(t.Holder)))
}
