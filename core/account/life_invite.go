package account

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// forget ends whatever somebody could still come in with besides their credentials.
func forget(userID core.ID, now time.Time) []core.Change {
	return []core.Change{
		core.EndSessions{UserID: userID, At: now},
		core.DeleteDevices{UserID: userID},
		core.DeleteTickets{UserID: userID},
	}
}

// mayTakeOver refuses an invitation to an account that somebody has taken over since: the
// link must not be a way around what its owner proves who they are with.
func (e *Entry) mayTakeOver(ctx context.Context, h *Holder) error {
	enrolled, err := e.Store.Enrolled(ctx, h.User.ID)
	if err != nil {
		return fmt.Errorf("read what the invited has: %w", err)
	}
	if h.User.PasswordHash != "" || enrolled.SecondFactor() || h.User.LastSignInAt.After(h.Ticket.CreatedAt) {
		return h.refuse(ticket.Used, "account_taken_over")
	}
	return nil
}

// Choice is what somebody chooses to sign in with from now on: a password, or a passkey.
type Choice struct {
	// Name is the full name; it replaces none that is empty here.
	Name     string
	Password string
	// Response is the browser's, JSON, where it is to be a passkey.
	Response    []byte
	PasskeyName string
}

// Accept takes over the account of an invitation. Errors are those of [Entry.Reset], and
// *[InvalidError], and for a passkey *[core.SignInRefused].
func (e *Entry) Accept(ctx context.Context, credential string, choice Choice, from *Visitor) (*Entered, error) {
	h, err := e.Look(ctx, core.TicketInvite, credential, from)
	if err != nil {
		return nil, err
	}
	made, chosen, err := e.choose(ctx, h, choice, from)
	if err != nil {
		return nil, err
	}
	now := e.Now()
	changes := slices.Concat(made, forget(h.User.ID, now), e.proved(h, from, now))
	profile := h.User.Profile
	kept := h.Org.Rules.KeepProfile && profile.DisplayName != ""
	if choice.Name != "" && choice.Name != profile.DisplayName && !kept {
		profile.DisplayName = choice.Name
		changes = append(changes, core.SetProfile{UserID: h.User.ID, Profile: profile, At: now})
	}
	if err := e.use(ctx, h, from, now, changes...); err != nil {
		return nil, err
	}
	return e.enter(ctx, h, chosen)
}

// choose checks what somebody chose, and gives the changes that make it theirs.
func (e *Entry) choose(ctx context.Context, h *Holder, choice Choice, from *Visitor) ([]core.Change, chosen, error) {
	profile := core.Profile{DisplayName: choice.Name}
	if wrong := profile.Problems(); len(wrong) > 0 {
		return nil, chosen{}, &InvalidError{wrong}
	}
	now, rules := e.Now(), h.Org.Rules.SignIn
	switch {
	case choice.Response != nil && e.passkeys(rules):
		return e.passkey(ctx, h, choice, from)
	case choice.Response == nil && rules.Allows(core.MethodPassword):
		user := h.User
		user.Profile = profile
		hash, err := e.Hasher.HashFor(ctx, &user, choice.Password)
		return []core.Change{
			core.SetPassword{UserID: h.User.ID, Hash: hash, At: now},
			e.record(from, now, core.EventPasswordSet, h.User.ID, map[string]string{"name": h.User.Name, "reason": string(h.Ticket.Purpose)}),
		}, chosen{core.MethodInvite, []string{core.AMRPassword}, core.ACROne}, err
	}
	return nil, chosen{}, e.refused(ctx, from, h.refuse(ticket.Closed, "method_not_allowed"))
}
