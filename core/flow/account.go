package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Home is who is signed in, with where they sign in besides here.
type Home struct {
	core.SignedIn
	// Links are the accounts at other providers that they sign in with.
	Links []Linked
	// Offers are where they may link one more, without hidden ones; each goes to
	// [Dispatcher.Link].
	Offers []core.Offer
	Step   string // for [Dispatcher.Link] and [Dispatcher.Unlink]

	known []core.Offer // hidden ones too
}

// Linked is a link, as the person sees it.
type Linked struct {
	Connector string
	Title     string // of the connector
	Icon      string
	Subject   string
	Name      string // whom the provider takes them for
	Since     time.Time
	LastUsed  time.Time // zero: never
	// Only says that it is the last way in: unlinking is refused.
	Only bool
}

// Home gives who is signed in with this browser, nil if nobody is.
func (d *Dispatcher) Home(ctx context.Context, b Browser) (*Home, error) {
	in, step, err := d.Here(ctx, b)
	if err != nil || in == nil {
		return nil, err
	}
	home := &Home{SignedIn: *in, Step: step}
	if d.Upstream == nil {
		return home, nil
	}
	offers, err := d.Upstream.Offers(ctx, nil)
	if err != nil {
		return nil, err
	}
	links, err := d.Store.Links(ctx, in.User.ID)
	if err != nil {
		return nil, err
	}
	enrolled, err := d.proofsOf(ctx, in.User.ID)
	if err != nil {
		return nil, err
	}
	home.offer(offers, links, lastWayIn(in, enrolled, links))
	return home, nil
}

// Title is what people call a connector.
func (h *Home) Title(connector string) string { return offerOf(h.known, connector).Title }

// offer fills in what concerns other providers.
func (h *Home) offer(offers []core.Offer, links []core.Link, only bool) {
	h.known = offers
	for _, offer := range offers {
		if !offer.Hidden && offer.Org == h.User.Org {
			h.Offers = append(h.Offers, offer)
		}
	}
	for _, l := range links {
		offer := offerOf(offers, l.Connector)
		h.Links = append(h.Links, Linked{
			Connector: l.Connector, Title: offer.Title, Icon: offer.Icon, Subject: l.Subject, Name: l.Name,
			Since: l.CreatedAt, LastUsed: l.LastUsedAt, Only: only,
		})
	}
}

// lastWayIn reports whether the person could not sign in without one of these links.
func lastWayIn(in *core.SignedIn, enrolled core.Enrolled, links []core.Link) bool {
	return !in.Org.Rules.SignIn.WayIn(&in.User, enrolled, len(links)-1)
}

// proofsOf is what the user has besides a password and accounts elsewhere.
func (d *Dispatcher) proofsOf(ctx context.Context, user core.ID) (core.Enrolled, error) {
	if d.Factors == nil {
		return core.Enrolled{}, nil
	}
	return d.Factors.Enrolled(ctx, user)
}

// Link begins to link an account at a connector's provider to whoever is signed in:
// the session says to whom, nothing in the form does.
func (d *Dispatcher) Link(ctx context.Context, step, connector string, b Browser) Outcome {
	v, done := d.resumeFresh(ctx, step, b, PathSecurity)
	if done != nil {
		return *done
	}
	if d.Upstream == nil {
		return d.refuseStep(ctx, v, "connector_unknown")
	}
	offers, err := d.Upstream.Offers(ctx, nil)
	if err != nil {
		return failed(err)
	}
	v.offers = offers
	session := &v.signedIn.Session
	start, err := d.Upstream.Begin(ctx, core.UpstreamBegin{
		Connector: connector, LinkTo: session.ID, Browser: v.bind(d).Hash(), SelectAccount: true,
		Event: v.event(""), ExpiresAt: v.now.Add(linkTime),
	})
	if refusal, ok := errors.AsType[*core.UpstreamRefused](err); ok {
		return d.turnBack(ctx, v, refusal)
	}
	if err != nil {
		return failed(err)
	}
	v.keep()
	v.changes = append(v.changes, start.Changes...)
	return d.commit(ctx, v, v.toProvider(start.Redirect, connector))
}

// linkTime is how long linking may take.
const linkTime = 10 * time.Minute

// finishLink takes what came back to be linked. It has to be the very session that
// began it.
func (d *Dispatcher) finishLink(ctx context.Context, v *visit, finish core.UpstreamFinish) Outcome {
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	if !usable(v.signedIn, v.now) || v.signedIn.Session.ID != finish.Attempt.LinkTo {
		return d.refuseStep(ctx, v, "session_other")
	}
	finish.For, finish.Event = v.signedIn, v.event("")
	proof, err := d.Upstream.Finish(ctx, finish)
	if refusal, ok := errors.AsType[*core.UpstreamRefused](err); ok {
		return d.turnBack(ctx, v, refusal)
	}
	if err != nil {
		return failed(err)
	}
	v.changes = append(v.changes, proof.Changes...)
	return d.commit(ctx, v, Outcome{Redirect: d.Tell(v.signedIn, PathSecurity, Note{NoteLinked, finish.Attempt.Connector})})
}

// Unlink takes a link away from whoever is signed in, but not their last way in.
func (d *Dispatcher) Unlink(ctx context.Context, step, connector, subject string, b Browser) Outcome {
	v, done := d.resumeFresh(ctx, step, b, PathSecurity)
	if done != nil {
		return *done
	}
	links, err := d.Store.Links(ctx, v.signedIn.User.ID)
	if err != nil {
		return failed(err)
	}
	enrolled, err := d.proofsOf(ctx, v.signedIn.User.ID)
	if err != nil {
		return failed(err)
	}
	at := slices.IndexFunc(links, func(l core.Link) bool { return l.Connector == connector && l.Subject == subject })
	switch {
	case at < 0:
		return d.refuseAccount(ctx, v, http.StatusNotFound, "link_unknown", "There is no such link.")
	case lastWayIn(v.signedIn, enrolled, links):
		return d.refuseAccount(ctx, v, http.StatusConflict, "last_way_in",
			"You sign in with this account alone. Set a password or link another account first.")
	}
	keep := !v.signedIn.Org.Rules.SignIn.MailWayIn(&v.signedIn.User)
	v.changes = append(v.changes, core.DeleteLink{UserID: links[at].UserID, Connector: connector, Subject: subject, KeepWayIn: keep})
	event := v.event(core.EventAccountUnlinked)
	event.Detail = map[string]string{"connector": links[at].Connector, "subject": links[at].Subject}
	d.record(v, event)
	return d.commit(ctx, v, Outcome{Redirect: d.Tell(v.signedIn, PathSecurity, Note{NoteUnlinked, links[at].Connector})})
}

func (d *Dispatcher) refuseAccount(ctx context.Context, v *visit, status int, reason, description string) Outcome {
	refusal := oauth.Refuse(oauth.CodeInvalidRequest, reason, description)
	refusal.Status = status
	d.record(v, refused(v.event(core.EventRequestRefused), reason))
	return d.commit(ctx, v, Outcome{Error: refusal, Back: PathSecurity})
}
