package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Apply is as of [desk.Desk]. The error comes with what was done before it. What
// options.Guard says does not count: the server guards.
func (d *Desk) Apply(ctx context.Context, declarations []admin.Declaration, options admin.ApplyOptions) (*admin.ApplyReport, error) {
	files, err := wire.ToDeclarations(declarations)
	if err != nil {
		return nil, err
	}
	answer, err := d.api.Apply(ctx, api.Apply{DryRun: options.DryRun, Prune: options.Prune, Files: files})
	if err != nil {
		return nil, d.told(err)
	}
	report := wire.AdminApplied(answer)
	if answer.Failed != "" {
		return &report, &Error{What: answer.Failed, Advice: "what is listed was done; run it again"}
	}
	return &report, nil
}

// Managed is as of [desk.Desk].
func (d *Desk) Managed(ctx context.Context, filter core.ManagedFilter) ([]admin.Managed, error) {
	page, err := d.api.ListManaged(ctx, api.ListManagedQuery{Source: filter.Source, Kind: string(filter.Kind), ID: filter.ID})
	return listed(d, page, err, wire.AdminManaged)
}

// Release is as of [desk.Desk].
func (d *Desk) Release(ctx context.Context, kind core.ManagedKind, id string) error {
	return d.told(d.api.Release(ctx, string(kind), id))
}
