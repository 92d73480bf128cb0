package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const groupColumns = `g.id, g.org, g.name, g.display_name, g.created_at,
	(SELECT count(*) FROM members m WHERE m.group_id = g.id)`

func scanGroup(r *sqlite.Row, g *core.Group) error {
	*g = core.Group{
		ID:          readID(r),
		Org:         r.Text(),
		Name:        r.Text(),
		DisplayName: r.Text(),
		CreatedAt:   readTime(r),
		Members:     int(r.Int()),
	}
	return nil
}

const selectGroup = `SELECT ` + groupColumns + ` FROM groups g WHERE g.org = $1 AND g.name = $2`

// Group gives the group, or core.ErrNotFound.
func (s *Store) Group(ctx context.Context, org, name string) (*core.Group, error) {
	var group core.Group
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, selectGroup, func(r *sqlite.Row) error { return scanGroup(r, &group) }, org, name)
	})
	if err != nil {
		return nil, err
	}
	return &group, nil
}

const selectGroups = `SELECT ` + groupColumns + ` FROM groups g WHERE ($1 = '' OR g.org = $1) ORDER BY g.name, g.org`

// Groups gives the groups of an organisation, of all if org is empty, ordered by
// name.
func (s *Store) Groups(ctx context.Context, org string) ([]core.Group, error) {
	return list(ctx, s, selectGroups, scanGroup, org)
}

const selectMembers = `SELECT ` + userColumns + ` FROM members member JOIN users u ON u.id = member.user_id
	WHERE member.group_id = $1 ORDER BY u.name_folded`

// Members gives the members of a group, ordered by name.
func (s *Store) Members(ctx context.Context, groupID core.ID) ([]core.User, error) {
	return list(ctx, s, selectMembers, scanUser, string(groupID))
}

func createGroup(c *sqlite.Conn, g core.Group) error {
	_, err := c.Exec(`INSERT INTO groups (id, org, name, display_name, created_at) VALUES ($1, $2, $3, $4, $5)`,
		string(g.ID), g.Org, g.Name, g.DisplayName, millis(g.CreatedAt))
	return taken(err, "group name")
}

// The names of a user's groups stand in the user's row too, so that the reads of
// every request need not gather them. These statements keep them right; $1 is a
// group, $2 a user.
const (
	groupNamesBut = `coalesce((SELECT string_agg(g.name, '
' ORDER BY g.name) FROM members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = users.id AND m.group_id <> $1), '')`

	nameGroups        = `UPDATE users SET revision = revision + 1, group_names = ` + groupNamesBut + ` WHERE id = $2`
	nameGroupsOfGroup = `UPDATE users SET revision = revision + 1, group_names = ` + groupNamesBut + ` WHERE id IN (SELECT user_id FROM members WHERE group_id = $1)`
)

// deleteGroup deletes the memberships too, by the schema.
func deleteGroup(c *sqlite.Conn, id core.ID) error {
	if _, err := c.Exec(nameGroupsOfGroup, string(id)); err != nil {
		return err
	}
	_, err := c.Exec(`DELETE FROM groups WHERE id = $1`, string(id))
	return err
}

func addMember(c *sqlite.Conn, groupID, userID core.ID) error {
	_, err := c.Exec(`INSERT INTO members (user_id, group_id) VALUES ($1, $2) ON CONFLICT (user_id, group_id) DO NOTHING`,
		string(userID), string(groupID))
	if err != nil {
		return classify(err)
	}
	_, err = c.Exec(nameGroups, "", string(userID))
	return err
}

func removeMember(c *sqlite.Conn, groupID, userID core.ID) error {
	err := mustChange(c.Exec(`DELETE FROM members WHERE user_id = $1 AND group_id = $2`, string(userID), string(groupID)))
	if err != nil {
		return err
	}
	_, err = c.Exec(nameGroups, "", string(userID))
	return err
}
