package store

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// searched is the form in which the parts of a row are searched for text.
func searched(parts ...string) string {
	for i, part := range parts {
		parts[i] = core.FoldName(part)
	}
	return strings.Join(parts, "\n")
}

func groupSearched(g *core.Group) string { return searched(g.Name, g.DisplayName) }

func clientSearched(c *core.Client) string { return searched(c.Name, c.DisplayName, c.ID) }

// containing is the LIKE pattern, with ESCAPE '\', of what has the text in it.
func containing(text string) string { return within(core.FoldName(text)) }

// within is [containing] of a text as it is.
func within(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// fillSearch fills in what lists are searched by, for rows from before they were.
func fillSearch(c *sqlite.Conn) error {
	type row struct{ id, text string }
	for _, table := range []struct {
		read, write string
		scan        func(*sqlite.Row) row
	}{
		{`SELECT id, coalesce(profile ->> '$.display_name', '') FROM users`, `UPDATE users SET display_folded = $2 WHERE id = $1`,
			func(r *sqlite.Row) row { return row{r.Text(), core.FoldName(r.Text())} }},
		{`SELECT id, name, display_name FROM groups`, `UPDATE groups SET search = $2 WHERE id = $1`,
			func(r *sqlite.Row) row { return row{r.Text(), searched(r.Text(), r.Text())} }},
		{`SELECT id, name, display_name, id FROM clients`, `UPDATE clients SET search = $2 WHERE id = $1`,
			func(r *sqlite.Row) row { return row{r.Text(), searched(r.Text(), r.Text(), r.Text())} }},
	} {
		rows, err := collect(c, table.read, func(r *sqlite.Row, into *row) error {
			*into = table.scan(r)
			return nil
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if _, err := c.Exec(table.write, row.id, row.text); err != nil {
				return err
			}
		}
	}
	return nil
}
