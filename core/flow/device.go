package flow

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Reasons for which a program gets nothing because its person wants so.
const (
	ReasonDeviceDenied = "device_denied"
	ReasonCancelled    = "cancelled"
)

// The notes on programs without a browser; each is about the program by name.
const (
	NoteDeviceAllowed NoteKind = "device_allowed"
	NoteDeviceDenied  NoteKind = "device_denied"
)

// What a sign-in keeps that a device authorization waits for, besides paramBack: no
// browser says it either, as such a request names no client.
const (
	paramDevice   = "device"
	paramUserCode = "user_code"
)

// Device shows the page at [PathDevice]: a form for the code, with typed in it, or what
// step leads to. Whoever is not signed in signs in first, so that nobody tries codes whom
// we do not know.
func (d *Dispatcher) Device(ctx context.Context, step, typed string, b Browser) Outcome {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	here := usable(v.signedIn, v.now)
	if step != "" && !(here && d.ofAccount(v, step)) {
		if note := d.deviceNote(v, here, step); note != nil {
			return v.page(note)
		}
		return d.View(ctx, PathDevice, step, b)
	}
	code, ok := oauth.ParseUserCode(typed)
	if !ok {
		code = ""
	}
	if here {
		return v.page(d.deviceCodePage(v, DeviceCodePage{Code: oauth.FormatUserCode(code)}))
	}
	d.begun(v, hereParams(deviceURL(code), ""))
	return d.advance(ctx, v)
}

// ofAccount reports whether the step is that of the form for the code, which shows it once
// more.
func (d *Dispatcher) ofAccount(v *visit, step string) bool {
	at, ok := d.open(step, v.signedIn.Session.Hash)
	return ok && at.to == toAccount && at.id == v.signedIn.Session.ID
}

// deviceURL is the page with the code in its form, if there is one.
func deviceURL(code string) string {
	if code == "" {
		return PathDevice
	}
	return PathDevice + "?" + url.Values{oauth.ParamUserCode: {oauth.FormatUserCode(code)}}.Encode()
}

// deviceNote reads what was done just now.
func (d *Dispatcher) deviceNote(v *visit, here bool, step string) *DeviceDonePage {
	if !here {
		return nil
	}
	note := d.Told(v.signedIn, step)
	if note == nil || note.Kind != NoteDeviceAllowed && note.Kind != NoteDeviceDenied {
		return nil
	}
	return &DeviceDonePage{Program: note.About, Allowed: note.Kind == NoteDeviceAllowed}
}

func (d *Dispatcher) deviceCodePage(v *visit, page DeviceCodePage) *DeviceCodePage {
	page.Step, page.User = d.accountStep(&v.signedIn.Session), v.signedIn.User
	return &page
}

// EnterDeviceCode takes the code that somebody typed, and goes on with what their program
// asks for: as with any other sign-in, by the rules of its client.
func (d *Dispatcher) EnterDeviceCode(ctx context.Context, step, typed string, b Browser) Outcome {
	v, done := d.resumeAccount(ctx, step, b)
	if done != nil {
		return *done
	}
	code, ok := oauth.ParseUserCode(typed)
	page := DeviceCodePage{Code: shortened(typed), Problem: ProblemCode}
	switch {
	case strings.TrimSpace(typed) == "":
		page.Problem = ProblemMissing
		return d.wrongDeviceCode(v, page, nil)
	case !ok || d.DeviceCodes == nil:
		return d.wrongDeviceCode(v, page, nil)
	}
	found, err := d.DeviceCodes.Find(ctx, core.HashSecret(code), v.event(""))
	if refused, ok := errors.AsType[*core.SignInRefused](err); ok {
		return d.wrongDeviceCode(v, page, refused)
	}
	if err != nil {
		return failed(err)
	}
	if err := d.loadClient(ctx, v, found.ClientID); err != nil {
		return failed(err)
	}
	if v.client == nil || v.closed != "" {
		return d.wrongDeviceCode(v, page, nil)
	}
	v.program, v.request = found, deviceRequest(found)
	d.begun(v, oauth.ParamsOf(url.Values{paramDevice: {string(found.ID)}, paramUserCode: {code}}))
	v.stored.ClientID = ""
	return d.advance(ctx, v)
}

// wrongDeviceCode shows the form again; refused is nil for what cannot be a code.
func (d *Dispatcher) wrongDeviceCode(v *visit, page DeviceCodePage, refused *core.SignInRefused) Outcome {
	status := http.StatusUnprocessableEntity
	switch {
	case refused == nil:
	case refused.Kind == core.SignInThrottled:
		page.Problem, status = ProblemThrottled, http.StatusTooManyRequests
	case refused.Kind == core.SignInBusy:
		page.Problem, status = ProblemBusy, http.StatusServiceUnavailable
	}
	out := v.page(d.deviceCodePage(v, page))
	if out.Status = status; refused != nil {
		out.RetryAfter = refused.RetryAfter
	}
	return out
}

// deviceRequest is what a program asks for, as if its person had been sent here by it. They
// are always asked for consent: whoever typed a code that somebody else gave them must see
// whom they let in (RFC 8628 section 5.4).
func deviceRequest(g *core.DeviceGrant) *oauth.AuthorizeRequest {
	return &oauth.AuthorizeRequest{ClientID: g.ClientID, Scopes: slices.Clone(g.Scopes), Prompts: []string{oauth.PromptConsent}}
}

// loadRequested loads the client that a stored request is for, with the device
// authorization that waits for it, if one does.
func (d *Dispatcher) loadRequested(ctx context.Context, v *visit, stored *core.AuthRequest) error {
	if !ofDevice(stored) {
		return d.loadClient(ctx, v, stored.ClientID)
	}
	found, err := d.Store.DeviceGrant(ctx, core.ID(stored.Params.Get(paramDevice)))
	if err != nil {
		return ignored(err)
	}
	v.program = found
	return d.loadClient(ctx, v, found.ClientID)
}

func ofDevice(stored *core.AuthRequest) bool {
	return stored.ClientID == "" && stored.Params.Has(paramDevice)
}

// parseDevice is parse for what a device authorization waits for. It may be over by now.
func (v *visit) parseDevice() *oauth.Error {
	g := v.program
	switch {
	case g == nil || g.State != core.DevicePending || !v.now.Before(g.ExpiresAt):
		return oauth.Refuse(oauth.CodeInvalidRequest, "device_code_over", "The code has expired or was used already.")
	case v.client == nil || v.closed != "":
		return oauth.Refuse(oauth.CodeInvalidRequest, "client_disabled", "This application is disabled.")
	}
	v.request = deviceRequest(g)
	return nil
}

func (d *Dispatcher) refuseDevice(ctx context.Context, v *visit, refusal *oauth.Error) Outcome {
	v = v.discarded()
	d.record(v, refused(v.event(core.EventStepRefused), refusal.Reason))
	out := d.commit(ctx, v, Outcome{Error: refusal})
	out.Back = PathDevice
	return out
}

// devicePage asks whether the program may have the scopes.
func (d *Dispatcher) devicePage(v *visit, next Step) Outcome {
	return v.page(&DevicePage{
		// As on the consent page: nobody allows anything but what was shown.
		Step:   d.linkTo(v, toDevice, oauth.FormatScope(next.Scopes)),
		Client: v.client, User: v.signedIn.User, Scopes: next.Scopes,
		Code: oauth.FormatUserCode(v.stored.Params.Get(paramUserCode)), IP: v.program.IP, Same: sameNetwork(v.program.IP, v.from.IP), AskedAt: v.program.CreatedAt,
	})
}

// sameNetwork reports whether both addresses are one, as far as anybody can tell: a host
// changes the second half of its IPv6 address as it likes.
func sameNetwork(one, other string) bool {
	a, errA := netip.ParseAddr(one)
	b, errB := netip.ParseAddr(other)
	if errA != nil || errB != nil {
		return false
	}
	bits := 32
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 64
	}
	network, err := a.Prefix(bits)
	return err == nil && network.Contains(b.Unmap().WithZone(""))
}

// DecideDevice takes what the page of [DevicePage] sent.
func (d *Dispatcher) DecideDevice(ctx context.Context, step string, allow bool, b Browser) Outcome {
	v, at, done := d.resume(ctx, step, b, toDevice)
	if done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case next.Kind != StepConsent || v.program == nil:
		return d.act(ctx, v, next)
	case !allow:
		return d.denyDevice(ctx, v, oauth.Refuse(oauth.CodeAccessDenied, ReasonDeviceDenied, "The person did not allow it."))
	}
	shown := strings.Fields(at.payload)
	if !oauth.WithinScopes(next.Scopes, shown) {
		return d.act(ctx, v, next)
	}
	if err := d.allow(ctx, v, shown); err != nil {
		return failed(err)
	}
	return d.advance(ctx, v)
}

// approveDevice lets the program have its tokens: it asks for them itself.
func (d *Dispatcher) approveDevice(ctx context.Context, v *visit, step Step) Outcome {
	decided := *v.program
	decided.State, decided.GrantedScopes = core.DeviceApproved, step.Scopes
	decided.SessionID, decided.UserID = v.signedIn.Session.ID, v.signedIn.User.ID
	v.finish()
	v.changes = append(v.changes, core.DecideDeviceGrant{Grant: decided, At: v.now})
	event := v.event(core.EventDeviceApproved)
	event.Detail = map[string]string{"scopes": oauth.FormatScope(step.Scopes), "address": v.program.IP}
	d.record(v, event)
	return d.commit(ctx, v, Outcome{Redirect: d.Tell(v.signedIn, PathDevice, Note{NoteDeviceAllowed, v.client.Title()})})
}

// denyDevice tells the program that it gets nothing: because the person wants so, or
// because they may not let it in.
func (d *Dispatcher) denyDevice(ctx context.Context, v *visit, refusal *oauth.Error) Outcome {
	decided := *v.program
	decided.State, decided.GrantedScopes, decided.SessionID, decided.UserID = core.DeviceDenied, nil, "", ""
	v.finish()
	v.changes = append(v.changes, core.DecideDeviceGrant{Grant: decided, At: v.now})
	event := refused(v.event(core.EventDeviceDenied), refusal.Reason)
	if v.denial != "" {
		event.Detail["policy"] = v.denial
	}
	d.record(v, event)
	page := &DeviceDonePage{Program: v.client.Title(), Reason: refusal.Reason, Words: v.denial}
	return d.commit(ctx, v, v.page(page))
}
