package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Keys is [admin.Service.Keys].
func (d *Desk) Keys(ctx context.Context) ([]admin.Key, error) {
	if err := d.may(core.ReadKeys, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.Keys(ctx)
}

// RotateKeys is [admin.Service.RotateKeys].
func (d *Desk) RotateKeys(ctx context.Context, algs []string, atOnce bool) ([]admin.Key, error) {
	if err := d.may(core.WriteKeys, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.RotateKeys(ctx, d.who.Actor, algs, atOnce)
}

// DeleteKey is [admin.Service.DeleteKey].
func (d *Desk) DeleteKey(ctx context.Context, kid string) error {
	if err := d.may(core.WriteKeys, wholeServer); err != nil {
		return err
	}
	return d.admin.DeleteKey(ctx, d.who.Actor, kid)
}

// QueuedMails is [admin.Service.QueuedMails].
func (d *Desk) QueuedMails(ctx context.Context) ([]core.Mail, error) {
	if err := d.may(core.ReadMails, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.QueuedMails(ctx)
}

// RetryMails is [admin.Service.RetryMails].
func (d *Desk) RetryMails(ctx context.Context, id core.ID) (int, error) {
	if err := d.may(core.WriteMails, wholeServer); err != nil {
		return 0, err
	}
	return d.admin.RetryMails(ctx, d.who.Actor, id)
}

// TestMail is [admin.Service.TestMail].
func (d *Desk) TestMail(ctx context.Context, to string) error {
	if err := d.may(core.WriteMails, wholeServer); err != nil {
		return err
	}
	return d.admin.TestMail(ctx, d.who.Actor, to)
}

// Events is [admin.Service.Events]. Without Org it is for who may see the whole log. What
// somebody of an organisation is called that the caller does not see, they do not get.
func (d *Desk) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	if err := d.may(core.ReadAudit, filter.Org); err != nil {
		return nil, err
	}
	events, err := d.admin.Events(ctx, filter)
	for i := range events {
		for _, called := range []*core.Called{&events[i].By, &events[i].Whom} {
			if *called != (core.Called{}) && !d.who.Sees(called.Org) {
				*called = core.Called{Hidden: true}
			}
		}
	}
	return events, err
}

// ServerSettings is [admin.Service.ServerSettings].
func (d *Desk) ServerSettings(context.Context) ([]admin.ServerSetting, error) {
	if err := d.may(core.ReadSettings, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.ServerSettings(), nil
}
