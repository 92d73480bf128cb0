package desk

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Import is [admin.Service.Import]. A row about somebody who may more than the caller,
// narrowed as the caller is, is refused: it may have a password. What Options.Guard says does
// not count.
func (d *Desk) Import(ctx context.Context, plan *admin.ImportPlan, options admin.ImportOptions) (*admin.ImportReport, error) {
	if err := d.may(core.Import, wholeServer); err != nil {
		return nil, err
	}
	options.Guard = func(ctx context.Context, user *core.User) error {
		err := d.entered(ctx, user.ID, core.Import)
		if denied, is := errors.AsType[*DeniedError](err); is {
			return &admin.InvalidError{Problems: []admin.Problem{{Text: denied.Error()}}}
		}
		return err
	}
	return d.admin.Import(ctx, d.who.Actor, plan, options)
}
