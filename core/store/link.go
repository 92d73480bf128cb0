package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	linkColumns = `l.connector, l.subject, l.user_id, l.name, l.group_names, l.tokens, l.created_at, l.last_used_at`

	selectLink = `SELECT ` + generationColumn + `, ` + linkColumns + `, ` + userColumns + `
		FROM links l JOIN users u ON u.id = l.user_id WHERE l.connector = $1 AND l.subject = $2`

	selectLinks = `SELECT ` + linkColumns + ` FROM links l WHERE l.user_id = $1 ORDER BY l.connector, l.subject`
)

func scanLink(r *sqlite.Row, l *core.Link) (err error) {
	*l = core.Link{Connector: r.Text(), Subject: r.Text(), UserID: readID(r), Name: r.Text()}
	if l.Groups, err = readListJSON(r); err != nil {
		return err
	}
	l.Tokens, l.CreatedAt, l.LastUsedAt = r.Blob(), readTime(r), readTime(r)
	return nil
}

// Link gives the link of a person at a provider with the user and their
// organisation, or core.ErrNotFound.
func (s *Store) Link(ctx context.Context, connector, subject string) (*core.Linked, error) {
	var linked core.Linked
	err := s.read(ctx, func(c *sqlite.Conn) error {
		var generation int64
		err := first(c, selectLink, func(r *sqlite.Row) error {
			generation = r.Int()
			if err := scanLink(r, &linked.Link); err != nil {
				return err
			}
			return scanUser(r, &linked.User)
		}, connector, subject)
		if err != nil {
			return err
		}
		return s.organisationOf(c, generation, &linked.User, &linked.Org)
	})
	if err != nil {
		return nil, err
	}
	return &linked, nil
}

// Links gives the links of a user, ordered by connector and subject.
func (s *Store) Links(ctx context.Context, userID core.ID) ([]core.Link, error) {
	return list(ctx, s, selectLinks, scanLink, string(userID))
}

// saveLink leaves the time at which a link was made.
func saveLink(c *sqlite.Conn, l core.Link) error {
	had, err := groupsOfLink(c, l.Connector, l.Subject)
	if err != nil {
		return err
	}
	err = mustWin(c.Exec(`INSERT INTO links (connector, subject, user_id, name, group_names, tokens, created_at, last_used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (connector, subject) DO UPDATE SET name = $4, group_names = $5, tokens = $6, last_used_at = $8 WHERE links.user_id = $3`,
		l.Connector, l.Subject, string(l.UserID), l.Name, listJSON(l.Groups), l.Tokens, millis(l.CreatedAt), millis(l.LastUsedAt)))
	if err != nil {
		return err
	}
	joined, err := join(c, l.UserID, l.Groups, later(l.CreatedAt, l.LastUsedAt))
	if err != nil {
		return err
	}
	left, err := leave(c, l.UserID, had)
	if err != nil || joined+left == 0 {
		return err
	}
	_, err = c.Exec(nameGroups, "", string(l.UserID))
	return err
}

// later gives the one of two times, of which one may be zero.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func deleteLink(c *sqlite.Conn, l core.DeleteLink) error {
	had, err := groupsOfLink(c, l.Connector, l.Subject)
	if err != nil {
		return err
	}
	err = mustChange(c.Exec(`DELETE FROM links WHERE connector = $1 AND subject = $2 AND user_id = $3`, l.Connector, l.Subject, string(l.UserID)))
	if err != nil {
		return err
	}
	if l.KeepWayIn {
		if err := keepWayIn(c, l.UserID); err != nil {
			return err
		}
	}
	return leaveAndName(c, l.UserID, had)
}

// endingLinks deletes, by what it is given, the links of a connector, and ends the
// memberships that they gave.
func endingLinks(c *sqlite.Conn, connector string, end func() error) error {
	links, err := collect(c, `SELECT `+linkColumns+` FROM links l WHERE l.connector = $1 AND l.group_names <> '[]'`, scanLink, connector)
	if err != nil {
		return err
	}
	if err := end(); err != nil {
		return err
	}
	for _, l := range links {
		if err := leaveAndName(c, l.UserID, l.Groups); err != nil {
			return err
		}
	}
	return nil
}

// groupsOfLink gives none for a link that is not there.
func groupsOfLink(c *sqlite.Conn, connector, subject string) (groups []string, err error) {
	err = c.Query(`SELECT group_names FROM links WHERE connector = $1 AND subject = $2`, func(r *sqlite.Row) (err error) {
		groups, err = readListJSON(r)
		return err
	}, connector, subject)
	return groups, err
}

// join makes the user a member of the groups, and makes those that their organisation
// does not have. It returns how many memberships are new.
func join(c *sqlite.Conn, userID core.ID, names []string, at time.Time) (joined int64, err error) {
	for _, name := range names {
		isMember := false
		err := c.Query(`SELECT 1 FROM members m JOIN groups g ON g.id = m.group_id JOIN users u ON u.id = m.user_id
			WHERE m.user_id = $1 AND g.org = u.org AND g.name = $2`, func(*sqlite.Row) error {
			isMember = true
			return nil
		}, string(userID), name)
		if err != nil {
			return joined, err
		}
		if isMember {
			continue
		}
		joined++
		if err := joinOne(c, userID, name, at); err != nil {
			return joined, err
		}
	}
	return joined, nil
}

func joinOne(c *sqlite.Conn, userID core.ID, name string, at time.Time) error {
	var org string
	err := first(c, `SELECT org FROM users WHERE id = $1`, func(r *sqlite.Row) error {
		org = r.Text()
		return nil
	}, string(userID))
	if err != nil {
		return err
	}
	_, err = c.Exec(`INSERT INTO groups (id, org, name, display_name, search, created_at, updated_at) VALUES ($1, $2, $3, '', $4, $5, $5)
		ON CONFLICT (org, name) DO NOTHING`,
		string(groupID(org, name, at)), org, name, searched(name, ""), millis(at))
	if err != nil {
		return classify(err)
	}
	if _, err = c.Exec(`INSERT INTO members (user_id, group_id) SELECT $1, g.id FROM groups g WHERE g.org = $2 AND g.name = $3`, string(userID), org, name); err != nil {
		return classify(err)
	}
	_, err = c.Exec(`UPDATE groups SET updated_at = max(updated_at + 1, $3) WHERE org = $1 AND name = $2`, org, name, millis(at))
	return err
}

// groupID names a group that the store makes itself. It need not be a secret, and the
// name is taken once, so the identifier is as well.
func groupID(org, name string, at time.Time) core.ID {
	sum := sha256.Sum256([]byte(org + "\n" + name))
	return core.NewID(at, bytes.NewReader(sum[:]))
}

func leaveAndName(c *sqlite.Conn, userID core.ID, names []string) error {
	left, err := leave(c, userID, names)
	if err != nil || left == 0 {
		return err
	}
	_, err = c.Exec(nameGroups, "", string(userID))
	return err
}

// leave takes the user out of the groups of these names, but for those that one of
// their links still names. It returns how many memberships it ended.
func leave(c *sqlite.Conn, userID core.ID, names []string) (left int64, err error) {
	if len(names) == 0 {
		return 0, nil
	}
	links, err := collect(c, selectLinks, scanLink, string(userID))
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if slices.ContainsFunc(links, func(l core.Link) bool { return slices.Contains(l.Groups, name) }) {
			continue
		}
		if _, err := c.Exec(touchGroupsOf+` AND name = $2`, string(userID), name); err != nil {
			return left, err
		}
		ended, err := c.Exec(`DELETE FROM members WHERE user_id = $1 AND group_id IN (SELECT id FROM groups WHERE name = $2)`, string(userID), name)
		if err != nil {
			return left, err
		}
		left += ended
	}
	return left, nil
}
