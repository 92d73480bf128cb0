package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// trial is a store in which changes are noted and none is made. What is read of it is as it
// would be: organisations, groups, clients, plugins, and what files manage; all the rest is
// as it is. Many changes of one object become one list in it, and those of a whole file can
// be looked at before the first is made.
type trial struct {
	Store
	changes []core.Change

	orgs    map[string]*core.Organisation // nil: deleted; so below
	groups  map[core.ID]*core.Group
	clients map[string]*core.Client
	managed map[managedKey]*core.Managed
	config  *core.PluginConfig // nil: as it is
}

// managedKey names what is managed.
type managedKey struct {
	kind core.ManagedKind
	id   string
}

func newTrial(store Store) *trial {
	return &trial{
		Store: store, orgs: map[string]*core.Organisation{}, groups: map[core.ID]*core.Group{}, clients: map[string]*core.Client{},
		managed: map[managedKey]*core.Managed{},
	}
}

// Apply notes the changes, if they would be made. What a file manages, and names that are
// taken, are looked at; the store says the rest when it is asked.
func (d *trial) Apply(ctx context.Context, changes ...core.Change) error {
	for _, change := range changes {
		if err := d.note(ctx, change); err != nil {
			return err
		}
	}
	d.changes = append(d.changes, changes...)
	return nil
}

func (d *trial) note(ctx context.Context, change core.Change) error {
	switch change := change.(type) {
	case core.KeepUnmanaged:
		return keepUnmanaged(ctx, d, change)
	case core.Manage:
		d.managed[managedKey{change.Managed.Kind, change.Managed.ID}] = &change.Managed
	case core.ReleaseManaged:
		d.managed[managedKey{change.Kind, change.ID}] = nil
	case core.CreateOrganisation:
		d.orgs[change.Organisation.Name] = &change.Organisation
	case core.UpdateOrganisation:
		d.orgs[change.Organisation.Name] = &change.Organisation
	case core.DeleteOrganisation:
		d.orgs[change.Name] = nil
	case core.CreateGroup:
		d.groups[change.Group.ID] = &change.Group
	case core.UpdateGroup:
		d.groups[change.Group.ID] = &change.Group
	case core.DeleteGroup:
		d.groups[change.ID] = nil
	case core.CreateClient:
		return d.saveClient(ctx, &change.Client)
	case core.UpdateClient:
		return d.saveClient(ctx, &change.Client)
	case core.DeleteClient:
		d.clients[change.ID] = nil
	default:
		return d.configure(ctx, change)
	}
	return nil
}

func (d *trial) saveClient(ctx context.Context, client *core.Client) error {
	other, err := d.ClientByName(ctx, client.Org, client.Name)
	missing, err := absent(other, err)
	switch {
	case err != nil:
		return err
	case !missing && other.ID != client.ID:
		return &core.ConflictError{What: "client name"}
	}
	d.clients[client.ID] = client
	return nil
}

func (d *trial) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	return noted(d.orgs, name, func() (*core.Organisation, error) { return d.Store.Organisation(ctx, name) })
}

func (d *trial) GroupByID(ctx context.Context, id core.ID) (*core.Group, error) {
	return noted(d.groups, id, func() (*core.Group, error) { return d.Store.GroupByID(ctx, id) })
}

func (d *trial) Client(ctx context.Context, id string) (*core.Client, error) {
	return noted(d.clients, id, func() (*core.Client, error) { return d.Store.Client(ctx, id) })
}

// noted gives what the trial has, else what is stored.
func noted[K comparable, V any](drafted map[K]*V, key K, stored func() (*V, error)) (*V, error) {
	value, is := drafted[key]
	switch {
	case !is:
		return stored()
	case value == nil:
		return nil, core.ErrNotFound
	}
	return value, nil
}

func (d *trial) Group(ctx context.Context, org, name string) (*core.Group, error) {
	for _, group := range d.groups {
		if group != nil && group.Org == org && group.Name == name {
			return group, nil
		}
	}
	group, err := d.Store.Group(ctx, org, name)
	if err != nil {
		return nil, err
	}
	if _, changed := d.groups[group.ID]; changed {
		return nil, core.ErrNotFound // it has another name, or is gone
	}
	return group, nil
}

func (d *trial) ClientByName(ctx context.Context, org, name string) (*core.Client, error) {
	for _, client := range d.clients {
		if client != nil && (org == "" || client.Org == org) && core.FoldName(client.Name) == core.FoldName(name) {
			return client, nil
		}
	}
	client, err := d.Store.ClientByName(ctx, org, name)
	if err != nil {
		return nil, err
	}
	if _, changed := d.clients[client.ID]; changed {
		return nil, core.ErrNotFound
	}
	return client, nil
}

func (d *trial) Clients(ctx context.Context, org string) ([]core.Client, error) {
	stored, err := d.Store.Clients(ctx, org)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(stored), func(c core.Client) bool { _, changed := d.clients[c.ID]; return changed })
	for _, client := range d.clients {
		if client != nil && (org == "" || client.Org == org) {
			all = append(all, *client)
		}
	}
	slices.SortFunc(all, func(a, b core.Client) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

func (d *trial) Managed(ctx context.Context, filter core.ManagedFilter) ([]core.Managed, error) {
	stored, err := d.Store.Managed(ctx, filter)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(slices.Clone(stored), func(m core.Managed) bool { _, changed := d.managed[managedKey{m.Kind, m.ID}]; return changed })
	for _, m := range d.managed {
		if m != nil && (filter.Source == "" || filter.Source == m.Source) && (filter.Kind == "" || filter.Kind == m.Kind) && (filter.ID == "" || filter.ID == m.ID) {
			all = append(all, *m)
		}
	}
	return all, nil
}

// Plugins gives a copy: lists of it are changed in place of those that are shared.
func (d *trial) Plugins(ctx context.Context) (*core.PluginConfig, error) {
	if d.config != nil {
		return d.config, nil
	}
	return d.Store.Plugins(ctx)
}

// configure notes a change of what plugins serve, in a copy.
func (d *trial) configure(ctx context.Context, change core.Change) error {
	before, err := d.Plugins(ctx)
	if err != nil {
		return err
	}
	after := *before
	switch change := change.(type) {
	case core.SaveInstance:
		after.Instances = saveInstance(before, change.Instance)
	case core.SaveSecret:
		return d.secrets(&after, change.Instance, func(all []core.PluginSecret) []core.PluginSecret {
			return append(without(all, func(s core.PluginSecret) bool { return s.Name == change.Secret.Name }), change.Secret)
		})
	case core.DeleteSecret:
		return d.secrets(&after, change.Instance, func(all []core.PluginSecret) []core.PluginSecret {
			return without(all, func(s core.PluginSecret) bool { return s.Name == change.Name })
		})
	case core.DeleteInstance:
		after.Instances = without(before.Instances, func(i core.PluginInstance) bool { return i.Name == change.Name })
		after.Bindings = without(before.Bindings, func(b core.PluginBinding) bool { return b.Instance == change.Name })
		after.Connectors = without(before.Connectors, func(c core.Connector) bool { return c.Instance == change.Name })
	case core.AddBinding:
		after.Bindings = append(slices.Clone(before.Bindings), change.Binding)
	case core.RemoveBinding:
		after.Bindings = without(before.Bindings, func(b core.PluginBinding) bool { return b.ID == change.ID })
	case core.SaveConnector:
		after.Connectors = append(without(before.Connectors, func(c core.Connector) bool { return c.Instance == change.Connector.Instance }), change.Connector)
	case core.DeleteConnector:
		after.Connectors = without(before.Connectors, func(c core.Connector) bool { return c.Instance == change.Instance })
	default:
		return nil
	}
	d.config = &after
	return nil
}

// saveInstance puts the instance in the place of what it was. Its secrets stay.
func saveInstance(config *core.PluginConfig, instance core.PluginInstance) []core.PluginInstance {
	all := slices.Clone(config.Instances)
	if at := slices.IndexFunc(all, func(i core.PluginInstance) bool { return i.Name == instance.Name }); at >= 0 {
		instance.Secrets = all[at].Secrets
		all[at] = instance
		return all
	}
	return append(all, instance)
}

func (d *trial) secrets(after *core.PluginConfig, instance string, edit func([]core.PluginSecret) []core.PluginSecret) error {
	after.Instances = slices.Clone(after.Instances)
	of := instanceOf(after, instance)
	if of == nil {
		return core.ErrNotFound
	}
	of.Secrets = edit(of.Secrets)
	d.config = after
	return nil
}

// without gives a copy that lacks some.
func without[T any](all []T, which func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), which)
}
