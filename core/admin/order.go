package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/postern-id/postern/core"
)

// between is the room that is left between the positions of bindings.
const between = 10

// MoveBinding puts a binding at a place among those of its hook, the first being 1; a place
// behind the last is the last. The others keep their order. It gives the bindings of the
// hook as they run now.
func (s *Service) MoveBinding(ctx context.Context, actor Actor, id core.ID, place int) ([]core.PluginBinding, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(config.Bindings, func(b core.PluginBinding) bool { return b.ID == id })
	if at < 0 {
		return nil, &MissingError{What: "plugin binding", Name: string(id)}
	}
	moved := config.Bindings[at]
	order := slices.DeleteFunc(slices.Clone(config.Bindings), func(b core.PluginBinding) bool { return b.Hook != moved.Hook || b.ID == id })
	place = min(max(place, 1), len(order)+1)
	order = slices.Insert(order, place-1, moved)
	var changes []core.Change
	for i := range order {
		if position := DefaultPosition + between*i; order[i].Position != position {
			order[i].Position = position
			changes = append(changes, core.RemoveBinding{ID: order[i].ID}, core.AddBinding{Binding: order[i]})
		}
	}
	if len(changes) == 0 {
		return order, nil
	}
	record := s.bindRecord(actor, core.EventPluginBound, &moved)
	record.Event.Detail["moved"] = strconv.Itoa(place)
	err = s.apply(ctx, append(changes, record)...)
	if errors.Is(err, core.ErrNotFound) || errors.Is(err, core.ErrConflict) {
		return nil, meanwhile(moved.Instance)
	}
	return order, wrap("move the binding", err)
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
