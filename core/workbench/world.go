package workbench

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/plugin"
)

// World is what a plugin may ask for in earnest.
type World struct {
	Grants  []core.PluginGrant
	Secrets map[string]string // by name
	// Private are the addresses, beside public ones, that may be reached, as in
	// [outbound.Options].
	Private []string
}

// capabilities does what is asked for, as a server does it. Values are kept in
// memory, for as long as the module is open.
func (w *World) capabilities() (plugin.Capabilities, func(), error) {
	client, err := outbound.New(outbound.Options{AllowPrivate: w.Private})
	if err != nil {
		return nil, nil, err
	}
	return capability.New(capability.Options{
		Client: client, KV: &values{kept: map[[2]string]value{}}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
		Unseal: func(sealed []byte, _ string) ([]byte, error) { return sealed, nil },
	}), client.Close, nil
}

// sealed gives the secrets in the form in which an instance has them. There is no
// key to seal them under: they do not leave this process.
func (w *World) sealed() (secrets []core.PluginSecret) {
	for _, name := range slices.Sorted(maps.Keys(w.Secrets)) {
		secrets = append(secrets, core.PluginSecret{Name: name, Sealed: []byte(w.Secrets[name])})
	}
	return secrets
}

// values are what plugins keep, in memory.
type values struct {
	mu   sync.Mutex
	kept map[[2]string]value // by instance and key
}

type value struct {
	text    string
	expires time.Time
}

// PluginValue implements [capability.Store].
func (v *values) PluginValue(_ context.Context, instance, key string, now time.Time) (string, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	kept, found := v.kept[[2]string{instance, key}]
	if !found || !now.Before(kept.expires) {
		return "", false, nil
	}
	return kept.text, true, nil
}

// Apply implements [capability.Store].
func (v *values) Apply(_ context.Context, changes ...core.Change) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, change := range changes {
		switch c := change.(type) {
		case core.PutValue:
			at := [2]string{c.Instance, c.Key}
			if kept, found := v.kept[at]; found && c.IfAbsent && c.At.Before(kept.expires) {
				return &core.ConflictError{What: "plugin value"}
			}
			v.kept[at] = value{c.Value, c.ExpiresAt}
		case core.DeleteValue:
			delete(v.kept, [2]string{c.Instance, c.Key})
		default:
			return fmt.Errorf("%T is no change of a plugin's values", change)
		}
	}
	return nil
}
