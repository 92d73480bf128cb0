package remote

import (
	"context"
	"encoding/json"
	"math"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// PreviewPlugin is as of [desk.Desk].
func (d *Desk) PreviewPlugin(ctx context.Context, input admin.Preview) (*admin.Previewed, error) {
	if !json.Valid(input.Input) {
		return nil, &admin.InvalidError{Problems: []admin.Problem{{Field: "input", Text: "the message is no JSON object"}}}
	}
	if err := document(input.Settings); err != nil {
		return nil, err
	}
	made, err := d.api.PreviewPlugin(ctx, api.NewPreview{
		Instance: input.Instance, Plugin: input.Plugin, Hook: input.Hook, Input: input.Input, Settings: input.Settings,
	})
	return one(d, made, err, wire.AdminPreview)
}

// PluginNumbers is as of [desk.Desk].
func (d *Desk) PluginNumbers(ctx context.Context, instance string) (*admin.PluginNumbers, error) {
	numbers, err := d.api.GetInstanceNumbers(ctx, instance)
	return one(d, numbers, err, wire.AdminNumbers)
}

// PluginLog is as of [desk.Desk].
func (d *Desk) PluginLog(ctx context.Context, instance string, after uint64) ([]admin.LogLine, error) {
	page, err := d.api.ListInstanceLog(ctx, instance, api.ListInstanceLogQuery{Behind: int(min(after, math.MaxInt))})
	return listed(d, page, err, wire.AdminLogLine)
}

// MoveBinding is as of [desk.Desk].
func (d *Desk) MoveBinding(ctx context.Context, id core.ID, place int) ([]core.PluginBinding, error) {
	page, err := d.api.MoveBinding(ctx, string(id), api.Place{Place: place})
	return listed(d, page, err, wire.CoreBinding)
}

// ClientGuide is as of [desk.Desk]. A secret does not go to the server: its place stays
// empty.
func (d *Desk) ClientGuide(ctx context.Context, id, _ string) (*admin.ClientGuide, error) {
	guide, err := d.api.GetClientGuide(ctx, id)
	return one(d, guide, err, wire.AdminGuide)
}

// MissingGroups is as of [desk.Desk].
func (d *Desk) MissingGroups(ctx context.Context, client *core.Client) ([]string, error) {
	missing, err := d.api.ListMissingGroups(ctx, client.ID)
	if err != nil {
		return nil, d.told(err)
	}
	return missing.Groups, nil
}

// Explain is as of [desk.Desk].
func (d *Desk) Explain(ctx context.Context, inquiry admin.Inquiry) (*admin.Explanation, error) {
	explanation, err := d.api.Explain(ctx, wire.InquiryToMake(&inquiry))
	return one(d, explanation, err, wire.AdminExplanation)
}
