package admin

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

func (o *DeclaredOrganisation) apply(ctx context.Context, w *work) error {
	w.row.Org, w.row.Name, w.members = o.Name, o.Name, slices.Clone(o.Members)
	begun := len(w.trial.changes)
	there, err := w.Store.Organisation(ctx, o.Name)
	missing, err := absent(there, err)
	if err != nil {
		return wrap("read the organisation", err)
	}
	if err := w.may(ApplyStep{Org: o.Name, Made: missing}); err != nil {
		return err
	}
	if missing {
		made := core.Organisation{Name: o.Name}
		o.Edit(&made)
		_, err = w.CreateOrganisation(ctx, w.a.actor, made)
	} else {
		_, err = w.UpdateOrganisation(ctx, w.a.actor, o.Name, "", o.Edit)
	}
	if err != nil {
		return err
	}
	return w.done(ctx, o.Name, missing, begun)
}

func (g *DeclaredGroup) apply(ctx context.Context, w *work) error {
	w.row.Org, w.row.Name, w.members = orDefault(g.Org), g.Name, slices.Clone(g.Members)
	begun := len(w.trial.changes)
	if err := w.may(ApplyStep{Org: w.row.Org}); err != nil {
		return err
	}
	group, err := w.Store.Group(ctx, w.row.Org, g.Name)
	missing, err := absent(group, err)
	switch {
	case err != nil:
		return wrap("read the group", err)
	case missing:
		var draft core.Group
		g.Edit(&draft)
		group, err = w.ProvisionGroup(ctx, w.a.actor, NewGroup{Org: w.row.Org, Name: g.Name, DisplayName: draft.DisplayName, ExternalID: draft.ExternalID})
	default:
		group, err = w.UpdateGroup(ctx, w.a.actor, group.ID, "", g.Edit)
	}
	if err != nil {
		return err
	}
	return w.done(ctx, string(group.ID), missing, begun)
}
