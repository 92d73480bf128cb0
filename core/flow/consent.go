package flow

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

func (d *Dispatcher) consentPage(v *visit, next Step) Outcome {
	return v.page(&ConsentPage{
		// The link says what was shown, so that nobody allows anything else.
		Step:   d.linkTo(v, toConsent, oauth.FormatScope(allowable(next.Scopes, next.Claims))),
		Client: v.client, User: v.signedIn.User, Scopes: next.Scopes, Claims: next.Claims,
	})
}

// Consent takes what the consent page sent. The link must be the one that was on
// the page.
func (d *Dispatcher) Consent(ctx context.Context, step string, allow bool, b Browser) Outcome {
	v, at, done := d.resume(ctx, step, b, toConsent)
	if done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case next.Kind != StepConsent:
		return d.act(ctx, v, next)
	case !allow:
		return d.giveUp(ctx, v, core.EventConsentDenied, oauth.Refuse(oauth.CodeAccessDenied, "consent_denied", "The person did not give consent."))
	}
	// A link that was on no page names nothing: the page comes again.
	shown := strings.Fields(at.payload)
	if !oauth.WithinScopes(allowable(next.Scopes, next.Claims), shown) {
		return d.act(ctx, v, next)
	}
	if err := d.allow(ctx, v, shown); err != nil {
		return failed(err)
	}
	return d.advance(ctx, v)
}

// allow notes the consent for this request, and for later ones.
func (d *Dispatcher) allow(ctx context.Context, v *visit, scopes []string) error {
	before, err := d.consent(ctx, v)
	if err != nil {
		return err
	}
	consent := core.Consent{
		UserID: v.signedIn.User.ID, ClientID: v.client.ID, Scopes: slices.Clone(scopes), GrantedAt: v.now, UpdatedAt: v.now,
	}
	if before != nil {
		consent.Scopes, consent.GrantedAt = append(consent.Scopes, before.Scopes...), before.GrantedAt
	}
	slices.Sort(consent.Scopes)
	consent.Scopes = slices.Compact(consent.Scopes)
	v.stored.ConsentedScopes, v.changed = scopes, true
	v.changes = append(v.changes, core.SaveConsent{Consent: consent})
	event := v.event(core.EventConsentGiven)
	event.Detail = map[string]string{"scopes": oauth.FormatScope(scopes)}
	d.record(v, event)
	return nil
}
