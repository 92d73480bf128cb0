package admin

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

// rehearsal is a store that takes changes and makes none. Of those it remembers what the
// rest of a plan asks for, so that a dry run meets what the run would meet.
type rehearsal struct {
	Store
	orgs    map[string]*core.Organisation
	groups  map[[2]string]*core.Group
	clients map[string]*core.Client
	users   map[core.ID]*core.User
	links   map[[2]string]*core.Link // by connector and subject
	plugins *core.PluginConfig       // nil as long as nothing of it changed
}

func newRehearsal(store Store) *rehearsal {
	return &rehearsal{
		Store: store, orgs: map[string]*core.Organisation{}, groups: map[[2]string]*core.Group{}, clients: map[string]*core.Client{},
		users: map[core.ID]*core.User{}, links: map[[2]string]*core.Link{},
	}
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
		case core.CreateUser:
			r.users[change.User.ID] = &change.User
		case core.SaveLink:
			r.links[[2]string{change.Link.Connector, change.Link.Subject}] = &change.Link
		case core.SaveInstance, core.SaveConnector, core.AddBinding:
			if err := r.plug(ctx, change); err != nil {
				return err
			}
		}
	}
	return nil
}

// plug makes a change of the plugins in a copy of what is there.
func (r *rehearsal) plug(ctx context.Context, change core.Change) error {
	config, err := r.Plugins(ctx)
	if err != nil {
		return err
	}
	changed := *config
	switch change := change.(type) {
	case core.SaveInstance:
		others := slices.DeleteFunc(slices.Clone(config.Instances), func(i core.PluginInstance) bool { return i.Name == change.Instance.Name })
		changed.Instances = append(others, change.Instance)
	case core.SaveConnector:
		others := slices.DeleteFunc(slices.Clone(config.Connectors), func(c core.Connector) bool { return c.Instance == change.Connector.Instance })
		changed.Connectors = append(others, change.Connector)
	case core.AddBinding:
		changed.Bindings = append(slices.Clone(config.Bindings), change.Binding)
	}
	r.plugins = &changed
	return nil
}

func (r *rehearsal) Plugins(ctx context.Context) (*core.PluginConfig, error) {
	if r.plugins != nil {
		return r.plugins, nil
	}
	return r.Store.Plugins(ctx)
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

func (r *rehearsal) User(ctx context.Context, id core.ID) (*core.User, error) {
	if user, made := r.users[id]; made {
		return user, nil
	}
	return r.Store.User(ctx, id)
}

// Link knows of the user of a link that the plan made no more than who it is.
func (r *rehearsal) Link(ctx context.Context, connector, subject string) (*core.Linked, error) {
	link, made := r.links[[2]string{connector, subject}]
	if !made {
		return r.Store.Link(ctx, connector, subject)
	}
	user, err := r.User(ctx, link.UserID)
	if err != nil {
		return nil, err
	}
	return &core.Linked{Link: *link, User: *user}, nil
}
