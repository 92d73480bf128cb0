package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	selectInstances = `SELECT i.name, i.plugin, i.module, i.settings, i.created_at, i.updated_at FROM plugin_instances i ORDER BY i.name`

	selectBindings = `SELECT b.id, b.instance, b.hook, b.client_id, b.position, b.fail_open, b.created_at
		FROM plugin_bindings b ORDER BY b.position, b.id`
)

func scanInstance(r *sqlite.Row, i *core.PluginInstance) error {
	*i = core.PluginInstance{
		Name:      r.Text(),
		Plugin:    r.Text(),
		Module:    r.Text(),
		Settings:  r.Blob(),
		CreatedAt: readTime(r),
		UpdatedAt: readTime(r),
	}
	return nil
}

func scanBinding(r *sqlite.Row, b *core.PluginBinding) error {
	*b = core.PluginBinding{
		ID:        readID(r),
		Instance:  r.Text(),
		Hook:      r.Text(),
		ClientID:  r.Text(),
		Position:  int(r.Int()),
		FailOpen:  r.Bool(),
		CreatedAt: readTime(r),
	}
	return nil
}

// Plugins gives the plugin configuration. It answers from memory, with the same
// pointer until something changes, as of the newest state that any read of this
// process has seen.
func (s *Store) Plugins(ctx context.Context) (*core.PluginConfig, error) {
	config, err := s.currentConfig(ctx)
	if err != nil {
		return nil, err
	}
	return config.plugins, nil
}

func saveInstance(c *sqlite.Conn, i core.PluginInstance) error {
	_, err := c.Exec(`INSERT INTO plugin_instances (name, plugin, module, settings, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (name) DO UPDATE SET plugin = $2, module = $3, settings = $4, updated_at = $6`,
		i.Name, i.Plugin, i.Module, i.Settings, millis(i.CreatedAt), millis(i.UpdatedAt))
	return classify(err)
}

// deleteInstance deletes the bindings too, by the schema.
func deleteInstance(c *sqlite.Conn, name string) error {
	_, err := c.Exec(`DELETE FROM plugin_instances WHERE name = $1`, name)
	return err
}

func addBinding(c *sqlite.Conn, b core.PluginBinding) error {
	var client any // NULL stands for all clients
	if b.ClientID != "" {
		client = b.ClientID
	}
	_, err := c.Exec(`INSERT INTO plugin_bindings (id, instance, hook, client_id, position, fail_open, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(b.ID), b.Instance, b.Hook, client, b.Position, b.FailOpen, millis(b.CreatedAt))
	return taken(err, "plugin binding")
}

func removeBinding(c *sqlite.Conn, id core.ID) error {
	return mustChange(c.Exec(`DELETE FROM plugin_bindings WHERE id = $1`, string(id)))
}

// PluginCode gives the bytes of an installed module. [core.ErrNotFound].
func (s *Store) PluginCode(context.Context, string) ([]byte, error) { return nil, core.ErrNotFound }
