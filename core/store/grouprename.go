package store

import (
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// renameGroup gives a group that was called otherwise its name wherever it is named: with
// its members, at the clients that let them in, in the rules that put people into it, and
// in the links that made them members. Nobody loses anything by a new name, and nobody
// gets anything by taking the old one.
func renameGroup(c *sqlite.Conn, g core.Group, was string) error {
	if _, err := c.Exec(nameGroupsOfRenamed, string(g.ID)); err != nil {
		return err
	}
	if err := renameAtClients(c, g, was); err != nil {
		return err
	}
	if err := renameInRules(c, g, was); err != nil {
		return err
	}
	return renameInLinks(c, g, was)
}

// named is a row that has a list of names of groups.
type named struct {
	key, second string // of the row
	groups      []string
}

// rename writes, by a statement of the key, the second part of it and the list, each of the
// rows in whose list the old name is.
func rename(c *sqlite.Conn, rows []named, was, is, write string) error {
	for _, row := range rows {
		i := slices.Index(row.groups, was)
		if i < 0 {
			continue
		}
		row.groups[i] = is
		slices.Sort(row.groups)
		if _, err := c.Exec(write, row.key, row.second, listJSON(slices.Compact(row.groups))); err != nil {
			return err
		}
	}
	return nil
}

func scanNamed(r *sqlite.Row, n *named) (err error) {
	*n = named{key: r.Text(), second: r.Text()}
	n.groups, err = readListJSON(r)
	return err
}

func renameAtClients(c *sqlite.Conn, g core.Group, was string) error {
	rows, err := collect(c, `SELECT id, '', allowed_groups FROM clients WHERE org = $1 AND allowed_groups <> '[]'`, scanNamed, g.Org)
	if err != nil {
		return err
	}
	// The version of the client is another one then.
	return rename(c, rows, was, g.Name, `UPDATE clients SET allowed_groups = $3, updated_at = updated_at + 1 WHERE id = $1 AND $2 = ''`)
}

func renameInLinks(c *sqlite.Conn, g core.Group, was string) error {
	rows, err := collect(c, `SELECT l.connector, l.subject, l.group_names FROM links l JOIN users u ON u.id = l.user_id
		WHERE u.org = $1 AND l.group_names <> '[]'`, scanNamed, g.Org)
	if err != nil {
		return err
	}
	return rename(c, rows, was, g.Name, `UPDATE links SET group_names = $3 WHERE connector = $1 AND subject = $2`)
}

func renameInRules(c *sqlite.Conn, g core.Group, was string) error {
	var rules core.OrgRules
	err := first(c, `SELECT rules FROM organisations WHERE name = $1`, func(r *sqlite.Row) error { return readJSON(r, &rules) }, g.Org)
	if err != nil {
		return err
	}
	i := slices.Index(rules.Registration.Groups, was)
	if i < 0 {
		return nil
	}
	rules.Registration.Groups[i] = g.Name
	_, err = c.Exec(`UPDATE organisations SET rules = $2, updated_at = updated_at + 1 WHERE name = $1`, g.Org, mustJSON(rules))
	return err
}
