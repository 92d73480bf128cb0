package capability

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Bounds of what is kept for an instance.
const (
	maxKey   = 128               // bytes
	maxValue = 4 << 10           // bytes
	maxTTL   = 30 * 24 * 60 * 60 // seconds
)

// Store keeps values of plugin instances.
type Store interface {
	// PluginValue gives a value that has not expired.
	PluginValue(ctx context.Context, instance, key string, now time.Time) (value string, found bool, err error)
	// Apply makes changes: [core.PutValue], [core.DeleteValue].
	Apply(ctx context.Context, changes ...core.Change) error
}

// kv keeps small values. What it says of the key of a set or a delete was so a
// moment before; only add decides and writes at once.
func (s *Set) kv(ctx context.Context, caller *core.PluginCaller, r *hook.KVRequest) (*hook.KVAnswer, error) {
	if err := checkKV(r); err != nil {
		return nil, err
	}
	if r.Op == hook.KVAdd {
		return s.addValue(ctx, caller, r)
	}
	value, found, err := s.options.KV.PluginValue(ctx, caller.Instance, r.Key, s.options.Now())
	if err != nil {
		return nil, fmt.Errorf("read a value: %w", err)
	}
	switch r.Op {
	case hook.KVSet:
		err = s.put(ctx, caller, r)
	case hook.KVDelete:
		err = s.options.KV.Apply(ctx, core.DeleteValue{Instance: caller.Instance, Key: r.Key})
	default:
		return &hook.KVAnswer{Found: found, Value: value}, nil
	}
	if err != nil {
		return nil, err
	}
	return &hook.KVAnswer{Found: found}, nil
}

func checkKV(r *hook.KVRequest) error {
	writes := r.Op == hook.KVSet || r.Op == hook.KVAdd
	switch {
	case !writes && r.Op != hook.KVGet && r.Op != hook.KVDelete:
		return invalid("op is get, set, add or delete, not %.40q", r.Op)
	case r.Key == "" || len(r.Key) > maxKey:
		return invalid("a key has 1 to %d bytes", maxKey)
	case len(r.Value) > maxValue:
		return fail(hook.CodeTooLarge, "a value has at most %d bytes", maxValue)
	case writes && (r.TTL < 1 || r.TTL > maxTTL):
		return invalid("ttl is 1 to %d seconds, which are 30 days", maxTTL)
	case !writes && (r.Value != "" || r.TTL != 0):
		return invalid("%s has neither value nor ttl", r.Op)
	}
	return nil
}

func (s *Set) addValue(ctx context.Context, caller *core.PluginCaller, r *hook.KVRequest) (*hook.KVAnswer, error) {
	err := s.put(ctx, caller, r)
	if errors.Is(err, core.ErrConflict) {
		return &hook.KVAnswer{Found: true}, nil
	}
	if err != nil {
		return nil, err
	}
	return &hook.KVAnswer{}, nil
}

func (s *Set) put(ctx context.Context, caller *core.PluginCaller, r *hook.KVRequest) error {
	now := s.options.Now()
	err := s.options.KV.Apply(ctx, core.PutValue{
		Instance: caller.Instance, Key: r.Key, Value: r.Value,
		At: now, ExpiresAt: now.Add(time.Duration(r.TTL) * time.Second), IfAbsent: r.Op == hook.KVAdd,
	})
	switch {
	case errors.Is(err, core.ErrLimit):
		return fail(hook.CodeLimit, "the instance %q has as many keys as it may have; delete some, or let them expire", caller.Instance)
	case errors.Is(err, core.ErrNotFound):
		return unavailable("the instance %q was deleted", caller.Instance)
	}
	return err
}
