package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const managedColumns = `m.kind, m.id, m.source, m.file, m.members, m.managed_at`

func scanManaged(r *sqlite.Row, m *core.Managed) (err error) {
	*m = core.Managed{Kind: core.ManagedKind(r.Text()), ID: r.Text(), Source: r.Text(), File: r.Text()}
	if m.Members, err = readListJSON(r); err != nil {
		return err
	}
	m.ManagedAt = readTime(r)
	return nil
}

const selectManaged = `SELECT ` + managedColumns + ` FROM managed m
	WHERE ($1 = '' OR m.source = $1) AND ($2 = '' OR m.kind = $2) AND ($3 = '' OR m.id = $3) ORDER BY m.kind, m.id`

// Managed gives what files manage, by kind and identifier.
func (s *Store) Managed(ctx context.Context, filter core.ManagedFilter) ([]core.Managed, error) {
	return list(ctx, s, selectManaged, scanManaged, filter.Source, string(filter.Kind), filter.ID)
}

func manage(c *sqlite.Conn, m core.Managed) error {
	_, err := c.Exec(`INSERT INTO managed (kind, id, org, group_id, client_id, instance, connector, source, file, members, managed_at)
		VALUES ($1, $2, CASE $1 WHEN 'organisation' THEN $2 END, CASE $1 WHEN 'group' THEN $2 END, CASE $1 WHEN 'client' THEN $2 END,
			CASE $1 WHEN 'instance' THEN $2 END, CASE $1 WHEN 'connector' THEN $2 END, $3, $4, $5, $6)
		ON CONFLICT (kind, id) DO UPDATE SET source = $3, file = $4, members = $5, managed_at = $6`,
		string(m.Kind), m.ID, m.Source, m.File, listJSON(m.Members), millis(m.ManagedAt))
	return classify(err)
}

func releaseManaged(c *sqlite.Conn, release core.ReleaseManaged) error {
	return mustChange(c.Exec(`DELETE FROM managed WHERE kind = $1 AND id = $2`, string(release.Kind), release.ID))
}

// keepUnmanaged finds the first object that the change would be of and that another file
// manages.
func keepUnmanaged(c *sqlite.Conn, keep core.KeepUnmanaged) error {
	err := refuseManaged(c, `m.kind = $1 AND m.id = $2`, keep, string(keep.Kind), keep.ID)
	if err != nil || !keep.Whole {
		return err
	}
	keep.Member = ""
	switch keep.Kind {
	case core.ManagedOrganisation:
		err = refuseManaged(c, `(m.group_id IN (SELECT g.id FROM groups g WHERE g.org = $1) OR m.client_id IN (SELECT c.id FROM clients c WHERE c.org = $1)
			OR m.connector IN (SELECT n.instance FROM connectors n WHERE n.org = $1))`, keep, keep.ID)
		if err != nil {
			return err
		}
		return keepBound(c, keep, `SELECT id FROM clients WHERE org = $1`)
	case core.ManagedClient:
		return keepBound(c, keep, `SELECT id FROM clients WHERE id = $1`)
	}
	return nil
}

// keepBound refuses to delete clients that files bind instances and connectors to.
func keepBound(c *sqlite.Conn, keep core.KeepUnmanaged, clients string) error {
	ids, err := collect(c, clients, func(r *sqlite.Row, id *string) error {
		*id = r.Text()
		return nil
	}, keep.ID)
	for _, id := range ids {
		keep.Member = core.MemberClients + id
		if err := refuseManaged(c, `m.kind IN ('instance', 'connector')`, keep); err != nil {
			return err
		}
	}
	return err
}

func refuseManaged(c *sqlite.Conn, which string, keep core.KeepUnmanaged, args ...any) error {
	rows, err := collect(c, `SELECT `+managedColumns+` FROM managed m WHERE `+which+` ORDER BY m.kind, m.id`, scanManaged, args...)
	for i := range rows {
		if rows[i].Source != keep.By && rows[i].Says(keep.Member) {
			return &core.ManagedError{Managed: rows[i]}
		}
	}
	return err
}
