package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Losses are what goes with an account, for the page that asks once more.
type Losses struct {
	Sessions, Applications, Passkeys, Apps, Links, Groups int
	Picture                                               bool
}

// Losses counts what the person would lose. The error is a *[RefusedError] if the account
// cannot be deleted by them.
func (s *Service) Losses(ctx context.Context, p Person) (*Losses, error) {
	if err := s.mayDelete(ctx, p); err != nil {
		return nil, err
	}
	_, enrolled, links, err := s.proofs(ctx, p)
	if err != nil {
		return nil, err
	}
	sessions, err := s.Store.Sessions(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	applications, err := s.Applications(ctx, p)
	if err != nil {
		return nil, err
	}
	picture, err := s.PictureOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return &Losses{
		Sessions: len(sessions), Applications: len(applications), Passkeys: enrolled.Passkeys, Apps: enrolled.TOTP,
		Links: len(links), Groups: len(p.User.Groups), Picture: picture != nil,
	}, nil
}

// Delete deletes the account with all that belongs to it. typed is the person's user name,
// so that nobody does it by a slip of the hand. The audit log keeps what happened.
func (s *Service) Delete(ctx context.Context, p Person, typed string) error {
	if err := s.mayDelete(ctx, p); err != nil {
		return err
	}
	switch typed = strings.TrimSpace(typed); {
	case typed == "":
		return invalid("confirm", core.FieldMissing)
	case core.FoldName(typed) != core.FoldName(p.User.Name):
		return invalid("confirm", core.FieldWrong)
	}
	changes := []core.Change{
		core.EndSessions{UserID: p.User.ID, At: s.Now()},
		core.DeleteUser{ID: p.User.ID},
		s.event(p, core.EventUserDeleted, map[string]string{"name": p.User.Name}),
	}
	owners, err := s.owners(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(owners, p.User.ID) {
		changes = append(changes, core.KeepAdministrator{})
	}
	gone := p.User
	gone.ID = "" // nobody has it any more
	signedIn := *p.SignedIn
	signedIn.User, p.SignedIn = gone, &signedIn
	err = s.apply(ctx, append(changes, s.notice(p, core.MailNoticeDeleted, nil)...)...)
	if errors.Is(err, core.ErrConflict) {
		return refuse(RefusedAdministrator)
	}
	return err
}

// mayDelete refuses the last owner of the server, and whose account somebody else keeps.
func (s *Service) mayDelete(ctx context.Context, p Person) error {
	if p.Org.Rules.KeepAccount {
		return refuse(RefusedKept)
	}
	owners, err := s.owners(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(owners, p.User.ID) {
		return nil
	}
	for _, id := range owners {
		if id == p.User.ID {
			continue
		}
		other, err := s.Store.User(ctx, id)
		switch {
		case errors.Is(err, core.ErrNotFound): // a service account, or deleted since
		case err != nil:
			return err
		case !other.Disabled:
			return nil
		}
	}
	return refuse(RefusedAdministrator)
}

// owners gives who owns the server, users and service accounts.
func (s *Service) owners(ctx context.Context) ([]core.ID, error) {
	roles, err := s.Store.RolesIn(ctx, "")
	if err != nil {
		return nil, err
	}
	var owners []core.ID
	for _, grant := range roles {
		if grant.Role == core.RoleOwner {
			owners = append(owners, grant.Holder)
		}
	}
	return owners, nil
}
