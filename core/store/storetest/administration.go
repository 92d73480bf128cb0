package storetest

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func (w *world) organisation(name string) core.Organisation {
	w.Helper()
	o := core.Organisation{Name: name, CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateOrganisation{Organisation: o})
	return o
}

func (w *world) userOf(org, name string) core.User {
	w.Helper()
	u := core.User{ID: w.id(), Org: org, Name: name, CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateUser{User: u})
	return u
}

func (w *world) account(org, name string) core.ServiceAccount {
	w.Helper()
	a := core.ServiceAccount{ID: w.id(), Org: org, Name: name, Description: "what it is for", CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateServiceAccount{Account: a})
	return a
}

func (w *world) role(holder core.ID, org string, role core.Role) core.RoleGrant {
	w.Helper()
	g := core.RoleGrant{Holder: holder, Org: org, Role: role, CreatedAt: start}
	w.apply(core.GrantRole{Grant: g})
	return g
}

func (w *world) apiToken(holder core.ID) core.APIToken {
	w.Helper()
	t := core.APIToken{ID: w.id(), Holder: holder, Name: "terraform", Hash: core.Hash{6}, Permissions: []core.Permission{core.ReadUsers, core.WriteGroups},
		ExpiresAt: start.Add(time.Hour), CreatedAt: start}
	w.apply(core.AddAPIToken{Token: t})
	return t
}

// Who changes what somebody else changed meanwhile is refused, and nothing happens.
func testStale(t *testing.T, w *world) {
	user, client, group, account := w.user("ann"), w.client("c"), w.group("g"), w.account(core.DefaultOrganisation, "robot")
	org := w.organisation("acme")
	group.UpdatedAt = start
	w.apply(core.UpdateGroup{Group: group})
	later, latest := start.Add(time.Millisecond), start.Add(2*time.Millisecond)
	update := func(was, now time.Time, name string) []core.Change {
		user.UpdatedAt, client.UpdatedAt, group.UpdatedAt, org.UpdatedAt, account.UpdatedAt = now, now, now, now, now
		user.Profile.Nickname, client.DisplayName, group.DisplayName, org.DisplayName, account.Description = name, name, name, name, name
		return []core.Change{
			core.UpdateUser{User: user, Was: was}, core.UpdateClient{Client: client, Was: was}, core.UpdateGroup{Group: group, Was: was},
			core.UpdateOrganisation{Organisation: org, Was: was}, core.UpdateServiceAccount{Account: account, Was: was},
		}
	}
	w.apply(update(start, later, "one")...)
	for _, change := range update(start, latest, "two") {
		w.refused(core.ErrStale, change)
		w.refused(core.ErrConflict, change)
	}
	if got := must(w.store.User(t.Context(), user.ID))(w); got.Profile.Nickname != "one" {
		t.Errorf("got %q", got.Profile.Nickname)
	}
	if got := must(w.store.Organisation(t.Context(), org.Name))(w); got.DisplayName != "one" || !got.UpdatedAt.Equal(later) {
		t.Errorf("got %+v", got)
	}
	w.apply(update(later, latest, "three")...)
	w.apply(update(time.Time{}, latest, "any")...) // of whatever state
	// What is gone is not stale.
	user.ID, client.ID, group.ID, org.Name, account.ID = "gone", "gone", "gone", "gone", "gone"
	for _, change := range update(start, latest, "four") {
		w.refused(core.ErrNotFound, change)
	}
}

func testUpdateGroup(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	staff, other := w.group("staff"), w.group("other")
	elsewhere := core.Group{ID: w.id(), Org: "acme", Name: "staff", ExternalID: "x1", CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateGroup{Group: elsewhere})
	staff.DisplayName, staff.ExternalID, staff.UpdatedAt = "Everybody", "x1", start.Add(time.Second)
	w.apply(core.UpdateGroup{Group: staff})
	got, err := w.store.Group(ctx, staff.Org, "staff")
	same(w, got, err, &staff)

	other.ExternalID = "x1"
	w.taken("external identifier of a group", core.UpdateGroup{Group: other})
	other.Name, other.ExternalID = "staff", ""
	w.taken("group name", core.UpdateGroup{Group: other})
	w.taken("external identifier of a group", core.CreateGroup{Group: core.Group{ID: w.id(), Org: staff.Org, Name: "third", ExternalID: "x1"}})
	w.refused(core.ErrNotFound, core.UpdateGroup{Group: core.Group{ID: "gone", Org: staff.Org, Name: "n"}})
	// The organisation stays, whatever is said.
	staff.Org = "acme"
	w.apply(core.UpdateGroup{Group: staff})
	staff.Org = core.DefaultOrganisation
	got, err = w.store.Group(ctx, core.DefaultOrganisation, "staff")
	same(w, got, err, &staff)
}

// A new name goes wherever the group is named.
func testRenameGroup(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	staff, ann, bob, client := w.group("staff"), w.user("ann"), w.user("bob"), w.client("c")
	client.AllowedGroups = []string{"admins", "staff"}
	foreign := core.Client{ID: "foreign", Org: "acme", Name: "foreign", AllowedGroups: []string{"staff"}, UpdatedAt: start}
	org := *must(w.store.Organisation(ctx, core.DefaultOrganisation))(w)
	org.Rules.Registration.Groups = []string{"staff"}
	connector := w.connector("idp")
	w.apply(core.UpdateClient{Client: client}, core.CreateClient{Client: foreign}, core.UpdateOrganisation{Organisation: org},
		core.AddMember{GroupID: staff.ID, UserID: ann.ID}, core.AddMember{GroupID: w.group("zoo").ID, UserID: ann.ID},
		core.SaveLink{Link: core.Link{Connector: connector.Instance, Subject: "b", UserID: bob.ID, Groups: []string{"staff"}, CreatedAt: start}})

	renamed := staff
	renamed.Name = "crew"
	w.apply(core.UpdateGroup{Group: renamed})
	same(w, must(w.store.User(ctx, ann.ID))(w).Groups, nil, []string{"crew", "zoo"})
	same(w, must(w.store.User(ctx, bob.ID))(w).Groups, nil, []string{"crew"})
	got := must(w.store.Client(ctx, client.ID))(w)
	same(w, got.AllowedGroups, nil, []string{"admins", "crew"})
	if !got.UpdatedAt.After(client.UpdatedAt) {
		t.Error("the client has the version that it had")
	}
	same(w, must(w.store.Client(ctx, foreign.ID))(w), nil, &foreign)
	same(w, must(w.store.Organisation(ctx, org.Name))(w).Rules.Registration.Groups, nil, []string{"crew"})
	same(w, must(w.store.Links(ctx, bob.ID))(w)[0].Groups, nil, []string{"crew"})
}

func testDeleteOrganisation(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	gone, stays := w.userOf("acme", "gone"), w.user("stays")
	account, kept := w.account("acme", "robot"), w.account(core.DefaultOrganisation, "robot")
	client := core.Client{ID: "theirs", Org: "acme", Name: "theirs", CreatedAt: start, UpdatedAt: start}
	group := core.Group{ID: w.id(), Org: "acme", Name: "g"}
	initial := core.InitialToken{ID: w.id(), Hash: core.Hash{1}, Org: "acme", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	ticket := core.Ticket{ID: w.id(), Purpose: core.TicketRegister, Org: "acme", Email: "new@acme.example", ExpiresAt: start.Add(time.Hour)}
	w.apply(core.CreateClient{Client: client}, core.CreateGroup{Group: group}, core.AddMember{GroupID: group.ID, UserID: gone.ID}, core.AddInitial{Token: initial},
		core.SaveTicket{Ticket: ticket}, core.SaveConsent{Consent: core.Consent{UserID: gone.ID, ClientID: client.ID}})
	instance := core.PluginInstance{Name: "idp", Plugin: "oidc", Settings: []byte("{}"), CreatedAt: start}
	w.apply(core.SaveInstance{Instance: instance}, core.SaveConnector{Connector: core.Connector{Instance: "idp", Org: "acme", Domains: []string{"acme.example"}}})
	access := w.access(w.grant(gone, client))
	w.role(gone.ID, "acme", core.RoleOwner)
	w.role(stays.ID, "acme", core.RoleHelpDesk)
	ours := w.role(stays.ID, core.DefaultOrganisation, core.RoleAuditor)
	w.role(account.ID, "", core.RoleAuditor)
	lost, own := w.apiToken(account.ID), w.apiToken(kept.ID)

	generation := w.store.Generation()
	w.apply(core.DeleteOrganisation{Name: "acme", At: start})
	if w.store.Generation() <= generation {
		t.Error("the generation stays")
	}
	for what, err := range map[string]error{
		"organisation": second(w.store.Organisation(ctx, "acme")), "user": second(w.store.User(ctx, gone.ID)), "client": second(w.store.Client(ctx, client.ID)),
		"group": second(w.store.Group(ctx, "acme", "g")), "account": second(w.store.ServiceAccount(ctx, account.ID)), "token": second(w.store.APIHolder(ctx, lost.ID)),
		"initial token": second(w.store.InitialToken(ctx, initial.ID)), "access token": second(w.store.Access(ctx, access.ID)), "ticket": second(w.store.Ticket(ctx, ticket.ID)),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	config := must(w.store.Plugins(ctx))(w)
	if len(config.Connectors) != 0 || len(config.Instances) != 1 {
		t.Errorf("connectors %v, instances %v", config.Connectors, config.Instances)
	}
	same(w, must(w.store.Roles(ctx, gone.ID))(w), nil, nil)
	same(w, must(w.store.Roles(ctx, account.ID))(w), nil, nil)
	same(w, must(w.store.Roles(ctx, stays.ID))(w), nil, []core.RoleGrant{ours})
	if holder := must(w.store.APIHolder(ctx, own.ID))(w); holder.Account.ID != kept.ID {
		t.Errorf("got %+v", holder)
	}
	w.refused(core.ErrNotFound, core.DeleteOrganisation{Name: "acme", At: start})
	w.organisation("acme") // the name is free
}

// Clients of other organisations hear that the people of one that is deleted are signed out.
func testOrganisationSignsOut(t *testing.T, w *world) {
	w.organisation("acme")
	ann, bob := w.userOf("acme", "ann"), w.user("bob")
	shared := w.informed("shared")
	session, other := w.session(ann), w.session(bob)
	w.visits(session, shared)
	w.visits(other, shared)
	w.apply(core.DeleteOrganisation{Name: "acme", At: start.Add(time.Minute)})
	if !knows(w.store) {
		t.Error("nobody was told that something waits")
	}
	w.noticed("the end of an organisation", "shared "+string(session.ID))
	if in := must(w.store.SignedIn(t.Context(), other.ID))(w); !in.Session.EndedAt.IsZero() {
		t.Error("somebody of another organisation is signed out")
	}
}

func testRoles(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	ann, bob, robot := w.user("ann"), w.userOf("acme", "bob"), w.account("acme", "robot")
	everywhere := w.role(ann.ID, "", core.RoleAuditor)
	there := w.role(ann.ID, "acme", core.RoleAdministrator)
	bobs := w.role(bob.ID, "acme", core.RoleOwner)
	robots := w.role(robot.ID, "acme", core.RoleHelpDesk)
	roles, err := w.store.Roles(ctx, ann.ID)
	same(w, roles, err, []core.RoleGrant{everywhere, there})
	roles, err = w.store.RolesIn(ctx, "acme")
	same(w, roles, err, []core.RoleGrant{there, bobs, robots})
	roles, err = w.store.RolesIn(ctx, "")
	same(w, roles, err, []core.RoleGrant{everywhere})
	roles, err = w.store.RolesHeld(ctx, "acme")
	same(w, roles, err, []core.RoleGrant{bobs, robots})
	ann.Admin = true
	w.apply(core.UpdateUser{User: ann})
	// Who owns the server is no auditor of it besides.
	roles, err = w.store.RolesIn(ctx, "")
	same(w, roles, err, []core.RoleGrant{{Holder: ann.ID, Role: core.RoleOwner, CreatedAt: start}})
	roles, err = w.store.RolesHeld(ctx, core.DefaultOrganisation)
	slices.SortFunc(roles, func(a, b core.RoleGrant) int {
		return slices.Index(core.Roles(), a.Role) - slices.Index(core.Roles(), b.Role)
	})
	same(w, roles, err, []core.RoleGrant{{Holder: ann.ID, Role: core.RoleOwner, CreatedAt: start}, there, everywhere})

	// Another one takes its place.
	there.Role, there.CreatedAt = core.RoleHelpDesk, start.Add(time.Hour)
	w.apply(core.GrantRole{Grant: there})
	w.apply(core.RevokeRole{Holder: ann.ID, Org: ""})
	roles, err = w.store.Roles(ctx, ann.ID)
	same(w, roles, err, []core.RoleGrant{there})
	w.refused(core.ErrNotFound, core.RevokeRole{Holder: ann.ID, Org: ""})
	w.refused(core.ErrNotFound, core.GrantRole{Grant: core.RoleGrant{Holder: "nobody", Role: core.RoleOwner}})
	w.refused(core.ErrNotFound, core.GrantRole{Grant: core.RoleGrant{Holder: ann.ID, Org: "nowhere", Role: core.RoleOwner}})
	if err := w.store.Apply(ctx, core.GrantRole{Grant: core.RoleGrant{Holder: ann.ID, Role: "god"}}); err == nil {
		t.Error("a role that there is not was granted")
	}
}

func testServiceAccounts(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	b, a, elsewhere := w.account(core.DefaultOrganisation, "Beta"), w.account(core.DefaultOrganisation, "alpha"), w.account("acme", "beta")
	got, err := w.store.ServiceAccount(ctx, b.ID)
	same(w, got, err, &b)
	all, err := w.store.ServiceAccounts(ctx, core.DefaultOrganisation)
	same(w, all, err, []core.ServiceAccount{a, b})
	all, err = w.store.ServiceAccounts(ctx, "")
	same(w, all, err, []core.ServiceAccount{a, elsewhere, b})

	b.Name, b.Description, b.Disabled, b.UpdatedAt = "Gamma", "", true, start.Add(time.Hour)
	w.apply(core.UpdateServiceAccount{Account: b})
	got, err = w.store.ServiceAccount(ctx, b.ID)
	same(w, got, err, &b)
	a.Name = "GAMMA"
	w.taken("service account name", core.UpdateServiceAccount{Account: a})
	twice := a
	twice.ID = w.id()
	w.taken("service account name", core.CreateServiceAccount{Account: twice})
	twice.Org = "nowhere"
	w.refused(core.ErrNotFound, core.CreateServiceAccount{Account: twice})
	w.refused(core.ErrNotFound, core.DeleteServiceAccount{ID: "nobody"})
}

func testAPITokens(t *testing.T, w *world) {
	ctx := t.Context()
	ann, robot := w.user("ann"), w.account(core.DefaultOrganisation, "robot")
	first, second, robots := w.apiToken(ann.ID), w.apiToken(ann.ID), w.apiToken(robot.ID)
	tokens, err := w.store.APITokens(ctx, ann.ID)
	same(w, tokens, err, []core.APIToken{first, second})
	tokens, err = w.store.APITokens(ctx, robot.ID)
	same(w, tokens, err, []core.APIToken{robots})

	first.LastUsedAt = start.Add(time.Minute)
	w.apply(core.UseAPIToken{ID: first.ID, At: first.LastUsedAt}, core.UseAPIToken{ID: "gone", At: start})
	tokens, err = w.store.APITokens(ctx, ann.ID)
	same(w, tokens, err, []core.APIToken{first, second})
	w.refused(core.ErrNotFound, core.DeleteAPIToken{Holder: robot.ID, ID: first.ID})
	w.apply(core.DeleteAPIToken{Holder: ann.ID, ID: first.ID})
	w.refused(core.ErrNotFound, core.DeleteAPIToken{Holder: ann.ID, ID: first.ID})

	w.refused(core.ErrNotFound, core.AddAPIToken{Token: core.APIToken{ID: w.id(), Holder: "nobody", Hash: core.Hash{1}, ExpiresAt: start}})
	endless := core.APIToken{ID: w.id(), Holder: ann.ID, Hash: core.Hash{1}}
	if err := w.store.Apply(ctx, core.AddAPIToken{Token: endless}); err == nil {
		t.Error("a token without an end was added")
	}
	for len(must(w.store.APITokens(ctx, ann.ID))(w)) < core.MaxAPITokens {
		w.apiToken(ann.ID)
	}
	endless.ExpiresAt = start
	w.refused(core.ErrLimit, core.AddAPIToken{Token: endless})
}

func testAPIHolder(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	ann, robot := w.user("ann"), w.account("acme", "robot")
	roles := []core.RoleGrant{w.role(ann.ID, "", core.RoleHelpDesk), w.role(ann.ID, "acme", core.RoleOwner)}
	token, plain := w.apiToken(ann.ID), w.apiToken(robot.ID)
	builtIn, acme := must(w.store.Organisation(ctx, core.DefaultOrganisation))(w), must(w.store.Organisation(ctx, "acme"))(w)

	got, err := w.store.APIHolder(ctx, token.ID)
	same(w, got, err, &core.APIHolder{Token: &token, User: &ann, Org: *builtIn, Roles: roles})
	got, err = w.store.APIHolder(ctx, plain.ID)
	same(w, got, err, &core.APIHolder{Token: &plain, Account: &robot, Org: *acme})
	got, err = w.store.HolderOf(ctx, ann.ID)
	same(w, got, err, &core.APIHolder{User: &ann, Org: *builtIn, Roles: roles})

	// What changes is there at the next read; the caller decides what it means.
	ann.Disabled, robot.Disabled = true, true
	closed := *acme
	closed.Disabled = true
	w.apply(core.UpdateUser{User: ann}, core.UpdateServiceAccount{Account: robot}, core.UpdateOrganisation{Organisation: closed}, core.RevokeRole{Holder: ann.ID})
	got, err = w.store.APIHolder(ctx, token.ID)
	same(w, got, err, &core.APIHolder{Token: &token, User: &ann, Org: *builtIn, Roles: roles[1:]})
	got, err = w.store.APIHolder(ctx, plain.ID)
	same(w, got, err, &core.APIHolder{Token: &plain, Account: &robot, Org: closed})
	w.apply(core.UpdateUser{User: core.User{ID: ann.ID, Org: ann.Org, Name: ann.Name, Admin: true}})
	holder := must(w.store.HolderOf(ctx, ann.ID))(w)
	if all := holder.AllRoles(); len(all) != 2 || all[0].Role != core.RoleOwner || all[0].Org != "" {
		t.Errorf("roles %+v", all)
	}
}

// Who is deleted leaves no role and no token behind, for nobody to get by an identifier.
func testHoldersGo(t *testing.T, w *world) {
	ctx := t.Context()
	ann, robot := w.user("ann"), w.account(core.DefaultOrganisation, "robot")
	for _, id := range []core.ID{ann.ID, robot.ID} {
		w.role(id, "", core.RoleOwner)
		w.apiToken(id)
	}
	w.apply(core.DeleteUser{ID: ann.ID}, core.DeleteServiceAccount{ID: robot.ID})
	for _, id := range []core.ID{ann.ID, robot.ID} {
		same(w, must(w.store.Roles(ctx, id))(w), nil, nil)
		same(w, must(w.store.APITokens(ctx, id))(w), nil, nil)
	}
}

func testAnswers(t *testing.T, w *world) {
	ctx := t.Context()
	asked := core.Answered{Key: core.Hash{1}, Body: core.Hash{2}, Claim: "a", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	var won atomic.Int32
	var racers sync.WaitGroup
	for range 8 {
		racers.Go(func() {
			err := w.store.Apply(ctx, core.BeginAnswer{Answered: asked})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, core.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d carry out the request", won.Load())
	}
	got, err := w.store.Answered(ctx, asked.Key)
	same(w, got, err, &asked)

	done := asked
	done.Status, done.Header, done.Answer, done.ExpiresAt = 201, map[string]string{"Location": "/x"}, []byte(`{"id":"x"}`), start.Add(2*time.Hour)
	w.apply(core.EndAnswer{Answered: done})
	done.Claim = ""
	got, err = w.store.Answered(ctx, asked.Key)
	same(w, got, err, &done)
	w.refused(core.ErrNotFound, core.EndAnswer{Answered: core.Answered{Key: core.Hash{9}}})
	w.refused(core.ErrNotFound, core.EndAnswer{Answered: asked}) // it has one
	w.refused(core.ErrTaken, core.CarryOut{Key: asked.Key, Claim: "a"})
	w.refused(core.ErrConflict, core.TakeAnswer{Key: asked.Key, Was: "a", Claim: "b"})
	w.refused(core.ErrNotFound, core.DropAnswer{Key: asked.Key, Claim: "a"})

	again := core.Answered{Key: asked.Key, Body: core.Hash{3}, Claim: "c", CreatedAt: done.ExpiresAt.Add(-time.Millisecond), ExpiresAt: start.Add(9 * time.Hour)}
	w.refused(core.ErrConflict, core.BeginAnswer{Answered: again})
	again.CreatedAt = done.ExpiresAt
	w.apply(core.BeginAnswer{Answered: again})
	got, err = w.store.Answered(ctx, asked.Key)
	same(w, got, err, &again)
	w.refused(core.ErrNotFound, core.DropAnswer{Key: asked.Key, Claim: "a"})
	w.apply(core.DropAnswer{Key: asked.Key, Claim: "c"})
	gone, err := w.store.Answered(ctx, asked.Key)
	missing(w, gone, err)
}

// Whoever's claim was taken changes nothing any more, and of what is done nobody takes it.
func testAnswerTaken(t *testing.T, w *world) {
	ctx := t.Context()
	asked := core.Answered{Key: core.Hash{1}, Body: core.Hash{2}, Claim: "dead", CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	w.apply(core.BeginAnswer{Answered: asked})
	later := start.Add(time.Minute)
	var won atomic.Int32
	var racers sync.WaitGroup
	for _, claim := range []core.ID{"b", "c", "d", "e"} {
		racers.Go(func() {
			err := w.store.Apply(ctx, core.TakeAnswer{Key: asked.Key, Was: "dead", Claim: claim, At: later})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, core.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	got := must(w.store.Answered(ctx, asked.Key))(w)
	if won.Load() != 1 || got.Claim == "dead" || !got.CreatedAt.Equal(later) || got.Status != core.AnswerBegun {
		t.Errorf("%d took the request: %+v", won.Load(), got)
	}
	group := core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "twice", CreatedAt: start, UpdatedAt: start}
	w.refused(core.ErrTaken, core.CreateGroup{Group: group}, core.CarryOut{Key: asked.Key, Claim: "dead"})
	w.apply(core.CreateGroup{Group: group}, core.CarryOut{Key: asked.Key, Claim: got.Claim}, core.CarryOut{Key: asked.Key, Claim: got.Claim})
	if is := must(w.store.Answered(ctx, asked.Key))(w); is.Status != core.AnswerDone || is.Claim != got.Claim {
		t.Errorf("%+v", is)
	}
	w.refused(core.ErrConflict, core.TakeAnswer{Key: asked.Key, Was: got.Claim, Claim: "z"})
	w.refused(core.ErrNotFound, core.DropAnswer{Key: asked.Key, Claim: got.Claim})
	got.Status = 201
	w.apply(core.EndAnswer{Answered: *got})
	w.refused(core.ErrTaken, core.CarryOut{Key: asked.Key, Claim: got.Claim})
	w.refused(core.ErrTaken, core.CarryOut{Key: core.Hash{9}, Claim: got.Claim})
}

func (w *world) deviceGrant(client core.Client, code byte) core.DeviceGrant {
	w.Helper()
	g := core.DeviceGrant{ID: w.id(), Hash: core.Hash{code}, UserCode: core.Hash{code, 1}, ClientID: client.ID, Scopes: []string{"openid", "profile"},
		State: core.DevicePending, IP: "192.0.2.1", UserAgent: "postern/1", Interval: 5 * time.Second, CreatedAt: start, ExpiresAt: start.Add(10 * time.Minute)}
	w.apply(core.AddDeviceGrant{Grant: g})
	return g
}

func testDeviceGrants(t *testing.T, w *world) {
	ctx := t.Context()
	client := w.client("tv")
	want := w.deviceGrant(client, 1)
	got, err := w.store.DeviceGrant(ctx, want.ID)
	same(w, got, err, &want)
	got, err = w.store.DeviceGrantByCode(ctx, want.UserCode)
	same(w, got, err, &want)

	// Of two that live, each has its user code; one that has expired leaves it.
	same := core.DeviceGrant{ID: w.id(), UserCode: want.UserCode, ClientID: client.ID, State: core.DevicePending, CreatedAt: want.ExpiresAt.Add(-time.Millisecond), ExpiresAt: start.Add(time.Hour)}
	w.refused(core.ErrConflict, core.AddDeviceGrant{Grant: same})
	poll := core.PollDeviceGrant{ID: want.ID, At: start.Add(5 * time.Second), Interval: 10 * time.Second}
	w.apply(poll, core.PollDeviceGrant{ID: "gone", At: start})
	want.PolledAt, want.Interval = poll.At, poll.Interval

	want.State, want.GrantedScopes, want.SessionID, want.UserID = core.DeviceApproved, []string{"openid"}, "s", "u"
	decide := core.DecideDeviceGrant{Grant: want, At: want.ExpiresAt}
	w.refused(core.ErrConflict, decide)
	decide.At = start.Add(time.Minute)
	w.apply(decide)
	denied := want
	denied.State = core.DeviceDenied
	w.refused(core.ErrConflict, core.DecideDeviceGrant{Grant: denied, At: decide.At})
	if got := must(w.store.DeviceGrant(ctx, want.ID))(w); got.State != core.DeviceApproved || got.UserID != "u" || got.Interval != 10*time.Second || !got.PolledAt.Equal(poll.At) {
		t.Errorf("got %+v", got)
	}
	same.CreatedAt = want.ExpiresAt
	w.apply(core.AddDeviceGrant{Grant: same})
	gone, err := w.store.DeviceGrant(ctx, want.ID)
	missing(w, gone, err)
	w.refused(core.ErrNotFound, core.AddDeviceGrant{Grant: core.DeviceGrant{ID: w.id(), ClientID: "nobody", State: core.DevicePending, ExpiresAt: start.Add(time.Hour)}})
	w.apply(core.DeleteClient{ID: client.ID})
	gone, err = w.store.DeviceGrant(ctx, same.ID)
	missing(w, gone, err)
}

// A device code is redeemed once, whoever races for it.
func testDeviceGrantOnce(t *testing.T, w *world) {
	grant := w.deviceGrant(w.client("tv"), 1)
	var won atomic.Int32
	var racers sync.WaitGroup
	for range 8 {
		racers.Go(func() {
			err := w.store.Apply(background, core.FinishDeviceGrant{ID: grant.ID})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, core.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d redeemed it", won.Load())
	}
}

func testSweepAdministration(t *testing.T, w *world) {
	ann, client := w.user("ann"), w.client("tv")
	grant, token := w.deviceGrant(client, 1), w.apiToken(ann.ID)
	answer := core.Answered{Key: core.Hash{1}, CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour)}
	w.apply(core.BeginAnswer{Answered: answer})
	for _, step := range []struct {
		at   time.Time
		want int64
	}{
		{grant.ExpiresAt.Add(-time.Millisecond), 0}, {grant.ExpiresAt, 1},
		{answer.ExpiresAt.Add(-time.Millisecond), 0}, {answer.ExpiresAt, 1},
		// People see for a while that a token has ended.
		{token.ExpiresAt.Add(30*24*time.Hour - time.Millisecond), 0}, {token.ExpiresAt.Add(30 * 24 * time.Hour), 1},
	} {
		if deleted, err := w.store.Sweep(background, step.at); err != nil || deleted != step.want {
			t.Errorf("at %v: deleted %d, %v, want %d", step.at, deleted, err, step.want)
		}
	}
}

// An event that does not say which organisation it concerns is of its user's, else of its
// client's.
func testEventOrganisation(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	w.organisation("other")
	ann, client := w.userOf("acme", "ann"), w.client("c")
	event := func(e core.Event) core.Event {
		e.ID, e.At, e.Type = w.id(), start, core.EventSignedIn
		return e
	}
	fields := []core.FieldChange{{Field: "name", Before: "a\n\"b\"", After: "c"}, {Field: "password"}}
	for _, test := range []struct {
		event core.Event
		want  string
	}{
		{event(core.Event{}), ""},
		{event(core.Event{UserID: ann.ID, ClientID: client.ID}), "acme"},
		{event(core.Event{ClientID: client.ID}), core.DefaultOrganisation},
		{event(core.Event{UserID: ann.ID, Org: "other", Fields: fields}), "other"},
		{event(core.Event{UserID: "nobody"}), ""},
	} {
		w.apply(core.Record{Event: test.event})
		want := test.event
		want.Org = test.want
		got, err := w.store.Events(ctx, core.EventFilter{Limit: 1})
		same(w, got, err, []core.Event{want})
	}
}
