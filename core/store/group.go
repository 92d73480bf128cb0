package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const groupColumns = `g.id, g.org, g.name, g.display_name, g.external_id, g.created_at, g.updated_at,
	(SELECT count(*) FROM members m WHERE m.group_id = g.id)`

func scanGroup(r *sqlite.Row, g *core.Group) error {
	*g = core.Group{
		ID:          readID(r),
		Org:         r.Text(),
		Name:        r.Text(),
		DisplayName: r.Text(),
		ExternalID:  r.Text(),
		CreatedAt:   readTime(r),
		UpdatedAt:   readTime(r),
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

// GroupByID gives the group, or core.ErrNotFound.
func (s *Store) GroupByID(ctx context.Context, id core.ID) (*core.Group, error) {
	return one(ctx, s, `SELECT `+groupColumns+` FROM groups g WHERE g.id = $1`, scanGroup, string(id))
}

// FindGroups gives the groups that the filter selects, ordered by name.
func (s *Store) FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error) {
	text, args := groupsQuery(filter)
	return list(ctx, s, text, scanGroup, args...)
}

// CountGroups gives how many groups the filter selects, whatever its page is.
func (s *Store) CountGroups(ctx context.Context, filter core.GroupFilter) (int, error) {
	filter.After = ""
	q := selectedGroups(filter)
	return s.count(ctx, `SELECT count(*) FROM groups g`+q.where(), q.args)
}

func groupsQuery(filter core.GroupFilter) (text string, args []any) {
	q := selectedGroups(filter)
	q.passOver(`groups g`, `g.name`, filter.Offset)
	return q.text(`SELECT `+groupColumns+` FROM groups g`, `g.name, g.id`, filter.Limit)
}

func selectedGroups(filter core.GroupFilter) (q query) {
	q.equal("g.org", filter.Org)
	if filter.ExternalID != "" {
		q.and(`g.external_id <> ''`) // as the index has it
		q.equal("g.external_id", filter.ExternalID)
	}
	if filter.Search != "" {
		q.and(`g.search LIKE ? ESCAPE '\'`, containing(filter.Search))
	}
	q.behind("g.name", "g.id", filter.After, string(filter.AfterID))
	return q
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
	if err := groupFree(c, g); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO groups (id, org, name, display_name, external_id, search, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(g.ID), g.Org, g.Name, g.DisplayName, g.ExternalID, groupSearched(&g), millis(g.CreatedAt), millis(g.UpdatedAt))
	return taken(err, "group")
}

// groupFree says whether name and external identifier are free, or the group's own.
func groupFree(c *sqlite.Conn, g core.Group) error {
	return c.Query(`SELECT name = $3 FROM groups WHERE org = $1 AND id <> $2 AND (name = $3 OR $4 <> '' AND external_id = $4) ORDER BY 1 DESC`,
		func(r *sqlite.Row) error {
			if r.Bool() {
				return &core.ConflictError{What: "group name"}
			}
			return &core.ConflictError{What: "external identifier of a group"}
		}, g.Org, string(g.ID), g.Name, g.ExternalID)
}

// updateGroup leaves the organisation.
func updateGroup(c *sqlite.Conn, update core.UpdateGroup) error {
	g := update.Group
	if err := unchanged(c, "groups", "id", string(g.ID), update.Was); err != nil {
		return err
	}
	var was string
	if err := first(c, `SELECT org, name FROM groups WHERE id = $1`, func(r *sqlite.Row) error {
		g.Org, was = r.Text(), r.Text()
		return nil
	}, string(g.ID)); err != nil {
		return err
	}
	if err := groupFree(c, g); err != nil {
		return err
	}
	_, err := c.Exec(`UPDATE groups SET name = $2, display_name = $3, external_id = $4, search = $5, updated_at = $6 WHERE id = $1`,
		string(g.ID), g.Name, g.DisplayName, g.ExternalID, groupSearched(&g), millis(g.UpdatedAt))
	if err != nil || was == g.Name {
		return classify(err)
	}
	return renameGroup(c, g, was)
}

// The names of a user's groups stand in the user's row too, so that the reads of
// every request need not gather them. These statements keep them right; $1 is a
// group, $2 a user.
const (
	groupNamesOf = `coalesce((SELECT string_agg(g.name, '
' ORDER BY g.name) FROM members m JOIN groups g ON g.id = m.group_id WHERE m.user_id = users.id`
	groupNames    = groupNamesOf + `), '')`
	groupNamesBut = groupNamesOf + ` AND m.group_id <> $1), '')`

	nameGroups          = `UPDATE users SET revision = revision + 1, group_names = ` + groupNamesBut + ` WHERE id = $2`
	nameGroupsOfRenamed = `UPDATE users SET revision = revision + 1, group_names = ` + groupNames + ` WHERE id IN (SELECT user_id FROM members WHERE group_id = $1)`
	nameGroupsOfGroup   = `UPDATE users SET revision = revision + 1, group_names = ` + groupNamesBut + ` WHERE id IN (SELECT user_id FROM members WHERE group_id = $1)`
)

// deleteGroup deletes the memberships too, by the schema.
func deleteGroup(c *sqlite.Conn, id core.ID) error {
	if _, err := c.Exec(nameGroupsOfGroup, string(id)); err != nil {
		return err
	}
	_, err := c.Exec(`DELETE FROM groups WHERE id = $1`, string(id))
	return err
}

func touchGroup(c *sqlite.Conn, touch core.TouchGroup) error {
	if err := unchanged(c, "groups", "id", string(touch.ID), touch.Was); err != nil {
		return err
	}
	return mustChange(c.Exec(`UPDATE groups SET updated_at = max(updated_at + 1, $2) WHERE id = $1`, string(touch.ID), millis(touch.At)))
}

// touchGroupsOf is for a user who comes into groups or leaves them by something else, at no
// time that is known; $1 is the user.
const touchGroupsOf = `UPDATE groups SET updated_at = updated_at + 1 WHERE id IN (SELECT group_id FROM members WHERE user_id = $1)`

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
