package flow

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// signedIn goes on after somebody proved who they are: with a second factor if one is due,
// else they are signed in.
func (d *Dispatcher) signedIn(ctx context.Context, v *visit, proof *core.Proof) Outcome {
	v.now = d.Now() // the proof took its time
	org, err := d.Store.Organisation(ctx, proof.User.Org)
	if err != nil {
		return failed(err)
	}
	v.first = &First{
		Partial: core.Partial{
			UserID: proof.User.ID, Method: proof.Method, AMR: proof.AMR, ACR: proof.ACR, At: v.now, AuthTime: proof.AuthTime, Upstream: proof.Upstream,
		},
		User: *proof.User, Org: *org,
	}
	return d.afterFirst(ctx, v, proof.Changes)
}

// afterFirst goes on with what was proved so far, and the changes of that.
func (d *Dispatcher) afterFirst(ctx context.Context, v *visit, changes []core.Change) Outcome {
	v.facts, v.device = nil, ""
	next, err := d.next(ctx, v)
	if err != nil {
		return failed(err)
	}
	v.changes = append(v.changes, changes...)
	switch next.Kind {
	case StepBegin:
		if err := d.startSession(ctx, v); err != nil {
			return failed(err)
		}
		return d.advance(ctx, v)
	case StepFactor, StepEnrol:
		d.keepFirst(v, next)
		return d.act(ctx, v, next)
	}
	d.record(v, refused(v.eventOf(core.EventSignInFailed), "method_not_allowed"))
	d.dropFirst(v)
	v.keep()
	return d.commit(ctx, v, Outcome{Redirect: d.backToLogin(v, string(ProblemMethod))})
}

// keepFirst keeps the first factor with the request, until there is a second one. What
// leads on from there is a cookie that nobody had before, as that of a session is: who
// planted the one that the request is bound to gets nowhere.
func (d *Dispatcher) keepFirst(v *visit, next Step) {
	cookie := core.NewCredential(core.KindFirst, v.stored.ID, d.Rand)
	v.cookies.SetFirst, v.cookies.ClearFirst = cookie.String(), false
	kept := v.first.Partial
	kept.Hash = cookie.Hash()
	v.stored.Partial, v.changed = &kept, true
	event := v.eventOf(core.EventFactorWanted)
	event.Detail = map[string]string{"method": kept.Method, "acr": next.ACR, "step": string(next.Kind)}
	d.record(v, event)
}

func (d *Dispatcher) dropFirst(v *visit) {
	if v.stored.Partial != nil {
		v.changed, v.cookies.ClearFirst = true, true
	}
	v.first, v.facts, v.stored.Partial = nil, nil, nil
}

// loadFirst finds whose first factor waits, if it was proved in this browser. That of
// somebody who is gone waits no more, nor that of who set another password since: it was
// changed because somebody else knows the old one.
func (d *Dispatcher) loadFirst(ctx context.Context, v *visit) error {
	kept := v.stored.Partial
	cookie, ok := core.ParseCredential(core.KindFirst, v.from.FirstCookie)
	if kept == nil || !ok || !kept.Hash.Matches(cookie.Hash()) {
		return nil
	}
	user, err := d.Store.User(ctx, kept.UserID)
	if errors.Is(err, core.ErrNotFound) {
		d.dropFirst(v)
		return nil
	}
	if err != nil {
		return err
	}
	if user.PasswordAt.After(kept.At) {
		d.dropFirst(v)
		return nil
	}
	org, err := d.Store.Organisation(ctx, user.Org)
	if err != nil {
		return err
	}
	v.first = &First{Partial: *kept, User: *user, Org: *org}
	return nil
}

// person is who is asked for a second factor: whoever proved a first one, or has the
// session.
func (v *visit) person() (*core.User, *core.Organisation) {
	if v.first != nil {
		return &v.first.User, &v.first.Org
	}
	return &v.signedIn.User, &v.signedIn.Org
}

// look reads what the person has.
func (d *Dispatcher) look(ctx context.Context, v *visit) (*Facts, error) {
	user, org := v.person()
	enrolled, err := d.Factors.Enrolled(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	v.facts = &Facts{Enrolled: enrolled}
	v.device, err = d.trusted(ctx, v, user.ID, org.Rules.Remember())
	v.facts.Remembered = v.device != ""
	return v.facts, err
}

// trusted gives the remembered device that the browser is to this person; empty if it is
// none. An organisation that wants to remember for less long means it for all devices.
func (d *Dispatcher) trusted(ctx context.Context, v *visit, user core.ID, most time.Duration) (core.ID, error) {
	cookie, ok := core.ParseCredential(core.KindDevice, v.from.DeviceCookie)
	if !ok || most == 0 {
		return "", nil
	}
	device, err := d.Store.Device(ctx, cookie.ID)
	if err != nil {
		return "", ignored(err)
	}
	good := device.Hash.Matches(cookie.Hash()) && device.UserID == user && v.now.Before(device.ExpiresAt) && v.now.Before(device.CreatedAt.Add(most))
	if !good {
		return "", nil
	}
	return device.ID, nil
}

// startSession begins a new session, whoever was signed in before: its identifier is
// never one that was known before the sign-in.
func (d *Dispatcher) startSession(ctx context.Context, v *visit) error {
	if err := d.noticeBrowser(ctx, v); err != nil {
		return err
	}
	first := v.first
	session := core.Session{
		UserID: first.UserID, AuthTime: first.At, AMR: first.AMR, ACR: first.ACR, Upstream: first.Upstream,
		CreatedAt: v.now, ExpiresAt: v.now.Add(orElse(d.Lifetimes.Session, defaultSession)),
	}
	if !first.AuthTime.IsZero() && first.AuthTime.Before(v.now) {
		session.AuthTime = first.AuthTime
	}
	start := core.StartSession{}
	if v.signedIn != nil {
		start.Replaces = v.signedIn.Session.ID
	}
	remembered := v.facts != nil && v.facts.Enrolled.SecondFactor() && v.device != "" && first.ACR == core.ACROne
	v.signedIn = &core.SignedIn{Session: session, User: first.User, Org: first.Org}
	v.stored.SignedInAt, v.stored.ConsentedScopes = v.now, nil
	detail := map[string]string{"method": first.Method}
	if first.Upstream != nil {
		detail["connector"] = first.Upstream.Connector
	}
	if remembered {
		detail["remembered"] = "device"
		v.changes = append(v.changes, core.UseDevice{ID: v.device, At: v.now})
	}
	d.dropFirst(v)
	d.begins(v, start, detail)
	return nil
}

// begins gives the session of the visit its identifier, and the browser its cookie.
func (d *Dispatcher) begins(v *visit, start core.StartSession, detail map[string]string) {
	cookie := core.NewCredential(core.KindSession, core.NewID(v.now, d.Rand), d.Rand)
	session := &v.signedIn.Session
	session.ID, session.Hash = cookie.ID, cookie.Hash()
	session.IP, session.UserAgent = v.from.IP, shortened(v.from.UserAgent)
	start.Session = *session
	v.stored.SessionID, v.changed = session.ID, true
	v.cookies.SetSession, v.cookies.SessionExpires = cookie.String(), session.ExpiresAt
	d.showState(v)
	v.changes = append(v.changes, start)
	if v.trust {
		d.remember(v)
	}
	event := v.event(core.EventSignedIn)
	event.Detail = detail
	d.record(v, event)
}

// raise gives the browser a new session, which stands on the one that it has and on what
// else was proved in it. When the person signed in stays the same.
func (d *Dispatcher) raise(v *visit, proof *core.Proof) {
	start := core.StartSession{Replaces: v.signedIn.Session.ID, Continues: true}
	raised := *v.signedIn
	raised.Session.AMR, raised.Session.ACR, raised.Session.CreatedAt = proof.AMR, proof.ACR, v.now
	v.signedIn, v.facts, v.device = &raised, nil, ""
	v.changes = append(v.changes, proof.Changes...)
	d.begins(v, start, map[string]string{"method": proof.Method})
}

// remember trusts the browser: its person is not asked for the second factor again.
func (d *Dispatcher) remember(v *visit) {
	most := v.signedIn.Org.Rules.Remember()
	if most == 0 {
		return
	}
	cookie := core.NewCredential(core.KindDevice, core.NewID(v.now, d.Rand), d.Rand)
	device := core.Device{
		ID: cookie.ID, Hash: cookie.Hash(), UserID: v.signedIn.User.ID, UserAgent: shortened(v.from.UserAgent), IP: v.from.IP,
		CreatedAt: v.now, LastUsedAt: v.now, ExpiresAt: v.now.Add(most),
	}
	v.changes = append(v.changes, core.AddDevice{Device: device})
	v.cookies.SetDevice, v.cookies.DeviceExpires = cookie.String(), device.ExpiresAt
	d.record(v, v.event(core.EventDeviceTrusted))
}

// asPartial is the session as the first factor of what is proved besides.
func asPartial(s *core.Session) core.Partial {
	method := methodOf(s)
	if slices.Contains(s.AMR, core.AMRMultiple) && method != core.MethodPasskey && method != core.MethodUpstream {
		method += "+"
	}
	return core.Partial{
		UserID: s.UserID, Method: strings.TrimSuffix(method, "+"), AMR: s.AMR, ACR: s.ACR, At: s.AuthTime, AuthTime: s.AuthTime, Upstream: s.Upstream,
	}
}
