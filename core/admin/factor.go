package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
)

// Proofs is what a user proves who they are with, besides a password.
type Proofs struct {
	Authenticators []core.Authenticator // in the order in which they were enrolled
	RecoveryCodes  int                  // that can still be used
}

// Passkeys reports whether one of them is a passkey, with which alone one signs in.
func (p Proofs) Passkeys() bool {
	return slices.ContainsFunc(p.Authenticators, func(a core.Authenticator) bool { return a.Kind == core.AuthenticatorPasskey })
}

// UserProofs gives what the user enrolled.
func (s *Service) UserProofs(ctx context.Context, id core.ID) (Proofs, error) {
	enrolled, err := s.Store.Enrolled(ctx, id)
	if err != nil {
		return Proofs{}, wrap("read what the user enrolled", err)
	}
	all, err := s.Store.Authenticators(ctx, id)
	return Proofs{all, enrolled.RecoveryCodes}, wrap("read the authenticators", err)
}

// RemoveAuthenticator removes one of the user's. With the last one go the recovery codes
// and remembered devices, which stand in for it. Sessions go on.
func (s *Service) RemoveAuthenticator(ctx context.Context, actor Actor, id, authenticator core.ID) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	proofs, err := s.UserProofs(ctx, id)
	if err != nil {
		return err
	}
	missing := &MissingError{What: "authenticator", Name: string(authenticator)}
	at := slices.IndexFunc(proofs.Authenticators, func(a core.Authenticator) bool { return a.ID == authenticator })
	if at < 0 {
		return missing
	}
	removed, now := proofs.Authenticators[at], s.Now()
	detail := map[string]string{"name": removed.Name, "method": string(removed.Kind), "authenticator": string(removed.ID)}
	changes := []core.Change{core.DeleteAuthenticator{UserID: id, ID: authenticator}, s.userRecord(actor, now, core.EventAuthenticatorRemoved, user, detail)}
	if len(proofs.Authenticators) == 1 {
		changes = append(changes, core.DeleteAuthenticators{UserID: id})
	}
	words := map[string]string{core.WordAuthenticator: removed.Name, core.WordMethod: string(removed.Kind)}
	err = s.apply(ctx, append(changes, s.notice(user, now, core.MailNoticeRemoved, words)...)...)
	if errors.Is(err, core.ErrNotFound) {
		return missing
	}
	return wrap("remove the authenticator", err)
}

// ResetProofs removes all authenticators of the user, recovery codes and remembered
// devices, ends their sessions and revokes their grants: what is lost may be in other
// hands. It returns how many authenticators there were.
func (s *Service) ResetProofs(ctx context.Context, actor Actor, id core.ID) (removed int, err error) {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return 0, err
	}
	proofs, err := s.UserProofs(ctx, id)
	if err != nil {
		return 0, err
	}
	now := s.Now()
	names := namesOf(proofs.Authenticators)
	detail := map[string]string{"name": names, "count": strconv.Itoa(len(proofs.Authenticators)), "reason": "reset"}
	changes := []core.Change{
		core.DeleteAuthenticators{UserID: id},
		core.EndSessions{UserID: id, At: now},
		core.ClearFailures{Key: "factor:" + string(id)},
		s.userRecord(actor, now, core.EventAuthenticatorRemoved, user, detail),
	}
	if len(proofs.Authenticators) > 0 {
		changes = append(changes, s.notice(user, now, core.MailNoticeRemoved, map[string]string{core.WordAuthenticator: names})...)
	}
	return len(proofs.Authenticators), s.applyUser(ctx, "reset what the user enrolled", user, changes)
}

func namesOf(all []core.Authenticator) string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return strings.Join(names, ", ")
}

// NewRecoveryCodes puts new codes in the place of all that the user has, and gives them
// this once. They stand in for an authenticator, so there must be one.
func (s *Service) NewRecoveryCodes(ctx context.Context, actor Actor, id core.ID) ([]string, error) {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.Factors == nil {
		return nil, errors.New("make recovery codes: nothing here can make them")
	}
	enrolled, err := s.Store.Enrolled(ctx, id)
	switch {
	case err != nil:
		return nil, wrap("read what the user enrolled", err)
	case !enrolled.SecondFactor():
		return nil, invalid("user", "a recovery code stands in for a passkey or an app", "%q has neither, and needs no recovery code", user.Name)
	}
	codes, change := s.Factors.NewRecoveryCodes(user)
	return codes, s.applyUser(ctx, "make recovery codes", user, []core.Change{
		change, s.userRecord(actor, s.Now(), core.EventRecoveryCodesMade, user, nil),
	})
}
