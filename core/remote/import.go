package remote

import (
	"context"
	"fmt"

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
	told := importRows{users: make([]*admin.ImportRow, len(plan.Users))}
	parts := importParts(plan.Users, options.Org)
	for at, part := range parts {
		sent := *plan
		sent.Users = make([]admin.ImportUser, len(part))
		for i, index := range part {
			sent.Users[i] = plan.Users[index]
		}
		if at > 0 {
			sent.Clients = nil
		}
		if at < len(parts)-1 {
			sent.Left = nil
		}
		answer, err := d.api.Import(ctx, wire.ToImport(&sent, options))
		if err != nil {
			return told.report(plan, options), d.told(err)
		}
		if err := told.add(wire.AdminImportReport(answer).Rows, part, len(sent.Left)); err != nil {
			return told.report(plan, options), err
		}
	}
	return told.report(plan, options), nil
}

// importRows are the rows of the parts, put together as if all had been sent at once.
type importRows struct {
	before, behind []admin.ImportRow
	users          []*admin.ImportRow // as in the plan; nil: not sent yet
}

// add takes the answer to a part, with so many rows behind its users.
func (r *importRows) add(rows []admin.ImportRow, part []int, behind int) error {
	first := len(rows) - behind - len(part)
	if first < 0 {
		return fmt.Errorf("the server reports %d rows of %d", len(rows), len(part)+behind)
	}
	if r.before == nil {
		r.before = rows[:first:first]
	}
	for i, index := range part {
		r.users[index] = &rows[first+i]
	}
	r.behind = rows[first+len(part):]
	return nil
}

func (r *importRows) report(plan *admin.ImportPlan, options admin.ImportOptions) *admin.ImportReport {
	report := &admin.ImportReport{Source: plan.Source, DryRun: options.DryRun, Rows: append([]admin.ImportRow{}, r.before...)}
	for _, row := range r.users {
		if row != nil {
			report.Rows = append(report.Rows, *row)
		}
	}
	report.Rows = append(report.Rows, r.behind...)
	return report
}
