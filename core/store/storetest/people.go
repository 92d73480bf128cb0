package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func testOrganisations(t *testing.T, w *world) {
	ctx := t.Context()
	builtIn := must(w.store.Organisation(ctx, core.DefaultOrganisation))(w)
	if builtIn.DisplayName != "Built-in organisation" || builtIn.Disabled || builtIn.CreatedAt.IsZero() ||
		!reflect.DeepEqual(builtIn.Rules, core.OrgRules{}) || builtIn.Theme != (core.Theme{}) {
		t.Errorf("built in: %+v", builtIn)
	}
	acme := core.Organisation{Name: "acme", DisplayName: "Acme", WebsiteURL: "https://acme.example", Logo: "logo", Favicon: "icon", CreatedAt: start}
	acme.Rules = core.OrgRules{
		SignIn:       core.SignInRules{Methods: []string{"password", "passkey"}, Require: core.ACRTwo},
		RememberDays: 30, PasswordMin: 12, KeepEmail: true, KeepProfile: true, KeepAccount: true,
		Registration: core.SelfRegistration{Open: true, Domains: []string{"acme.example"}, Groups: []string{"new"}},
	}
	acme.Theme = core.Theme{Accent: "#1f6feb", AccentDark: "#58a6ff"}
	w.apply(core.CreateOrganisation{Organisation: acme})
	got, err := w.store.Organisation(ctx, "acme")
	same(w, got, err, &acme)
	w.taken("organisation name", core.CreateOrganisation{Organisation: acme})

	changed := acme
	changed.DisplayName, changed.Disabled = "Acme, closed", true
	changed.Rules, changed.Theme = core.OrgRules{RememberDays: 1}, core.Theme{}
	w.apply(core.UpdateOrganisation{Organisation: changed})
	got, err = w.store.Organisation(ctx, "acme")
	same(w, got, err, &changed)
	all, err := w.store.Organisations(ctx)
	same(w, all, err, []core.Organisation{changed, *builtIn})

	missingOrg, err := w.store.Organisation(ctx, "nobody")
	missing(w, missingOrg, err)
	w.refused(core.ErrNotFound, core.UpdateOrganisation{Organisation: core.Organisation{Name: "nobody"}})
}

func fullUser(w *world) core.User {
	return core.User{
		ID: w.id(), Org: core.DefaultOrganisation, Name: "Ängström", Email: "A@Example.org", EmailVerified: true, PasswordHash: "$argon2id$...",
		Admin: true, Disabled: true,
		Profile:    core.Profile{DisplayName: "Anders", GivenName: "A", PhoneVerified: true, Address: core.Address{Street: "1 Street\nBack", Country: "SE"}},
		Attributes: map[string]string{"k": "v", "quote\"": "line\nend"},
		CreatedAt:  start, UpdatedAt: start.Add(time.Second), PasswordAt: start.Add(2 * time.Second),
		LastSignInAt: start.Add(3 * time.Second), LastSignInIP: "192.0.2.1",
	}
}

func testUsers(t *testing.T, w *world) {
	ctx := t.Context()
	want := fullUser(w)
	w.apply(core.CreateUser{User: want})
	got, err := w.store.User(ctx, want.ID)
	same(w, got, err, &want)

	// What is replaced is everything but password, groups and last sign-in.
	changed := want
	changed.Name, changed.Email, changed.EmailVerified, changed.Admin, changed.Disabled = "other", "", false, false, false
	changed.Profile, changed.Attributes = core.Profile{Nickname: "nick"}, nil
	changed.UpdatedAt = start.Add(time.Hour)
	sent := changed
	sent.PasswordHash, sent.PasswordAt, sent.LastSignInAt, sent.LastSignInIP, sent.Groups = "x", time.Time{}, time.Time{}, "", []string{"no"}
	w.apply(core.UpdateUser{User: sent})
	got, err = w.store.User(ctx, want.ID)
	same(w, got, err, &changed)
	// The old names are free again, the new one finds.
	old, err := w.store.UserByLogin(ctx, "", "a@example.org")
	missing(w, old, err)
	got, err = w.store.UserByLogin(ctx, "", "OTHER")
	same(w, got, err, &changed)

	// The profile alone: whatever else was meanwhile stays.
	changed.Profile, changed.UpdatedAt = core.Profile{DisplayName: "Åsa", Appearance: core.AppearanceDark}, start.Add(90*time.Minute)
	w.apply(core.SetProfile{UserID: want.ID, Profile: changed.Profile, At: changed.UpdatedAt})
	got, err = w.store.User(ctx, want.ID)
	same(w, got, err, &changed)

	// The address alone, if it is still the one that was known.
	neighbour := core.User{ID: w.id(), Org: want.Org, Name: "neighbour", Email: "n@example.org"}
	w.apply(core.CreateUser{User: neighbour})
	set := core.SetEmail{UserID: want.ID, Was: changed.Email, Email: "Åsa@Example.org", Verified: true, At: start.Add(100 * time.Minute)}
	w.apply(set)
	changed.Email, changed.EmailVerified, changed.UpdatedAt = set.Email, true, set.At
	got, err = w.store.UserByLogin(ctx, want.Org, "åsa@example.org")
	same(w, got, err, &changed)
	w.refused(core.ErrConflict, set)
	set.Was, set.Email = changed.Email, "N@Example.org"
	w.taken("e-mail address", set)
	set.Email = "Neighbour"
	w.taken("e-mail address", set)
	set.Email = ""
	w.apply(set)
	changed.Email, changed.EmailVerified = "", false
	changed.UpdatedAt = changed.UpdatedAt.Add(time.Millisecond) // at the same moment, so right behind it
	got, err = w.store.UserByLogin(ctx, want.Org, changed.Name)
	same(w, got, err, &changed)
	gone, err := w.store.UserByLogin(ctx, want.Org, "åsa@example.org")
	missing(w, gone, err)
	w.apply(core.DeleteUser{ID: neighbour.ID})

	changed.PasswordHash, changed.PasswordAt = "new", start.Add(2*time.Hour)
	w.apply(core.SetPassword{UserID: want.ID, Hash: "new", At: changed.PasswordAt})
	got, err = w.store.User(ctx, want.ID)
	same(w, got, err, &changed)

	w.refused(core.ErrNotFound, core.UpdateUser{User: core.User{ID: "nobody", Org: core.DefaultOrganisation, Name: "n"}})
	w.refused(core.ErrNotFound, core.SetProfile{UserID: "nobody", At: start})
	w.refused(core.ErrNotFound, core.SetEmail{UserID: "nobody", Email: "x@example.org", At: start})
	w.refused(core.ErrNotFound, core.SetPassword{UserID: "nobody", Hash: "h", At: start})
	w.refused(core.ErrNotFound, core.CreateUser{User: core.User{ID: w.id(), Org: "nowhere", Name: "n"}})
}

func testUserConflicts(t *testing.T, w *world) {
	user := func(name, email string) core.User {
		return core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: name, Email: email, CreatedAt: start}
	}
	ann := user("Ann", "ann@example.org")
	bob := user("bob", "")
	w.apply(core.CreateUser{User: ann}, core.CreateUser{User: bob})

	w.taken("user name", core.CreateUser{User: user("ANN", "")})
	w.taken("e-mail address", core.CreateUser{User: user("carl", "ANN@example.org")})
	// Both are typed into the same field, so one's name is not another's address.
	w.taken("user name", core.CreateUser{User: user("Ann@Example.org", "")})
	w.taken("e-mail address", core.CreateUser{User: user("carl", "BOB")})

	changed := bob
	changed.Email = "ann@example.org"
	w.taken("e-mail address", core.UpdateUser{User: changed})
	changed.Name, changed.Email = "ann", ""
	w.taken("user name", core.UpdateUser{User: changed})
	// One's own name and address are not taken, nor are those of others who have none.
	changed.Name, changed.Email = "BOB", "bob"
	w.apply(core.UpdateUser{User: changed}, core.CreateUser{User: user("dora", "")})

	again := user("erik", "")
	again.ID = ann.ID
	w.refused(core.ErrConflict, core.CreateUser{User: again})

	// Another organisation has its own names.
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	elsewhere := user("ann", "ann@example.org")
	elsewhere.Org = "acme"
	w.apply(core.CreateUser{User: elsewhere})
}

func testUserByLogin(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	here := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "Ann", Email: "Ann@Example.org"}
	there := core.User{ID: w.id(), Org: "acme", Name: "ann", Email: "other@example.org"}
	w.apply(core.CreateUser{User: here}, core.CreateUser{User: there})

	tests := []struct {
		org, login string
		want       core.ID // empty: not found
	}{
		{core.DefaultOrganisation, "ann", here.ID},
		{core.DefaultOrganisation, " ANN ", here.ID},
		{core.DefaultOrganisation, "ann@example.ORG", here.ID},
		{"acme", "ann", there.ID},
		{"acme", "ann@example.org", ""},
		{"", "ann@example.org", here.ID},
		{"", "other@example.org", there.ID},
		{"", "ann", ""}, // two of them
		{"", "", ""},
		{"nowhere", "ann", ""},
		{"", "ann' OR '1'='1", ""},
		{"", "%", ""},
	}
	for _, test := range tests {
		got, err := w.store.UserByLogin(ctx, test.org, test.login)
		if test.want == "" {
			missing(w, got, err)
		} else if err != nil || got.ID != test.want {
			t.Errorf("%q in %q: got %v, %v", test.login, test.org, got, err)
		}
	}

	// A password that is somebody's here must be told from one that is nobody's.
	if got, err := w.store.UserByLogin(ctx, "", "ann"); errors.Is(err, core.ErrAmbiguous) {
		t.Errorf("nobody of that name has a password: %v, %v", got, err)
	}
	w.apply(core.SetPassword{UserID: there.ID, Hash: "h", At: start})
	if got, err := w.store.UserByLogin(ctx, "", "ANN"); !errors.Is(err, core.ErrAmbiguous) || !errors.Is(err, core.ErrNotFound) || got != nil {
		t.Errorf("two of that name, one with a password: %v, %v", got, err)
	}
	if got, err := w.store.UserByLogin(ctx, "", "nobody"); errors.Is(err, core.ErrAmbiguous) {
		t.Errorf("nobody is %v, %v", got, err)
	}
}

func testDeleteUser(t *testing.T, w *world) {
	ctx := t.Context()
	gone, stays, client, group := w.user("gone"), w.user("stays"), w.client("c"), w.group("g")
	for _, u := range []core.User{gone, stays} {
		w.apply(core.AddMember{GroupID: group.ID, UserID: u.ID}, core.SaveConsent{Consent: core.Consent{UserID: u.ID, ClientID: client.ID}})
	}
	type rows struct {
		grant, access, refresh, session core.ID
	}
	of := func(u core.User) rows {
		grant := w.grant(u, client)
		return rows{grant.ID, w.access(grant).ID, w.refresh(grant).ID, w.session(u).ID}
	}
	lost, kept := of(gone), of(stays)
	w.apply(core.DeleteUser{ID: gone.ID})

	found := func(r rows, u core.ID, want bool) {
		t.Helper()
		_, errs := w.store.User(ctx, u)
		_, errGrant := w.store.Code(ctx, r.grant)
		_, errAccess := w.store.Access(ctx, r.access)
		_, errRefresh := w.store.Refresh(ctx, r.refresh)
		_, errSession := w.store.SignedIn(ctx, r.session)
		_, errConsent := w.store.Consent(ctx, u, client.ID)
		for i, err := range []error{errs, errGrant, errAccess, errRefresh, errSession, errConsent} {
			if (err == nil) != want {
				t.Errorf("read %d: got %v, want found %v", i, err, want)
			}
		}
	}
	found(lost, gone.ID, false)
	found(kept, stays.ID, true)
	if members := must(w.store.Members(ctx, group.ID))(w); len(members) != 1 || members[0].ID != stays.ID {
		t.Errorf("members: %v", members)
	}
	again := gone
	again.ID = w.id()
	w.apply(core.CreateUser{User: again}) // the name is free
}

// What was proved with a password is worth something until another one is set.
func testKeepPassword(t *testing.T, w *world) {
	ann := w.user("ann")
	set := start.Add(1500 * time.Millisecond)
	w.apply(core.KeepPassword{UserID: ann.ID}, core.SetPassword{UserID: ann.ID, Hash: "x", At: set})
	w.apply(core.KeepPassword{UserID: ann.ID, At: set}, core.SetPassword{UserID: ann.ID, Hash: "the same, stronger", At: set})
	w.apply(core.KeepPassword{UserID: ann.ID, At: set})
	w.refused(core.ErrConflict, core.KeepPassword{UserID: ann.ID})
	w.refused(core.ErrConflict, core.KeepPassword{UserID: ann.ID, At: set.Add(time.Millisecond)})
	w.refused(core.ErrConflict, core.KeepPassword{UserID: "nobody", At: set})
	if user := must(w.store.User(t.Context(), ann.ID))(w); user.PasswordHash != "the same, stronger" {
		t.Errorf("the password is %q", user.PasswordHash)
	}
}

// Somebody stays who administers the server, and may sign in.
func testKeepAdministrator(t *testing.T, w *world) {
	w.refused(core.ErrConflict, core.KeepAdministrator{})
	ann, bob := w.user("ann"), w.user("bob")
	ann.Admin, bob.Admin = true, true
	disabled := bob
	disabled.Disabled = true
	w.apply(core.UpdateUser{User: ann}, core.UpdateUser{User: bob}, core.KeepAdministrator{})
	w.apply(core.UpdateUser{User: disabled}, core.KeepAdministrator{})
	for _, last := range [][]core.Change{
		{core.DeleteUser{ID: ann.ID}, core.KeepAdministrator{}},
		{core.UpdateUser{User: core.User{ID: ann.ID, Org: ann.Org, Name: ann.Name}}, core.KeepAdministrator{}},
	} {
		w.refused(core.ErrConflict, last...)
	}
	if still := must(w.store.User(t.Context(), ann.ID))(w); !still.Admin {
		t.Error("the last administrator is none any more")
	}
	w.apply(core.UpdateUser{User: bob}, core.DeleteUser{ID: ann.ID}, core.KeepAdministrator{})
}

func testGroups(t *testing.T, w *world) {
	ctx := t.Context()
	users, admins, empty := w.group("users"), w.group("Admins"), w.group("empty")
	ann, bob := w.user("ann"), w.user("Bob")
	w.apply(
		core.AddMember{GroupID: users.ID, UserID: ann.ID}, core.AddMember{GroupID: users.ID, UserID: bob.ID},
		core.AddMember{GroupID: admins.ID, UserID: ann.ID}, core.AddMember{GroupID: admins.ID, UserID: ann.ID},
	)
	users.Members, admins.Members = 2, 1
	group, err := w.store.Group(ctx, core.DefaultOrganisation, "users")
	same(w, group, err, &users)
	all, err := w.store.Groups(ctx, "")
	same(w, all, err, []core.Group{admins, empty, users})
	all, err = w.store.Groups(ctx, "nowhere")
	same(w, all, err, nil)
	members := must(w.store.Members(ctx, users.ID))(w)
	same(w, names(members, func(u core.User) string { return u.Name }), nil, []string{"ann", "Bob"})
	same(w, must(w.store.User(ctx, ann.ID))(w).Groups, nil, []string{"Admins", "users"})

	w.apply(core.RemoveMember{GroupID: users.ID, UserID: ann.ID})
	same(w, must(w.store.User(ctx, ann.ID))(w).Groups, nil, []string{"Admins"})
	testTouchedGroups(t, w, users, bob)
	w.apply(core.DeleteGroup{ID: admins.ID})
	same(w, must(w.store.User(ctx, ann.ID))(w).Groups, nil, nil)
	same(w, must(w.store.User(ctx, bob.ID))(w).Groups, nil, []string{"users"})

	none, err := w.store.Group(ctx, core.DefaultOrganisation, "Admins")
	missing(w, none, err)
	exact, err := w.store.Group(ctx, core.DefaultOrganisation, "Users")
	missing(w, exact, err) // names are exact
	w.taken("group name", core.CreateGroup{Group: core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "users"}})
	w.refused(core.ErrNotFound, core.RemoveMember{GroupID: users.ID, UserID: ann.ID})
	w.refused(core.ErrNotFound, core.AddMember{GroupID: "nowhere", UserID: ann.ID})
	w.refused(core.ErrNotFound, core.AddMember{GroupID: users.ID, UserID: "nobody"})
}

// testTouchedGroups has the group one member, who is deleted at its end and made again.
func testTouchedGroups(t *testing.T, w *world, group core.Group, member core.User) {
	changed := func(what string, want time.Time) {
		t.Helper()
		if got := must(w.store.GroupByID(t.Context(), group.ID))(w).UpdatedAt; !got.Equal(want) {
			t.Errorf("%s: changed at %s, not %s", what, got, want)
		}
	}
	at := start.Add(time.Hour)
	w.apply(core.TouchGroup{ID: group.ID, At: at})
	changed("touched", at)
	w.apply(core.TouchGroup{ID: group.ID, At: start}, core.TouchGroup{ID: group.ID, At: at})
	changed("by a clock that is behind", at.Add(2*time.Millisecond))
	w.refused(core.ErrStale, core.TouchGroup{ID: group.ID, Was: at, At: at.Add(time.Hour)})
	w.apply(core.TouchGroup{ID: group.ID, Was: at.Add(2 * time.Millisecond), At: at.Add(time.Hour)})
	changed("as it was seen", at.Add(time.Hour))
	w.refused(core.ErrNotFound, core.TouchGroup{ID: "nowhere", At: at})
	w.refused(core.ErrNotFound, core.TouchGroup{ID: "nowhere", Was: at, At: at})
	gone := w.user("gone")
	w.apply(core.AddMember{GroupID: group.ID, UserID: gone.ID})
	w.apply(core.DeleteUser{ID: gone.ID})
	changed("a member is deleted", at.Add(time.Hour+time.Millisecond))
	w.apply(core.DeleteUser{ID: w.user("stranger").ID})
	changed("somebody else is deleted", at.Add(time.Hour+time.Millisecond))
	same(w, must(w.store.User(t.Context(), member.ID))(w).Groups, nil, []string{group.Name})
}

func testUsersByFilter(t *testing.T, w *world) {
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	bob, ann := w.user("bob"), w.user("Ann")
	carl := core.User{ID: w.id(), Org: "acme", Name: "carl"}
	group := w.group("staff")
	w.apply(core.CreateUser{User: carl}, core.AddMember{GroupID: group.ID, UserID: bob.ID}, core.AddMember{GroupID: group.ID, UserID: ann.ID})
	for _, test := range []struct {
		filter core.UserFilter
		want   []string
	}{
		{core.UserFilter{}, []string{"Ann", "bob", "carl"}},
		{core.UserFilter{Org: "acme"}, []string{"carl"}},
		{core.UserFilter{Group: "staff"}, []string{"Ann", "bob"}},
		{core.UserFilter{Org: core.DefaultOrganisation, Group: "staff"}, []string{"Ann", "bob"}},
		{core.UserFilter{Org: "acme", Group: "staff"}, nil},
		{core.UserFilter{Group: "Staff"}, nil},
	} {
		users, err := w.store.Users(t.Context(), test.filter)
		same(w, names(users, func(u core.User) string { return u.Name }), err, test.want)
	}
}
