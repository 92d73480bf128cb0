package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// Factors enrols what proves who somebody is. Refusals are *[core.SignInRefused], and
// recorded.
type Factors interface {
	// Passkeys reports whether browsers make passkeys for this server at all.
	Passkeys() bool
	// PasskeyCreation gives the options for the browser.
	PasskeyCreation(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error)
	// NewTOTP makes a seed, sealed for the form, and what the app reads; TOTPURI gives the
	// latter once more.
	NewTOTP(user *core.User) (sealed, uri string)
	TOTPURI(user *core.User, sealed string) (uri string, err error)
	AddPasskey(ctx context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error)
	AddTOTP(ctx context.Context, user *core.User, sealed, code, name string, event core.Event) ([]core.Change, error)
	NewRecoveryCodes(user *core.User) (codes []string, change core.Change)
}

// Credentials are what a person signs in with, but for accounts elsewhere.
type Credentials struct {
	Passkeys, Apps []Authenticator // in the order in which they were enrolled
	// Codes are the recovery codes that are left, CodesMade says that there were any.
	Codes     int
	CodesMade bool
	// MayAddPasskey, MayAddApp and MaySetPassword say what the organisation allows,
	// MayMakeCodes that there is something for recovery codes to stand in for.
	MayAddPasskey, MayAddApp, MaySetPassword, MayMakeCodes bool
	// Signals says that browsers make passkeys for this server, and may be told of them.
	Signals bool
}

// Authenticator is one of the person's.
type Authenticator struct {
	core.Authenticator
	// Kept says why it cannot be removed, empty if it can.
	Kept Refusal
}

// Credentials gives what the person has.
func (s *Service) Credentials(ctx context.Context, p Person) (*Credentials, error) {
	all, enrolled, links, err := s.proofs(ctx, p)
	if err != nil {
		return nil, err
	}
	codes, err := s.Store.RecoveryCodes(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	rules := p.Org.Rules.SignIn
	found := &Credentials{
		Codes: enrolled.RecoveryCodes, CodesMade: len(codes) > 0, Signals: s.Factors.Passkeys(),
		MayAddPasskey:  s.mayAddPasskey(p) && len(all) < core.MaxAuthenticators,
		MayAddApp:      rules.Allows(core.MethodTOTP) && len(all) < core.MaxAuthenticators,
		MaySetPassword: rules.Allows(core.MethodPassword),
		MayMakeCodes:   enrolled.SecondFactor() && rules.Allows(core.MethodRecovery),
	}
	for _, one := range all {
		shown := Authenticator{one, kept(p, one.Kind, enrolled, links)}
		if one.Kind == core.AuthenticatorPasskey {
			found.Passkeys = append(found.Passkeys, shown)
		} else {
			found.Apps = append(found.Apps, shown)
		}
	}
	return found, nil
}

// proofs reads all that the person has to prove who they are.
func (s *Service) proofs(ctx context.Context, p Person) (all []core.Authenticator, enrolled core.Enrolled, links []core.Link, err error) {
	if all, err = s.Store.Authenticators(ctx, p.User.ID); err != nil {
		return nil, enrolled, nil, err
	}
	if enrolled, err = s.Store.Enrolled(ctx, p.User.ID); err != nil {
		return nil, enrolled, nil, err
	}
	links, err = s.Store.Links(ctx, p.User.ID)
	return all, enrolled, links, err
}

// kept says why one authenticator of the kind cannot be removed, empty if it can. Whoever
// must have a second factor and knows the password alone would be asked to enrol another
// at the next sign-in, and so could anybody else who knows it.
func kept(p Person, kind core.AuthenticatorKind, enrolled core.Enrolled, links []core.Link) Refusal {
	if kind == core.AuthenticatorPasskey {
		enrolled.Passkeys--
	} else {
		enrolled.TOTP--
	}
	require := p.Org.Rules.SignIn.Require
	switch {
	case !p.Org.Rules.SignIn.WayIn(&p.User, enrolled, len(links)):
		return RefusedLast
	case require == core.ACRPhishingResistant && kind == core.AuthenticatorPasskey && enrolled.Passkeys == 0,
		require == core.ACRTwo && !enrolled.SecondFactor():
		return RefusedRequired
	}
	return ""
}

// Renewal is a change of rights. The caller applies it together with a new session for
// the browser: whoever knew the old one has nothing of it.
type Renewal struct {
	Changes []core.Change
	Codes   []string // recovery codes to show, this once; nil where none were made
	// Made was enrolled, and proved by that; nil for none.
	Made *core.Authenticator
}

func (s *Service) mayAddPasskey(p Person) bool {
	return p.Org.Rules.SignIn.Allows(core.MethodPasskey) && s.Factors.Passkeys()
}

// StartPasskey gives what a browser makes a passkey with.
func (s *Service) StartPasskey(ctx context.Context, p Person, challenge []byte) (json.RawMessage, error) {
	if !s.mayAddPasskey(p) {
		return nil, refuse(RefusedKept)
	}
	return s.Factors.PasskeyCreation(ctx, challenge, &p.User)
}

// App is an app that is about to be enrolled.
type App struct {
	Sealed string // for the form
	URI    string // for the app
}

// StartApp makes the seed of an app. sealed is that of the form that was sent and did not
// do; where it is empty, or too old, the app gets another one.
func (s *Service) StartApp(p Person, sealed string) (App, error) {
	if !p.Org.Rules.SignIn.Allows(core.MethodTOTP) {
		return App{}, refuse(RefusedKept)
	}
	if sealed != "" {
		if uri, err := s.Factors.TOTPURI(&p.User, sealed); err == nil {
			return App{sealed, uri}, nil
		}
	}
	sealed, uri := s.Factors.NewTOTP(&p.User)
	return App{sealed, uri}, nil
}

// AddPasskey enrols a passkey that a browser made for the challenge.
func (s *Service) AddPasskey(ctx context.Context, p Person, challenge []byte, expires time.Time, response []byte, name string) (*Renewal, error) {
	if !s.mayAddPasskey(p) {
		return nil, refuse(RefusedKept)
	}
	changes, added, err := s.Factors.AddPasskey(ctx, &p.User, challenge, expires, response, name, s.event(p, "", nil).Event)
	if err != nil {
		return nil, err
	}
	return s.enrolled(ctx, p, changes, &added)
}

// AddApp enrols an app that shows the code.
func (s *Service) AddApp(ctx context.Context, p Person, sealed, code, name string) (*Renewal, error) {
	if !p.Org.Rules.SignIn.Allows(core.MethodTOTP) {
		return nil, refuse(RefusedKept)
	}
	changes, err := s.Factors.AddTOTP(ctx, &p.User, sealed, code, name, s.event(p, "", nil).Event)
	if err != nil {
		return nil, err
	}
	return s.enrolled(ctx, p, changes, &core.Authenticator{Kind: core.AuthenticatorTOTP, Name: name})
}

// enrolled adds what goes with a new authenticator: a mail that tells of it, and with the
// first one recovery codes, before it is lost.
func (s *Service) enrolled(ctx context.Context, p Person, changes []core.Change, made *core.Authenticator) (*Renewal, error) {
	had, err := s.Store.Enrolled(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	r := &Renewal{Made: made, Changes: append(changes, s.notice(p, core.MailNoticeAdded, map[string]string{
		core.WordMethod: string(made.Kind), core.WordAuthenticator: made.Name,
	})...)}
	if had.RecoveryCodes == 0 {
		s.makeCodes(p, r)
	}
	return r, nil
}

func (s *Service) makeCodes(p Person, r *Renewal) {
	codes, change := s.Factors.NewRecoveryCodes(&p.User)
	r.Codes, r.Changes = codes, append(r.Changes, change, s.event(p, core.EventRecoveryCodesMade, nil))
}

// RenewCodes makes recovery codes in the place of all older ones.
func (s *Service) RenewCodes(ctx context.Context, p Person) (*Renewal, error) {
	has, err := s.Store.Enrolled(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	if !has.SecondFactor() || !p.Org.Rules.SignIn.Allows(core.MethodRecovery) {
		return nil, refuse(RefusedKept)
	}
	r := &Renewal{}
	s.makeCodes(p, r)
	return r, nil
}

// maxName is as long as the name of an authenticator may be, in characters.
const maxName = 64

// Rename gives an authenticator another name. One that is not the person's is a
// [core.ErrNotFound].
func (s *Service) Rename(ctx context.Context, p Person, id core.ID, name string) error {
	name = strings.TrimSpace(name)
	wrong := core.FieldProblem{Field: "name", Value: name}
	switch {
	case name == "":
		wrong.Kind = core.FieldMissing
	case utf8.RuneCountInString(name) > maxName:
		wrong.Kind, wrong.Limit = core.FieldLong, maxName
	case !core.Printable(name, false):
		wrong.Kind = core.FieldLine
	}
	if wrong.Kind != "" {
		return &InvalidError{[]core.FieldProblem{wrong}}
	}
	return s.apply(ctx, core.RenameAuthenticator{UserID: p.User.ID, ID: id, Name: name},
		s.event(p, core.EventAuthenticatorRenamed, map[string]string{"authenticator": string(id), "name": name}))
}

// Remove takes an authenticator away; with the last one go its recovery codes and the
// browsers that are trusted because of it. One that is not the person's is a
// [core.ErrNotFound].
func (s *Service) Remove(ctx context.Context, p Person, id core.ID) (*Renewal, error) {
	all, enrolled, links, err := s.proofs(ctx, p)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(one core.Authenticator) bool { return one.ID == id })
	if at < 0 {
		return nil, core.ErrNotFound
	}
	gone := all[at]
	if why := kept(p, gone.Kind, enrolled, links); why != "" {
		return nil, refuse(why)
	}
	r := &Renewal{Changes: []core.Change{
		core.DeleteAuthenticator{UserID: p.User.ID, ID: id, KeepWayIn: !p.Org.Rules.SignIn.MailWayIn(&p.User)},
		s.event(p, core.EventAuthenticatorRemoved, map[string]string{"method": string(gone.Kind), "authenticator": string(id), "name": gone.Name}),
	}}
	if len(all) == 1 {
		r.Changes = append(r.Changes, core.SetRecoveryCodes{UserID: p.User.ID, At: s.Now()}, core.DeleteDevices{UserID: p.User.ID})
	}
	r.Changes = append(r.Changes, s.notice(p, core.MailNoticeRemoved, map[string]string{
		core.WordMethod: string(gone.Kind), core.WordAuthenticator: gone.Name,
	})...)
	return r, nil
}

// Refusing words what the store says when it applies a renewal: others changed the account
// meanwhile.
func Refusing(err error) error {
	switch {
	case errors.Is(err, core.ErrLimit):
		return refuse(RefusedLimit)
	case errors.Is(err, core.ErrConflict):
		return refuse(RefusedMeanwhile)
	}
	return err
}
