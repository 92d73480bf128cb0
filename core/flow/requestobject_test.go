package flow_test

import (
	"context"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
)

// requests resolve to the parameters of another request, or to a refusal.
type requests struct {
	asked    int
	resolved oauth.Params
	refusal  *oauth.Error
}

func (r *requests) Resolve(context.Context, *core.Client, oauth.Params) (oauth.Params, *oauth.Error) {
	r.asked++
	return r.resolved, r.refusal
}

// TestRequestObjectOfSignIn: the request that is gone on with is the one inside, and it is
// resolved once.
func TestRequestObjectOfSignIn(t *testing.T) {
	w := newWorld(t)
	r := &requests{resolved: request("rp", "nonce", "inside", "scope", "openid")}
	w.Requests = r
	b := w.browser()
	b.authorize("rp", "request", "x").at(flow.PathLogin)
	b.login("ann", people["ann"].password).at(flow.PathConsent)
	b.consent(true)
	if got := b.grant("rp"); got.Grant.Nonce != "inside" || len(got.Grant.Scopes) != 1 || r.asked != 1 {
		t.Errorf("%+v, asked %d times", got.Grant, r.asked)
	}
	b.authorize("rp", "prompt", "none")
	if r.asked != 1 {
		t.Error("a plain request was resolved")
	}
}

func TestRefuse023RequestObject(t *testing.T) {
	w := newWorld(t)
	r := &requests{refusal: oauth.Refuse(oauth.CodeInvalidRequestObject, "request_object_signature", "No.")}
	w.Requests = r
	b := w.browser()
	b.authorize("rp", "request", "x")
	if !strings.HasPrefix(b.last.Redirect, "https://rp.example/cb?error=invalid_request_object&") || r.asked != 1 {
		t.Errorf("%+v", b.last)
	}
	w.recorded("authorize.refused request_object_signature")
	b.authorize("rp", "request", "x", "redirect_uri", "https://evil.example/cb")
	if b.last.Error == nil || b.last.Error.Reason != "redirect_uri_unregistered" {
		t.Errorf("%+v", b.last)
	}
	w.recorded("authorize.refused redirect_uri_unregistered")
	// What strangers and closed clients refer to is not looked at.
	b.authorize("nobody", "request_uri", "https://nobody.example/")
	w.recorded("authorize.refused client_unknown")
	w.editClient("rp", func(c *core.Client) { c.Disabled = true })
	b.authorize("rp", "request_uri", "https://rp.example/")
	w.recorded("authorize.refused client_disabled")
	if r.asked != 2 {
		t.Errorf("asked %d times", r.asked)
	}
	w.editClient("rp", func(c *core.Client) { c.Disabled = false })
	w.Requests = nil
	b.authorize("rp", "request", "x")
	if !strings.Contains(b.last.Redirect, "error=request_not_supported") {
		t.Errorf("%+v", b.last)
	}
}
