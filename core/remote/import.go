package remote

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
)

// importAtOnce is how many users are sent in one request, which is bounded in size and in
// time.
const importAtOnce = 500

// Import is as of [desk.Desk]. Many users are sent in parts, each with what they may refer
// to, which is as it is from the second part on. The error comes with what was reported
// before it.
func (d *Desk) Import(ctx context.Context, plan *admin.ImportPlan, options admin.ImportOptions) (*admin.ImportReport, error) {
	report := &admin.ImportReport{Source: plan.Source, DryRun: options.DryRun, Rows: []admin.ImportRow{}}
	parts := slices.Collect(slices.Chunk(plan.Users, importAtOnce))
	if len(parts) == 0 {
		parts = [][]admin.ImportUser{nil}
	}
	for at, users := range parts {
		part := *plan
		if part.Users = users; at > 0 {
			part.Clients = nil
		}
		if at < len(parts)-1 {
			part.Left = nil
		}
		answer, err := d.api.Import(ctx, wire.ToImport(&part, options))
		if err != nil {
			return report, d.told(err)
		}
		rows := wire.AdminImportReport(answer).Rows
		if at > 0 {
			again := len(part.Organisations) + len(part.Groups) + len(part.Connectors)
			if options.Org != "" {
				again -= len(part.Organisations)
			}
			rows = rows[min(again, len(rows)):]
		}
		report.Rows = append(report.Rows, rows...)
	}
	return report, nil
}
