package account

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"github.com/postern-id/postern/core"
)

// Ways are what the holder of a link may choose to sign in with.
type Ways struct {
	Password bool
	// Passkey is what the browser is asked for a passkey, JSON; nil: none may be made.
	Passkey json.RawMessage
}

// Ways gives them.
func (e *Entry) Ways(ctx context.Context, h *Holder) (Ways, error) {
	rules := h.Org.Rules.SignIn
	ways := Ways{Password: rules.Allows(core.MethodPassword)}
	if !e.passkeys(rules) {
		return ways, nil
	}
	options, err := e.Passkeys.PasskeyCreation(ctx, h.challenge(), &h.User)
	ways.Passkey = options
	return ways, err
}

// challenge is what the new passkey signs: nobody but who has the link could tell it, and
// it is used once, as the ticket is.
func (h *Holder) challenge() []byte {
	sum := sha256.Sum256([]byte("postern passkey of a ticket 1\n" + h.secret))
	return sum[:]
}

// passkey gives the changes that add the passkey, and what it proves: the browser made it
// just now, with the person verified.
func (e *Entry) passkey(ctx context.Context, h *Holder, choice Choice, from *Visitor) ([]core.Change, chosen, error) {
	event := from.Event
	event.UserID = h.User.ID
	changes, made, err := e.Passkeys.AddPasskey(ctx, &h.User, h.challenge(), h.Ticket.ExpiresAt, choice.Response, choice.PasskeyName, event)
	if err != nil {
		return nil, chosen{}, err
	}
	key := core.AMRHardware
	if e.Synced(&made) {
		key = core.AMRSoftware
	}
	return changes, chosen{core.MethodInvite, []string{key, core.AMRUser, core.AMRMultiple}, core.ACRPhishingResistant}, nil
}
