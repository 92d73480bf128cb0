package account

import (
	"context"
	"errors"
	"io"
	"maps"
	"time"

	"github.com/postern-id/postern/core"
)

// Service does what people want of their own accounts. Its fields are set before the
// first call; its methods may be called at once.
type Service struct {
	Store     Store
	Passwords Passwords
	Factors   Factors
	Mailer    Mailer // nil: nobody is told of anything
	Issuer    string // without a slash at its end
	Now       func() time.Time
	Rand      io.Reader

	decoding gate // of pictures, which take much memory
}

// Store is what account reads and writes. What does not exist is [core.ErrNotFound].
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
	User(ctx context.Context, id core.ID) (*core.User, error)
	RolesIn(ctx context.Context, org string) ([]core.RoleGrant, error)
	Client(ctx context.Context, id string) (*core.Client, error)
	Sessions(ctx context.Context, userID core.ID) ([]core.Session, error)
	Devices(ctx context.Context, userID core.ID) ([]core.Device, error)
	Authenticators(ctx context.Context, userID core.ID) ([]core.Authenticator, error)
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	RecoveryCodes(ctx context.Context, userID core.ID) ([]core.RecoveryCode, error)
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)
	Consents(ctx context.Context, userID core.ID) ([]core.Consent, error)
	ConnectedClients(ctx context.Context, userID core.ID, now time.Time) ([]core.ConnectedClient, error)
	Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error)
	Avatar(ctx context.Context, id core.ID) (*core.Avatar, error)
	AvatarOf(ctx context.Context, userID core.ID) (*core.Avatar, error)
}

// Passwords hashes passwords, and checks them. The error for one that breaks the rules has
// a method FieldProblem.
type Passwords interface {
	// HashFor hashes a password of the user.
	HashFor(ctx context.Context, user *core.User, password string) (string, error)
	SignIn(ctx context.Context, attempt core.PasswordAttempt) (*core.Proof, error)
}

// Mailer makes changes that queue mails.
type Mailer interface {
	// Ready reports whether mails get anywhere.
	Ready() bool
	// Compose makes a mail of a template with its words.
	Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail
}

// Person is somebody who is signed in and does something with their account.
type Person struct {
	*core.SignedIn
	// From is a template: where they do it from.
	From core.Event
	// UserAgent is of the browser that they do it with.
	UserAgent string
	// Fresh says that they proved lately who they are.
	Fresh bool
}

// InvalidError holds every mistake of a form, at least one. Nothing was changed.
type InvalidError struct{ Problems []core.FieldProblem }

func (e *InvalidError) Error() string {
	text := "the form has mistakes:"
	for _, p := range e.Problems {
		text += " " + p.Field + " (" + string(p.Kind) + ")"
	}
	return text
}

// RefusedError says that the account stays as it is. Nothing was changed.
type RefusedError struct{ Kind Refusal }

// Refusal says why something may not be done.
type Refusal string

const (
	// RefusedKept: the organisation manages it.
	RefusedKept Refusal = "kept"
	// RefusedLast: nobody could sign in to the account any more.
	RefusedLast Refusal = "last_way_in"
	// RefusedRequired: the organisation wants a second factor, and it is the last one.
	RefusedRequired Refusal = "required"
	// RefusedAdministrator: nobody could administer this server any more.
	RefusedAdministrator Refusal = "last_administrator"
	// RefusedLimit: there are as many as there may be.
	RefusedLimit Refusal = "limit"
	// RefusedStale: the person has to prove anew who they are.
	RefusedStale Refusal = "stale"
	// RefusedMeanwhile: somebody else changed the account at the same time.
	RefusedMeanwhile Refusal = "meanwhile"
)

func (e *RefusedError) Error() string { return "the account stays as it is: " + string(e.Kind) }

func refuse(kind Refusal) error { return &RefusedError{kind} }

// PathSecurity is the page of what somebody signs in with.
const PathSecurity = "/account/security"

// event makes an audit event of what the person does.
func (s *Service) event(p Person, kind core.EventType, detail map[string]string) core.Record {
	now := s.Now()
	event := p.From
	event.ID, event.At, event.Type, event.Detail = core.NewID(now, s.Rand), now, kind, map[string]string{}
	maps.Copy(event.Detail, detail)
	if browser := core.BrowserName(p.UserAgent); browser != "" {
		event.Detail["browser"] = browser
	}
	event.UserID, event.SessionID, event.Actor = p.User.ID, p.Session.ID, "user:"+string(p.User.ID)
	event.Org = p.User.Org // the account may be gone when it is recorded
	return core.Record{Event: event}
}

// notice gives the mail that tells the person what was done, if there is a way to send
// it.
func (s *Service) notice(p Person, template string, words map[string]string) []core.Change {
	if s.Mailer == nil || !s.Mailer.Ready() || p.User.Email == "" {
		return nil
	}
	now := s.Now()
	all := map[string]string{
		core.WordName: p.User.DisplayName(), core.WordLogin: p.User.Name, core.WordTime: now.UTC().Format(time.RFC3339),
		core.WordBrowser: core.BrowserName(p.UserAgent), core.WordAddress: p.From.IP, core.WordLink: s.Issuer + PathSecurity,
	}
	maps.Copy(all, words)
	to := core.Mail{Org: p.User.Org, UserID: p.User.ID, To: p.User.Email, Template: template, Locale: p.User.Profile.Locale}
	return []core.Change{s.Mailer.Compose(now, to, all)}
}

// apply applies changes to the person's account. It is a core.ErrNotFound if what they
// change has gone meanwhile.
func (s *Service) apply(ctx context.Context, changes ...core.Change) error {
	err := s.Store.Apply(ctx, changes...)
	if errors.Is(err, core.ErrLimit) {
		return refuse(RefusedLimit)
	}
	return err
}
