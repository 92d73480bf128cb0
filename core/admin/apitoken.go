package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// How long an API token may work: each has an end.
const (
	MinAPITokenTTL = time.Minute
	MaxAPITokenTTL = 366 * 24 * time.Hour
)

// NewAPIToken describes an API token to be made.
type NewAPIToken struct {
	Holder core.ID // a user or a service account
	Name   string  // what it is for
	// Permissions narrow what the holder may; empty: not at all.
	Permissions []core.Permission
	TTL         time.Duration
}

// CreateAPIToken makes a token that does by the REST API and SCIM what its holder may. Its
// text is returned this once: only its hash is kept.
func (s *Service) CreateAPIToken(ctx context.Context, actor Actor, input NewAPIToken) (*core.APIToken, string, error) {
	if err := checkAPIToken(&input).err(); err != nil {
		return nil, "", err
	}
	holder, err := s.Holder(ctx, input.Holder)
	if err != nil {
		return nil, "", err
	}
	now := s.Now()
	credential := core.NewCredential(core.KindAPI, s.newID(now), s.Rand)
	token := &core.APIToken{
		ID: credential.ID, Holder: holder.ID, Name: input.Name, Hash: credential.Hash(), CreatedAt: now, ExpiresAt: now.Add(input.TTL),
		Permissions: slices.Compact(slices.Sorted(slices.Values(input.Permissions))),
	}
	record := s.tokenRecord(actor, now, core.EventAPITokenCreated, holder, token)
	record.Event.Fields = changesOf([]field{
		{name: "permissions", after: token.Permissions},
		{name: "expires_at", after: token.ExpiresAt.UTC().Format(time.RFC3339)},
	})
	if err := s.apply(ctx, core.AddAPIToken{Token: *token}, record); err != nil {
		return nil, "", tokenFailed("make the token", holder, token.ID, err)
	}
	token.Hash = core.Hash{}
	return token, credential.String(), nil
}

// APITokens gives those of a user or a service account, in the order in which they were
// made; without their hashes.
func (s *Service) APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error) {
	if _, err := s.Holder(ctx, holder); err != nil {
		return nil, err
	}
	tokens, err := s.Store.APITokens(ctx, holder)
	for i := range tokens {
		tokens[i].Hash = core.Hash{}
	}
	return tokens, wrap("read the tokens", err)
}

// RevokeAPIToken ends a token of the holder at once.
func (s *Service) RevokeAPIToken(ctx context.Context, actor Actor, id, token core.ID) error {
	holder, err := s.Holder(ctx, id)
	if err != nil {
		return err
	}
	tokens, err := s.Store.APITokens(ctx, id)
	if err != nil {
		return wrap("read the tokens", err)
	}
	i := slices.IndexFunc(tokens, func(t core.APIToken) bool { return t.ID == token })
	if i < 0 {
		return &MissingError{What: "API token", Name: string(token)}
	}
	err = s.apply(ctx, core.DeleteAPIToken{Holder: id, ID: token}, s.tokenRecord(actor, s.Now(), core.EventAPITokenRevoked, holder, &tokens[i]))
	return tokenFailed("revoke the token", holder, token, err)
}

func checkAPIToken(input *NewAPIToken) problems {
	var p problems
	if input.Name == "" {
		p.add("name", "say what the token is for", "the name of the token is missing")
	}
	checkLine(&p, "name", input.Name)
	known := core.Permissions()
	for _, permission := range input.Permissions {
		if !slices.Contains(known, permission) {
			p.add("permissions", "use "+joinPermissions(known), "there is no permission %q", shown(string(permission)))
		}
	}
	if input.TTL < MinAPITokenTTL || input.TTL > MaxAPITokenTTL {
		p.add("ttl", "", "the token must work for 1m to 366d")
	}
	return p
}

func joinPermissions(permissions []core.Permission) string {
	names := make([]string, len(permissions))
	for i, permission := range permissions {
		names[i] = string(permission)
	}
	return strings.Join(names, ", ")
}

func tokenFailed(what string, holder *Holder, token core.ID, err error) error {
	switch {
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "API token", Name: string(token)}
	case errors.Is(err, core.ErrLimit):
		return wrap(what+" of "+holder.Name, err)
	}
	return wrap(what, err)
}

func (s *Service) tokenRecord(actor Actor, now time.Time, kind core.EventType, holder *Holder, token *core.APIToken) core.Record {
	event := core.Event{Type: kind, Org: holder.Org, Detail: map[string]string{"token": string(token.ID), "name": token.Name, "holder": holder.Name}}
	if holder.Program {
		event.Detail["service_account"] = string(holder.ID)
	} else {
		event.UserID = holder.ID
	}
	return s.record(actor, now, event)
}
