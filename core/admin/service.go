package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postern-id/postern/core"
)

// Store is what admin reads and writes.
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error

	User(ctx context.Context, id core.ID) (*core.User, error)
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
	Users(ctx context.Context, filter core.UserFilter) ([]core.User, error)
	CountUsers(ctx context.Context, filter core.UserFilter) (int, error)
	CountGroups(ctx context.Context, filter core.GroupFilter) (int, error)
	Group(ctx context.Context, org, name string) (*core.Group, error)
	GroupByID(ctx context.Context, id core.ID) (*core.Group, error)
	FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error)
	Groups(ctx context.Context, org string) ([]core.Group, error)
	Members(ctx context.Context, groupID core.ID) ([]core.User, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Organisations(ctx context.Context) ([]core.Organisation, error)
	Client(ctx context.Context, id string) (*core.Client, error)
	ClientByName(ctx context.Context, org, name string) (*core.Client, error)
	Clients(ctx context.Context, org string) ([]core.Client, error)
	FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error)
	InitialToken(ctx context.Context, id core.ID) (*core.InitialToken, error)
	InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error)
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)
	Plugins(ctx context.Context) (*core.PluginConfig, error)
	PluginCode(ctx context.Context, digest string) ([]byte, error)
	Link(ctx context.Context, connector, subject string) (*core.Linked, error)
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)
	Sessions(ctx context.Context, userID core.ID) ([]core.Session, error)
	LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error)
	Consents(ctx context.Context, userID core.ID) ([]core.Consent, error)
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
	RolesIn(ctx context.Context, org string) ([]core.RoleGrant, error)
	RolesHeld(ctx context.Context, org string) ([]core.RoleGrant, error)
	ServiceAccount(ctx context.Context, id core.ID) (*core.ServiceAccount, error)
	ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error)
	APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error)
	Counts(ctx context.Context, org string, now time.Time) (core.Counts, error)
	OrganisationContents(ctx context.Context, org string) ([]core.Content, error)
	UserContents(ctx context.Context, id core.ID) ([]core.Content, error)
	ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error)
	GroupContents(ctx context.Context, id core.ID) ([]core.Content, error)
	ClientContents(ctx context.Context, id string) ([]core.Content, error)
	ConnectorContents(ctx context.Context, instance string) ([]core.Content, error)
	Authenticators(ctx context.Context, userID core.ID) ([]core.Authenticator, error)
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	Devices(ctx context.Context, userID core.ID) ([]core.Device, error)
	SigningKeys(ctx context.Context) ([]core.SigningKey, error)
	Setup(ctx context.Context) (core.Setup, error)
	Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error)
	Called(ctx context.Context, ids []core.ID) (map[core.ID]core.Called, error)
	Mails(ctx context.Context, limit int) ([]core.Mail, error)
	Managed(ctx context.Context, filter core.ManagedFilter) ([]core.Managed, error)
}

// Hasher turns a password into what is stored of it.
type Hasher interface {
	// HashUnder refuses a password of the user that breaks the rules, those of the
	// organisation among them, with an error that has a method PasswordProblem() string,
	// which says what is wrong with it in lower case without a full stop, and one
	// FieldProblem() core.FieldProblem. Any other error is a failure.
	HashUnder(ctx context.Context, rules core.OrgRules, user *core.User, password string) (string, error)
	// Renews reports whether a stored hash is made anew when the person signs in, as one of
	// another program is. The error says that no password can be compared with it.
	Renews(hash string) (bool, error)
	// Foreign gives what is stored of a hash that another program wrote. The error says why
	// it is not taken, and holds nothing of it.
	Foreign(hash string) (string, error)
}

// Mails queues mails.
type Mails interface {
	// Ready reports whether mails get anywhere.
	Ready() bool
	// Compose gives the change that queues a mail with the words of its template.
	Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail
}

// Factors makes what stands in for a lost authenticator.
type Factors interface {
	// NewRecoveryCodes gives codes as people read them, and the change that puts them in
	// the place of all that the user has.
	NewRecoveryCodes(user *core.User) (codes []string, change core.Change)
}

// Actor is on whose behalf something happens; it goes into the audit event.
type Actor struct {
	Name        string // "cli:<operating system user>", "user:<id>", "setup"
	IP          string
	Correlation string
}

// Service makes the changes. Store, Now and Rand must be given. Without Hasher
// no password can be set, without Plugins nothing can be installed or bound, without
// Sealer plugins have no secrets.
type Service struct {
	Store   Store
	Hasher  Hasher
	Plugins Plugins
	Sealer  Sealer
	// Mails is needed to tell people anything; without it links are handed over.
	Mails Mails
	// Factors is needed to make recovery codes.
	Factors Factors
	// Watch is what is known of running plugins; nil where none run.
	Watch Watch
	// Explainer is needed to say what clients get.
	Explainer Explainer
	// MailTester is needed to try whether mails get through.
	MailTester MailTester
	// Attempts is needed to try sign-ins; a server has it.
	Attempts Attempts
	// KeyMaker is needed to rotate signing keys.
	KeyMaker KeyMaker
	// Documents fetches what clients refer to that register themselves; without it none of
	// them can have a sector identifier.
	Documents Documents
	// Registration says whether clients may register themselves. They manage what they
	// registered below Issuer.
	Registration core.RegistrationPolicy
	// Settings are those of the server.
	Settings []ServerSetting
	// Issuer is where the links lead that are sent or handed over.
	Issuer string
	Now    func() time.Time
	Rand   io.Reader

	// source is the file that is applied, by its source: see apply.
	source string
	was    Version       // see [Service.If]
	along  []core.Change // see [Service.Alongside]
}

// Documents fetches what a client registered the address of.
type Documents interface {
	// Document gives the JSON document at the URL: a bounded one, of a host that may be
	// asked.
	Document(ctx context.Context, url string) ([]byte, error)
}

func (s *Service) newID(now time.Time) core.ID { return core.NewID(now, s.Rand) }

// record makes the audit event of a change.
func (s *Service) record(actor Actor, now time.Time, event core.Event) core.Record {
	event.ID = s.newID(now)
	event.At = now
	event.Actor = actor.Name
	event.IP = actor.IP
	event.Correlation = actor.Correlation
	return core.Record{Event: event}
}

// found turns the store's answer about a named row into one that says the name.
func found[T any](row *T, err error, what, name string) (*T, error) {
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nil, &MissingError{What: what, Name: name}
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return row, nil
}

// absent reports whether a row does not exist.
func absent[T any](_ *T, err error) (bool, error) {
	if errors.Is(err, core.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// orDefault gives the organisation's name, the default one for "".
func orDefault(org string) string {
	if org == "" {
		return core.DefaultOrganisation
	}
	return org
}
