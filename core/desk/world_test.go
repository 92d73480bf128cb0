package desk_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/store"
)

// world is an office with two organisations besides the default one: acme, in which things
// are done, and other.
type world struct {
	*testing.T
	dir    string
	store  *freezing
	admin  *admin.Service
	office *desk.Office
	now    time.Time

	ann, elsewhere *core.User   // of acme, of other
	group, kept    *core.Group  // of acme; of the default organisation, which a file manages
	client, shared *core.Client // of acme; shared is of the default organisation
	robot          *core.ServiceAccount
	initial        *core.InitialToken
	token          *core.APIToken // of robot
}

// freezing is a store that, once it is frozen, counts the changes and makes none: what is
// allowed can be tried again and again.
type freezing struct {
	*store.Store
	frozen  bool
	applied int
}

func (f *freezing) Apply(ctx context.Context, changes ...core.Change) error {
	if !f.frozen {
		return f.Store.Apply(ctx, changes...)
	}
	f.applied++
	var kept []core.Change // what they are on condition of counts
	for _, change := range changes {
		if keep, is := change.(core.KeepUnmanaged); is {
			kept = append(kept, keep)
		}
	}
	return f.Store.Apply(ctx, kept...)
}

type hasher struct{}

func (hasher) HashUnder(_ context.Context, _ core.OrgRules, _ *core.User, password string) (string, error) {
	return "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$" + strings.Repeat("x", 43), nil
}

func (hasher) Renews(string) (bool, error) { return false, nil }

func (hasher) Foreign(hash string) (string, error) { return hash, nil }

// catalogue knows one plugin, with which people sign in.
type catalogue struct{}

func (catalogue) Plugins(context.Context) ([]admin.Plugin, error) {
	return []admin.Plugin{{ID: "oidc", Module: core.BuiltinModule, Hooks: []string{core.HookLogin}}}, nil
}

func (catalogue) ValidateSettings(context.Context, string, string, []byte) error { return nil }

func (catalogue) Examine(context.Context, []byte) ([]admin.Plugin, error) {
	return nil, errors.New("it is no module")
}

func (catalogue) Preview(context.Context, *admin.Plugin, admin.Preview, core.PluginLimits) (*admin.Previewed, error) {
	return nil, errors.New("nothing runs here")
}

type factors struct{}

func (factors) NewRecoveryCodes(user *core.User) ([]string, core.Change) {
	return []string{"one"}, core.SetRecoveryCodes{UserID: user.ID}
}

var tester = admin.Actor{Name: "cli:tester"}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { w.now = w.now.Add(time.Millisecond); return w.now }
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(w.dir, "postern.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = &freezing{Store: opened}
	w.admin = &admin.Service{
		Store: w.store, Hasher: hasher{}, Plugins: catalogue{}, Factors: factors{}, Issuer: "https://id.example", Now: clock, Rand: rand.Reader,
	}
	w.office = &desk.Office{Admin: w.admin, Store: w.store}
	w.furnish()
	return w
}

// furnish makes what things are done to.
func (w *world) furnish() {
	w.Helper()
	ctx := w.Context()
	for _, org := range []string{"acme", "other"} {
		must(w, second(w.admin.CreateOrganisation(ctx, tester, core.Organisation{Name: org})))
	}
	w.ann, w.elsewhere = w.user("acme", "ann"), w.user("other", "ann")
	var err error
	w.group, err = w.admin.CreateGroup(ctx, tester, "acme", "staff", "")
	must(w, err)
	w.kept, err = w.admin.CreateGroup(ctx, tester, "", "kept", "")
	must(w, err)
	must(w, w.store.Apply(ctx, core.Manage{Managed: core.Managed{Kind: core.ManagedGroup, ID: string(w.kept.ID), Source: "kept.yaml", ManagedAt: w.now}}))
	edit := func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb"} }
	client, err := w.admin.CreateClient(ctx, tester, admin.NewClient{Org: "acme", Name: "wiki", Edit: edit})
	must(w, err)
	shared, err := w.admin.CreateClient(ctx, tester, admin.NewClient{Name: "shared", Edit: func(c *core.Client) { edit(c); c.Shared = true }})
	must(w, err)
	w.client, w.shared = &client.Client, &shared.Client
	w.robot, err = w.admin.CreateServiceAccount(ctx, tester, admin.NewServiceAccount{Org: "acme", Name: "robot"})
	must(w, err)
	w.initial, _, err = w.admin.CreateInitialToken(ctx, tester, admin.NewInitialToken{Org: "acme", Name: "t", TTL: time.Hour})
	must(w, err)
	w.token, _, err = w.admin.CreateAPIToken(ctx, tester, admin.NewAPIToken{Holder: w.robot.ID, Name: "t", TTL: time.Hour})
	must(w, err)
	must(w, second(w.admin.CreateConnector(ctx, tester, admin.NewConnector{Name: "idp", Plugin: "oidc", Org: "acme"})))
}

func (w *world) user(org, name string) *core.User {
	w.Helper()
	created, err := w.admin.CreateUser(w.Context(), tester, admin.NewUser{Org: org, Name: name, Email: name + "@" + org + ".example"})
	must(w, err)
	return &created.User
}

// appointed makes a user of the organisation with a role.
func (w *world) appointed(org, name, of string, role core.Role) *core.User {
	w.Helper()
	user := w.user(org, name)
	must(w, w.admin.GrantRole(w.Context(), tester, user.ID, of, role))
	return user
}

// as gives the desk of a user with the roles, narrowed to permissions if there are any.
func (w *world) as(id core.ID, roles []core.RoleGrant, only ...core.Permission) *desk.Desk {
	return w.office.For(desk.Caller{Actor: admin.Actor{Name: "user:" + string(id)}, ID: id, Roles: roles, Only: only})
}

// desk gives that of a user with the roles that they have.
func (w *world) desk(user *core.User, only ...core.Permission) *desk.Desk {
	w.Helper()
	holder, err := w.store.HolderOf(w.Context(), user.ID)
	must(w, err)
	return w.as(user.ID, holder.AllRoles(), only...)
}

func must(w *world, err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// outcome is what became of a call.
type outcome string

const (
	done    outcome = "done" // or failed for another reason than who called
	denied  outcome = "denied"
	missing outcome = "missing" // as if the thing did not exist
)

func outcomeOf(err error) outcome {
	if _, is := errors.AsType[*desk.DeniedError](err); is {
		return denied
	}
	if gone, is := errors.AsType[*admin.MissingError](err); is && gone.Name != "new" { // what was made on a frozen store is not there
		switch gone.What {
		case "organisation", "user", "client", "group", "connector", "service account", "user or service account", "initial access token":
			return missing
		}
	}
	return done
}
