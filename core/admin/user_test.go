package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestCreateUser(t *testing.T) {
	w := newWorld(t)
	created, err := w.CreateUser(t.Context(), actor, admin.NewUser{
		Name: "alice", Email: "Alice@example.org", EmailVerified: true, Password: "long enough", Groups: []string{"staff", "admins", "staff"},
		Profile: core.Profile{DisplayName: "Alice"}, Attributes: map[string]string{"team": "red"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"admins", "staff"}; !slices.Equal(created.NewGroups, want) || !slices.Equal(created.User.Groups, want) {
		t.Errorf("groups %v, new %v", created.User.Groups, created.NewGroups)
	}
	want := []core.EventType{core.EventGroupCreated, core.EventGroupCreated, core.EventUserCreated}
	if got := w.events(10); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("events %v", got)
	}
	for _, login := range []string{"ALICE", "alice@EXAMPLE.org", string(created.User.ID)} {
		user, err := w.FindUser(t.Context(), "", login)
		if err != nil || user.ID != created.User.ID || !user.EmailVerified || !slices.Equal(user.Groups, created.User.Groups) || user.PasswordHash == "" {
			t.Errorf("%s: %+v, %v", login, user, err)
		}
	}
	// A group that exists is used.
	created, err = w.CreateUser(t.Context(), actor, admin.NewUser{Name: "bob", Groups: []string{"staff"}})
	if err != nil || len(created.NewGroups) != 0 || created.User.PasswordHash != "" {
		t.Errorf("%+v, %v", created, err)
	}
	// Nobody can vouch for an address that is not there.
	if carol := w.user(admin.NewUser{Name: "carol", EmailVerified: true}); carol.EmailVerified {
		t.Error("an empty address is verified")
	}
}

func TestUserInput(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 300)
	for _, tt := range []struct {
		name  string
		input admin.NewUser
		want  []string // fields; none is accepted
	}{
		{name: "shortest", input: admin.NewUser{Name: "a"}},
		{name: "all characters", input: admin.NewUser{Name: "A.b_c-d+e@example.org"}},
		{name: "64 characters", input: admin.NewUser{Name: strings.Repeat("u", 64)}},
		{name: "no name", input: admin.NewUser{}, want: []string{"name"}},
		{name: "65 characters", input: admin.NewUser{Name: strings.Repeat("v", 65)}, want: []string{"name"}},
		{name: "blank", input: admin.NewUser{Name: "a b"}, want: []string{"name"}},
		{name: "line break", input: admin.NewUser{Name: "ab\n"}, want: []string{"name"}},
		{name: "homograph", input: admin.NewUser{Name: "аdmin"}, want: []string{"name"}},
		{name: "plain address", input: admin.NewUser{Name: "m1", Email: "a+b@sub.example.org"}},
		{name: "two @", input: admin.NewUser{Name: "m", Email: "a@b@example.org"}, want: []string{"email"}},
		{name: "quoted address", input: admin.NewUser{Name: "m", Email: `"a b"@example.org`}, want: []string{"email"}},
		{name: "address with a name", input: admin.NewUser{Name: "m", Email: "A <a@example.org>"}, want: []string{"email"}},
		{name: "address in brackets", input: admin.NewUser{Name: "m", Email: "<a@example.org>"}, want: []string{"email"}},
		{name: "address with a comment", input: admin.NewUser{Name: "m", Email: "a@example.org (x)"}, want: []string{"email"}},
		{name: "address in another script", input: admin.NewUser{Name: "m", Email: "а@example.org"}, want: []string{"email"}},
		{name: "address with a line break", input: admin.NewUser{Name: "m", Email: "a@example.org\nBcc: x"}, want: []string{"email"}},
		{name: "long address", input: admin.NewUser{Name: "m", Email: long + "@example.org"}, want: []string{"email"}},
		{name: "NUL in an attribute", input: admin.NewUser{Name: "m", Attributes: map[string]string{"a": "\x00"}}, want: []string{"attributes"}},
		{name: "name of an attribute", input: admin.NewUser{Name: "m", Attributes: map[string]string{"": "x"}}, want: []string{"attributes"}},
		{name: "many attributes", input: admin.NewUser{Name: "m", Attributes: manyAttributes()}, want: []string{"attributes"}},
		{name: "escape sequence", input: admin.NewUser{Name: "m", Profile: core.Profile{DisplayName: "\x1b[31m"}}, want: []string{"display_name"}},
		{name: "invalid UTF-8", input: admin.NewUser{Name: "m", Profile: core.Profile{GivenName: "\xff"}}, want: []string{"given_name"}},
		{name: "long text", input: admin.NewUser{Name: "m", Profile: core.Profile{Title: long}}, want: []string{"title"}},
		{name: "lines of a street", input: admin.NewUser{Name: "m2", Profile: core.Profile{Address: core.Address{Street: "a\nb"}}}},
		{name: "script as picture", input: admin.NewUser{Name: "m", Profile: core.Profile{Picture: "javascript:alert(1)"}}, want: []string{"picture"}},
		{name: "data as web site", input: admin.NewUser{Name: "m", Profile: core.Profile{Website: "data:text/html,x"}}, want: []string{"website"}},
		{name: "credentials in a web site", input: admin.NewUser{Name: "m", Profile: core.Profile{URL: "https://a:b@example.org"}}, want: []string{"profile_url"}},
		{name: "dates", input: admin.NewUser{Name: "m", Profile: core.Profile{Birthdate: "1990-02-30"}}, want: []string{"birthdate"}},
		{name: "date without a year", input: admin.NewUser{Name: "m3", Profile: core.Profile{Birthdate: "0000-12-31"}}},
		{name: "year", input: admin.NewUser{Name: "m4", Profile: core.Profile{Birthdate: "1990"}}},
		{name: "forms", input: admin.NewUser{Name: "m", Profile: core.Profile{Phone: "x", CountryCode: "de", Locale: "d", Zoneinfo: "../../etc"}}, want: []string{"phone", "country_code", "locale", "zoneinfo"}},
		{name: "group", input: admin.NewUser{Name: "m", Groups: []string{"a;b", " c", "", "d\n"}}, want: []string{"groups", "groups", "groups", "groups"}},
		{name: "password", input: admin.NewUser{Name: "m", Password: "short"}, want: []string{"password"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.CreateUser(t.Context(), actor, tt.input)
			if len(tt.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got := problems(t, err); !slices.Equal(got, tt.want) {
				t.Errorf("problems with %v, want %v: %v", got, tt.want, err)
			}
		})
	}
}

func manyAttributes() map[string]string {
	attributes := map[string]string{}
	for i := range 65 {
		attributes[fmt.Sprint(i)] = "x"
	}
	return attributes
}

func TestTakenNames(t *testing.T) {
	w := newWorld(t)
	w.user(admin.NewUser{Name: "alice", Email: "a@example.org"})
	bob := w.user(admin.NewUser{Name: "bob"})
	for _, tt := range []struct {
		input admin.NewUser
		field string
	}{
		{admin.NewUser{Name: "Alice"}, "name"},
		{admin.NewUser{Name: "carol", Email: "A@EXAMPLE.ORG"}, "email"},
		{admin.NewUser{Name: "a@example.org"}, "name"},
	} {
		_, err := w.CreateUser(t.Context(), actor, tt.input)
		if got := problems(t, err); !slices.Equal(got, []string{tt.field}) || !errors.Is(err, core.ErrConflict) {
			t.Errorf("%s: %v", tt.input.Name, err)
		}
	}
	_, err := w.UpdateUser(t.Context(), actor, bob.ID, "", func(u *core.User) { u.Email = "a@example.org" })
	if got := problems(t, err); !slices.Equal(got, []string{"email"}) {
		t.Error(err)
	}
	if _, err := w.FindUser(t.Context(), "", "carol"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a refused user exists: %v", err)
	}
}

// Of many that make users in the same new group at once, each succeeds.
func TestCreateUsersAtOnce(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			if _, err := w.CreateUser(t.Context(), actor, admin.NewUser{Name: fmt.Sprintf("u%d", i), Groups: []string{"staff"}}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	group, err := w.FindGroup(t.Context(), "", "staff")
	if err != nil || group.Members != 20 {
		t.Errorf("%+v, %v", group, err)
	}
}

// Only what an edit may change is changed (120).
func TestRefuse120MassAssignment(t *testing.T) {
	w := newWorld(t)
	before := w.user(admin.NewUser{Name: "alice", Email: "a@example.org", Password: "long enough", Groups: []string{"staff"}, Attributes: map[string]string{"k": "v"}})
	after, err := w.UpdateUser(t.Context(), actor, before.ID, "", func(u *core.User) {
		u.Profile.Nickname = "Al"
		u.ID, u.Org, u.PasswordHash, u.Disabled, u.Groups = "x", "other", "hash", true, []string{"admins"}
		u.LastSignInIP, u.CreatedAt = "1.2.3.4", w.now.AddDate(1, 0, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.FindUser(t.Context(), "", "alice")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []*core.User{after, stored} {
		if u.Profile.Nickname != "Al" || u.ID != before.ID || u.Org != before.Org || u.PasswordHash != before.PasswordHash || u.Disabled ||
			!slices.Equal(u.Groups, before.Groups) || u.LastSignInIP != "" || !u.CreatedAt.Equal(before.CreatedAt) {
			t.Errorf("got %+v", u)
		}
	}
	client := w.client(admin.NewClient{Name: "web"})
	changed, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(c *core.Client) {
		c.DisplayName, c.ID, c.Org, c.SecretHash, c.Preset = "Web", "x", "other", core.Hash{9}, "confluence"
	})
	if err != nil || changed.DisplayName != "Web" || changed.ID != client.ID || changed.Org != client.Org || changed.SecretHash != client.SecretHash || changed.Preset != "web" {
		t.Errorf("%+v, %v", changed, err)
	}
}

// A change of nothing is none, and is not recorded as one.
func TestUpdateNothing(t *testing.T) {
	w := newWorld(t)
	user := w.user(admin.NewUser{Name: "alice"})
	client := w.client(admin.NewClient{Name: "web"})
	count := len(w.events(100))
	w.now = w.now.Add(time.Second)
	if after, err := w.UpdateUser(t.Context(), actor, user.ID, "", func(*core.User) {}); err != nil || !after.UpdatedAt.Equal(user.UpdatedAt) {
		t.Errorf("%+v, %v", after, err)
	}
	if after, err := w.UpdateClient(t.Context(), actor, client.ID, "", func(*core.Client) {}); err != nil || !after.UpdatedAt.Equal(client.UpdatedAt) {
		t.Errorf("%+v, %v", after, err)
	}
	if err := w.EnableUser(t.Context(), actor, user.ID); err != nil {
		t.Error(err)
	}
	if got := len(w.events(100)); got != count {
		t.Errorf("%d events, want %d", got, count)
	}
}

// What takes a person's access away, or gives them more, ends sessions and revokes
// grants (54, 59, 84).
func TestRefuse059SessionsEnd(t *testing.T) {
	for _, tt := range []struct {
		name    string
		do      func(*world, core.ID, string) error
		session bool // survives
		event   core.EventType
	}{
		{"password", func(w *world, id core.ID, _ string) error {
			return w.SetPassword(w.t.Context(), actor, id, "long enough")
		}, false, core.EventPasswordSet},
		{"disable", func(w *world, id core.ID, _ string) error { return w.DisableUser(w.t.Context(), actor, id) }, false, core.EventUserDisabled},
		{"sign out", func(w *world, id core.ID, _ string) error { return w.SignOutUser(w.t.Context(), actor, id) }, false, core.EventSignedOut},
		{"administrator", func(w *world, id core.ID, _ string) error {
			_, err := w.UpdateUser(w.t.Context(), actor, id, "", func(u *core.User) { u.Admin = true })
			return err
		}, false, core.EventUserUpdated},
		{"consent", func(w *world, id core.ID, client string) error {
			return w.WithdrawConsent(w.t.Context(), actor, id, client)
		}, true, core.EventConsentWithdrawn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			user, client := w.user(admin.NewUser{Name: "alice"}), w.client(admin.NewClient{Name: "web"})
			session, grant := w.signedIn(user, client)
			w.now = w.now.Add(time.Minute)
			if err := tt.do(w, user.ID, client.ID); err != nil {
				t.Fatal(err)
			}
			signedIn, err := w.store.SignedIn(t.Context(), session)
			if err == nil && signedIn.Session.Live(w.now) != tt.session || err != nil && tt.session {
				t.Errorf("session %+v, %v; want alive: %v", signedIn, err, tt.session)
			}
			code, err := w.store.Code(t.Context(), grant)
			if err != nil || !code.Grant.Revoked() {
				t.Errorf("the grant stands: %+v, %v", code, err)
			}
			if got := w.events(1); got[0] != tt.event {
				t.Errorf("event %v, want %v", got, tt.event)
			}
		})
	}
	w := newWorld(t)
	user, client := w.user(admin.NewUser{Name: "alice"}), w.client(admin.NewClient{Name: "web"})
	session, grant := w.signedIn(user, client)
	if err := w.DeleteUser(t.Context(), actor, user.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.SignedIn(t.Context(), session); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the session of a deleted user: %v", err)
	}
	if _, err := w.store.Code(t.Context(), grant); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the grant of a deleted user: %v", err)
	}
}

func TestLastAdministrator(t *testing.T) {
	w := newWorld(t)
	root := w.user(admin.NewUser{Name: "root", Admin: true})
	demote := func(u *core.User) { u.Admin = false }
	if err := w.DeleteUser(t.Context(), actor, root.ID); !slices.Equal(problems(t, err), []string{""}) {
		t.Error(err)
	}
	if err := w.DisableUser(t.Context(), actor, root.ID); !slices.Equal(problems(t, err), []string{""}) {
		t.Error(err)
	}
	if _, err := w.UpdateUser(t.Context(), actor, root.ID, "", demote); !slices.Equal(problems(t, err), []string{""}) {
		t.Error(err)
	}
	second := w.user(admin.NewUser{Name: "second", Admin: true})
	if err := w.DisableUser(t.Context(), actor, root.ID); err != nil {
		t.Error(err)
	}
	// One that is disabled does not count.
	if err := w.DeleteUser(t.Context(), actor, second.ID); err == nil {
		t.Error("the last one who can sign in was deleted")
	}
	if err := w.DeleteUser(t.Context(), actor, root.ID); err != nil {
		t.Error(err)
	}
}

// meanwhile does something after the roles of somebody were read.
type meanwhile struct {
	admin.Store
	do func()
}

func (s meanwhile) Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error) {
	roles, err := s.Store.Roles(ctx, holder)
	s.do()
	return roles, err
}

// Of the last two administrators who are taken away at once, one stays.
func TestLastAdministratorAtOnce(t *testing.T) {
	for name, take := range map[string]func(w *world, id core.ID) error{
		"delete":  func(w *world, id core.ID) error { return w.DeleteUser(t.Context(), actor, id) },
		"disable": func(w *world, id core.ID) error { return w.DisableUser(t.Context(), actor, id) },
		"demote": func(w *world, id core.ID) error {
			_, err := w.UpdateUser(t.Context(), actor, id, "", func(u *core.User) { u.Admin = false })
			return err
		},
	} {
		w := newWorld(t)
		root, second := w.user(admin.NewUser{Name: "root", Admin: true}), w.user(admin.NewUser{Name: "second", Admin: true})
		w.Store = meanwhile{w.Store, func() {
			if err := w.store.Apply(t.Context(), core.DeleteUser{ID: second.ID}); err != nil {
				t.Error(err)
			}
		}}
		if err := take(w, root.ID); !slices.Equal(problems(t, err), []string{""}) {
			t.Errorf("%s: %v", name, err)
		}
		if still, err := w.store.User(t.Context(), root.ID); err != nil || !still.Admin || still.Disabled {
			t.Errorf("%s: the last administrator is %+v, %v", name, still, err)
		}
	}
}

func TestMissing(t *testing.T) {
	w := newWorld(t)
	ctx, nobody := t.Context(), core.NewID(w.now, strings.NewReader(strings.Repeat("x", 20)))
	for name, err := range map[string]error{
		"user": w.DeleteUser(ctx, actor, nobody), "password": w.SetPassword(ctx, actor, nobody, "long enough"),
		"disable": w.DisableUser(ctx, actor, nobody), "group": w.DeleteGroup(ctx, actor, "", "x"), "client": w.DeleteClient(ctx, actor, "x"),
	} {
		if _, ok := errors.AsType[*admin.MissingError](err); !ok || !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.CreateUser(ctx, actor, admin.NewUser{Name: "a", Org: "nowhere"})
	if _, ok := errors.AsType[*admin.MissingError](err); !ok {
		t.Error(err)
	}
}

func TestGroups(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	group, err := w.CreateGroup(ctx, actor, "", "staff", "All of us")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateGroup(ctx, actor, "", "staff", ""); !errors.Is(err, core.ErrConflict) {
		t.Error(err)
	}
	if _, err := w.CreateGroup(ctx, actor, "acme", "staff", ""); err != nil {
		t.Error(err)
	}
	alice, stranger := w.user(admin.NewUser{Name: "alice"}), w.user(admin.NewUser{Name: "stranger", Org: "acme"})
	if err := w.AddMember(ctx, actor, group, stranger); !slices.Equal(problems(t, err), []string{"user"}) {
		t.Error(err)
	}
	for range 2 {
		if err := w.AddMember(ctx, actor, group, alice); err != nil {
			t.Error(err)
		}
	}
	if members, err := w.Members(ctx, group); err != nil || len(members) != 1 || members[0].ID != alice.ID {
		t.Errorf("%v, %v", members, err)
	}
	if users, err := w.Users(ctx, core.UserFilter{Group: "staff"}); err != nil || len(users) != 1 {
		t.Errorf("%v, %v", users, err)
	}
	if err := w.RemoveMember(ctx, actor, group, alice); err != nil {
		t.Error(err)
	}
	if err := w.RemoveMember(ctx, actor, group, alice); !slices.Equal(problems(t, err), []string{"user"}) {
		t.Error(err)
	}
	if err := w.DeleteGroup(ctx, actor, "", "staff"); err != nil {
		t.Error(err)
	}
}
