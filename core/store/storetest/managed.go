package storetest

import (
	"errors"
	"testing"

	"github.com/postern-id/postern/core"
)

// managed notes that the file "f" manages an object.
func (w *world) managed(kind core.ManagedKind, id string, members ...string) core.Managed {
	w.Helper()
	m := core.Managed{Kind: kind, ID: id, Source: "f", File: "some/f.yaml", Members: members, ManagedAt: start}
	w.apply(core.Manage{Managed: m})
	return m
}

// held applies changes that must fail because of what a file manages.
func (w *world) held(by core.Managed, changes ...core.Change) {
	w.Helper()
	err := w.store.Apply(w.Context(), changes...)
	if held, ok := errors.AsType[*core.ManagedError](err); !ok || held.Kind != by.Kind || held.ID != by.ID || held.Source != by.Source {
		w.Errorf("got %v, want that %s manages the %s %s", err, by.Source, by.Kind, by.ID)
	}
}

// What files manage is noted, found again, and goes with its object.
func testManaged(t *testing.T, w *world) {
	ctx := t.Context()
	org, group, client := w.organisation("acme"), w.group("staff"), w.client("wiki")
	w.instance("claims")
	w.connector("idp")
	all := []core.Managed{
		w.managed(core.ManagedClient, client.ID, "client_secret", "display_name"), w.managed(core.ManagedConnector, "idp"),
		w.managed(core.ManagedGroup, string(group.ID)), w.managed(core.ManagedInstance, "claims", "module"), w.managed(core.ManagedOrganisation, org.Name),
	}
	rows, err := w.store.Managed(ctx, core.ManagedFilter{})
	same(w, rows, err, all)
	rows, err = w.store.Managed(ctx, core.ManagedFilter{Source: "f", Kind: core.ManagedGroup, ID: string(group.ID)})
	same(w, rows, err, all[2:3])
	rows, err = w.store.Managed(ctx, core.ManagedFilter{Source: "other"})
	same(w, rows, err, nil)

	again := all[0]
	again.Source, again.Members = "g", nil
	w.apply(core.Manage{Managed: again})
	rows, err = w.store.Managed(ctx, core.ManagedFilter{Source: "g"})
	same(w, rows, err, []core.Managed{again})

	for _, kind := range core.ManagedKinds() {
		w.refused(core.ErrNotFound, core.Manage{Managed: core.Managed{Kind: kind, ID: "nothing", Source: "f", ManagedAt: start}})
		w.refused(core.ErrNotFound, core.ReleaseManaged{Kind: kind, ID: "nothing"})
	}
	w.apply(core.ReleaseManaged{Kind: core.ManagedGroup, ID: string(group.ID)})
	w.apply(core.DeleteClient{ID: client.ID}, core.DeleteConnector{Instance: "idp"}, core.DeleteInstance{Name: "claims"}, core.DeleteOrganisation{Name: "acme", At: start})
	rows, err = w.store.Managed(ctx, core.ManagedFilter{})
	same(w, rows, err, nil)
}

// Who is not the file cannot change what it manages, nor take it away with something else.
func testKeepUnmanaged(t *testing.T, w *world) {
	w.organisation("acme")
	ours, theirs := w.client("ours"), core.Client{ID: "theirs", Org: "acme", Name: "theirs", CreatedAt: start, UpdatedAt: start}
	group := core.Group{ID: w.id(), Org: "acme", Name: "staff", CreatedAt: start}
	w.apply(core.CreateClient{Client: theirs}, core.CreateGroup{Group: group})
	w.instance("claims")
	keep := func(kind core.ManagedKind, id string) core.KeepUnmanaged {
		return core.KeepUnmanaged{Kind: kind, ID: id}
	}
	whole := func(kind core.ManagedKind, id string) core.KeepUnmanaged {
		return core.KeepUnmanaged{Kind: kind, ID: id, Whole: true}
	}
	w.apply(keep(core.ManagedClient, ours.ID), whole(core.ManagedOrganisation, "acme"), whole(core.ManagedClient, "theirs"))

	byFile := w.managed(core.ManagedClient, ours.ID, "display_name")
	w.held(byFile, core.DeleteGroup{ID: group.ID}, keep(core.ManagedClient, ours.ID))
	same(w, must(w.store.Group(t.Context(), "acme", "staff"))(w).ID, nil, group.ID) // nothing happened
	w.held(byFile, core.KeepUnmanaged{Kind: core.ManagedClient, ID: ours.ID, By: "another", Member: "display_name"})
	w.apply(core.KeepUnmanaged{Kind: core.ManagedClient, ID: ours.ID, Member: core.MemberSecret})
	w.apply(core.KeepUnmanaged{Kind: core.ManagedClient, ID: ours.ID, By: "f"})

	// What goes with it.
	w.apply(whole(core.ManagedOrganisation, "acme"))
	bound := w.managed(core.ManagedInstance, "claims", core.MemberClients+"theirs")
	w.held(bound, whole(core.ManagedClient, "theirs"))
	w.held(bound, whole(core.ManagedOrganisation, "acme"))
	w.apply(keep(core.ManagedClient, "theirs"))
	w.apply(core.KeepUnmanaged{Kind: core.ManagedClient, ID: "theirs", By: "f", Whole: true})
	w.apply(core.ReleaseManaged{Kind: core.ManagedInstance, ID: "claims"})
	w.held(w.managed(core.ManagedGroup, string(group.ID)), whole(core.ManagedOrganisation, "acme"))
	w.apply(core.ReleaseManaged{Kind: core.ManagedGroup, ID: string(group.ID)})
	w.instance("idp")
	w.apply(core.SaveConnector{Connector: core.Connector{Instance: "idp", Org: "acme", CreatedAt: start, UpdatedAt: start}})
	w.held(w.managed(core.ManagedConnector, "idp"), whole(core.ManagedOrganisation, "acme"))
}
