package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	selectModules = `SELECT m.digest, m.size, m.source, m.signer, p.digest IS NOT NULL, m.created_at, m.manifests
		FROM plugin_modules m LEFT JOIN plugin_pins p ON p.digest = m.digest ORDER BY m.created_at, m.digest`

	// Identifiers begin with the time, so the newest release is the last.
	selectReleases = `SELECT r.id, r.plugin, r.version, r.module, r.created_at FROM plugin_releases r ORDER BY r.id`
)

func scanModule(r *sqlite.Row, m *core.PluginModule) error {
	*m = core.PluginModule{
		Digest:    r.Text(),
		Size:      int(r.Int()),
		Source:    r.Text(),
		Signer:    r.Text(),
		Pinned:    r.Bool(),
		CreatedAt: readTime(r),
		Manifests: r.Blob(),
	}
	return nil
}

func scanRelease(r *sqlite.Row, release *core.PluginRelease) error {
	*release = core.PluginRelease{
		ID:        readID(r),
		Plugin:    r.Text(),
		Version:   r.Text(),
		Module:    r.Text(),
		CreatedAt: readTime(r),
	}
	return nil
}

// PluginCode gives the bytes of an installed module, or core.ErrNotFound. They are
// the caller's own.
func (s *Store) PluginCode(ctx context.Context, digest string) (code []byte, err error) {
	err = s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, `SELECT m.code FROM plugin_modules m WHERE m.digest = $1`, func(r *sqlite.Row) error {
			code = r.Blob()
			return nil
		}, digest)
	})
	return code, err
}

// addModule leaves the bytes of a module that is there: they are the same.
func addModule(c *sqlite.Conn, m core.PluginModule, code []byte) error {
	_, err := c.Exec(`INSERT INTO plugin_modules (digest, size, source, signer, created_at, manifests, code)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (digest) DO UPDATE SET source = $3, signer = $4`,
		m.Digest, m.Size, m.Source, m.Signer, millis(m.CreatedAt), m.Manifests, code)
	if err != nil {
		return classify(err)
	}
	pin := `DELETE FROM plugin_pins WHERE digest = $1`
	if m.Pinned {
		pin = `INSERT INTO plugin_pins (digest) VALUES ($1) ON CONFLICT (digest) DO NOTHING`
	}
	_, err = c.Exec(pin, m.Digest)
	return classify(err)
}

// deleteModule deletes its releases too, by the schema.
func deleteModule(c *sqlite.Conn, digest string) error {
	running := false
	err := c.Query(`SELECT 1 FROM plugin_instances WHERE module = $1 LIMIT 1`, func(*sqlite.Row) error {
		running = true
		return nil
	}, digest)
	if err != nil {
		return err
	}
	if running {
		return &core.ConflictError{What: "plugin module"}
	}
	return mustChange(c.Exec(`DELETE FROM plugin_modules WHERE digest = $1`, digest))
}

func addRelease(c *sqlite.Conn, r core.PluginRelease) error {
	_, err := c.Exec(`INSERT INTO plugin_releases (id, plugin, version, module, created_at) VALUES ($1, $2, $3, $4, $5)`,
		string(r.ID), r.Plugin, r.Version, r.Module, millis(r.CreatedAt))
	return classify(err)
}

func deleteReleases(c *sqlite.Conn, plugin string) error {
	_, err := c.Exec(`DELETE FROM plugin_releases WHERE plugin = $1`, plugin)
	return err
}

func readReload(c *sqlite.Conn) (reload int64, err error) {
	err = first(c, `SELECT value FROM meta WHERE name = 'plugin_reload'`, func(r *sqlite.Row) error {
		reload = r.Int()
		return nil
	})
	return reload, err
}

func reloadPlugins(c *sqlite.Conn) error {
	_, err := c.Exec(`UPDATE meta SET value = value + 1 WHERE name = 'plugin_reload'`)
	return err
}
