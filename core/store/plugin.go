package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	selectInstances = `SELECT i.name, i.plugin, i.module, i.settings, i.memory_mib, i.cpu, i.wait, i.created_at, i.updated_at
		FROM plugin_instances i ORDER BY i.name`

	selectGrants = `SELECT g.instance, g.capability, g.target FROM plugin_grants g ORDER BY g.instance, g.capability, g.target`

	selectSecrets = `SELECT s.instance, s.name, s.sealed, s.updated_at FROM plugin_secrets s ORDER BY s.instance, s.name`

	selectBindings = `SELECT b.id, b.instance, b.hook, b.client_id, b.position, b.fail_open, b.shadow, b.created_at
		FROM plugin_bindings b ORDER BY b.position, b.id`
)

func scanInstance(r *sqlite.Row, i *core.PluginInstance) error {
	*i = core.PluginInstance{
		Name:      r.Text(),
		Plugin:    r.Text(),
		Module:    r.Text(),
		Settings:  r.Blob(),
		Limits:    core.PluginLimits{MemoryMiB: int(r.Int()), CPU: readDuration(r), Wait: readDuration(r)},
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
		Shadow:    r.Bool(),
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

// readPlugins reads everything but the code.
func readPlugins(c *sqlite.Conn, generation int64) (*core.PluginConfig, error) {
	p := &core.PluginConfig{Generation: generation}
	var err error
	if p.Reload, err = readReload(c); err != nil {
		return nil, err
	}
	if p.Modules, err = collect(c, selectModules, scanModule); err != nil {
		return nil, err
	}
	if p.Releases, err = collect(c, selectReleases, scanRelease); err != nil {
		return nil, err
	}
	if p.Instances, err = readInstances(c); err != nil {
		return nil, err
	}
	if p.Bindings, err = collect(c, selectBindings, scanBinding); err != nil {
		return nil, err
	}
	p.Connectors, err = readConnectors(c)
	return p, err
}

// readInstances reads all instances with their grants and secrets.
func readInstances(c *sqlite.Conn) ([]core.PluginInstance, error) {
	instances, err := collect(c, selectInstances, scanInstance)
	if err != nil {
		return nil, err
	}
	named := make(map[string]*core.PluginInstance, len(instances))
	for i := range instances {
		named[instances[i].Name] = &instances[i]
	}
	err = c.Query(selectGrants, func(r *sqlite.Row) error {
		i := named[r.Text()]
		i.Grants = append(i.Grants, core.PluginGrant{Capability: r.Text(), Target: r.Text()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = c.Query(selectSecrets, func(r *sqlite.Row) error {
		i := named[r.Text()]
		i.Secrets = append(i.Secrets, core.PluginSecret{Name: r.Text(), Sealed: r.Blob(), UpdatedAt: readTime(r)})
		return nil
	})
	return instances, err
}

const insertInstance = `INSERT INTO plugin_instances (name, plugin, module, settings, memory_mib, cpu, wait, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// saveInstance leaves the secrets: they come by changes of their own.
func saveInstance(c *sqlite.Conn, save core.SaveInstance) error {
	i := save.Instance
	if err := unchanged(c, "plugin_instances", "name", i.Name, save.Was); err != nil {
		return err
	}
	statement := insertInstance
	if !save.New {
		statement += ` ON CONFLICT (name) DO UPDATE SET plugin = $2, module = $3, settings = $4, memory_mib = $5, cpu = $6, wait = $7, updated_at = $9`
	}
	_, err := c.Exec(statement,
		i.Name, i.Plugin, i.Module, i.Settings, i.Limits.MemoryMiB, i.Limits.CPU.Milliseconds(), i.Limits.Wait.Milliseconds(),
		millis(i.CreatedAt), millis(i.UpdatedAt))
	if err != nil {
		return taken(err, "plugin instance")
	}
	if _, err := c.Exec(`DELETE FROM plugin_grants WHERE instance = $1`, i.Name); err != nil {
		return err
	}
	for _, grant := range i.Grants {
		_, err := c.Exec(`INSERT INTO plugin_grants (instance, capability, target) VALUES ($1, $2, $3)
			ON CONFLICT (instance, capability, target) DO NOTHING`, i.Name, grant.Capability, grant.Target)
		if err != nil {
			return classify(err)
		}
	}
	return nil
}

func saveSecret(c *sqlite.Conn, instance string, secret core.PluginSecret) error {
	_, err := c.Exec(`INSERT INTO plugin_secrets (instance, name, sealed, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (instance, name) DO UPDATE SET sealed = $3, updated_at = $4`,
		instance, secret.Name, secret.Sealed, millis(secret.UpdatedAt))
	if err != nil {
		return classify(err)
	}
	return touchInstance(c, instance, secret.UpdatedAt)
}

func deleteSecret(c *sqlite.Conn, instance, name string) error {
	if err := touchInstance(c, instance, time.Time{}); err != nil {
		return err
	}
	return mustChange(c.Exec(`DELETE FROM plugin_secrets WHERE instance = $1 AND name = $2`, instance, name))
}

// deleteInstance deletes bindings, grants, secrets, values and the connector too, by
// the schema.
func deleteInstance(c *sqlite.Conn, name string) error {
	return endingLinks(c, name, func() error {
		_, err := c.Exec(`DELETE FROM plugin_instances WHERE name = $1`, name)
		return err
	})
}

func addBinding(c *sqlite.Conn, b core.PluginBinding) error {
	var client any // NULL stands for all clients
	if b.ClientID != "" {
		client = b.ClientID
	}
	_, err := c.Exec(`INSERT INTO plugin_bindings (id, instance, hook, client_id, position, fail_open, shadow, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(b.ID), b.Instance, b.Hook, client, b.Position, b.FailOpen, b.Shadow, millis(b.CreatedAt))
	if err != nil {
		return taken(err, "plugin binding")
	}
	return touchInstance(c, b.Instance, b.CreatedAt)
}

func removeBinding(c *sqlite.Conn, id core.ID) error {
	_, err := c.Exec(`UPDATE plugin_instances SET updated_at = updated_at + 1 WHERE name = (SELECT instance FROM plugin_bindings WHERE id = $1)`, string(id))
	if err != nil {
		return err
	}
	return mustChange(c.Exec(`DELETE FROM plugin_bindings WHERE id = $1`, string(id)))
}
