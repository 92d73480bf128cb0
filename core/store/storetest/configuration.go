package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func fullClient() core.Client {
	return core.Client{
		ID: "full", Org: core.DefaultOrganisation, Name: "Confluence", DisplayName: "The Wiki", Preset: "confluence", SecretHash: core.Hash{9},
		AuthMethods: []string{core.AuthBasic, core.AuthPost}, RedirectURIs: []string{"https://a.example/cb?x=1 2", "https://b.example/\"cb\""},
		PostLogoutRedirectURIs: []string{"https://a.example/"}, GrantTypes: []string{core.GrantAuthorizationCode, core.GrantRefreshToken},
		ResponseTypes: []string{"code", "code id_token"}, Scopes: []string{"openid", "email"}, IDTokenAlg: "RS256",
		Native: true, RequirePKCE: true, SkipConsent: true, OfflineWithoutPrompt: true, QueryToken: true, Shared: true, Disabled: true,
		LogoURI: "l", ClientURI: "c", PolicyURI: "p", TermsURI: "t",
		AllowedGroups: []string{"all hands", "staff"}, AccessTTL: time.Minute, IDTokenTTL: 2 * time.Minute, RefreshTTL: 3 * time.Hour, CreatedAt: start, UpdatedAt: start.Add(time.Second),
		Metadata: core.ClientMetadata{
			ApplicationType: "native", Contacts: []string{"a@b.example"}, JWKS: []byte(`{"keys":[]}`), SubjectType: "pairwise",
			DefaultMaxAge: new(0), BackchannelLogoutURI: "https://a.example/out", BackchannelLogoutSession: true,
		},
		SealedSecret: []byte{0, 7}, RegistrationHash: core.Hash{8},
		SignIn: core.SignInRules{Methods: []string{"passkey", "upstream"}, Require: core.ACRPhishingResistant},
	}
}

func testClients(t *testing.T, w *world) {
	ctx := t.Context()
	want := fullClient()
	w.apply(core.CreateClient{Client: want})
	got, err := w.store.Client(ctx, want.ID)
	same(w, got, err, &want)
	got, err = w.store.ClientByName(ctx, core.DefaultOrganisation, " CONFLUENCE ")
	same(w, got, err, &want)
	got, err = w.store.ClientByName(ctx, "", "confluence")
	same(w, got, err, &want)

	public := core.Client{ID: "public", Org: core.DefaultOrganisation, Name: "an app", AuthMethods: []string{core.AuthNone}}
	w.apply(core.CreateClient{Client: public})
	got, err = w.store.Client(ctx, "public")
	same(w, got, err, &public)
	if !got.SecretHash.IsZero() {
		t.Error("a public client has a secret")
	}
	all, err := w.store.Clients(ctx, "")
	same(w, withoutCommand(all), err, []core.Client{public, want})
	all, err = w.store.Clients(ctx, "nowhere")
	same(w, all, err, nil)

	changed := want
	changed.Disabled, changed.RedirectURIs, changed.Name, changed.AllowedGroups = false, []string{"https://c.example"}, "Jira", nil
	changed.Metadata, changed.SealedSecret, changed.RegistrationHash = core.ClientMetadata{JWKSURI: "https://c.example/keys"}, nil, core.Hash{}
	w.apply(core.UpdateClient{Client: changed})
	got, err = w.store.Client(ctx, want.ID)
	same(w, got, err, &changed)
	old, err := w.store.ClientByName(ctx, "", "confluence")
	missing(w, old, err)
}

// withoutCommand gives the clients but for the one that every directory has.
func withoutCommand(clients []core.Client) []core.Client {
	return slices.DeleteFunc(clients, func(c core.Client) bool { return c.ID == core.ClientCommand })
}

// Every directory has the client of the command line, and it is public.
func testCommandClient(t *testing.T, w *world) {
	c := must(w.store.Client(t.Context(), core.ClientCommand))(w)
	if !c.Public() || !c.Shared || c.Disabled || c.SkipConsent || len(c.RedirectURIs) > 0 || c.Org != core.DefaultOrganisation {
		t.Errorf("got %+v", c)
	}
	same(w, c.GrantTypes, nil, []string{core.GrantDevice, core.GrantRefreshToken})
	same(w, c.Scopes, nil, []string{"openid", "profile", "offline_access", core.ScopeAdministration})
}

func testClientConflicts(t *testing.T, w *world) {
	ctx := t.Context()
	c := w.client("one")
	same := c
	same.ID = "two"
	w.taken("client name", core.CreateClient{Client: same})
	same.Name = "other"
	same.ID = "one"
	w.taken("client id", core.CreateClient{Client: same})
	other := w.client("two")
	other.Name = "CLIENT one"
	w.taken("client name", core.UpdateClient{Client: other})
	w.refused(core.ErrNotFound, core.UpdateClient{Client: core.Client{ID: "three", Org: core.DefaultOrganisation, Name: "three"}})
	w.refused(core.ErrNotFound, core.CreateClient{Client: core.Client{ID: "three", Org: "nowhere", Name: "three"}})

	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	elsewhere := core.Client{ID: "four", Org: "acme", Name: "client one"}
	w.apply(core.CreateClient{Client: elsewhere})
	ambiguous, err := w.store.ClientByName(ctx, "", "client one")
	missing(w, ambiguous, err)
	if got := must(w.store.ClientByName(ctx, "acme", "client one"))(w); got.ID != "four" {
		t.Errorf("got %v", got)
	}
}

func testDeleteClient(t *testing.T, w *world) {
	ctx := t.Context()
	user, gone, stays := w.user("u"), w.client("gone"), w.client("stays")
	w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: "p", Plugin: "miniorange", Settings: []byte("{}")}})
	for _, c := range []core.Client{gone, stays} {
		w.apply(core.SaveConsent{Consent: core.Consent{UserID: user.ID, ClientID: c.ID}},
			core.AddBinding{Binding: core.PluginBinding{ID: w.id(), Instance: "p", Hook: core.HookClaims, ClientID: c.ID}})
	}
	lost, kept := w.access(w.grant(user, gone)), w.access(w.grant(user, stays))
	w.apply(core.DeleteClient{ID: gone.ID})

	c, err := w.store.Client(ctx, gone.ID)
	missing(w, c, err)
	a, err := w.store.Access(ctx, lost.ID)
	missing(w, a, err)
	consent, err := w.store.Consent(ctx, user.ID, gone.ID)
	missing(w, consent, err)
	if got := must(w.store.Access(ctx, kept.ID))(w); got.Client.ID != stays.ID {
		t.Errorf("got %v", got.Client)
	}
	if bindings := must(w.store.Plugins(ctx))(w).Bindings; len(bindings) != 1 || bindings[0].ClientID != stays.ID {
		t.Errorf("bindings: %v", bindings)
	}
}

func testPlugins(t *testing.T, w *world) {
	ctx := t.Context()
	empty := must(w.store.Plugins(ctx))(w)
	if len(empty.Instances)+len(empty.Bindings) != 0 || empty.Generation == 0 {
		t.Errorf("got %+v", empty)
	}
	client := w.client("c")
	b := core.PluginInstance{Name: "b", Plugin: "scopes", Module: core.BuiltinModule, Settings: []byte(`{"z":1, "a":2}`), CreatedAt: start, UpdatedAt: start}
	a := core.PluginInstance{Name: "a", Plugin: "miniorange", Module: core.BuiltinModule, Settings: []byte(`{}`), CreatedAt: start, UpdatedAt: start}
	last := core.PluginBinding{ID: w.id(), Instance: "a", Hook: core.HookAccount, Position: 2, CreatedAt: start}
	first := core.PluginBinding{ID: w.id(), Instance: "b", Hook: core.HookClaims, ClientID: client.ID, Position: 1, FailOpen: true, CreatedAt: start}
	second := core.PluginBinding{ID: w.id(), Instance: "a", Hook: core.HookClaims, Position: 1, CreatedAt: start}
	w.apply(core.SaveInstance{Instance: b}, core.SaveInstance{Instance: a},
		core.AddBinding{Binding: last}, core.AddBinding{Binding: first}, core.AddBinding{Binding: second})

	got := must(w.store.Plugins(ctx))(w)
	if got.Generation <= empty.Generation {
		t.Errorf("generation %d after %d", got.Generation, empty.Generation)
	}
	same(w, &core.PluginConfig{Generation: got.Generation, Instances: timeless(got.Instances...), Bindings: got.Bindings}, nil,
		&core.PluginConfig{Generation: got.Generation, Instances: timeless(a, b), Bindings: []core.PluginBinding{first, second, last}})
	if again := must(w.store.Plugins(ctx))(w); again != got {
		t.Error("another pointer without a change")
	}
	w.user("somebody")
	if again := must(w.store.Plugins(ctx))(w); again != got {
		t.Error("another pointer after a change of something else")
	}

	twice := second
	twice.ID = w.id()
	w.taken("plugin binding", core.AddBinding{Binding: twice})
	for _, hook := range []string{core.HookAccount, core.HookScopes} {
		open := core.PluginBinding{ID: w.id(), Instance: "b", Hook: hook, FailOpen: true}
		if err := w.store.Apply(ctx, core.AddBinding{Binding: open}); err == nil {
			t.Errorf("%s may fail open", hook)
		}
	}
	w.refused(core.ErrNotFound, core.AddBinding{Binding: core.PluginBinding{ID: w.id(), Instance: "nothing", Hook: core.HookClaims}})
	w.refused(core.ErrNotFound, core.AddBinding{Binding: core.PluginBinding{ID: w.id(), Instance: "b", Hook: core.HookClaims, ClientID: "nobody"}})
	w.refused(core.ErrNotFound, core.RemoveBinding{ID: w.id()})

	a.Settings, a.UpdatedAt = []byte(`{"x":true}`), start.Add(time.Hour)
	replaced := a
	replaced.CreatedAt = start.Add(time.Hour) // the first one stays
	w.apply(core.SaveInstance{Instance: replaced}, core.RemoveBinding{ID: first.ID})
	got = must(w.store.Plugins(ctx))(w)
	same(w, timeless(got.Instances...), nil, timeless(a, b))
	same(w, got.Bindings, nil, []core.PluginBinding{second, last})
	w.apply(core.DeleteInstance{Name: "a"})
	got = must(w.store.Plugins(ctx))(w)
	same(w, timeless(got.Instances...), nil, timeless(b))
	same(w, got.Bindings, nil, nil)
}

func testSigningKeys(t *testing.T, w *world) {
	ctx := t.Context()
	keys, err := w.store.SigningKeys(ctx)
	same(w, keys, err, nil)
	newer := core.SigningKey{ID: "a", Alg: "ES256", Sealed: []byte{0, 1}, PublicJWK: []byte(`{"kty":"EC"}`), CreatedAt: start.Add(time.Second)}
	older := core.SigningKey{ID: "b", Alg: "RS256", Sealed: []byte{2}, PublicJWK: []byte(`{}`), CreatedAt: start, RetiredAt: start.Add(time.Hour)}
	w.apply(core.AddKey{Key: newer}, core.AddKey{Key: older})
	keys, err = w.store.SigningKeys(ctx)
	same(w, keys, err, []core.SigningKey{older, newer})
	w.taken("key id", core.AddKey{Key: older})

	// A key ends once, or sooner.
	generation := w.store.Generation()
	w.apply(core.RetireKey{ID: "a", At: start.Add(time.Hour)})
	if w.store.Generation() <= generation {
		t.Error("a retired key does not raise the generation")
	}
	w.refused(core.ErrConflict, core.RetireKey{ID: "a", At: start.Add(time.Hour)})
	w.refused(core.ErrConflict, core.RetireKey{ID: "a", At: start.Add(2 * time.Hour)})
	w.refused(core.ErrConflict, core.RetireKey{ID: "gone", At: start})
	w.apply(core.RetireKey{ID: "a", At: start.Add(time.Minute)})
	newer.RetiredAt = start.Add(time.Minute)
	keys, err = w.store.SigningKeys(ctx)
	same(w, keys, err, []core.SigningKey{older, newer})

	// It is kept for as long as something may be valid that it signed.
	w.apply(core.AddKey{Key: core.SigningKey{ID: "signs", Alg: "RS256", Sealed: []byte{1}, PublicJWK: []byte("{}"), CreatedAt: start}})
	if deleted, err := w.store.Sweep(ctx, newer.RetiredAt.Add(core.KeyKept)); err != nil || deleted != 1 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	w.apply(core.DeleteKey{ID: "b"})
	w.refused(core.ErrNotFound, core.DeleteKey{ID: "b"})
	keys, err = w.store.SigningKeys(ctx)
	if err != nil || len(keys) != 1 || keys[0].ID != "signs" {
		t.Errorf("%+v, %v", keys, err)
	}
}

func testSetup(t *testing.T, w *world) {
	ctx := t.Context()
	state := func(want core.Setup) {
		t.Helper()
		got, err := w.store.Setup(ctx)
		same(w, got, err, want)
	}
	state(core.Setup{})
	w.apply(core.OpenSetup{Hash: core.Hash{1}, At: start})
	state(core.Setup{Hash: core.Hash{1}, OpenedAt: start})
	later := start.Add(time.Hour)
	w.apply(core.OpenSetup{Hash: core.Hash{2}, At: later})
	state(core.Setup{Hash: core.Hash{2}, OpenedAt: later})
	w.apply(core.CloseSetup{At: later})
	state(core.Setup{Hash: core.Hash{2}, OpenedAt: later, ClosedAt: later})
	w.refused(core.ErrConflict, core.CloseSetup{At: later})
	// A new link does not open it again.
	w.apply(core.OpenSetup{Hash: core.Hash{3}, At: later})
	if got := must(w.store.Setup(ctx))(w); got.Open() || got.Hash != (core.Hash{2}) {
		t.Errorf("got %+v", got)
	}
}

func testEvents(t *testing.T, w *world) {
	ctx := t.Context()
	var all []core.Event
	for i := range 5 {
		e := core.Event{ID: w.id(), At: start.Add(time.Duration(i) * time.Second), Type: core.EventTokenIssued, Actor: "user:1", UserID: "u1", ClientID: "c1",
			SessionID: "s", GrantID: "g", IP: "192.0.2.1", Correlation: fmt.Sprintf("r%d", i), Detail: map[string]string{"reason": "x\ny"}}
		if i == 3 {
			e = core.Event{ID: e.ID, At: e.At, Type: core.EventSetupDone, UserID: "u2", ClientID: "c2"}
		}
		w.apply(core.Record{Event: e})
		all = append([]core.Event{e}, all...)
	}
	for _, test := range []struct {
		filter core.EventFilter
		want   []core.Event
	}{
		{core.EventFilter{}, all},
		{core.EventFilter{Limit: 2}, all[:2]},
		{core.EventFilter{Type: core.EventSetupDone}, all[1:2]},
		{core.EventFilter{UserID: "u2"}, all[1:2]},
		{core.EventFilter{ClientID: "c2"}, all[1:2]},
		{core.EventFilter{Correlation: "r1"}, all[3:4]},
		{core.EventFilter{Correlation: "r9"}, nil},
		{core.EventFilter{Since: start.Add(3 * time.Second)}, all[:2]},
		{core.EventFilter{Type: core.EventSetupDone, UserID: "u1"}, nil},
	} {
		got, err := w.store.Events(ctx, test.filter)
		same(w, got, err, test.want)
	}
	var many []core.Change
	for range 120 {
		many = append(many, core.Record{Event: core.Event{ID: w.id(), At: start, Type: core.EventTokenIssued}})
	}
	w.apply(many...)
	if got := must(w.store.Events(ctx, core.EventFilter{}))(w); len(got) != 100 {
		t.Errorf("%d events without a limit", len(got))
	}
	w.refused(core.ErrConflict, core.Record{Event: all[0]})
}

func testFailures(t *testing.T, w *world) {
	ctx := t.Context()
	const window = 10 * time.Minute
	count := func(at time.Duration, keys ...string) {
		t.Helper()
		w.apply(core.CountFailure{Keys: keys, At: start.Add(at), Window: window})
	}
	count(0, "a", "b")
	count(window, "a") // not older than the window
	got := must(w.store.Failures(ctx, "a", "b", "c"))(w)
	same(w, got, nil, []core.Failures{{Key: "a", Count: 2, LastAt: start.Add(window)}, {Key: "b", Count: 1, LastAt: start}})
	count(2*window+time.Millisecond, "a")
	got = must(w.store.Failures(ctx, "a"))(w)
	same(w, got, nil, []core.Failures{{Key: "a", Count: 1, LastAt: start.Add(2*window + time.Millisecond)}})
	w.apply(core.ClearFailures{Key: "a"}, core.ClearFailures{Key: "never"})
	got, err := w.store.Failures(ctx, "a")
	same(w, got, err, nil)
	got, err = w.store.Failures(ctx)
	same(w, got, err, nil)
}
