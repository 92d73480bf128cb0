package admin

import (
	"context"

	"github.com/postern-id/postern/core"
)

// rehearsal is a store that takes changes and makes none. Of those it remembers what the
// rest of a plan asks for: organisations, groups and clients.
type rehearsal struct {
	Store
	orgs    map[string]*core.Organisation
	groups  map[[2]string]*core.Group
	clients map[string]*core.Client
}

func newRehearsal(store Store) *rehearsal {
	return &rehearsal{store, map[string]*core.Organisation{}, map[[2]string]*core.Group{}, map[string]*core.Client{}}
}

func (r *rehearsal) Apply(ctx context.Context, changes ...core.Change) error {
	for _, change := range changes {
		switch change := change.(type) {
		case core.KeepUnmanaged:
			if err := keepUnmanaged(ctx, r.Store, change); err != nil {
				return err
			}
		case core.CreateOrganisation:
			r.orgs[change.Organisation.Name] = &change.Organisation
		case core.CreateGroup:
			r.groups[[2]string{change.Group.Org, change.Group.Name}] = &change.Group
		case core.CreateClient:
			r.clients[change.Client.ID] = &change.Client
		}
	}
	return nil
}

func (r *rehearsal) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	if org, made := r.orgs[name]; made {
		return org, nil
	}
	return r.Store.Organisation(ctx, name)
}

func (r *rehearsal) Group(ctx context.Context, org, name string) (*core.Group, error) {
	if group, made := r.groups[[2]string{org, name}]; made {
		return group, nil
	}
	return r.Store.Group(ctx, org, name)
}

func (r *rehearsal) Client(ctx context.Context, id string) (*core.Client, error) {
	if client, made := r.clients[id]; made {
		return client, nil
	}
	return r.Store.Client(ctx, id)
}

func (r *rehearsal) ClientByName(ctx context.Context, org, name string) (*core.Client, error) {
	for _, client := range r.clients {
		if client.Org == org && core.FoldName(client.Name) == core.FoldName(name) {
			return client, nil
		}
	}
	return r.Store.ClientByName(ctx, org, name)
}
