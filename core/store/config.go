package store

import (
	"context"
	"sync/atomic"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// generationColumn is the first column of every read that others build on.
const generationColumn = `(SELECT value FROM meta WHERE name = 'config_generation')`

// config is what rarely changes, as of one generation. It is complete but for
// the clients, which come in when they are first asked for: there may be many.
type config struct {
	generation    int64
	organisations map[string]*core.Organisation
	plugins       *core.PluginConfig
	clients       memo[*core.Client]
	origins       atomic.Pointer[map[string]bool] // nil until somebody asks
}

func (c *config) organisation(name string) (*core.Organisation, error) {
	if o, found := c.organisations[name]; found {
		return o, nil
	}
	return nil, core.ErrNotFound
}

// noteGeneration remembers that the database has reached a generation.
func (s *Store) noteGeneration(generation int64) {
	for {
		newest := s.newest.Load()
		if generation <= newest || s.newest.CompareAndSwap(newest, generation) {
			return
		}
	}
}

// Generation is a number that rises when what rarely changes does: organisations, clients,
// plugins, signing keys. It is as of the last read or write of this handle.
func (s *Store) Generation() int64 { return s.newest.Load() }

// currentConfig gives the config of the newest generation that was seen, mostly
// from memory.
func (s *Store) currentConfig(ctx context.Context) (current *config, err error) {
	if current := s.config.Load(); current != nil && current.generation >= s.newest.Load() {
		return current, nil
	}
	err = s.read(ctx, func(c *sqlite.Conn) error {
		current, err = s.configAt(c, s.newest.Load())
		return err
	})
	return current, err
}

// configAt gives the config of the generation, which was just read, or of a
// newer one.
func (s *Store) configAt(c *sqlite.Conn, generation int64) (*config, error) {
	if current := s.config.Load(); current != nil && current.generation >= generation {
		return current, nil
	}
	s.noteGeneration(generation)
	s.loading.Lock()
	defer s.loading.Unlock()
	if current := s.config.Load(); current != nil && current.generation >= generation {
		return current, nil
	}
	loaded, err := loadConfig(c)
	if err != nil {
		return nil, err
	}
	s.noteGeneration(loaded.generation)
	s.config.Store(loaded)
	return loaded, nil
}

// loadConfig reads all of it as of one moment.
func loadConfig(c *sqlite.Conn) (*config, error) {
	if _, err := c.Exec("BEGIN"); err != nil {
		return nil, err
	}
	loaded, err := readConfig(c)
	if _, end := c.Exec("ROLLBACK"); err == nil {
		err = end
	}
	return loaded, err
}

func readConfig(c *sqlite.Conn) (*config, error) {
	generation, err := readGeneration(c)
	if err != nil {
		return nil, err
	}
	loaded := &config{generation: generation, organisations: map[string]*core.Organisation{}}
	err = c.Query(selectOrganisations, func(r *sqlite.Row) error {
		var o core.Organisation
		err := scanOrganisation(r, &o)
		loaded.organisations[o.Name] = &o
		return err
	})
	if err != nil {
		return nil, err
	}
	loaded.plugins, err = readPlugins(c, generation)
	return loaded, err
}

// clientAt gives the client and the config as of the generation, which was just
// read, or of a newer one.
func (s *Store) clientAt(c *sqlite.Conn, generation int64, id string) (*config, *core.Client, error) {
	current, err := s.configAt(c, generation)
	if err != nil {
		return nil, nil, err
	}
	if client, found := current.clients.get([]byte(id)); found {
		return current, client, nil
	}
	var client core.Client
	var asOf int64
	err = first(c, `SELECT `+generationColumn+`, `+clientColumns+` FROM clients c WHERE c.id = $1`, func(r *sqlite.Row) error {
		asOf = r.Int()
		return scanClient(r, &client)
	}, id)
	if err != nil {
		return nil, nil, err
	}
	// Between the two reads something may have changed: then the next read
	// with the new generation keeps the client.
	if asOf == current.generation {
		current.clients.put(id, &client)
	} else {
		s.noteGeneration(asOf)
	}
	return current, &client, nil
}

func readGeneration(c *sqlite.Conn) (generation int64, err error) {
	err = first(c, `SELECT `+generationColumn, func(r *sqlite.Row) error {
		generation = r.Int()
		return nil
	})
	return generation, err
}

// raiseGeneration tells every process that the configuration changed.
func raiseGeneration(c *sqlite.Conn) (int64, error) {
	if _, err := c.Exec(`UPDATE meta SET value = value + 1 WHERE name = 'config_generation'`); err != nil {
		return 0, err
	}
	return readGeneration(c)
}
