package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// rest releases or deletes what the source managed and does not say any more: first what
// may refer to the rest.
func (a *applier) rest(ctx context.Context) error {
	store := a.Store
	if a.trial != nil {
		store = a.trial
	}
	rows, err := store.Managed(ctx, core.ManagedFilter{Source: a.source})
	if err != nil {
		return wrap("read what files manage", err)
	}
	order := core.ManagedKinds()
	slices.SortStableFunc(rows, func(x, y core.Managed) int {
		if by := slices.Index(order, y.Kind) - slices.Index(order, x.Kind); by != 0 {
			return by
		}
		return strings.Compare(x.ID, y.ID)
	})
	for i := range rows {
		m := &rows[i]
		if a.seen[managedKey{m.Kind, m.ID}] {
			continue
		}
		err := a.step(ctx, m.Kind, func(ctx context.Context, w *work) error { return w.end(ctx, m, a.options.Prune) })
		if err != nil {
			return fmt.Errorf("give the %s %q up: %w", m.Kind.Noun(), m.ID, err)
		}
	}
	return nil
}

// end releases what is managed, or deletes it.
func (w *work) end(ctx context.Context, m *core.Managed, prune bool) error {
	var err error
	if w.row.Name, w.row.Org, err = w.managedName(ctx, m); err != nil {
		return err
	}
	w.row.ID, w.row.Result = m.ID, ApplyReleased
	step := ApplyStep{Org: w.row.Org, Gone: prune}
	switch m.Kind {
	case core.ManagedClient:
		if step.Before, err = w.clientByID(ctx, m.ID); err != nil {
			return err
		}
	case core.ManagedConnector:
		step.Name = m.ID
	}
	if err := w.may(step); err != nil {
		return err
	}
	if !prune {
		return w.apply(ctx, core.ReleaseManaged{Kind: m.Kind, ID: m.ID}, w.managedRecord(core.EventReleased))
	}
	w.row.Result = ApplyDeleted
	return w.remove(ctx, m)
}

// remove deletes what is managed, and notes what goes with it.
func (w *work) remove(ctx context.Context, m *core.Managed) (err error) {
	var contents []core.Content
	switch m.Kind {
	case core.ManagedOrganisation:
		if contents, err = w.OrganisationContents(ctx, m.ID); err == nil {
			err = w.DeleteOrganisation(ctx, w.a.actor, m.ID)
		}
	case core.ManagedGroup:
		if contents, err = w.GroupContents(ctx, core.ID(m.ID)); err == nil {
			err = w.DeleteGroup(ctx, w.a.actor, w.row.Org, w.row.Name)
		}
	case core.ManagedClient:
		if contents, err = w.ClientContents(ctx, m.ID); err == nil {
			err = w.DeleteClient(ctx, w.a.actor, m.ID)
		}
	case core.ManagedConnector:
		if contents, err = w.ConnectorContents(ctx, m.ID); err == nil {
			err = w.DeleteConnector(ctx, w.a.actor, m.ID, true)
		}
	case core.ManagedInstance:
		_, err = w.UnbindPlugin(ctx, w.a.actor, Unbind{Instance: m.ID, Forget: true})
	}
	for _, content := range contents {
		w.row.Notes = append(w.row.Notes, fmt.Sprintf("goes with it: %s (%d)", content.What, content.Count))
	}
	return err
}
