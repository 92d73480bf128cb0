package admin

import (
	"context"

	"github.com/postern-id/postern/core"
)

// memory is a store that looks a group up once for a whole import: to tell how many members
// it has takes the longer the more of them there are.
type memory struct {
	Store
	groups map[[2]string]*core.Group // by organisation and name
}

func newMemory(store Store) *memory { return &memory{store, map[[2]string]*core.Group{}} }

func (m *memory) Group(ctx context.Context, org, name string) (*core.Group, error) {
	key := [2]string{org, name}
	if group, known := m.groups[key]; known {
		return group, nil
	}
	group, err := m.Store.Group(ctx, org, name)
	if err == nil {
		m.groups[key] = group
	}
	return group, err
}

// Apply forgets everything where the changes are not made: somebody else may have made some.
func (m *memory) Apply(ctx context.Context, changes ...core.Change) error {
	err := m.Store.Apply(ctx, changes...)
	if err != nil {
		clear(m.groups)
	}
	return err
}
