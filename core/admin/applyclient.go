package admin

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// title is what the client is called.
func (c *DeclaredClient) title() string {
	if c.Name != "" {
		return c.Name
	}
	return c.ID
}

func (c *DeclaredClient) apply(ctx context.Context, w *work) error {
	w.row.Org, w.row.Name, w.members = orDefault(c.Org), c.title(), slices.Clone(c.Members)
	if c.Secret != "" {
		w.members = append(w.members, core.MemberSecret)
	}
	begun := len(w.trial.changes)
	if err := w.may(ApplyStep{Org: w.row.Org}); err != nil {
		return err
	}
	there, err := c.find(ctx, w)
	switch {
	case err != nil:
		return err
	case there != nil && there.Org != w.row.Org:
		return invalid("client_id", "choose another one", "the client id %q is that of another client", c.ID)
	case there != nil:
		return c.update(ctx, w, there, begun)
	}
	if c.Name == "" {
		return invalid("name", "say what it is called", "the name of the client %q is missing", c.ID)
	}
	guard := func(made *core.Client) error { return w.may(ApplyStep{Org: made.Org, After: made}) }
	made, err := w.CreateClient(ctx, w.a.actor, NewClient{Org: c.Org, ID: c.ID, Name: c.Name, Preset: c.Preset, Secret: c.Secret, Edit: c.Edit, Guard: guard})
	if err != nil {
		return err
	}
	if w.row.Secret = made.Secret; c.Secret != "" {
		w.row.Secret = ""
	}
	w.noteWeak(c.Secret)
	return w.done(ctx, made.Client.ID, true, begun)
}

// find gives nil if there is no such client.
func (c *DeclaredClient) find(ctx context.Context, w *work) (*core.Client, error) {
	var there *core.Client
	var err error
	if c.ID != "" {
		there, err = w.Store.Client(ctx, c.ID)
	} else {
		there, err = w.Store.ClientByName(ctx, w.row.Org, c.Name)
	}
	if missing, err := absent(there, err); missing || err != nil {
		return nil, wrap("read the client", err)
	}
	return there, nil
}

func (c *DeclaredClient) update(ctx context.Context, w *work, there *core.Client, begun int) error {
	if w.row.Name = there.Name; c.Name != "" {
		w.row.Name = c.Name
	}
	if c.Preset != "" && c.Preset != there.Preset {
		return invalid("preset", "make another client, or leave the preset out", "the client %q was made by the preset %q, which cannot be changed", there.Name, there.Preset)
	}
	edit := func(client *core.Client) {
		if c.Name != "" {
			client.Name = c.Name
		}
		c.Edit(client)
	}
	after, err := w.UpdateClientIf(ctx, w.a.actor, there.ID, "", edit, func(before, after *core.Client) error {
		return w.may(ApplyStep{Org: before.Org, Before: before, After: after})
	})
	if err != nil {
		return err
	}
	if c.Secret != "" {
		if err := w.takeSecret(ctx, after.ID, c.Secret); err != nil {
			return err
		}
	}
	return w.done(ctx, after.ID, false, begun)
}

// takeSecret gives the client the secret that the file names, unless it is the one that it
// has.
func (w *work) takeSecret(ctx context.Context, id, secret string) error {
	client, err := w.clientByID(ctx, id)
	if err != nil {
		return err
	}
	if client.SecretHash.Matches(core.HashClientSecret(secret)) && !LacksSecret(client) {
		return nil
	}
	was := client.UpdatedAt
	if err := w.keepSecret(client, secret); err != nil {
		return err
	}
	client.UpdatedAt = later(w.Now(), was)
	w.noteWeak(secret)
	record := w.clientRecord(w.a.actor, client.UpdatedAt, core.EventSecretRotated, client, nil)
	record.Event.Fields = []core.FieldChange{{Field: core.MemberSecret}}
	return w.applyClient(ctx, "set the secret", client, []core.Change{core.UpdateClient{Client: *client, Was: was}, record})
}

func (w *work) noteWeak(secret string) {
	if secret != "" && utf8.RuneCountInString(secret) < leastSecret {
		w.row.Notes = append(w.row.Notes, "its secret is short enough to be guessed at: take one of at least 22 random characters")
	}
}
