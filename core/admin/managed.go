package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Release lets go of one object that a file manages: it stays as it is, and may be changed
// by anybody who may. It is managed again when the file is applied again.
func (s *Service) Release(ctx context.Context, actor Actor, kind core.ManagedKind, id string) error {
	rows, err := s.Store.Managed(ctx, core.ManagedFilter{Kind: kind, ID: id})
	switch {
	case err != nil:
		return wrap("read what files manage", err)
	case len(rows) == 0:
		return &MissingError{What: "managed " + kind.Noun(), Name: id}
	}
	a := &applier{Service: s, by: actor, source: rows[0].Source, seen: map[managedKey]bool{}, report: &ApplyReport{}}
	return a.step(ctx, kind, func(ctx context.Context, w *work) error { return w.end(ctx, &rows[0], false) })
}

// Managed is something that a file manages, with its name.
type Managed struct {
	core.Managed
	Name string
	Org  string // empty: the whole server
}

// Managed gives what files manage, by kind and name.
func (s *Service) Managed(ctx context.Context, filter core.ManagedFilter) ([]Managed, error) {
	rows, err := s.Store.Managed(ctx, filter)
	if err != nil {
		return nil, wrap("read what files manage", err)
	}
	var all []Managed
	for i := range rows {
		name, org, err := s.managedName(ctx, &rows[i])
		switch {
		case errors.Is(err, core.ErrNotFound):
			continue // deleted since
		case err != nil:
			return nil, err
		}
		all = append(all, Managed{rows[i], name, org})
	}
	order := core.ManagedKinds()
	slices.SortStableFunc(all, func(x, y Managed) int {
		if by := slices.Index(order, x.Kind) - slices.Index(order, y.Kind); by != 0 {
			return by
		}
		return strings.Compare(x.Org+"\n"+x.Name, y.Org+"\n"+y.Name)
	})
	return all, nil
}
