package admin

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Limits of initial access tokens.
const (
	maxInitialUses = 1_000_000
	maxInitialTTL  = 400 * 24 * time.Hour
)

// NewInitialToken describes an initial access token to be made.
type NewInitialToken struct {
	Org     string // "" is the default organisation
	Name    string // for who it is
	MaxUses int    // 0: any number
	TTL     time.Duration
}

// CreateInitialToken makes a token that lets clients register themselves. Its text is
// returned this once.
func (s *Service) CreateInitialToken(ctx context.Context, actor Actor, input NewInitialToken) (*core.InitialToken, string, error) {
	var p problems
	if !clientName.MatchString(input.Name) {
		p.add("name", "use 1 to 64 letters, digits and . _ -", "%q is no name for a token", shown(input.Name))
	}
	if input.MaxUses < 0 || input.MaxUses > maxInitialUses {
		p.add("uses", "0 is any number", "%d uses are not between 0 and %d", input.MaxUses, maxInitialUses)
	}
	if input.TTL < time.Minute || input.TTL > maxInitialTTL {
		p.add("ttl", "", "the token must work for 1m to 400d")
	}
	if err := p.err(); err != nil {
		return nil, "", err
	}
	org, err := s.Organisation(ctx, orDefault(input.Org))
	if err != nil {
		return nil, "", err
	}
	now := s.Now()
	credential := core.NewCredential(core.KindInitial, s.newID(now), s.Rand)
	token := &core.InitialToken{
		ID: credential.ID, Hash: credential.Hash(), Org: org.Name, Name: input.Name, MaxUses: input.MaxUses, CreatedAt: now, ExpiresAt: now.Add(input.TTL),
	}
	err = s.apply(ctx, core.AddInitial{Token: *token}, s.initialRecord(actor, now, core.EventInitialCreated, token))
	return token, credential.String(), wrap("make the token", err)
}

// InitialTokens gives those of an organisation, in the order in which they were made.
func (s *Service) InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error) {
	return s.Store.InitialTokens(ctx, orDefault(org))
}

// RevokeInitialToken ends a token. What was registered with it stays.
func (s *Service) RevokeInitialToken(ctx context.Context, actor Actor, id core.ID) error {
	token, err := s.Store.InitialToken(ctx, id)
	if token, err = found(token, err, "initial access token", string(id)); err != nil {
		return err
	}
	err = s.apply(ctx, core.DeleteInitial{ID: id}, s.initialRecord(actor, s.Now(), core.EventInitialRevoked, token))
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "initial access token", Name: string(id)}
	}
	return wrap("revoke the token", err)
}

func (s *Service) initialRecord(actor Actor, now time.Time, kind core.EventType, token *core.InitialToken) core.Record {
	return s.record(actor, now, core.Event{Type: kind, Org: token.Org, Detail: map[string]string{"initial_token": string(token.ID), "name": token.Name, "organisation": token.Org}})
}

// initial finds the initial access token. Without one it is nil, where everybody may
// register; one that is given must be right even there.
func (s *Service) initial(ctx context.Context, token string) (*core.InitialToken, *oauth.Error) {
	if token == "" {
		if s.Registration.Mode == core.RegistrationOpen {
			return nil, nil
		}
		return nil, oauth.Refuse(oauth.CodeInvalidToken, oauth.ReasonTokenMissing, "Registering takes an initial access token.")
	}
	credential, ok := core.ParseCredential(core.KindInitial, token)
	if !ok {
		return nil, badInitial("initial_token_malformed")
	}
	initial, err := s.Store.InitialToken(ctx, credential.ID)
	switch {
	case err != nil && !errors.Is(err, core.ErrNotFound):
		return nil, oauth.Failed(wrap("read the token", err))
	case err != nil || !initial.Hash.Matches(credential.Hash()):
		return nil, badInitial("initial_token_unknown")
	case !initial.Live(s.Now()):
		return nil, badInitial("initial_token_ended")
	}
	org, err := s.Store.Organisation(ctx, initial.Org)
	switch {
	case err != nil:
		return nil, oauth.Failed(wrap("read the organisation", err))
	case org.Disabled:
		return nil, badInitial("initial_token_organisation_disabled")
	}
	return initial, nil
}

func badInitial(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidToken, reason, "The initial access token is not valid, or not any more.")
}
