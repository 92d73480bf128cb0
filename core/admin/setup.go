package admin

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
)

// Why a set-up link does not work. Compare with errors.Is.
var (
	ErrSetupClosed = errors.New("there is an administrator already")
	ErrSetupToken  = errors.New("this is not the latest set-up link")
)

// SetupInput describes the first administrator. Its fields are named in a
// [Problem] as "username", "name", "email" and "password".
type SetupInput struct {
	Username string
	Name     string // full name
	Email    string
	Password string
}

// OpenSetup makes the one-time credential for the first administrator, which
// replaces an older one. Open is false, and the token empty, if there was an
// administrator before.
func (s *Service) OpenSetup(ctx context.Context) (token string, open bool, err error) {
	setup, err := s.Store.Setup(ctx)
	if err != nil || !setup.ClosedAt.IsZero() {
		return "", false, wrap("read the set-up", err)
	}
	now := s.Now()
	credential := core.NewCredential(core.KindSetup, s.newID(now), s.Rand)
	err = s.apply(ctx, core.OpenSetup{Hash: credential.Hash(), At: now})
	if errors.Is(err, core.ErrConflict) {
		return "", false, nil // an administrator was made since
	}
	if err != nil {
		return "", false, wrap("open the set-up", err)
	}
	return credential.String(), true, nil
}

// CheckSetup reports whether the token would be accepted: nil, [ErrSetupClosed]
// or [ErrSetupToken], else the store's error.
func (s *Service) CheckSetup(ctx context.Context, token string) error {
	setup, err := s.Store.Setup(ctx)
	if err != nil {
		return wrap("read the set-up", err)
	}
	if !setup.ClosedAt.IsZero() {
		return ErrSetupClosed
	}
	credential, ok := core.ParseCredential(core.KindSetup, token)
	if !ok || !setup.Open() || !setup.Hash.Matches(credential.Hash()) {
		return ErrSetupToken
	}
	return nil
}

// CompleteSetup makes the first administrator and ends set-up. Of many that
// race with the same link one succeeds, the others get [ErrSetupClosed]; every
// refusal is recorded.
func (s *Service) CompleteSetup(ctx context.Context, actor Actor, token string, input SetupInput) (*core.User, error) {
	if actor.Name == "" {
		actor.Name = "setup"
	}
	if err := s.CheckSetup(ctx, token); err != nil {
		return nil, s.refuseSetup(ctx, actor, err)
	}
	user, err := s.firstAdministrator(ctx, input)
	if err != nil {
		return nil, err
	}
	now := user.CreatedAt
	err = s.apply(ctx,
		core.CloseSetup{At: now},
		core.CreateUser{User: *user},
		s.userRecord(actor, now, core.EventSetupDone, user, map[string]string{"name": user.Name}),
		s.userRecord(actor, now, core.EventUserCreated, user, createdDetail(user)),
	)
	switch {
	case err == nil:
		return user, nil
	case userTaken(err):
		return nil, setupFields(userFailed("make the administrator", user, err))
	case errors.Is(err, core.ErrConflict):
		return nil, s.refuseSetup(ctx, actor, ErrSetupClosed)
	}
	return nil, wrap("make the administrator", err)
}

func (s *Service) firstAdministrator(ctx context.Context, input SetupInput) (*core.User, error) {
	var missing problems
	if input.Password == "" {
		missing.add("password", "", "the password is missing").Kind = core.FieldMissing
	}
	user, err := s.newUser(ctx, NewUser{
		Name: input.Username, Email: input.Email, EmailVerified: true, Admin: true, Password: input.Password,
		Profile: core.Profile{DisplayName: input.Name},
	})
	if wrong, ok := errors.AsType[*InvalidError](err); ok {
		missing = append(missing, wrong.Problems...)
	} else if err != nil {
		return nil, err
	}
	return user, setupFields(missing.err())
}

// refuseSetup records the refusal, where it is one, and passes it on.
func (s *Service) refuseSetup(ctx context.Context, actor Actor, refusal error) error {
	reason := "link_unknown"
	switch {
	case errors.Is(refusal, ErrSetupClosed):
		reason = "setup_closed"
	case !errors.Is(refusal, ErrSetupToken):
		return refusal
	}
	event := core.Event{Type: core.EventSetupRefused, Detail: map[string]string{"reason": reason}}
	if err := s.apply(ctx, s.record(actor, s.Now(), event)); err != nil {
		return wrap("record the refusal", err)
	}
	return refusal
}

// setupFields names the fields as the set-up form does.
func setupFields(err error) error {
	wrong, ok := errors.AsType[*InvalidError](err)
	if !ok {
		return err
	}
	renamed := &InvalidError{Problems: make([]Problem, len(wrong.Problems))}
	for i, p := range wrong.Problems {
		switch p.Field {
		case "name":
			p.Field = "username"
		case "display_name":
			p.Field = "name"
		}
		renamed.Problems[i] = p
	}
	return renamed
}

// SetupOpen reports whether there is no administrator yet.
func (s *Service) SetupOpen(ctx context.Context) (bool, error) {
	setup, err := s.Store.Setup(ctx)
	return setup.ClosedAt.IsZero(), wrap("read the set-up", err)
}
