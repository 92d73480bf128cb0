package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// ReadRegistration gives a client what it registered (RFC 7592 section 2.1). The token is
// its registration access token. The secret is not in it: only its hash is kept. A
// refusal was recorded, as of the methods below.
func (s *Service) ReadRegistration(ctx context.Context, actor Actor, id, token string) (*oauth.Registered, *oauth.Error) {
	client, _, refusal := s.managed(ctx, id, token)
	if refusal != nil {
		return nil, s.refuseRegistration(ctx, actor, "", refusal)
	}
	return s.registered(client, token, ""), nil
}

// ChangeRegistration replaces what a client registered (RFC 7592 section 2.2). Members
// that are left out get their defaults, and what an operator decided stays. The answer
// has a new registration access token, and the old one has ended; so has the secret, if there is another
// in it.
func (s *Service) ChangeRegistration(ctx context.Context, actor Actor, id, token string, r *oauth.Registration) (*oauth.Registered, *oauth.Error) {
	for try := 1; ; try++ {
		before, held, refusal := s.managed(ctx, id, token)
		if refusal != nil {
			return nil, s.refuseRegistration(ctx, actor, "", refusal)
		}
		changed, refusal := s.changeRegistration(ctx, actor, before, held, r)
		switch {
		case refusal == nil:
			return changed, nil
		case try == tries || !errors.Is(refusal.Cause, core.ErrStale):
			return nil, s.refuseRegistration(ctx, actor, id, refusal)
		}
	}
}

func (s *Service) changeRegistration(ctx context.Context, actor Actor, before *core.Client, held core.Hash, r *oauth.Registration) (*oauth.Registered, *oauth.Error) {
	if refusal := checkChange(before, r); refusal != nil {
		return nil, refusal
	}
	after := new(*before)
	if refusal := s.policy().fill(after, r); refusal != nil {
		return nil, refusal
	}
	if before.Public() != after.Public() {
		return nil, oauth.Refuse(oauth.CodeInvalidClientMetadata, "registration_token_endpoint_auth_method",
			"A client cannot change between having a secret and having none: register another.")
	}
	if refusal := s.checkRegistered(ctx, before, after); refusal != nil {
		return nil, refusal
	}
	// One that proves itself in another way may need another secret.
	secret := ""
	if LacksSecret(after) || !after.UsesSecret() {
		var err error
		if secret, err = s.giveSecret(after); err != nil {
			return nil, oauth.Failed(wrap("make a secret", err))
		}
	}
	after.UpdatedAt = later(s.Now(), before.UpdatedAt)
	credential := core.NewCredential(core.KindRegistration, s.newID(after.UpdatedAt), s.Rand)
	after.RegistrationHash = credential.Hash()
	actor.Name = registrant(after)
	fields := changesOf(clientFields(before, after))
	record := s.clientRecord(actor, after.UpdatedAt, core.EventClientUpdated, after, map[string]string{"by": "registration", "fields": strings.Join(fieldNames(fields), " ")})
	record.Event.Fields = fields
	err := s.apply(ctx, core.UpdateClient{Client: *after, Held: held, Was: before.UpdatedAt}, record)
	switch {
	case errors.Is(err, core.ErrStale):
		return nil, oauth.Failed(wrap("change the client", err))
	case errors.Is(err, core.ErrConflict):
		return nil, badRegistration("registration_token_replaced")
	case err != nil:
		return nil, registrationFailed("change the client", err)
	}
	return s.registered(after, credential.String(), secret), nil
}

// checkChange refuses what a change must not have, and demands that it says which client
// it is of (RFC 7592 section 2.2, MUST each).
func checkChange(client *core.Client, r *oauth.Registration) *oauth.Error {
	switch {
	case r.ClientID != client.ID:
		return oauth.Refuse(oauth.CodeInvalidClientMetadata, "registration_client_id", "The client_id must be that of the client.")
	case r.Secret != "" && (client.SecretHash.IsZero() || !client.SecretHash.Matches(core.HashClientSecret(r.Secret))):
		return oauth.Refuse(oauth.CodeInvalidClientMetadata, "registration_client_secret", "The client_secret is not that of the client, which cannot choose it.")
	case r.Token != nil || r.URI != nil || r.SecretExpiresAt != nil || r.IssuedAt != nil:
		return oauth.Refuse(oauth.CodeInvalidClientMetadata, "registration_server_member",
			"Leave out registration_access_token, registration_client_uri, client_secret_expires_at and client_id_issued_at.")
	}
	return nil
}

// Unregister deletes a client with its consents, grants and tokens (RFC 7592 section 2.3).
func (s *Service) Unregister(ctx context.Context, actor Actor, id, token string) *oauth.Error {
	client, _, refusal := s.managed(ctx, id, token)
	if refusal != nil {
		return s.refuseRegistration(ctx, actor, "", refusal)
	}
	actor.Name = registrant(client)
	err := s.apply(ctx, core.DeleteClient{ID: id}, s.clientRecord(actor, s.Now(), core.EventClientDeleted, client, map[string]string{"by": "registration"}))
	if err != nil {
		return registrationFailed("delete the client", err)
	}
	return nil
}

// registrationFailed tells a client that a file manages it from what failed.
func registrationFailed(what string, err error) *oauth.Error {
	if _, is := errors.AsType[*ManagedError](err); is {
		refusal := oauth.Refuse(oauth.CodeAccessDenied, "registration_client_managed", "The operator of this server manages the client.")
		refusal.Status = http.StatusForbidden
		return refusal
	}
	return oauth.Failed(wrap(what, err))
}

// managed gives the client whose registration access token it is. That there is no such
// client is not told apart from a token that is none of its.
func (s *Service) managed(ctx context.Context, id, token string) (*core.Client, core.Hash, *oauth.Error) {
	if token == "" {
		return nil, core.Hash{}, oauth.Refuse(oauth.CodeInvalidToken, oauth.ReasonTokenMissing, "There is no registration access token.")
	}
	credential, ok := core.ParseCredential(core.KindRegistration, token)
	if !ok {
		return nil, core.Hash{}, badRegistration("registration_token_malformed")
	}
	held := credential.Hash()
	client, err := s.Store.Client(ctx, id)
	switch {
	case err != nil && !errors.Is(err, core.ErrNotFound):
		return nil, held, oauth.Failed(wrap("read the client", err))
	case err != nil || !client.Registered() || !client.RegistrationHash.Matches(held):
		return nil, held, badRegistration("registration_token_unknown")
	}
	org, err := s.Store.Organisation(ctx, client.Org)
	switch {
	case err != nil:
		return nil, held, oauth.Failed(wrap("read the organisation", err))
	case client.Disabled || org.Disabled:
		refusal := oauth.Refuse(oauth.CodeAccessDenied, "registration_client_disabled", "The client was disabled.")
		refusal.Status = http.StatusForbidden
		return nil, held, refusal
	}
	return client, held, nil
}

func badRegistration(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidToken, reason, "The registration access token is not valid, or not any more.")
}
