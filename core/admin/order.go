package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/postern-id/postern/core"
)

// between is the room that is left between the positions of bindings.
const between = 10

// MoveBinding puts a binding at a place among those of its hook, the first being 1; a place
// behind the last is the last. The others keep their order. It gives the bindings of the
// hook as they run now.
//
// What has a version is the order of the hook, see [OrderVersion].
func (s *Service) MoveBinding(ctx context.Context, actor Actor, id core.ID, place int) ([]core.PluginBinding, error) {
	for try := 1; ; try++ {
		order, err := s.moveBinding(ctx, actor, id, place)
		if !errors.Is(err, core.ErrStale) || try == tries {
			return order, err
		}
		if _, seen := errors.AsType[*StaleError](err); seen {
			return nil, err
		}
	}
}

// OrderVersion gives the version of the order in which bindings of a hook run.
func OrderVersion(order []core.PluginBinding) Version {
	hash := sha256.New()
	for i := range order {
		fmt.Fprintf(hash, "%s\n", order[i].ID)
	}
	return Version(hex.EncodeToString(hash.Sum(nil)[:8]))
}

func (s *Service) moveBinding(ctx context.Context, actor Actor, id core.ID, place int) ([]core.PluginBinding, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(config.Bindings, func(b core.PluginBinding) bool { return b.ID == id })
	if at < 0 {
		return nil, &MissingError{What: "plugin binding", Name: string(id)}
	}
	moved := config.Bindings[at]
	order := slices.DeleteFunc(slices.Clone(config.Bindings), func(b core.PluginBinding) bool { return b.Hook != moved.Hook })
	if is := OrderVersion(order); s.was != "" && s.was != is {
		return nil, &StaleError{"order of the hook", moved.Hook, is}
	}
	changes := s.ordered(config, order)
	order = slices.DeleteFunc(order, func(b core.PluginBinding) bool { return b.ID == id })
	place = min(max(place, 1), len(order)+1)
	order = slices.Insert(order, place-1, moved)
	held := len(changes)
	for i := range order {
		if position := DefaultPosition + between*i; order[i].Position != position {
			order[i].Position = position
			changes = append(changes, core.RemoveBinding{ID: order[i].ID}, core.AddBinding{Binding: order[i]})
		}
	}
	if len(changes) == held {
		return order, nil
	}
	record := s.bindRecord(actor, core.EventPluginBound, &moved)
	record.Event.Detail["moved"] = strconv.Itoa(place)
	err = s.apply(ctx, append(changes, record)...)
	if errors.Is(err, core.ErrNotFound) {
		return nil, core.ErrStale
	}
	return order, wrap("move the binding", err)
}

// ordered holds the instances of the bindings to the state in which they were read.
func (s *Service) ordered(config *core.PluginConfig, order []core.PluginBinding) (changes []core.Change) {
	seen := map[string]bool{}
	for i := range order {
		if name := order[i].Instance; !seen[name] {
			seen[name] = true
			changes = append(changes, asRead(core.KindOfInstance, name, instanceOf(config, name).UpdatedAt))
		}
	}
	return changes
}

// ExaminePlugin says what a module is, without installing it. It is run, in a sandbox of its
// own, on its samples.
func (s *Service) ExaminePlugin(ctx context.Context, code []byte) (digest string, plugins []Plugin, err error) {
	digest = digestOf(code)
	if err := checkInstall(Install{Code: code}, digest).err(); err != nil {
		return "", nil, err
	}
	plugins, err = s.examine(ctx, code, digest)
	return digest, plugins, err
}
