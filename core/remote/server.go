package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Keys is as of [desk.Desk].
func (d *Desk) Keys(ctx context.Context) ([]admin.Key, error) {
	page, err := d.api.ListKeys(ctx)
	return listed(d, page, err, wire.AdminKey)
}

// RotateKeys is as of [desk.Desk].
func (d *Desk) RotateKeys(ctx context.Context, algs []string, atOnce bool) ([]admin.Key, error) {
	page, err := d.api.RotateKeys(ctx, api.NewKeys{Algs: algs, AtOnce: atOnce})
	return listed(d, page, err, wire.AdminKey)
}

// DeleteKey is as of [desk.Desk].
func (d *Desk) DeleteKey(ctx context.Context, kid string) error {
	return d.told(d.api.DeleteKey(ctx, kid))
}

// QueuedMails is as of [desk.Desk].
func (d *Desk) QueuedMails(ctx context.Context) ([]core.Mail, error) {
	page, err := d.api.ListMails(ctx)
	return listed(d, page, err, wire.CoreMail)
}

// RetryMails is as of [desk.Desk].
func (d *Desk) RetryMails(ctx context.Context, id core.ID) (int, error) {
	done, err := d.api.RetryMails(ctx, api.MailRetry{Mail: string(id)})
	if err != nil {
		return 0, d.told(err)
	}
	return done.Retried, nil
}

// InitialTokens is as of [desk.Desk].
func (d *Desk) InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error) {
	page, err := d.api.ListInitialTokens(ctx, api.ListInitialTokensQuery{Organisation: org})
	return listed(d, page, err, wire.CoreInitialToken)
}

// CreateInitialToken is as of [desk.Desk].
func (d *Desk) CreateInitialToken(ctx context.Context, input admin.NewInitialToken) (*core.InitialToken, string, error) {
	made, err := d.api.CreateInitialToken(ctx, wire.InitialTokenToMake(&input))
	if err != nil {
		return nil, "", d.told(err)
	}
	token := wire.CoreInitialToken(&made.InitialToken)
	return &token, made.Token, nil
}

// RevokeInitialToken is as of [desk.Desk].
func (d *Desk) RevokeInitialToken(ctx context.Context, id core.ID) error {
	return d.told(d.api.RevokeInitialToken(ctx, string(id)))
}

// TestMail is as of [desk.Desk].
func (d *Desk) TestMail(ctx context.Context, to string) error {
	return d.told(d.api.TestMail(ctx, api.TestMail{To: to}))
}

// ServerSettings is as of [desk.Desk].
func (d *Desk) ServerSettings(ctx context.Context) ([]admin.ServerSetting, error) {
	page, err := d.api.ListSettings(ctx)
	return listed(d, page, err, wire.AdminServerSetting)
}
