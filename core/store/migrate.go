package store

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one file of migrations: 0001_initial.sql is version 1. A file
// that was released is never changed.
type migration struct {
	version int
	name    string
	script  string
}

func migrations() ([]migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, entry := range entries {
		number, _, _ := strings.Cut(entry.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", entry.Name())
		}
		script, err := migrationFiles.ReadFile("migrations/" + entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, migration{version: version, name: entry.Name(), script: string(script)})
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	return all, nil
}

// migrate brings the schema up to date in one transaction, so that a crash
// leaves the old one, and of two processes one does it.
func migrate(c *sqlite.Conn, path string, all []migration, now time.Time) error {
	if version, err := schemaVersion(c, path, len(all)); err != nil || version == len(all) {
		return err
	}
	return transaction(c, func() error {
		version, err := schemaVersion(c, path, len(all))
		if err != nil {
			return err
		}
		for _, m := range all[version:] {
			if err := runMigration(c, m, now); err != nil {
				return fmt.Errorf("migration %s: %w", m.name, err)
			}
		}
		return fill(c, version, now)
	})
}

// fill puts in what every directory has, and what a script cannot compute, where the
// migrations behind version brought it.
func fill(c *sqlite.Conn, version int, now time.Time) error {
	if version < 1 {
		o := core.Organisation{Name: core.DefaultOrganisation, DisplayName: "Built-in organisation", CreatedAt: now, UpdatedAt: now}
		if err := createOrganisation(c, o); err != nil {
			return err
		}
	}
	if version < 13 {
		if err := fillSearch(c); err != nil {
			return err
		}
		return createCommandClient(c, now)
	}
	return nil
}

// createCommandClient makes the client of the command line. It keeps out of the way of an
// older client of that name.
func createCommandClient(c *sqlite.Conn, now time.Time) error {
	client := core.Client{
		ID: core.ClientCommand, Org: core.DefaultOrganisation, Name: core.ClientCommand, DisplayName: "Postern command line", Preset: "device",
		AuthMethods: []string{core.AuthNone}, GrantTypes: []string{core.GrantDevice, core.GrantRefreshToken},
		Scopes:     []string{"openid", "profile", "offline_access", core.ScopeAdministration},
		IDTokenAlg: "RS256", Native: true, RequirePKCE: true, Shared: true, CreatedAt: now, UpdatedAt: now,
	}
	if _, isTaken := errors.AsType[*core.ConflictError](clientNameFree(c, client)); isTaken {
		client.Name += "-2"
	}
	return createClient(c, client)
}

// schemaVersion gives the version of the last migration, zero for an empty
// database. A database of another program, or of a version that knows more, is
// refused: it writes nothing.
func schemaVersion(c *sqlite.Conn, path string, newest int) (version int, err error) {
	tables, ours := 0, false
	err = c.Query("SELECT name FROM sqlite_master WHERE type = 'table'", func(r *sqlite.Row) error {
		tables++
		ours = ours || r.Text() == "schema_migrations"
		return nil
	})
	if err != nil || tables == 0 {
		return 0, err
	}
	if !ours {
		return 0, &Problem{What: "the database " + path + " belongs to another program", Kind: ErrForeign,
			Advice: "choose another data directory"}
	}
	err = first(c, "SELECT coalesce(max(version), 0) FROM schema_migrations", func(r *sqlite.Row) error {
		version = int(r.Int())
		return nil
	})
	if err == nil && version > newest {
		err = &Problem{What: fmt.Sprintf("the database %s was made by a newer version of Postern (schema %d, this one knows %d)", path, version, newest),
			Kind: ErrNewer, Advice: "run the newer version, or restore the backup made before the update"}
	}
	return version, err
}

func runMigration(c *sqlite.Conn, m migration, now time.Time) error {
	if m.version == 1 {
		if err := c.Script("CREATE TABLE schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"); err != nil {
			return err
		}
	}
	if err := c.Script(m.script); err != nil {
		return err
	}
	_, err := c.Exec("INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)", m.version, m.name, millis(now))
	return err
}

// transaction runs work in a transaction that no other writer can disturb.
func transaction(c *sqlite.Conn, work func() error) error {
	if _, err := c.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := work()
	if err == nil {
		_, err = c.Exec("COMMIT")
	}
	if err != nil && c.InTransaction() {
		if _, undo := c.Exec("ROLLBACK"); undo != nil {
			return fmt.Errorf("%w, and rolling back: %w", err, undo)
		}
	}
	return err
}
