package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// opening is a sealer that compares, too.
type opening struct{ sealer }

func (opening) Unseal(sealed []byte, purpose string) ([]byte, error) {
	for _, secret := range []string{"one", "two"} {
		if string(sealer{}.Seal([]byte(secret), purpose)) == string(sealed) {
			return []byte(secret), nil
		}
	}
	return nil, errors.New("sealed by somebody else")
}

// declared is what a file says, of each kind of object, with what a test changes of it.
type declared struct {
	title, redirect, secret, upstream string
	groups                            []string
	hidden                            bool
	settings                          string
	bindings                          []admin.DeclaredBinding
}

func (w *world) declares(d declared) []admin.Declaration {
	file := admin.Declaration{Source: "f", File: "some/f.yaml"}
	file.Organisations = []admin.DeclaredOrganisation{{Name: "acme", Members: []string{"display_name"}, Edit: func(o *core.Organisation) { o.DisplayName = d.title }}}
	for _, name := range d.groups {
		file.Groups = append(file.Groups, admin.DeclaredGroup{Org: "acme", Name: name, Edit: func(g *core.Group) { g.DisplayName = d.title }})
	}
	file.Clients = []admin.DeclaredClient{{Org: "acme", ID: "wiki", Name: "Wiki", Preset: admin.PresetWeb, Secret: d.secret, Edit: redirectTo(d.redirect)}}
	file.Instances = []admin.DeclaredInstance{{
		Name: "reader", Plugin: "directory", Settings: []byte(d.settings), Grants: &[]string{"http.fetch=a.example.org", "clock"}, Secrets: map[string]string{"token": d.upstream},
		Bindings: &d.bindings,
	}}
	file.Connectors = []admin.DeclaredConnector{{Org: "acme", Name: "idp", Plugin: "oidc", Clients: &[]string{"Wiki"}, Edit: func(c *core.Connector) { c.Hidden = d.hidden }}}
	return []admin.Declaration{file}
}

func applyWorld(t *testing.T) *world {
	w := newWorld(t)
	w.Sealer = opening{}
	reader := plugin("directory", "1.0.0")
	reader.Hooks = []string{core.HookClaims}
	reader.Capabilities = []core.PluginWish{{Name: "http.fetch"}, {Name: "clock"}}
	reader.Secrets = []core.PluginSecretWish{{Name: "token"}}
	w.install("v1", reader)
	w.shipped = append(w.shipped, admin.Plugin{ID: "oidc", Module: core.BuiltinModule, Version: "1.0.0", Hooks: []string{core.HookLogin}})
	return w
}

func usual() declared {
	return declared{title: "ACME", redirect: "https://rp.example/cb", secret: "a-secret-of-thirty-characters.", upstream: "one", groups: []string{"staff"}, settings: `{"a":1}`,
		bindings: []admin.DeclaredBinding{{Hook: core.HookClaims}}}
}

// told gives the rows as lines.
func told(report *admin.ApplyReport) string {
	var lines []string
	for _, row := range report.Rows {
		line := fmt.Sprintf("%s %s %s", row.Result, row.Kind, row.Name)
		for _, f := range row.Fields {
			line += fmt.Sprintf(" %s[%s>%s]", f.Field, f.Before, f.After)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (w *world) applied(d declared, options admin.ApplyOptions) string {
	w.t.Helper()
	w.now = w.now.Add(time.Second)
	report, err := w.Apply(w.t.Context(), actor, w.declares(d), options)
	if err != nil {
		w.t.Fatal(err)
	}
	return told(report)
}

const allUnchanged = "unchanged organisation acme\nunchanged group staff\nunchanged client Wiki\nunchanged instance reader\nunchanged connector idp"

// What a file says is made, and made again is nothing: no event, no other version. A
// rehearsal says the same as what happens then.
func TestApply(t *testing.T) {
	w := applyWorld(t)
	first := w.applied(usual(), admin.ApplyOptions{DryRun: true})
	if _, err := w.Organisation(t.Context(), "acme"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a rehearsal makes something: %v", err)
	}
	if got := w.applied(usual(), admin.ApplyOptions{}); got != first || got != strings.ReplaceAll(allUnchanged, "unchanged", "created") {
		t.Errorf("rehearsed\n%s\nbut then\n%s", first, got)
	}
	client, err := w.Store.Client(t.Context(), "wiki")
	if err != nil || client.Org != "acme" || !client.SecretHash.Matches(core.HashClientSecret(usual().secret)) {
		t.Errorf("%+v, %v", client, err)
	}
	if got := w.stored("reader"); len(got.Grants) != 2 || len(got.Secrets) != 1 || string(got.Settings) != `{"a":1}` {
		t.Errorf("%+v", got)
	}
	rows, err := w.Managed(t.Context(), core.ManagedFilter{Source: "f"})
	if err != nil || len(rows) != 5 || rows[0].Name != "acme" || rows[2].ID != "wiki" || !rows[2].Says(core.MemberSecret) || rows[4].Org != "acme" || !rows[4].Says(core.MemberClients+"wiki") {
		t.Errorf("%+v, %v", rows, err)
	}
	for _, e := range w.eventsSince(core.EventOrgCreated) {
		if e.Detail["managed_by"] != "f" || e.Actor != actor.Name {
			t.Errorf("%s by %s does not say which file wanted it: %v", e.Type, e.Actor, e.Detail)
		}
	}

	before := len(w.events(1000))
	for _, dry := range []bool{true, false} {
		if got := w.applied(usual(), admin.ApplyOptions{DryRun: dry}); got != allUnchanged {
			t.Errorf("again: %s", got)
		}
	}
	if again, _ := w.Store.Client(t.Context(), "wiki"); len(w.events(1000)) != before || !again.UpdatedAt.Equal(client.UpdatedAt) {
		t.Error("what is unchanged was written")
	}
}

// eventsSince gives the events from the first of a kind on.
func (w *world) eventsSince(kind core.EventType) []core.Event {
	w.t.Helper()
	all, err := w.store.Events(w.t.Context(), core.EventFilter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(all)
	at := slices.IndexFunc(all, func(e core.Event) bool { return e.Type == kind })
	if at < 0 {
		w.t.Fatalf("there is no %s", kind)
	}
	return all[at:]
}

// A change of the file is one of the object, and says what was and is.
func TestApplyChanges(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*declared)
		want string
	}{
		{"organisation and group", func(d *declared) { d.title = "ACME Inc" }, "updated organisation acme display_name[ACME>ACME Inc]\nupdated group staff display_name[ACME>ACME Inc]"},
		{"client", func(d *declared) { d.redirect = "https://rp.example/new" }, `updated client Wiki redirect_uris[["https://rp.example/cb"]>["https://rp.example/new"]]`},
		{"its secret", func(d *declared) { d.secret = "another-one-of-thirty-characters" }, "updated client Wiki client_secret[>]"},
		{"settings", func(d *declared) { d.settings = `{"b":2}` }, "updated instance reader settings.a[>] settings.b[>]"},
		{"settings in another order", func(d *declared) { d.settings = "{ \"a\": 1 }" }, ""},
		{"a secret of a plugin", func(d *declared) { d.upstream = "two" }, "updated instance reader secrets.token[>]"},
		{"bindings", func(d *declared) {
			d.bindings = []admin.DeclaredBinding{{Hook: core.HookClaims, Client: "Wiki", FailOpen: true}}
		}, "updated instance reader bindings[claims.map/v1>] bindings[>claims.map/v1 wiki]"},
		{"no bindings", func(d *declared) { d.bindings = []admin.DeclaredBinding{} }, "updated instance reader bindings[claims.map/v1>]"},
		{"connector", func(d *declared) { d.hidden = true }, "updated connector idp hidden[false>true]"},
	} {
		w := applyWorld(t)
		w.applied(usual(), admin.ApplyOptions{})
		d := usual()
		test.edit(&d)
		rehearsed := changedRows(w.applied(d, admin.ApplyOptions{DryRun: true}))
		if got := changedRows(w.applied(d, admin.ApplyOptions{})); got != test.want || rehearsed != test.want {
			t.Errorf("%s:\nrehearsed %s\n      got %s\n     want %s", test.name, rehearsed, got, test.want)
		}
		if got := changedRows(w.applied(d, admin.ApplyOptions{})); got != "" {
			t.Errorf("%s: again: %s", test.name, got)
		}
	}
}

func changedRows(told string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(told, "\n"), func(line string) bool { return strings.HasPrefix(line, "unchanged") }), "\n")
}

// What was made by hand is taken over; what a file does not say any more is released, or
// deleted where that is wanted.
func TestApplyTakesAndGives(t *testing.T) {
	w := applyWorld(t)
	w.org("acme")
	w.applied(usual(), admin.ApplyOptions{})
	if got := w.eventsSince(core.EventManaged); got[0].Detail["kind"] != "organisation" || got[0].Org != "acme" {
		t.Errorf("%+v", got[0])
	}
	d := usual()
	d.groups = nil
	if got := changedRows(w.applied(d, admin.ApplyOptions{DryRun: true, Prune: true})); got != "deleted group staff" {
		t.Error(got)
	}
	if got := changedRows(w.applied(d, admin.ApplyOptions{})); got != "released group staff" {
		t.Error(got)
	}
	w.free(w.DeleteGroup(t.Context(), actor, "acme", "staff"))
	w.applied(usual(), admin.ApplyOptions{})
	if got := changedRows(w.applied(d, admin.ApplyOptions{Prune: true})); got != "deleted group staff" {
		t.Error(got)
	}
	if _, err := w.FindGroup(t.Context(), "acme", "staff"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	// All of it, what may refer to the rest first.
	report, err := w.Apply(t.Context(), actor, []admin.Declaration{{Source: "f"}}, admin.ApplyOptions{Prune: true})
	if err != nil || told(report) != "deleted connector idp\ndeleted instance reader\ndeleted client Wiki\ndeleted organisation acme" {
		t.Errorf("%v, %s", err, told(report))
	}
	if rows, _ := w.Managed(t.Context(), core.ManagedFilter{}); len(rows) > 0 || len(w.config().Instances) > 0 {
		t.Errorf("left: %+v", rows)
	}
}

// One object is let go of alone, and the file takes it again.
func TestRelease(t *testing.T) {
	w := applyWorld(t)
	w.applied(usual(), admin.ApplyOptions{})
	rename := func() error {
		_, err := w.UpdateClient(t.Context(), actor, "wiki", "", func(c *core.Client) { c.DisplayName += "by hand" })
		return err
	}
	w.held(rename(), "client", "Wiki")
	w.free(w.Release(t.Context(), actor, core.ManagedClient, "wiki"))
	w.free(rename())
	if err := w.Release(t.Context(), actor, core.ManagedClient, "wiki"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	if got := changedRows(w.applied(usual(), admin.ApplyOptions{})); got != "managed client Wiki" { // the file says nothing of its display name
		t.Error(got)
	}
	w.held(rename(), "client", "Wiki")
}

// Nothing happens if anything is wrong, and all of that is told.
func TestApplyRefuses(t *testing.T) {
	w := applyWorld(t)
	before := len(w.events(1000))
	d := usual()
	d.redirect, d.groups, d.bindings = "http://rp.example/cb#x", []string{"a;b", "staff", "staff"}, []admin.DeclaredBinding{{Hook: core.HookClaims, Client: "nobody"}}
	files := w.declares(d)
	files[0].Organisations = append(files[0].Organisations, admin.DeclaredOrganisation{Name: "wrong"})
	files[0].Groups = append(files[0].Groups, admin.DeclaredGroup{Org: "wrong", Name: "of nothing that there will be", Edit: func(*core.Group) {}})
	files[0].Organisations[1].Edit = func(o *core.Organisation) { o.Logo, o.Rules.PasswordMin = "x", -1 }
	files = append(files, admin.Declaration{Source: "f"}, admin.Declaration{}, admin.Declaration{Source: "g", Instances: []admin.DeclaredInstance{{Name: "idp", Plugin: "oidc"}, {Name: "x", Plugin: "none"}}})
	_, err := w.Apply(t.Context(), actor, files, admin.ApplyOptions{})
	want := []string{
		"files[1].source", "files[2].source", "files[0].organisations[1].logo", "files[0].organisations[1].password_min", "files[0].groups[0].name", "files[0].groups[2]",
		"files[0].clients[0].redirect_uris", "files[0].plugins[0].bindings", "files[3].plugins[1]",
	}
	if got := problems(t, err); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(w.events(1000)) != before {
		t.Error("something was done all the same")
	}
}

// A file does not take what another one manages, nor what goes with it.
func TestApplyKeepsOffOthers(t *testing.T) {
	w := applyWorld(t)
	w.applied(usual(), admin.ApplyOptions{})
	_, err := w.Apply(t.Context(), actor, []admin.Declaration{{Source: "g", Clients: []admin.DeclaredClient{{Org: "acme", Name: "Wiki", Edit: func(*core.Client) {}}}}}, admin.ApplyOptions{})
	if got := problems(t, err); len(got) != 1 || got[0] != "files[0].clients[0]" || !strings.Contains(err.Error(), "managed by f (some/f.yaml)") {
		t.Errorf("%v, %v", got, err)
	}
	// g makes an organisation, f puts something into it, and g cannot take it away any more.
	own := []admin.Declaration{{Source: "g", Organisations: []admin.DeclaredOrganisation{{Name: "other", Edit: func(*core.Organisation) {}}}}}
	if _, err := w.Apply(t.Context(), actor, own, admin.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	file := w.declares(usual())
	file[0].Groups = append(file[0].Groups, admin.DeclaredGroup{Org: "other", Name: "guests", Edit: func(*core.Group) {}})
	if _, err := w.Apply(t.Context(), actor, file, admin.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, dry := range []bool{true, false} {
		_, err = w.Apply(t.Context(), actor, []admin.Declaration{{Source: "g"}}, admin.ApplyOptions{Prune: true, DryRun: dry})
		w.held(err, "group", "guests")
	}
}

// stopping fails at a change of some kind.
type stopping struct {
	admin.Store
	at func(core.Change) bool
}

func (s stopping) Apply(ctx context.Context, changes ...core.Change) error {
	if slices.ContainsFunc(changes, s.at) {
		return errors.New("the disk is full")
	}
	return s.Store.Apply(ctx, changes...)
}

// What fails in the middle leaves whole objects, says which, and is gone on with the next
// time.
func TestApplyFailsHalfWay(t *testing.T) {
	w := applyWorld(t)
	// The instance is made by a list of many changes: the last of them fails.
	w.Service.Store = stopping{w.store, func(change core.Change) bool {
		noted, is := change.(core.Manage)
		return is && noted.Managed.Kind == core.ManagedInstance
	}}
	report, err := w.Apply(t.Context(), actor, w.declares(usual()), admin.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), `apply the plugin instance "reader"`) || told(report) != "created organisation acme\ncreated group staff\ncreated client Wiki" {
		t.Fatalf("%v, %s", err, told(report))
	}
	if config := w.config(); len(config.Instances)+len(config.Bindings)+len(config.Connectors) > 0 {
		t.Errorf("half of it is there: %+v", config)
	}
	w.Service.Store = w.store
	want := "unchanged organisation acme\nunchanged group staff\nunchanged client Wiki\ncreated instance reader\ncreated connector idp"
	if got := w.applied(usual(), admin.ApplyOptions{}); got != want {
		t.Error(got)
	}
}

// racing has somebody else change the client just before the first list reaches the store.
type racing struct {
	admin.Store
	first *func()
}

func (r racing) Apply(ctx context.Context, changes ...core.Change) error {
	if do := *r.first; do != nil && slices.ContainsFunc(changes, func(c core.Change) bool { _, is := c.(core.UpdateClient); return is }) {
		*r.first = nil
		do()
	}
	return r.Store.Apply(ctx, changes...)
}

// Who changes the object at the same time is not overwritten: it is done on what there is
// then.
func TestApplyAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	client := w.client(admin.NewClient{Name: "wiki"})
	other := *w.Service
	race := func() {
		_, err := other.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) { c.LogoURI = "https://rp.example/logo.png" })
		w.free(err)
	}
	w.Service.Store = racing{w.store, &race}
	file := []admin.Declaration{{Source: "f", Clients: []admin.DeclaredClient{{Name: "wiki", Edit: func(c *core.Client) { c.DisplayName = "Wiki" }}}}}
	if _, err := w.Apply(t.Context(), actor, file, admin.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if after, err := w.store.Client(t.Context(), client.ID); err != nil || after.DisplayName != "Wiki" || after.LogoURI == "" {
		t.Errorf("%+v, %v", after, err)
	}
}

// What presets of clients bind is theirs: the file of the instance neither undoes it nor
// needs to say it.
func TestApplyKeepsPresets(t *testing.T) {
	w := newWorld(t)
	hooks := []string{core.HookClaims, core.HookAccount, core.HookScopes}
	w.shipped = append(w.shipped, admin.Plugin{ID: "miniorange", Module: core.BuiltinModule, Hooks: hooks, Version: "1.0.0"})
	w.client(admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence})
	instance := w.config().Instances[0].Name
	bound := len(w.config().Bindings)
	file := []admin.Declaration{{Source: "f", Instances: []admin.DeclaredInstance{{Name: instance, Plugin: "miniorange", Bindings: &[]admin.DeclaredBinding{}}}}}
	report, err := w.Apply(t.Context(), actor, file, admin.ApplyOptions{})
	if err != nil || told(report) != "managed instance "+instance || len(w.config().Bindings) != bound {
		t.Errorf("%v, %s", err, told(report))
	}
}

// A new client gets a secret where the file gives none; it is shown once.
func TestApplyMakesSecrets(t *testing.T) {
	w := newWorld(t)
	file := []admin.Declaration{{Source: "f", Clients: []admin.DeclaredClient{{Name: "wiki", Edit: redirectTo("https://rp.example/cb")}}}}
	report, err := w.Apply(t.Context(), actor, file, admin.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := w.store.Client(t.Context(), report.Rows[0].ID)
	if err != nil || !client.SecretHash.Matches(core.HashClientSecret(report.Rows[0].Secret)) {
		t.Errorf("%+v, %v", report.Rows[0], err)
	}
	w.free(func() error { _, err := w.RotateSecret(t.Context(), actor, client.ID); return err }())
	report, err = w.Apply(t.Context(), actor, file, admin.ApplyOptions{})
	if err != nil || told(report) != "unchanged client wiki" || report.Rows[0].Secret != "" {
		t.Errorf("%v, %+v", err, report.Rows)
	}
}
