package admin_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Nothing here reaches the store but through the guard.
func TestOneWayToTheStore(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "guard.go" || name == "importmemory.go" { // which is a store itself
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != "Apply" {
				return true
			}
			if inner, is := selector.X.(*ast.SelectorExpr); is && inner.Sel.Name == "Store" {
				t.Errorf("%s applies changes by itself: files that manage things are not asked", name)
			}
			return true
		})
	}
}

// Each kind of change says what it is of, or that no file can say anything about it.
func TestEveryChangeIsOfSomething(t *testing.T) {
	of := cases(t, "guard.go", "by")
	// Changes of what no file describes: people, what they do and have, tokens, keys, mails,
	// what is noted and swept; and what is made, which is of nobody yet.
	free := strings.Fields(`
		CreateOrganisation CreateGroup TouchGroup CreateClient AddModule DeleteModule ReloadPlugins AddMember RemoveMember
		CreateUser UpdateUser SetProfile SetEmail SetPassword KeepPassword DeleteUser KeepAdministrator SetAvatar DeleteAvatar
		GrantRole RevokeRole CreateServiceAccount UpdateServiceAccount DeleteServiceAccount AddAPIToken UseAPIToken DeleteAPIToken
		SaveRequest FinishRequest StartSession EndSession EndSessions SaveConsent WithdrawConsent IssueCode AddGrant RedeemCode RevokeGrant
		AddAccess DeleteAccess AddRefresh RotateRefresh CountFailure ClearFailures UseAssertion Record EndDelivery PutOffDelivery EndNotice PutOffNotice
		BeginAnswer TakeAnswer CarryOut EndAnswer DropAnswer AddDeviceGrant DecideDeviceGrant PollDeviceGrant FinishDeviceGrant AddInitial UseInitial DeleteInitial
		PutValue DeleteValue SaveAttempt HoldCallback FinishAttempt SaveLink DeleteLink AddAuthenticator UseAuthenticator RenameAuthenticator
		DeleteAuthenticator DeleteAuthenticators SetRecoveryCodes UseRecoveryCode AddDevice UseDevice DeleteDevice DeleteDevices
		SaveTicket UseTicket MissTicket DeleteTickets SendMail EndMail PutOffMail AddKey RetireKey DeleteKey OpenSetup CloseSetup
		Manage ReleaseManaged KeepUnmanaged KeepVersion KeepRole`)
	all := changes(t)
	for _, name := range all {
		if of[name] == slices.Contains(free, name) {
			t.Errorf("%s: said of what it is: %v, said that it is of nothing that a file manages: %v", name, of[name], slices.Contains(free, name))
		}
	}
	for _, name := range slices.Concat(free, slices.Collect(maps.Keys(of))) {
		if !slices.Contains(all, name) {
			t.Errorf("there is no change %s", name)
		}
	}
}

// changes are the types of package core with a method change.
func changes(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is || f.Name.Name != "change" || f.Recv == nil {
				continue
			}
			names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(names) < 100 {
		t.Fatalf("found %d changes", len(names))
	}
	return names
}

// cases are the types of package core that a function tells apart.
func cases(t *testing.T, name, function string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		if f, is := node.(*ast.FuncDecl); is && f.Name.Name != function {
			return false
		}
		clause, is := node.(*ast.CaseClause)
		if !is {
			return true
		}
		for _, one := range clause.List {
			found[one.(*ast.SelectorExpr).Sel.Name] = true
		}
		return true
	})
	return found
}

// manage lets the file "f" say members of an object.
func (w *world) manage(kind core.ManagedKind, id string, members ...string) {
	w.t.Helper()
	m := core.Managed{Kind: kind, ID: id, Source: "f", File: "some/f.yaml", Members: members, ManagedAt: w.now}
	if err := w.store.Apply(w.t.Context(), core.Manage{Managed: m}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) release(kind core.ManagedKind, id string) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), core.ReleaseManaged{Kind: kind, ID: id}); err != nil {
		w.t.Fatal(err)
	}
}

// held expects that something is refused because a file manages the object of that name.
func (w *world) held(err error, what, name string) {
	w.t.Helper()
	held, ok := errors.AsType[*admin.ManagedError](err)
	if !ok || held.What != what || held.Name != name || held.Source != "f" || errors.Is(err, core.ErrConflict) {
		w.t.Errorf("got %v, want that f manages the %s %s", err, what, name)
	}
}

func (w *world) free(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Errorf("what no file says is refused: %v", err)
	}
}

// A secret that the file does not give is not the file's, and one that it gives is.
func TestManagedSecret(t *testing.T) {
	w := newWorld(t)
	client := w.client(admin.NewClient{Name: "wiki"})
	rotate := func() error {
		_, err := w.RotateSecret(t.Context(), actor, client.ID)
		return err
	}
	w.manage(core.ManagedClient, client.ID, "redirect_uris")
	w.free(rotate())
	_, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) { c.DisplayName = "not said by the file" })
	w.held(err, "client", "wiki")
	w.manage(core.ManagedClient, client.ID, core.MemberSecret, "redirect_uris")
	w.held(rotate(), "client", "wiki")
	w.release(core.ManagedClient, client.ID)
	w.free(rotate())
}

// Who finds a change refused is told by which file, and what to do.
func TestManagedErrorHelps(t *testing.T) {
	w := newWorld(t)
	group, err := w.CreateGroup(t.Context(), actor, "", "night shift", "")
	if err != nil {
		t.Fatal(err)
	}
	w.manage(core.ManagedGroup, string(group.ID))
	held, _ := errors.AsType[*admin.ManagedError](w.DeleteGroup(t.Context(), actor, "", "night shift"))
	if held == nil || held.Error() != `the group "night shift" is managed by f (some/f.yaml)` ||
		held.Hint() != "change it there and apply that, or give it up with 'postern managed release group 'night shift''" {
		t.Errorf("%v; %s", held, held.Hint())
	}
}

// A group has another name wherever it is named: where a file names it, it keeps its own.
func TestManagedNamesOfGroups(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	group, err := w.CreateGroup(ctx, actor, "", "staff", "")
	if err != nil {
		t.Fatal(err)
	}
	client := w.client(admin.NewClient{Name: "wiki", Edit: func(c *core.Client) {
		c.RedirectURIs, c.AllowedGroups = []string{"https://rp.example/cb"}, []string{"staff"}
	}})
	rename := func() error {
		_, err := w.UpdateGroup(ctx, actor, group.ID, "", func(g *core.Group) { g.Name += "!" })
		return err
	}
	w.manage(core.ManagedClient, client.ID, "allowed_groups")
	w.held(rename(), "client", "wiki")
	_, err = w.UpdateGroup(ctx, actor, group.ID, "", func(g *core.Group) { g.DisplayName = "Staff" })
	w.free(err)
	w.manage(core.ManagedClient, client.ID, "redirect_uris")
	w.free(rename())

	w.rules(func(r *core.OrgRules) { r.Registration.Groups = []string{"staff!"} })
	w.manage(core.ManagedOrganisation, core.DefaultOrganisation, "registration_groups")
	w.held(rename(), "organisation", core.DefaultOrganisation)
}

// Which module an instance runs is the operator's, unless the file says it.
func TestManagedModule(t *testing.T) {
	w := newWorld(t)
	w.run("v1", plugin("tidy", "1.0.0"))
	w.run("v2", plugin("tidy", "2.0.0"))
	w.install("v1", plugin("tidy", "1.0.0"))
	w.instance("tidy")
	w.manage(core.ManagedInstance, "tidy", "settings")
	install := func() error {
		_, err := w.InstallPlugin(t.Context(), actor, admin.Install{Code: []byte("v2"), Source: "v2.wasm"})
		return err
	}
	rollback := func() error {
		_, err := w.RollbackPlugin(t.Context(), actor, admin.Rollback{Plugin: "tidy"})
		return err
	}
	w.free(install())
	w.free(rollback())
	w.manage(core.ManagedInstance, "tidy", core.MemberModule)
	w.held(install(), "plugin instance", "tidy")
	_, err := w.RemovePlugin(t.Context(), actor, "tidy", true)
	w.held(err, "plugin instance", "tidy")
	w.release(core.ManagedInstance, "tidy")
	w.free(install())
	w.manage(core.ManagedInstance, "tidy", core.MemberModule)
	w.held(rollback(), "plugin instance", "tidy")
}

// What a preset binds for a client is the client's: who makes and deletes clients need not
// ask the file of the plugin instance.
func TestManagedAndPresets(t *testing.T) {
	w := newWorld(t)
	hooks := []string{core.HookClaims, core.HookAccount, core.HookScopes}
	w.shipped = append(w.shipped, admin.Plugin{ID: "miniorange", Module: core.BuiltinModule, Hooks: hooks, Version: "1.0.0"})
	create := func(name string) (*admin.CreatedClient, error) {
		return w.CreateClient(t.Context(), actor, admin.NewClient{Name: name, Preset: admin.PresetConfluence, Edit: redirectTo("https://wiki.example/plugins/servlet/oauth/callback")})
	}
	_, err := create("one")
	w.free(err)
	for _, instance := range w.config().Instances {
		w.manage(core.ManagedInstance, instance.Name, "settings")
	}
	two, err := create("two")
	w.free(err)
	w.free(w.DeleteClient(t.Context(), actor, two.Client.ID))
	instance := w.config().Instances[0]
	_, err = w.BindPlugin(t.Context(), actor, admin.Bind{Plugin: instance.Plugin, Instance: instance.Name})
	w.held(err, "plugin instance", instance.Name)
	_, err = w.UnbindPlugin(t.Context(), actor, admin.Unbind{Instance: instance.Name})
	w.held(err, "plugin instance", instance.Name)
}

// A client that registered itself, and that a file took over, is told so, and that is no
// failure of the server.
func TestManagedRegistration(t *testing.T) {
	w := registrar(t)
	got := w.registers("")
	w.manage(core.ManagedClient, got.Client.ID)
	id := got.Client.ID
	_, refusal := w.ChangeRegistration(t.Context(), stranger, id, got.Token, w.parsed(metadata("client_id", id, "client_name", "Another")))
	if refusal == nil || refusal.Status != http.StatusForbidden {
		t.Errorf("changed: %v", refusal)
	}
	if refusal := w.Unregister(t.Context(), stranger, id, got.Token); refusal == nil || refusal.Status != http.StatusForbidden {
		t.Errorf("deleted: %v", refusal)
	}
	w.release(core.ManagedClient, id)
	if refusal := w.Unregister(t.Context(), stranger, id, got.Token); refusal != nil {
		t.Errorf("released: %v", refusal)
	}
}

// An import leaves what a file manages, and says so row by row.
func TestManagedAndImports(t *testing.T) {
	for _, dry := range []bool{true, false} {
		w := newWorld(t)
		client := w.client(admin.NewClient{Name: "wiki"})
		w.manage(core.ManagedClient, client.ID)
		plan := &admin.ImportPlan{Source: "dex", Clients: []admin.ImportClient{
			{ID: client.ID, RedirectURIs: []string{"https://rp.example/other"}}, {ID: "new", Secret: strings.Repeat("x", 30), RedirectURIs: []string{"https://rp.example/other"}},
		}}
		report := w.imports(plan, admin.ImportOptions{DryRun: dry})
		if row := report.Rows[0]; row.Result != admin.ImportRefused || !strings.Contains(row.Reason, `managed by f (some/f.yaml); change it there`) {
			t.Errorf("dry %v: %+v", dry, row)
		}
		if report.Rows[1].Result != admin.ImportCreated {
			t.Errorf("dry %v: %+v", dry, report.Rows[1])
		}
	}
}

// failing is a store in which something else goes wrong than that a file manages it.
type failing struct {
	admin.Store
	err error
}

func (f failing) Apply(context.Context, ...core.Change) error { return f.err }

func TestOtherFailuresStayThose(t *testing.T) {
	w := newWorld(t)
	broken := errors.New("the disk is full")
	w.Service.Store = failing{w.store, broken}
	if err := w.DeleteClient(t.Context(), actor, core.ClientCommand); !errors.Is(err, broken) {
		t.Error(err)
	}
}
