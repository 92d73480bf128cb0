package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const roleColumns = `r.holder, r.org, r.role, r.created_at`

func scanRole(r *sqlite.Row, grant *core.RoleGrant) error {
	*grant = core.RoleGrant{Holder: readID(r), Org: r.Text(), Role: core.Role(r.Text()), CreatedAt: readTime(r)}
	return nil
}

// Roles gives those of a user or a service account: that of the whole server first, then
// by organisation.
func (s *Store) Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error) {
	return list(ctx, s, `SELECT `+roleColumns+` FROM roles r WHERE r.holder = $1 ORDER BY r.org`, scanRole, string(holder))
}

// RolesIn gives who has a role of the organisation, of the whole server if org is empty,
// by holder: owners by the field of the user too.
func (s *Store) RolesIn(ctx context.Context, org string) ([]core.RoleGrant, error) {
	return list(ctx, s, selectRolesIn, scanRole, org)
}

// selectRolesIn leaves a role out that somebody has besides being an owner by the field.
const selectRolesIn = `SELECT ` + roleColumns + ` FROM roles r
		WHERE r.org = $1 AND ($1 <> '' OR NOT EXISTS (SELECT 1 FROM users u WHERE u.id = r.holder AND u.admin = 1))
	UNION ALL SELECT u.id, '', 'owner', u.created_at FROM users u WHERE $1 = '' AND u.admin = 1
	ORDER BY 1`

// selectRolesHeld finds what people and programs of an organisation may, there and
// elsewhere.
const selectRolesHeld = `SELECT ` + roleColumns + ` FROM roles r
		WHERE r.holder IN (SELECT u.id FROM users u WHERE u.org = $1 UNION ALL SELECT a.id FROM service_accounts a WHERE a.org = $1)
	UNION ALL SELECT u.id, '', 'owner', u.created_at FROM users u WHERE u.org = $1 AND u.admin = 1
	ORDER BY 1, 2`

// RolesHeld gives the roles that users and service accounts of the organisation have, of
// whatever: owners of the server by the field of the user too.
func (s *Store) RolesHeld(ctx context.Context, org string) ([]core.RoleGrant, error) {
	return list(ctx, s, selectRolesHeld, scanRole, org)
}

// The roles of a holder, whose column goes between these, as one column: so one read has
// them too.
const (
	rolesInLine = `coalesce((SELECT string_agg(r.role || ' ' || r.created_at || ' ' || r.org, '
' ORDER BY r.org) FROM roles r WHERE r.holder = `
	rolesInLineEnd = `), '')`
)

// readRolesInLine reads that column.
func readRolesInLine(r *sqlite.Row, holder core.ID) ([]core.RoleGrant, error) {
	var grants []core.RoleGrant
	for _, line := range split(r.Text(), "\n") {
		part := strings.SplitN(line, " ", 3)
		if len(part) < 3 {
			return nil, fmt.Errorf("a role of three parts is %q", line)
		}
		ms, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the time of a role: %w", err)
		}
		grants = append(grants, core.RoleGrant{Holder: holder, Org: part[2], Role: core.Role(part[0]), CreatedAt: time.UnixMilli(ms).UTC()})
	}
	return grants, nil
}

func grantRole(c *sqlite.Conn, grant core.RoleGrant) error {
	if err := holderExists(c, grant.Holder); err != nil {
		return err
	}
	if grant.Org != "" {
		if err := first(c, `SELECT 1 FROM organisations WHERE name = $1`, func(*sqlite.Row) error { return nil }, grant.Org); err != nil {
			return err
		}
	}
	_, err := c.Exec(`INSERT INTO roles (holder, org, role, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (holder, org) DO UPDATE SET role = $3, created_at = $4`,
		string(grant.Holder), grant.Org, string(grant.Role), millis(grant.CreatedAt))
	return classify(err)
}

// holderExists says core.ErrNotFound unless the identifier is that of a user or a service
// account.
func holderExists(c *sqlite.Conn, id core.ID) error {
	return first(c, `SELECT 1 FROM users WHERE id = $1 UNION ALL SELECT 1 FROM service_accounts WHERE id = $1`,
		func(*sqlite.Row) error { return nil }, string(id))
}

func revokeRole(c *sqlite.Conn, revoke core.RevokeRole) error {
	return mustChange(c.Exec(`DELETE FROM roles WHERE holder = $1 AND org = $2`, string(revoke.Holder), revoke.Org))
}

// forgetHolder deletes what refers to a user or a service account without the schema
// knowing it.
func forgetHolder(c *sqlite.Conn, id core.ID) error {
	for _, text := range []string{`DELETE FROM roles WHERE holder = $1`, `DELETE FROM api_tokens WHERE holder = $1`} {
		if _, err := c.Exec(text, string(id)); err != nil {
			return err
		}
	}
	return nil
}
