package flow

import (
	"context"
	"crypto/sha256"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Here gives who is signed in with this browser, nil if nobody is, and the step that the
// forms of their pages send.
func (d *Dispatcher) Here(ctx context.Context, b Browser) (*core.SignedIn, string, error) {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil {
		return nil, "", err
	}
	if !usable(v.signedIn, v.now) {
		return nil, "", nil
	}
	return v.signedIn, d.accountStep(&v.signedIn.Session), nil
}

// accountStep signs the link of a person's own pages.
func (d *Dispatcher) accountStep(s *core.Session) string {
	return d.sign(link{toAccount, s.ID, s.ExpiresAt, ""}, s.Hash)
}

// Person gives who sent a form of their own pages, with the step that was on it. If that
// is nobody, done is what to answer.
func (d *Dispatcher) Person(ctx context.Context, step string, b Browser) (in *core.SignedIn, done *Outcome) {
	v, done := d.resumeAccount(ctx, step, b)
	if done != nil {
		return nil, done
	}
	return v.signedIn, nil
}

// freshTime is how long ago a person may have proved who they are before they change how
// they sign in, or what cannot be undone: whoever finds a browser open must not be able
// to.
const freshTime = 5 * time.Minute

// FreshPerson is Person for what needs a recent sign-in. Who did not prove lately who
// they are does so first, and comes to the local path back, without what the form sent.
func (d *Dispatcher) FreshPerson(ctx context.Context, step string, b Browser, back string) (in *core.SignedIn, done *Outcome) {
	v, done := d.resumeFresh(ctx, step, b, back)
	if done != nil {
		return nil, done
	}
	return v.signedIn, nil
}

// resumeAccount takes the signed link of a person's own pages.
func (d *Dispatcher) resumeAccount(ctx context.Context, step string, b Browser) (v *visit, done *Outcome) {
	v = d.begin(b)
	stop := func(out Outcome) (*visit, *Outcome) { return v, &out }
	if err := d.loadSession(ctx, v); err != nil {
		return stop(failed(err))
	}
	if !usable(v.signedIn, v.now) {
		return stop(d.refuseStep(ctx, v, "session_unknown"))
	}
	session := &v.signedIn.Session
	at, ok := d.open(step, session.Hash)
	switch {
	case !ok || at.to != toAccount || at.id != session.ID:
		return stop(d.refuseStep(ctx, v, "step_forged"))
	case !v.now.Before(at.expires):
		return stop(d.refuseStep(ctx, v, "request_expired"))
	}
	return v, nil
}

// resumeFresh is resumeAccount for what needs a recent sign-in.
func (d *Dispatcher) resumeFresh(ctx context.Context, step string, b Browser, back string) (v *visit, done *Outcome) {
	v, done = d.resumeAccount(ctx, step, b)
	if done != nil {
		return v, done
	}
	fresh, err := d.fresh(ctx, v)
	if err != nil {
		out := failed(err)
		return v, &out
	}
	if fresh {
		return v, nil
	}
	d.begun(v, hereParams(back, oauth.PromptLogin))
	out := d.advance(ctx, v)
	return v, &out
}

// Fresh reports whether somebody is signed in with this browser who need not prove anew
// who they are; see [Dispatcher.FreshPerson].
func (d *Dispatcher) Fresh(ctx context.Context, b Browser) (bool, error) {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil || !usable(v.signedIn, v.now) {
		return false, err
	}
	return d.fresh(ctx, v)
}

// fresh reports whether the person proved lately who they are, with the second factor if
// they have one: a browser that they trust spares them that for other things alone, and so
// does a provider. Else an account elsewhere were enough to add another one, and with it
// to be as good as who proved theirs.
func (d *Dispatcher) fresh(ctx context.Context, v *visit) (bool, error) {
	session := &v.signedIn.Session
	if v.now.Sub(session.AuthTime) > freshTime {
		return false, nil
	}
	in, err := d.input(ctx, v)
	if err != nil {
		return false, err
	}
	if d.Factors == nil || in.proved().is(core.ACRTwo) {
		return true, nil
	}
	in.Facts, err = d.look(ctx, v)
	return err == nil && !in.factors(in.proved()).SecondFactor(), err
}

// SignInTo begins a sign-in to Postern itself that leads to the local path back. Whoever
// is signed in is sent there.
func (d *Dispatcher) SignInTo(ctx context.Context, back string, b Browser) Outcome {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	d.begun(v, hereParams(back, ""))
	return d.advance(ctx, v)
}

// paramBack is what a sign-in to Postern itself keeps of where it leads. No browser says
// it.
const paramBack = "back"

// hereParams makes the parameters of a sign-in to Postern itself.
func hereParams(back, prompt string) oauth.Params {
	params := url.Values{}
	if prompt != "" {
		params.Set("prompt", prompt)
	}
	if back != "" && back != PathHome {
		params.Set(paramBack, back)
	}
	return oauth.ParamsOf(params)
}

// end is where a sign-in to Postern itself leads.
func (v *visit) end() string {
	back := v.stored.Params.Get(paramBack)
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.ContainsFunc(back, unfitForPath) {
		return PathHome
	}
	return back
}

func unfitForPath(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }

// Renewed is a session that took the place of another one.
type Renewed struct {
	SignedIn *core.SignedIn
	Step     string // for the forms of their pages, see [Dispatcher.Here]
	Cookies  Cookies
}

// Renew applies what changes the rights of a session's person, how they sign in for one,
// and gives their browser a session with another identifier: whoever knew the old one has
// nothing of it. What the session says of the sign-in stays as it is in in. The error is
// that of the store: [core.ErrConflict] too if the session ended meanwhile.
func (d *Dispatcher) Renew(ctx context.Context, b Browser, in *core.SignedIn, changes ...core.Change) (Renewed, error) {
	v := d.begin(b)
	cookie := core.NewCredential(core.KindSession, core.NewID(v.now, d.Rand), d.Rand)
	renewed := *in
	renewed.Session.ID, renewed.Session.Hash, renewed.Session.CreatedAt = cookie.ID, cookie.Hash(), v.now
	renewed.Session.IP, renewed.Session.UserAgent = b.IP, shortened(b.UserAgent)
	v.signedIn = &renewed
	start := core.StartSession{Session: renewed.Session, Replaces: in.Session.ID, Continues: true}
	if err := d.Store.Apply(ctx, append(slices.Clip(changes), start)...); err != nil {
		return Renewed{}, err
	}
	v.cookies.SetSession, v.cookies.SessionExpires = cookie.String(), renewed.Session.ExpiresAt
	d.showState(v)
	return Renewed{&renewed, d.accountStep(&renewed.Session), v.cookies}, nil
}

// Enter goes on with somebody who proved elsewhere than on the sign-in page who they are,
// by a link in a mail say: with the request, if this browser began it and it still waits;
// else they sign in to Postern itself.
func (d *Dispatcher) Enter(ctx context.Context, b Browser, request core.ID, proof *core.Proof) Outcome {
	v := d.begin(b)
	waits, err := d.waits(ctx, v, request)
	if err != nil {
		return failed(err)
	}
	if waits {
		if done := d.reload(ctx, v, request, v.now.Add(time.Hour)); done != nil {
			return *done
		}
		return d.signedIn(ctx, v, proof)
	}
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	d.begun(v, oauth.Params{})
	return d.signedIn(ctx, v, proof)
}

// waits reports whether the request is one that this browser began, and has not come to
// its end.
func (d *Dispatcher) waits(ctx context.Context, v *visit, request core.ID) (bool, error) {
	if request == "" || v.browser.ID == "" {
		return false, nil
	}
	stored, err := d.Store.AuthRequest(ctx, request)
	if ignored(err) != nil {
		return false, err
	}
	return err == nil && stored.BrowserHash.Matches(v.browser.Hash()) && v.now.Before(stored.ExpiresAt) && stored.SignedInAt.IsZero(), nil
}

// ceremonyTime is how long a person may take to use a passkey.
const ceremonyTime = 10 * time.Minute

// Ceremony begins to enrol a passkey on the pages of somebody who is signed in. The form
// sends signed back to [Dispatcher.Challenge]: nothing is stored until then.
func (d *Dispatcher) Ceremony(in *core.SignedIn) (signed string, challenge []byte) {
	at := link{toPasskey, in.Session.ID, d.Now().Add(ceremonyTime), d.salt()}
	signed = d.sign(at, in.Session.Hash)
	return signed, challengeOf(signed)
}

// Challenge gives the challenge of a ceremony that this session began, and when it
// expires. Whoever accepts an answer to it sees to it that it is used once.
func (d *Dispatcher) Challenge(in *core.SignedIn, signed string) (challenge []byte, expires time.Time, ok bool) {
	at, ok := d.open(signed, in.Session.Hash)
	if !ok || at.to != toPasskey || at.id != in.Session.ID || !d.Now().Before(at.expires) {
		return nil, time.Time{}, false
	}
	return challengeOf(signed), at.expires, true
}

// challengeOf is what an authenticator signs: 256 bits that only we could make.
func challengeOf(signed string) []byte {
	sum := sha256.Sum256([]byte(signed))
	return sum[:]
}
