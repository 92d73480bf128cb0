package account

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
)

// AsksCurrent reports whether a new password needs the one that there is: it does unless
// there is none, or the person proved just now who they are.
func (p Person) AsksCurrent() bool { return p.User.PasswordHash != "" && !p.Fresh }

// SetPassword sets a password. Every other session of the person ends, no browser is
// trusted any more, and links that would set another one work no more. A wrong current
// password is recorded and counted as a failed sign-in; if there were too many, the error
// is a *[core.SignInRefused].
func (s *Service) SetPassword(ctx context.Context, p Person, current, password string) (*Renewal, error) {
	if !p.Org.Rules.SignIn.Allows(core.MethodPassword) {
		return nil, refuse(RefusedKept)
	}
	r := &Renewal{}
	switch {
	case p.AsksCurrent():
		proved, err := s.prove(ctx, p, current)
		if err != nil {
			return nil, err
		}
		r.Changes = proved
	case !p.Fresh:
		return nil, refuse(RefusedStale)
	}
	hash, err := s.hash(ctx, p, password)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	r.Changes = append(r.Changes,
		core.SetPassword{UserID: p.User.ID, Hash: hash, At: now},
		core.EndSessions{UserID: p.User.ID, Except: p.Session.ID, At: now},
		core.DeleteDevices{UserID: p.User.ID},
		core.DeleteTickets{UserID: p.User.ID, Purpose: core.TicketReset},
		core.ClearFailures{Key: "account:" + string(p.User.ID)},
		s.event(p, core.EventPasswordSet, nil))
	r.Changes = append(r.Changes, s.notice(p, core.MailNoticePassword, nil)...)
	return r, nil
}

// prove checks the current password, and gives what the proof leaves behind.
func (s *Service) prove(ctx context.Context, p Person, current string) ([]core.Change, error) {
	if current == "" {
		return nil, invalid("current", core.FieldMissing)
	}
	proof, err := s.Passwords.SignIn(ctx, core.PasswordAttempt{Org: p.User.Org, Login: p.User.Name, Password: current, Event: p.From})
	refused, isRefused := errors.AsType[*core.SignInRefused](err)
	switch {
	case isRefused && refused.Kind == core.SignInWrong:
		return nil, invalid("current", core.FieldWrong)
	case err != nil:
		return nil, err
	case proof.User.ID != p.User.ID:
		return nil, invalid("current", core.FieldWrong)
	}
	return proof.Changes, nil
}

// hash hashes the new password.
func (s *Service) hash(ctx context.Context, p Person, password string) (string, error) {
	if password == "" {
		return "", invalid("password", core.FieldMissing)
	}
	hash, err := s.Passwords.HashFor(ctx, &p.User, password)
	if weak, ok := errors.AsType[interface {
		error
		FieldProblem() core.FieldProblem
	}](err); ok {
		return "", &InvalidError{[]core.FieldProblem{weak.FieldProblem()}}
	}
	return hash, err
}

func invalid(field string, kind core.FieldProblemKind) error {
	return &InvalidError{[]core.FieldProblem{{Field: field, Kind: kind}}}
}
