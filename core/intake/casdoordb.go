package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/postern-id/postern/core/store/sqlite"
)

// readCasdoorDatabase reads the tables of Casdoor's database of SQLite. Each row becomes an
// object as the document has it: columns are called as the members are, but with underscores.
func readCasdoorDatabase(file *File) (*casdoorData, error) {
	path := file.Path
	if path == "" {
		folder, err := os.MkdirTemp("", "postern-import-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(folder)
		path = filepath.Join(folder, "casdoor.db")
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			return nil, err
		}
	}
	conn, err := sqlite.OpenReader(path)
	if err != nil {
		return nil, file.wrong("check that you may read it", "the database cannot be opened: %s", err)
	}
	data, err := casdoorTables(file, conn)
	return data, errors.Join(err, conn.Close())
}

func casdoorTables(file *File, conn *sqlite.Conn) (*casdoorData, error) {
	conn.SetBusyTimeout(10 * time.Second)
	unreadable := func(err error) error {
		return file.wrong("stop Casdoor, and copy the file", "the database cannot be read: %s", err)
	}
	if err := conn.Script(`PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; BEGIN`); err != nil {
		return nil, unreadable(err)
	}
	var tables []string
	// What is computed by the schema of a stranger is not read: it may cost anything.
	err := conn.Query(`SELECT name FROM sqlite_schema s WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND sql NOT LIKE 'CREATE VIRTUAL%'
		AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(s.name) WHERE hidden <> 0) ORDER BY name`, func(r *sqlite.Row) error {
		tables = append(tables, r.Text())
		return nil
	})
	if err != nil {
		return nil, unreadable(err)
	}
	prefix, is := casdoorPrefix(tables)
	if !is {
		return nil, file.wrong("give Casdoor's own database, casdoor.db", "it has no tables user and organization, so it is no database of Casdoor")
	}
	lists := map[string][]json.RawMessage{}
	data := &casdoorData{stored: true, others: map[string]int{}}
	for _, table := range tables {
		name, ours := strings.CutPrefix(table, prefix)
		if !ours || !tableName.MatchString(table) {
			continue
		}
		if list := casdoorList(name); list != "" {
			if lists[list], err = casdoorRows(conn, table); err != nil {
				return nil, unreadable(err)
			}
		} else if data.others[name+"s"], err = rowCount(conn, table); err != nil {
			return nil, unreadable(err)
		}
	}
	return data, data.fill(file, lists)
}

// tableName is what is put between quotes in a statement.
var tableName = regexp.MustCompile(`^[A-Za-z0-9_]+$`)

// casdoorPrefix gives what stands before the names of all tables: operators may set it.
func casdoorPrefix(tables []string) (prefix string, found bool) {
	for _, table := range tables {
		if prefix, is := strings.CutSuffix(table, "organization"); is && slices.Contains(tables, prefix+"user") {
			return prefix, true
		}
	}
	return "", false
}

// casdoorList gives the list of the document that a table is.
func casdoorList(table string) string {
	for list, of := range casdoorLists {
		if of == table {
			return list
		}
	}
	return ""
}

func rowCount(conn *sqlite.Conn, table string) (count int, err error) {
	err = conn.Query(`SELECT count(*) FROM "`+table+`"`, func(r *sqlite.Row) error {
		count = int(r.Int())
		return nil
	})
	return count, err
}

func casdoorRows(conn *sqlite.Conn, table string) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	err := conn.Query(`SELECT * FROM "`+table+`"`, func(r *sqlite.Row) error {
		members := map[string]any{}
		for _, column := range r.Columns() {
			value := r.Value()
			if blob, is := value.([]byte); is {
				value = string(blob)
			}
			members[memberName(column)] = value
		}
		object, err := json.Marshal(members)
		if err != nil {
			return fmt.Errorf("read a row of %s: %w", table, err)
		}
		rows = append(rows, object)
		return nil
	})
	return rows, err
}

// memberName gives the member of a column: display_name is displayName.
func memberName(column string) string {
	var b strings.Builder
	upper := false
	for _, r := range column {
		switch {
		case r == '_':
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
