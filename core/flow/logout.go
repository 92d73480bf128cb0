package flow

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const maxLogoutState = 4 << 10

// farewell is a request to sign out, checked.
type farewell struct {
	client *core.Client // that asks, nil if it is not known
	hint   *Hint        // trusted, nil if there is none
	target string       // where to go afterwards, empty for the page
}

// Logout answers a request to the end session endpoint (OpenID Connect
// RP-Initiated Logout 1.0 section 2), from whichever site it comes: it signs out
// at once only for an id_token_hint of the very session that this browser has.
// Otherwise the person is asked, and nobody is redirected anywhere on the word of
// parameters that no ID token backs. What logout_hint says changes nothing: a browser has
// one person signed in at most.
//
// As with [Dispatcher.Authorize], a POST from another site comes without cookies:
// the caller turns it into a GET, else the session would seem to be gone.
func (d *Dispatcher) Logout(ctx context.Context, params oauth.Params, b Browser) Outcome {
	v := d.begin(b)
	v.locales = strings.Fields(params.Get("ui_locales"))
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	asked, refusal, err := d.parseLogout(ctx, params)
	if err != nil {
		return failed(err)
	}
	v.client = asked.client
	if refusal != nil {
		d.record(v, refused(v.event(core.EventRequestRefused), refusal.Reason))
		asked.hint, asked.target = nil, ""
	}
	switch {
	case v.signedIn == nil:
		return d.commit(ctx, v, leave(asked.target))
	case asked.hint != nil && asked.hint.SessionID == v.signedIn.Session.ID:
		return d.endSession(ctx, v, asked.target)
	}
	return d.commit(ctx, v, d.logoutPage(v, asked))
}

// ConfirmLogout takes what the page of [Dispatcher.Logout] sent.
func (d *Dispatcher) ConfirmLogout(ctx context.Context, step string, b Browser) Outcome {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	if v.signedIn == nil {
		return leave("")
	}
	at, ok := d.open(step, v.signedIn.Session.Hash)
	switch {
	case !ok || at.to != toLogout || at.id != v.signedIn.Session.ID:
		return d.refuseStep(ctx, v, "step_forged")
	case !v.now.Before(at.expires):
		return d.refuseStep(ctx, v, "request_expired")
	}
	return d.endSession(ctx, v, at.payload)
}

// endSession signs out. The browser forgets what it began as well, so that the
// next person on it meets nothing of this one.
//
// Clients that sign out by a page of theirs are loaded first. Who came from a provider
// that signs people out goes there next, and then to the target. If nobody can say where
// the provider is, they are signed out here all the same, and the audit log says so.
func (d *Dispatcher) endSession(ctx context.Context, v *visit, target string) Outcome {
	frames, err := d.logoutFrames(ctx, v)
	if err != nil {
		return failed(err)
	}
	elsewhere, err := d.signOutURL(ctx, v, target)
	v.changes = append(v.changes, core.EndSession{ID: v.signedIn.Session.ID, At: v.now})
	event := v.event(core.EventSignedOut)
	if err != nil {
		event.Detail = map[string]string{"connector": v.signedIn.Session.Upstream.Connector, "upstream": "failed"}
	}
	d.record(v, event)
	v.cookies = Cookies{ClearBrowser: true, ClearSession: true, ClearState: d.Watched}
	if len(frames) > 0 {
		return d.commit(ctx, v, v.signOutOf(frames, target, elsewhere))
	}
	out := leave(cmp.Or(elsewhere, target))
	if elsewhere != "" {
		out.Away = &Away{}
	}
	return d.commit(ctx, v, out)
}

// logoutFrames gives the pages of the clients of the session that sign out by being
// loaded. Each has iss and sid, which say whom it is about (OpenID Connect Front-Channel
// Logout 1.0 section 3), also where the client does not insist.
func (d *Dispatcher) logoutFrames(ctx context.Context, v *visit) (frames []string, err error) {
	visited, err := d.Store.SessionClients(ctx, v.signedIn.Session.ID)
	if err != nil {
		return nil, err
	}
	for _, at := range visited {
		client, err := d.Store.Client(ctx, at.ClientID)
		switch {
		case errors.Is(err, core.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		case client.Disabled || client.Metadata.FrontchannelLogoutURI == "":
			continue
		}
		page := oauth.Response{RedirectURI: client.Metadata.FrontchannelLogoutURI, Mode: oauth.ModeQuery, Fields: []oauth.Field{
			{Name: "iss", Value: d.Issuer}, {Name: "sid", Value: string(at.SessionID)},
		}}
		frames = append(frames, page.URL())
	}
	return frames, nil
}

// signOutOf is the page that signs out of clients and goes on: to the provider, if there
// is one, and from there to the target.
func (v *visit) signOutOf(frames []string, target, elsewhere string) Outcome {
	page := &SignedOutPage{Frames: frames, Next: cmp.Or(elsewhere, target)}
	if elsewhere == "" && target != "" {
		page.Client = v.client
	}
	out := Outcome{Page: page}
	for _, frame := range frames {
		for _, origin := range formTargets(frame) {
			if !slices.Contains(out.FrameTargets, origin) {
				out.FrameTargets = append(out.FrameTargets, origin)
			}
		}
	}
	return out
}

// maxReturn is how long the state may be that a provider gives back. Where more would
// be needed to say where the person goes, they come to our own page.
const maxReturn = 2 << 10

// signOutURL gives where the person signs out at the provider of the session; empty if
// nowhere.
func (d *Dispatcher) signOutURL(ctx context.Context, v *visit, target string) (string, error) {
	session := &v.signedIn.Session
	if d.Upstream == nil || session.Upstream == nil || session.Upstream.Logout == nil {
		return "", nil
	}
	// The browser has no cookie any more that the link could be bound to.
	at := link{toLeave, session.ID, v.now.Add(orElse(d.Lifetimes.Request, defaultRequest)), target}
	state := d.sign(at, core.Hash{})
	if len(state) > maxReturn {
		at.payload = ""
		state = d.sign(at, core.Hash{})
	}
	return d.Upstream.SignOut(ctx, session, d.Issuer+PathLogoutReturn, state)
}

// LogoutReturn takes who signed out at a provider to where they were going. The state
// says so if it is ours and not too old; else they come to our own page.
func (d *Dispatcher) LogoutReturn(state string) Outcome {
	at, ok := d.open(state, core.Hash{})
	if !ok || at.to != toLeave || !d.Now().Before(at.expires) {
		return leave("")
	}
	return new(visit).back(leave(at.payload))
}

func leave(target string) Outcome {
	if target != "" {
		return Outcome{Redirect: target}
	}
	return Outcome{Page: &SignedOutPage{}}
}

func (d *Dispatcher) logoutPage(v *visit, asked farewell) Outcome {
	session := &v.signedIn.Session
	expires := v.now.Add(orElse(d.Lifetimes.Request, defaultRequest))
	out := Outcome{Page: &LogoutPage{
		Step:   d.sign(link{toLogout, session.ID, expires, asked.target}, session.Hash),
		Client: asked.client, User: v.signedIn.User,
	}}
	if asked.target != "" {
		out.FormTargets = formTargets(asked.target)
	}
	return out
}

// parseLogout checks the parameters. With a refusal the farewell says only which
// client asks.
func (d *Dispatcher) parseLogout(ctx context.Context, params oauth.Params) (farewell, *oauth.Error, error) {
	asked, untrusted := farewell{}, false
	id := params.Get("client_id")
	if token := params.Get("id_token_hint"); token != "" {
		hint, ok := d.verifyHint(ctx, token)
		if untrusted = !ok; ok {
			asked.hint = &hint
		}
	}
	if asked.hint != nil && id == "" {
		id = asked.hint.ClientID
	}
	if id != "" {
		client, err := d.Store.Client(ctx, id)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return farewell{}, nil, err
		}
		if err == nil {
			asked.client = client
		}
	}
	if untrusted {
		return asked, refuseLogout("hint_untrusted"), nil
	}
	refusal := asked.parseTarget(id, params)
	return asked, refusal, nil
}

// parseTarget settles where to go afterwards. A redirect needs a trusted hint and
// a URI that is registered to the letter (section 3, MUST NOT otherwise).
func (f *farewell) parseTarget(id string, params oauth.Params) *oauth.Error {
	uri, state := params.Get("post_logout_redirect_uri"), params.Get("state")
	switch {
	case id != "" && f.client == nil:
		return refuseLogout("client_unknown")
	case f.hint != nil && f.hint.ClientID != id:
		return refuseLogout("hint_other_client")
	case uri == "":
		return nil
	case f.hint == nil:
		return refuseLogout("hint_missing")
	case f.client.Disabled || !slices.Contains(f.client.PostLogoutRedirectURIs, uri):
		return refuseLogout("post_logout_redirect_uri_unregistered")
	case len(state) > maxLogoutState:
		return refuseLogout("state_too_long")
	}
	f.target = uri
	if params.Has("state") {
		response := oauth.Response{RedirectURI: uri, Mode: oauth.ModeQuery, Fields: []oauth.Field{{Name: "state", Value: state}}}
		f.target = response.URL()
	}
	return nil
}

func refuseLogout(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidRequest, reason, "The request to sign out is not trusted.")
}
