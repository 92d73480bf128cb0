package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestDeleteOrganisation(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	ann := w.user(admin.NewUser{Org: "acme", Name: "ann", Groups: []string{"staff"}})
	w.client(admin.NewClient{Org: "acme", Name: "wiki"})
	w.account("acme", "robot")
	w.grants(ann.ID, "acme", core.RoleOwner)
	// One instance is a connector and nothing else, the other one maps claims besides.
	client := w.client(admin.NewClient{Name: "elsewhere"})
	for _, name := range []string{"idp", "both"} {
		instance := core.PluginInstance{Name: name, Plugin: "oidc", Module: core.BuiltinModule, Settings: []byte("{}"), CreatedAt: w.now, UpdatedAt: w.now}
		err := w.store.Apply(ctx, core.SaveInstance{Instance: instance}, core.SaveConnector{Connector: core.Connector{Instance: name, Org: "acme", CreatedAt: w.now}},
			core.SaveSecret{Instance: name, Secret: core.PluginSecret{Name: "s", Sealed: []byte{1}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	claims := core.PluginBinding{ID: core.NewID(w.now, w.Rand), Instance: "both", Hook: core.HookClaims, ClientID: client.ID, Position: 1, CreatedAt: w.now}
	if err := w.store.Apply(ctx, core.AddBinding{Binding: claims}); err != nil {
		t.Fatal(err)
	}
	want := []core.Content{
		{What: "users", Count: 1}, {What: "groups", Count: 1}, {What: "clients", Count: 1}, {What: "connectors", Count: 2}, {What: "service accounts", Count: 1}, {What: "roles", Count: 1},
	}
	if got, err := w.OrganisationContents(ctx, "acme"); err != nil || !slices.Equal(got, want) {
		t.Errorf("contents %v, %v", got, err)
	}
	if err := w.DeleteOrganisation(ctx, actor, "acme"); err != nil {
		t.Fatal(err)
	}
	if e := w.latest(core.EventOrgDeleted); e.Org != "acme" || e.Detail["users"] != "1" || e.Detail["service_accounts"] != "1" {
		t.Errorf("event %+v", e)
	}
	config, err := w.PluginConfig(ctx)
	if err != nil || len(config.Connectors) != 0 || len(config.Instances) != 1 || config.Instances[0].Name != "both" || len(config.Bindings) != 1 {
		t.Errorf("%+v, %v", config, err)
	}
	events, err := w.store.Events(ctx, core.EventFilter{Org: "acme", Type: core.EventConnectorDeleted})
	if err != nil || len(events) != 2 {
		t.Errorf("events %+v, %v", events, err)
	}
	for what, err := range map[string]error{
		"again": w.DeleteOrganisation(ctx, actor, "acme"), "contents": second(w.OrganisationContents(ctx, "acme")), "counts": second(w.Counts(ctx, "acme")),
		"user": second(w.UserContents(ctx, ann.ID)),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := problems(t, w.DeleteOrganisation(ctx, actor, core.DefaultOrganisation)); !slices.Equal(got, []string{"name"}) {
		t.Errorf("fields %v", got)
	}
}

func TestContents(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.user(admin.NewUser{Name: "ann", Groups: []string{"staff"}})
	client := w.client(admin.NewClient{Name: "wiki", Edit: func(c *core.Client) {
		c.RedirectURIs, c.AllowedGroups = []string{"https://rp.example/cb"}, []string{"staff"}
	}})
	w.signedIn(ann, client)
	staff, err := w.FindGroup(ctx, "", "staff")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what string
		got  func() ([]core.Content, error)
		want []core.Content
	}{
		{"user", func() ([]core.Content, error) { return w.UserContents(ctx, ann.ID) },
			[]core.Content{{What: "group memberships", Count: 1}, {What: "sessions", Count: 1}, {What: "consents", Count: 1}, {What: "grants", Count: 1}}},
		{"client", func() ([]core.Content, error) { return w.ClientContents(ctx, client.ID) }, []core.Content{{What: "consents", Count: 1}, {What: "grants", Count: 1}}},
		{"group", func() ([]core.Content, error) { return w.GroupContents(ctx, staff.ID) },
			[]core.Content{{What: "memberships", Count: 1}, {What: "clients that let its members in", Count: 1}}},
		{"account", func() ([]core.Content, error) { return w.ServiceAccountContents(ctx, w.account("", "robot").ID) }, nil},
	} {
		if got, err := test.got(); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v, want %v", test.what, got, err, test.want)
		}
	}
	for what, err := range map[string]error{
		"user": second(w.UserContents(ctx, "x")), "client": second(w.ClientContents(ctx, "x")), "group": second(w.GroupContents(ctx, "x")),
		"account": second(w.ServiceAccountContents(ctx, "x")), "connector": second(w.ConnectorContents(ctx, "x")),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("no %s: %v", what, err)
		}
	}
	counts, err := w.Counts(ctx, "")
	if err != nil || counts.Users != 1 || counts.Groups != 1 || counts.Clients != 2 || counts.Sessions != 1 || counts.ServiceAccounts != 1 {
		t.Errorf("%+v, %v", counts, err)
	}
	sessions, err := w.LiveSessions(ctx, core.SessionFilter{})
	if err != nil || len(sessions) != 1 || sessions[0].User != "ann" || !sessions[0].Session.Hash.IsZero() {
		t.Errorf("%+v, %v", sessions, err)
	}
	consents, err := w.UserConsents(ctx, ann.ID)
	if err != nil || len(consents) != 1 || consents[0].ClientID != client.ID {
		t.Errorf("%+v, %v", consents, err)
	}
}

// A change says what was and what is, and of whose organisation it is.
func TestFieldsOfEvents(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.org("acme")
	ann := w.user(admin.NewUser{Org: "acme", Name: "ann", Email: "ann@example.org", Password: "long enough", Attributes: map[string]string{"team": "red"}})
	if e := w.latest(core.EventUserCreated); e.Org != "acme" || !slices.Contains(e.Fields, core.FieldChange{Field: "email", After: "ann@example.org"}) {
		t.Errorf("event %+v", e)
	}
	_, err := w.UpdateUser(ctx, actor, ann.ID, "", func(u *core.User) {
		u.Email, u.Profile.DisplayName, u.Attributes["team"], u.Attributes["a.b"] = "new@example.org", "Ann", "blue", "x"
	})
	if err != nil {
		t.Fatal(err)
	}
	e := w.latest(core.EventUserUpdated)
	if want := []core.FieldChange{
		{Field: "email", Before: "ann@example.org", After: "new@example.org"}, {Field: "profile.display_name", After: "Ann"},
		{Field: "attributes.a.b", After: "x"}, {Field: "attributes.team", Before: "red", After: "blue"},
	}; !slices.Equal(e.Fields, want) || e.Org != "acme" || e.Detail["fields"] != "email profile attributes" {
		t.Errorf("event %+v", e)
	}

	if err := w.DisableUser(ctx, actor, ann.ID); err != nil {
		t.Fatal(err)
	}
	if e := w.latest(core.EventUserDisabled); !slices.Equal(e.Fields, []core.FieldChange{{Field: "disabled", Before: "false", After: "true"}}) || e.Org != "acme" {
		t.Errorf("event %+v", e)
	}

	client := w.client(admin.NewClient{Org: "acme", Name: "wiki"})
	long := "https://rp.example/" + strings.Repeat("ä", 900)
	zero := 0
	_, err = w.UpdateClient(ctx, actor, client.ID, "", func(c *core.Client) {
		c.ClientURI, c.Scopes, c.AllowedGroups, c.Metadata.DefaultMaxAge = long, []string{"openid"}, []string{}, &zero
	})
	if err != nil {
		t.Fatal(err)
	}
	e = w.latest(core.EventClientUpdated)
	if len(e.Fields) != 3 || e.Org != "acme" || e.Detail["fields"] != "scopes client_uri default_max_age" {
		t.Fatalf("event %+v", e)
	}
	if uri := e.Fields[1]; len(uri.After) > 1024 || len(uri.After) < 1020 || !utf8.ValidString(uri.After) || !strings.HasPrefix(long, uri.After) {
		t.Errorf("a long value is %d bytes", len(uri.After))
	}
	if e.Fields[0].After != `["openid"]` || e.Fields[2] != (core.FieldChange{Field: "default_max_age", After: "0"}) {
		t.Errorf("fields %+v", e.Fields)
	}
	// Of a secret, and of a password, nobody learns more than that it is another.
	secret, err := w.RotateSecret(ctx, actor, client.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetPassword(ctx, actor, ann.ID, "even longer"); err != nil {
		t.Fatal(err)
	}
	for kind, field := range map[core.EventType]string{core.EventSecretRotated: "client_secret", core.EventPasswordSet: "password"} {
		if e := w.latest(kind); e.Org != "acme" || !slices.Equal(e.Fields, []core.FieldChange{{Field: field}}) || slices.Contains(slices.Collect(mapValues(e.Detail)), secret) {
			t.Errorf("event %+v", e)
		}
	}

	_, err = w.UpdateOrganisation(ctx, actor, "acme", "", func(o *core.Organisation) { o.Rules.RememberDays, o.Theme.Accent = 7, "#1f6feb" })
	if err != nil {
		t.Fatal(err)
	}
	e = w.latest(core.EventOrgUpdated)
	if want := []core.FieldChange{{Field: "rules.remember_days", After: "7"}, {Field: "theme.accent", After: "#1f6feb"}}; !slices.Equal(e.Fields, want) || e.Org != "acme" || e.Detail["fields"] != "rules theme" {
		t.Errorf("event %+v", e)
	}
}

func mapValues(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}
