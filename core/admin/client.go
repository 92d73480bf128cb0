package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// NewClient describes a client to be made.
type NewClient struct {
	Org    string // "" is the default organisation
	Name   string
	Preset string // one of [Presets]; "" is "web"
	// ID is the client_id; "" makes one. Secret is the secret that it is to have; "" makes one
	// where it needs one.
	ID, Secret string
	// Address is that of the application, where the preset makes the redirect URIs of it; ""
	// where Edit gives them.
	Address string
	// Edit changes what the preset made before it is checked; nil changes nothing.
	Edit func(*core.Client)
	// Guard may refuse what is about to be made; nil refuses nothing.
	Guard func(*core.Client) error
}

// CreatedClient is what [Service.CreateClient] made. The secret is shown this
// once: only its hash is kept.
type CreatedClient struct {
	Client core.Client
	Secret string // empty for a client that uses none
}

// CreateClient makes a client as its preset says, with the plugins that the
// preset binds.
func (s *Service) CreateClient(ctx context.Context, actor Actor, input NewClient) (*CreatedClient, error) {
	created, bound, err := s.newClient(ctx, input)
	if err != nil {
		return nil, err
	}
	client := &created.Client
	record := s.clientRecord(actor, client.CreatedAt, core.EventClientCreated, client, map[string]string{"preset": client.Preset})
	record.Event.Fields = changesOf(clientFields(&core.Client{}, client))
	changes := []core.Change{core.CreateClient{Client: *client}, record}
	plugins, err := s.bindPreset(ctx, actor, client, bound)
	if err != nil {
		return nil, err
	}
	return created, s.applyClient(ctx, "create the client", client, append(changes, plugins...))
}

func (s *Service) newClient(ctx context.Context, input NewClient) (*CreatedClient, []binding, error) {
	preset, err := presetOf(input.Preset)
	if err != nil {
		return nil, nil, err
	}
	now := s.Now()
	client := preset.client
	client.ID, client.Org, client.Name, client.Preset = core.NewClientID(s.Rand), orDefault(input.Org), input.Name, preset.Name
	client.CreatedAt, client.UpdatedAt = now, now
	var p problems
	if input.ID != "" {
		client.ID = input.ID
		checkClientID(&p, input.ID)
	}
	if input.Address != "" {
		p = preset.place(&client, input.Address)
	}
	if input.Edit != nil {
		client = *editedClient(&client, input.Edit)
	}
	if input.Address == "" && preset.Asks() && len(client.RedirectURIs) == 0 {
		p.add("address", "give it as the browser shows it, like https://wiki.example.org, or the redirect URIs themselves", "the address of the application is missing")
	}
	if len(p) == 0 { // else the redirect URIs are missing for that reason
		p = checkClient(&client)
	}
	if err := s.checkSignInAt(ctx, &p, &client); err != nil {
		return nil, nil, err
	}
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	if input.Guard != nil {
		if err := input.Guard(&client); err != nil {
			return nil, nil, err
		}
	}
	created := &CreatedClient{Client: client}
	if input.Secret != "" {
		created.Secret, err = input.Secret, s.keepSecret(&created.Client, input.Secret)
	} else {
		created.Secret, err = s.giveSecret(&created.Client)
	}
	if err != nil {
		return nil, nil, err
	}
	return created, preset.bindings, nil
}

// FindClient gives the client of that client_id or name.
func (s *Service) FindClient(ctx context.Context, org, name string) (*core.Client, error) {
	org = orDefault(org)
	client, err := s.Store.Client(ctx, name)
	if missing, err := absent(client, err); err != nil || !missing && client.Org == org {
		return client, err
	}
	client, err = s.Store.ClientByName(ctx, org, name)
	return found(client, err, "client", name)
}

// Clients gives the clients of an organisation.
func (s *Service) Clients(ctx context.Context, org string) ([]core.Client, error) {
	return s.Store.Clients(ctx, orDefault(org))
}

// UpdateClient lets edit change a copy of the client, checks it and stores it.
// Identifier, organisation, preset, secret and times are put back. A client
// cannot change between public and confidential: it is another client. Of one that needs
// another secret then, [LacksSecret] says so.
func (s *Service) UpdateClient(ctx context.Context, actor Actor, id string, was Version, edit func(*core.Client)) (*core.Client, error) {
	return s.UpdateClientIf(ctx, actor, id, was, edit, func(*core.Client, *core.Client) error { return nil })
}

// UpdateClientIf is [Service.UpdateClient], unless guard refuses what is about to be made
// of what.
func (s *Service) UpdateClientIf(ctx context.Context, actor Actor, id string, was Version, edit func(*core.Client), guard func(before, after *core.Client) error) (*core.Client, error) {
	return changing(ctx, s, "client", id, was, s.clientAt(id), func(before *core.Client, now time.Time) (*core.Client, error) {
		after := editedClient(before, edit)
		if err := guard(before, after); err != nil {
			return nil, err
		}
		return s.updateClient(ctx, actor, before, after, now)
	})
}

func (s *Service) updateClient(ctx context.Context, actor Actor, before, after *core.Client, now time.Time) (*core.Client, error) {
	p := checkClient(after)
	if err := s.checkSignInAt(ctx, &p, after); err != nil {
		return nil, err
	}
	if before.Public() != after.Public() {
		p.add("auth_methods", "make another client", "a client cannot change between public and confidential")
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if !after.SignsWithSecret() {
		after.SealedSecret = nil
	}
	fields := changesOf(clientFields(before, after))
	if len(fields) == 0 {
		return before, nil
	}
	after.UpdatedAt = now
	record := s.clientRecord(actor, now, core.EventClientUpdated, after, map[string]string{"fields": strings.Join(fieldNames(fields), " ")})
	record.Event.Fields = fields
	return after, s.applyClient(ctx, "update the client", after, []core.Change{core.UpdateClient{Client: *after, Was: before.UpdatedAt}, record})
}

// checkSignInAt checks the client's rules beside those of its organisation, where each of
// them is right.
func (s *Service) checkSignInAt(ctx context.Context, p *problems, client *core.Client) error {
	if len(*p) > 0 {
		return nil
	}
	org, err := s.Organisation(ctx, client.Org)
	if err == nil {
		checkTogether(p, org, client)
	}
	return err
}

// editedClient gives a copy that edit changed, with everything put back that
// edit may not change.
func editedClient(before *core.Client, edit func(*core.Client)) *core.Client {
	after := *before
	for _, list := range []*[]string{
		&after.AuthMethods, &after.RedirectURIs, &after.PostLogoutRedirectURIs, &after.GrantTypes, &after.ResponseTypes, &after.Scopes, &after.AllowedGroups,
		&after.SignIn.Methods,
	} {
		*list = slices.Clone(*list)
	}
	metadata := &after.Metadata
	for _, list := range []*[]string{&metadata.Contacts, &metadata.RequestURIs, &metadata.DefaultACRValues} {
		*list = slices.Clone(*list)
	}
	edit(&after)
	after.Metadata.JWKS = compact(after.Metadata.JWKS)
	after.ID, after.Org, after.Preset, after.SecretHash = before.ID, before.Org, before.Preset, before.SecretHash
	after.SealedSecret, after.RegistrationHash = before.SealedSecret, before.RegistrationHash
	after.CreatedAt, after.UpdatedAt = before.CreatedAt, before.UpdatedAt
	slices.Sort(after.AllowedGroups)
	for i, kind := range after.ResponseTypes {
		after.ResponseTypes[i] = oauth.SortResponseType(kind)
	}
	return &after
}

// MissingGroups gives those of the client's allowed groups that its organisation does
// not have. They are no mistake: a connector makes its groups when somebody of them
// signs in. Until then they let nobody in.
func (s *Service) MissingGroups(ctx context.Context, client *core.Client) ([]string, error) {
	if len(client.AllowedGroups) == 0 {
		return nil, nil
	}
	groups, err := s.Groups(ctx, client.Org)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, name := range client.AllowedGroups {
		if !slices.ContainsFunc(groups, func(g core.Group) bool { return g.Name == name }) {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// RotateSecret makes a new secret, which is returned this once. The old one
// stops working at once; tokens that were issued stay.
func (s *Service) RotateSecret(ctx context.Context, actor Actor, id string) (secret string, err error) {
	_, err = changing(ctx, s, "client", id, "", s.clientAt(id), func(client *core.Client, now time.Time) (*core.Client, error) {
		secret, err = s.rotateSecret(ctx, actor, client, now)
		return client, err
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

func (s *Service) rotateSecret(ctx context.Context, actor Actor, client *core.Client, now time.Time) (string, error) {
	if client.Public() {
		return "", invalid("client", "", "client %q is public: it has no secret", client.Name)
	}
	if !client.UsesSecret() {
		return "", invalid("client", "", "client %q proves itself by its keys: it has no secret", client.Name)
	}
	was := client.UpdatedAt
	secret, err := s.giveSecret(client)
	if err != nil {
		return "", err
	}
	client.UpdatedAt = now
	record := s.clientRecord(actor, now, core.EventSecretRotated, client, nil)
	record.Event.Fields = []core.FieldChange{{Field: "client_secret"}}
	return secret, s.applyClient(ctx, "rotate the secret", client, []core.Change{core.UpdateClient{Client: *client, Was: was}, record})
}

// clientAt gives the client with when it was last changed.
func (s *Service) clientAt(id string) func(context.Context) (*core.Client, time.Time, error) {
	return func(ctx context.Context) (*core.Client, time.Time, error) {
		client, err := s.clientByID(ctx, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		return client, client.UpdatedAt, nil
	}
}

// DeleteClient deletes the client with consents, grants, tokens and bindings.
func (s *Service) DeleteClient(ctx context.Context, actor Actor, id string) error {
	return doing(ctx, s, "client", id, s.clientAt(id), func(client *core.Client, _ time.Time) error {
		return s.applyClient(ctx, "delete the client", client, []core.Change{
			asRead(core.KindOfClient, id, client.UpdatedAt), core.DeleteClient{ID: id},
			s.clientRecord(actor, s.Now(), core.EventClientDeleted, client, nil),
		})
	})
}

func (s *Service) clientByID(ctx context.Context, id string) (*core.Client, error) {
	client, err := s.Store.Client(ctx, id)
	client, err = found(client, err, "client", id)
	if err != nil {
		return nil, err
	}
	clone := *client // the store's value is shared
	return &clone, nil
}

func (s *Service) applyClient(ctx context.Context, what string, client *core.Client, changes []core.Change) error {
	err := s.apply(ctx, changes...)
	if conflict, ok := errors.AsType[*core.ConflictError](err); ok {
		return taken("name", conflict.What, client.Name)
	}
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "client", Name: client.Name}
	}
	return wrap(what, err)
}

func (s *Service) clientRecord(actor Actor, now time.Time, kind core.EventType, client *core.Client, detail map[string]string) core.Record {
	if detail == nil {
		detail = map[string]string{}
	}
	detail["name"] = client.Name
	return s.record(actor, now, core.Event{Type: kind, ClientID: client.ID, Org: client.Org, Detail: detail})
}
