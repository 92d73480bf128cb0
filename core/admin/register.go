package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Register makes the client that a registration describes (RFC 7591 section 3). The token
// is the initial access token, empty if there came none; what it registers belongs to its
// organisation. A refusal was recorded.
func (s *Service) Register(ctx context.Context, actor Actor, token string, r *oauth.Registration) (*oauth.Registered, *oauth.Error) {
	registered, refusal := s.register(ctx, actor, token, r)
	if refusal != nil {
		return nil, s.refuseRegistration(ctx, actor, "", refusal)
	}
	return registered, nil
}

func (s *Service) register(ctx context.Context, actor Actor, token string, r *oauth.Registration) (*oauth.Registered, *oauth.Error) {
	initial, refusal := s.initial(ctx, token)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.countRegistration(ctx, actor.IP, initial); refusal != nil {
		return nil, refusal
	}
	client, credential, refusal := s.registeredClient(ctx, initial, r)
	if refusal != nil {
		return nil, refusal
	}
	secret, err := s.giveSecret(client)
	if err != nil {
		return nil, oauth.Failed(wrap("make a secret", err))
	}
	detail := map[string]string{"by": "registration", "mode": s.Registration.Mode}
	changes := []core.Change{core.CreateClient{Client: *client}}
	if initial != nil {
		detail["initial_token"] = string(initial.ID)
		changes = append(changes, core.UseInitial{ID: initial.ID, At: client.CreatedAt})
	}
	actor.Name = registrant(client)
	changes = append(changes, s.clientRecord(actor, client.CreatedAt, core.EventClientCreated, client, detail))
	switch err = s.apply(ctx, changes...); {
	case errors.Is(err, core.ErrConflict) && initial != nil:
		return nil, badInitial("initial_token_used_up")
	case err != nil:
		return nil, oauth.Failed(wrap("register the client", err))
	}
	return s.registered(client, credential.String(), secret), nil
}

// registrant names a client that acts for itself.
func registrant(client *core.Client) string { return "client:" + client.ID }

func (s *Service) registered(client *core.Client, token, secret string) *oauth.Registered {
	return &oauth.Registered{Client: client, URI: s.Issuer + oauth.PathRegister + "/" + client.ID, Token: token, Secret: secret}
}

// registeredClient makes the client without its secret, and what it manages itself with.
func (s *Service) registeredClient(ctx context.Context, initial *core.InitialToken, r *oauth.Registration) (*core.Client, core.Credential, *oauth.Error) {
	now := s.Now()
	client := &core.Client{ID: core.NewClientID(s.Rand), Org: core.DefaultOrganisation, CreatedAt: now, UpdatedAt: now}
	if initial != nil {
		client.Org = initial.Org
	}
	client.Name = "registered-" + client.ID
	credential := core.NewCredential(core.KindRegistration, s.newID(now), s.Rand)
	client.RegistrationHash = credential.Hash()
	if refusal := s.policy().fill(client, r); refusal != nil {
		return nil, credential, refusal
	}
	client.Preset = presetFor(client)
	return client, credential, s.checkRegistered(ctx, nil, client)
}

// presetFor says what kind of client it is.
func presetFor(c *core.Client) string {
	switch {
	case !asksPeople(c) && slices.Contains(c.GrantTypes, core.GrantDevice):
		return PresetDevice
	case c.Native:
		return PresetNative
	case c.Public():
		return PresetSPA
	case len(c.ResponseTypes) == 0:
		return PresetService
	}
	return PresetWeb
}

// checkRegistered checks a client that registers itself, or changes what it registered.
func (s *Service) checkRegistered(ctx context.Context, before, after *core.Client) *oauth.Error {
	p := s.policy().check(after)
	if before == nil || before.DisplayName != after.DisplayName {
		taken, err := s.looksLikeAnother(ctx, after)
		if err != nil {
			return oauth.Failed(err)
		}
		if taken {
			p.add("display_name", "choose another name", "the name is that of another client, or looks like it")
		}
	}
	// What the policy forbids is not worth fetching anything for.
	if len(p) > 0 {
		p = append(p, checkClient(after)...)
	} else {
		p = s.check(ctx, before, after)
	}
	return p.refusal()
}

// looksLikeAnother reports whether people could take the client for one that an operator
// made. Clients that registered themselves may share a name: installations of one
// application do.
func (s *Service) looksLikeAnother(ctx context.Context, c *core.Client) (bool, error) {
	clients, err := s.Store.Clients(ctx, c.Org)
	if err != nil {
		return false, wrap("read the clients", err)
	}
	name := likeness(c.DisplayName)
	return slices.ContainsFunc(clients, func(other core.Client) bool {
		return other.ID != c.ID && !other.Registered() && likeness(other.Title()) == name
	}), nil
}

// wireName is the member that a field of a client comes from, where it has
// another name.
func wireName(field string) string {
	switch field {
	case "display_name":
		return "client_name"
	case "auth_methods":
		return "token_endpoint_auth_method"
	case "scopes":
		return "scope"
	case "terms_uri":
		return "tos_uri"
	case "id_token_alg":
		return "id_token_signed_response_alg"
	case "native":
		return "application_type"
	}
	return field
}

// refusal tells the client's developer what is wrong, at most three things (RFC 7591
// section 3.2.2). It is nil if nothing is.
func (p problems) refusal() *oauth.Error {
	if len(p) == 0 {
		return nil
	}
	code := oauth.CodeInvalidClientMetadata
	var texts []string
	for i, problem := range p {
		if problem.Field == "redirect_uris" {
			code = oauth.CodeInvalidRedirectURI
		}
		if i < 3 {
			texts = append(texts, wireName(problem.Field)+": "+problem.Sentence())
		}
	}
	return oauth.Refuse(code, "registration_"+wireName(p[0].Field), oauth.Describe(strings.Join(texts, " ")))
}

// refuseRegistration records the refusal and passes it on. The client is the one that is
// registered, empty for one that is not.
func (s *Service) refuseRegistration(ctx context.Context, actor Actor, clientID string, refusal *oauth.Error) *oauth.Error {
	if refusal.Status >= http.StatusInternalServerError {
		return refusal
	}
	event := core.Event{Type: core.EventRegistrationRefused, ClientID: clientID, Detail: map[string]string{"reason": refusal.Reason}}
	if err := s.apply(context.WithoutCancel(ctx), s.record(actor, s.Now(), event)); err != nil {
		return oauth.Failed(wrap("record the refusal", err))
	}
	return refusal
}
