package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// ManagedError says that a file manages what was to be changed. Nothing was changed.
type ManagedError struct {
	What, Name string // as of [MissingError]
	Kind       core.ManagedKind
	// Source is how the file is known, and File what it was called the last time.
	Source, File string
}

func (e *ManagedError) Error() string {
	return fmt.Sprintf("the %s %q is managed by %s", e.What, e.Name, e.by())
}

func (e *ManagedError) by() string {
	if e.File == e.Source || e.File == "" {
		return e.Source
	}
	return fmt.Sprintf("%s (%s)", e.Source, e.File)
}

// Hint says what to do.
func (e *ManagedError) Hint() string {
	return fmt.Sprintf("change it there and apply that, or give it up with 'postern managed release %s %s'", e.Kind, shellWord(e.Name))
}

// apply makes changes, unless one of them is of what a file manages that is not the one
// that is applied. It is the only way from here to the store: a change that reaches for
// more than what it says of itself is told here.
func (s *Service) apply(ctx context.Context, changes ...core.Change) error {
	if len(changes) == 0 {
		return nil
	}
	kept, err := s.touched(ctx, changes)
	if err != nil {
		return err
	}
	all := make([]core.Change, 0, len(kept)+len(changes))
	for _, keep := range kept {
		keep.By = s.source
		all = append(all, keep)
	}
	err = s.Store.Apply(ctx, slices.Concat(s.along, all, changes)...)
	if held, ok := errors.AsType[*core.ManagedError](err); ok {
		return s.heldBy(ctx, held)
	}
	return err
}

// begins notes that something is about to be done that is no change of the store: it may be
// done, whatever becomes of the server.
func (s *Service) begins(ctx context.Context) error {
	if len(s.along) == 0 {
		return nil
	}
	return s.Store.Apply(ctx, s.along...)
}

// keepUnmanaged is what a store makes of the change, for one in which nothing happens.
func keepUnmanaged(ctx context.Context, store Store, keep core.KeepUnmanaged) error {
	filter := core.ManagedFilter{Kind: keep.Kind, ID: keep.ID}
	if keep.Whole {
		filter = core.ManagedFilter{}
	}
	rows, err := store.Managed(ctx, filter)
	if err != nil {
		return wrap("read what files manage", err)
	}
	for i := range rows {
		m := &rows[i]
		if m.Source == keep.By {
			continue
		}
		of := m.Kind == keep.Kind && m.ID == keep.ID && m.Says(keep.Member)
		if !of && keep.Whole {
			if of, err = goesWith(ctx, store, m, keep); err != nil {
				return wrap("read what files manage", err)
			}
		}
		if of {
			return &core.ManagedError{Managed: *m}
		}
	}
	return nil
}

// goesWith reports whether something would be gone or changed with what is to be deleted.
func goesWith(ctx context.Context, store Store, m *core.Managed, keep core.KeepUnmanaged) (bool, error) {
	if keep.Kind == core.ManagedClient {
		return slices.Contains(m.Members, core.MemberClients+keep.ID), nil
	}
	s := &Service{Store: store}
	if _, org, err := s.managedName(ctx, m); err == nil && org == keep.ID {
		return true, nil
	}
	for _, member := range m.Members {
		id, is := strings.CutPrefix(member, core.MemberClients)
		if !is {
			continue
		}
		client, err := store.Client(ctx, id)
		if missing, err := absent(client, err); err != nil || !missing && client.Org == keep.ID {
			return true, err
		}
	}
	return false, nil
}

// heldBy names the object for people.
func (s *Service) heldBy(ctx context.Context, held *core.ManagedError) error {
	name, _, err := s.managedName(ctx, &held.Managed)
	if err != nil {
		name = held.ID
	}
	return &ManagedError{What: held.Kind.Noun(), Name: name, Kind: held.Kind, Source: held.Source, File: held.File}
}

// managedName gives the name of what is managed, and the organisation that it is of; the
// whole server is "".
func (s *Service) managedName(ctx context.Context, m *core.Managed) (name, org string, err error) {
	switch m.Kind {
	case core.ManagedOrganisation:
		return m.ID, m.ID, nil
	case core.ManagedGroup:
		group, err := s.GroupByID(ctx, core.ID(m.ID))
		if err != nil {
			return "", "", err
		}
		return group.Name, group.Org, nil
	case core.ManagedClient:
		client, err := s.clientByID(ctx, m.ID)
		if err != nil {
			return "", "", err
		}
		return client.Name, client.Org, nil
	case core.ManagedConnector:
		config, err := s.PluginConfig(ctx)
		if err != nil {
			return "", "", err
		}
		if connector := connectorOf(config, m.ID); connector != nil {
			return m.ID, connector.Org, nil
		}
		return "", "", &MissingError{What: "connector", Name: m.ID}
	}
	return m.ID, "", nil
}

// touched gives what must not be managed for the changes to be made.
func (s *Service) touched(ctx context.Context, changes []core.Change) ([]core.KeepUnmanaged, error) {
	t := &touching{s: s, ctx: ctx, changes: changes}
	for _, change := range changes {
		if err := t.by(change); err != nil {
			return nil, err
		}
	}
	return t.kept, nil
}

// touching finds what changes are of.
type touching struct {
	s       *Service
	ctx     context.Context
	changes []core.Change
	config  *core.PluginConfig // read when it is needed
	kept    []core.KeepUnmanaged
}

func (t *touching) keep(kind core.ManagedKind, id, member string) {
	t.add(core.KeepUnmanaged{Kind: kind, ID: id, Member: member})
}

func (t *touching) whole(kind core.ManagedKind, id string) {
	t.add(core.KeepUnmanaged{Kind: kind, ID: id, Whole: true})
}

func (t *touching) add(one core.KeepUnmanaged) {
	if !slices.Contains(t.kept, one) {
		t.kept = append(t.kept, one)
	}
}

// instance is of an instance, and of the connector that it may be.
func (t *touching) instance(name, member string) {
	t.keep(core.ManagedInstance, name, member)
	t.keep(core.ManagedConnector, name, member)
}

// by is the table of what each change is of. What is made is of nobody yet; who is in a
// group, who may what, and what people do are no file's.
func (t *touching) by(change core.Change) error {
	switch change := change.(type) {
	case core.UpdateOrganisation:
		t.keep(core.ManagedOrganisation, change.Organisation.Name, "")
	case core.DeleteOrganisation:
		t.whole(core.ManagedOrganisation, change.Name)
	case core.UpdateGroup:
		return t.group(&change.Group)
	case core.DeleteGroup:
		t.keep(core.ManagedGroup, string(change.ID), "")
	case core.UpdateClient:
		return t.client(&change.Client)
	case core.DeleteClient:
		t.whole(core.ManagedClient, change.ID)
	case core.SaveConnector:
		t.keep(core.ManagedConnector, change.Connector.Instance, "")
	case core.DeleteConnector:
		t.keep(core.ManagedConnector, change.Instance, "")
	case core.SaveInstance:
		return t.saved(&change.Instance)
	case core.DeleteInstance:
		t.instance(change.Name, "")
	case core.SaveSecret:
		t.instance(change.Instance, core.MemberSecrets+change.Secret.Name)
	case core.DeleteSecret:
		t.instance(change.Instance, core.MemberSecrets+change.Name)
	case core.AddBinding:
		return t.bound(change.Binding.Instance, change.Binding.ClientID)
	case core.RemoveBinding:
		return t.unbound(change.ID)
	case core.AddRelease:
		return t.released(change.Release.Plugin)
	case core.DeleteReleases:
		return t.released(change.Plugin)
	}
	return nil
}

// group is of what a new name reaches, too: clients and rules that name the group. It is of
// nothing where only its members change.
func (t *touching) group(after *core.Group) error {
	before, err := t.s.Store.GroupByID(t.ctx, after.ID)
	if err != nil || len(changesOf(groupFields(before, after))) > 0 {
		t.keep(core.ManagedGroup, string(after.ID), "")
	}
	if missing, err := absent(before, err); missing || err != nil || before.Name == after.Name {
		return wrap("read the group", err)
	}
	clients, err := t.s.Store.Clients(t.ctx, before.Org)
	if err != nil {
		return wrap("read the clients", err)
	}
	for i := range clients {
		if slices.Contains(clients[i].AllowedGroups, before.Name) {
			t.keep(core.ManagedClient, clients[i].ID, "allowed_groups")
		}
	}
	org, err := t.s.Store.Organisation(t.ctx, before.Org)
	if err == nil && slices.Contains(org.Rules.Registration.Groups, before.Name) {
		t.keep(core.ManagedOrganisation, before.Org, "registration_groups")
		return nil
	}
	return wrap("read the organisation", err)
}

// client is of the secret alone, where nothing else changes.
func (t *touching) client(after *core.Client) error {
	before, err := t.s.Store.Client(t.ctx, after.ID)
	if missing, err := absent(before, err); missing || err != nil {
		return wrap("read the client", err)
	}
	rest := *after
	rest.SecretHash, rest.SealedSecret, rest.UpdatedAt = before.SecretHash, before.SealedSecret, before.UpdatedAt
	if reflect.DeepEqual(&rest, before) {
		t.keep(core.ManagedClient, after.ID, core.MemberSecret)
		return nil
	}
	t.keep(core.ManagedClient, after.ID, "")
	return nil
}

// saved is of the module alone, where nothing else changes: another version runs.
func (t *touching) saved(after *core.PluginInstance) error {
	config, err := t.plugins()
	if err != nil {
		return err
	}
	before := instanceOf(config, after.Name)
	if before != nil && bytes.Equal(before.Settings, after.Settings) && slices.Equal(before.Grants, after.Grants) && before.Limits == after.Limits && before.Plugin == after.Plugin {
		t.instance(after.Name, core.MemberModule)
		return nil
	}
	t.instance(after.Name, "")
	return nil
}

// bound is of the instance, unless the client is made with it: what its preset binds is
// the client's.
func (t *touching) bound(instance, client string) error {
	made := func(change core.Change) bool {
		create, is := change.(core.CreateClient)
		return is && client != "" && create.Client.ID == client
	}
	if slices.ContainsFunc(t.changes, made) {
		return nil
	}
	t.instance(instance, "")
	return nil
}

func (t *touching) unbound(id core.ID) error {
	config, err := t.plugins()
	if err != nil {
		return err
	}
	for i := range config.Bindings {
		if config.Bindings[i].ID == id {
			t.instance(config.Bindings[i].Instance, "")
			return nil
		}
	}
	return nil
}

// released is of the instances whose file says which module they run.
func (t *touching) released(plugin string) error {
	config, err := t.plugins()
	if err != nil {
		return err
	}
	for _, instance := range instancesOf(config, plugin) {
		t.instance(instance.Name, core.MemberModule)
	}
	return nil
}

func (t *touching) plugins() (*core.PluginConfig, error) {
	if t.config != nil {
		return t.config, nil
	}
	config, err := t.s.Store.Plugins(t.ctx)
	t.config = config
	return config, wrap("read the plugins", err)
}
