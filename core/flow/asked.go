package flow

import (
	"context"

	"github.com/postern-id/postern/core"
)

// Asked gives the sign-in that somebody left by a link on its sign-in page, to recover
// their password say: the request, and the client that it is for, nil for Postern itself.
// A step that is none, that is over, or that is another browser's is no sign-in: the
// person asks for what they need at Postern itself. Nothing is refused for it.
func (d *Dispatcher) Asked(ctx context.Context, step string, b Browser) (request core.ID, client *core.Client, err error) {
	v := d.begin(b)
	if step == "" || v.browser.ID == "" {
		return "", nil, nil
	}
	at, ok := d.open(step, v.browser.Hash())
	if !ok || at.to != toLogin || !v.now.Before(at.expires) {
		return "", nil, nil
	}
	if waits, err := d.waits(ctx, v, at.id); err != nil || !waits {
		return "", nil, err
	}
	stored, err := d.Store.AuthRequest(ctx, at.id)
	if err != nil {
		return "", nil, ignored(err)
	}
	if err := d.loadRequested(ctx, v, stored); err != nil {
		return "", nil, err
	}
	if (stored.ClientID != "" || ofDevice(stored)) && (v.client == nil || v.closed != "") {
		return "", nil, nil
	}
	return at.id, v.client, nil
}
