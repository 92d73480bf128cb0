package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func userName(u core.User) string { return u.Name }

// What is looked for is text, never a pattern, and never SQL.
func testFindUsers(t *testing.T, w *world) {
	w.organisation("acme")
	user := func(org, name, email, display, external string) core.User {
		u := core.User{ID: w.id(), Org: org, Name: name, Email: email, Profile: core.Profile{DisplayName: display, ExternalID: external}, CreatedAt: start, UpdatedAt: start}
		w.apply(core.CreateUser{User: u})
		return u
	}
	ann := user(core.DefaultOrganisation, "Ann", "ann@example.org", "Ann Ängström", "e1")
	bob := user(core.DefaultOrganisation, "bob_x", "bob@100%.example", `C:\ 100%`, "")
	carl := user(core.DefaultOrganisation, "carl", "", "", "")
	there := user("acme", "ann", "a@acme.example", "", "e1")
	boss := user("acme", "boss", "", "", "")
	carl.Disabled, boss.Admin = true, true
	w.apply(core.UpdateUser{User: carl}, core.UpdateUser{User: boss})
	w.role(ann.ID, "acme", core.RoleHelpDesk)
	w.role(there.ID, core.DefaultOrganisation, core.RoleAuditor)
	w.role(bob.ID, "", core.RoleAuditor)
	for _, test := range []struct {
		filter core.UserFilter
		want   []core.User
	}{
		{core.UserFilter{Search: "ann"}, []core.User{ann, there}},
		{core.UserFilter{Search: "ÄNGSTRÖM"}, []core.User{ann}},
		{core.UserFilter{Search: "example"}, []core.User{ann, there, bob}},
		{core.UserFilter{Search: "100%"}, []core.User{bob}},
		{core.UserFilter{Search: `\`}, []core.User{bob}},
		{core.UserFilter{Search: "b_x"}, []core.User{bob}},
		{core.UserFilter{Search: "b%x"}, nil},
		{core.UserFilter{Search: "a_n"}, nil},
		{core.UserFilter{Search: "' OR '1'='1"}, nil},
		{core.UserFilter{Org: "acme", Search: "ANN"}, []core.User{there}},
		{core.UserFilter{ExternalID: "e1"}, []core.User{ann, there}},
		{core.UserFilter{ExternalID: "E1"}, nil},
		{core.UserFilter{Org: "acme", ExternalID: "e1"}, []core.User{there}},
		{core.UserFilter{Disabled: new(true)}, []core.User{carl}},
		{core.UserFilter{Org: core.DefaultOrganisation, Disabled: new(false)}, []core.User{ann, bob}},
		{core.UserFilter{Admins: true}, []core.User{ann, there, bob, boss}},
		{core.UserFilter{Org: "acme", Admins: true}, []core.User{boss}},
		{core.UserFilter{Org: core.DefaultOrganisation, Admins: true}, []core.User{bob}},
		{core.UserFilter{Limit: 2}, []core.User{ann, there}},
	} {
		users, err := w.store.Users(t.Context(), test.filter)
		want := slices.Clone(test.want)
		slices.SortStableFunc(want, byNameAndID)
		same(w, names(users, func(u core.User) core.ID { return u.ID }), err, names(want, func(u core.User) core.ID { return u.ID }))
	}
	// A new profile is found by, and the old one is not.
	ann.Profile = core.Profile{DisplayName: "Anna Ölund", ExternalID: "e2"}
	w.apply(core.SetProfile{UserID: ann.ID, Profile: ann.Profile, At: start})
	for search, want := range map[string]int{"ÖLUND": 1, "ängström": 0} {
		if users := must(w.store.Users(t.Context(), core.UserFilter{Search: search}))(w); len(users) != want {
			t.Errorf("%q finds %v", search, names(users, userName))
		}
	}
	if users := must(w.store.Users(t.Context(), core.UserFilter{ExternalID: "e2"}))(w); len(users) != 1 {
		t.Errorf("got %v", names(users, userName))
	}
}

func byNameAndID(a, b core.User) int {
	return cmp.Or(cmp.Compare(core.FoldName(a.Name), core.FoldName(b.Name)), cmp.Compare(a.ID, b.ID))
}

// Pages have everything once, of one organisation and of all, whatever has the same name.
func testPages(t *testing.T, w *world) {
	ctx := t.Context()
	for _, org := range []string{"acme", "other"} {
		w.organisation(org)
		for i := range 7 {
			name := fmt.Sprintf("N%d", i)
			w.apply(core.CreateUser{User: core.User{ID: w.id(), Org: org, Name: name, CreatedAt: start}},
				core.CreateGroup{Group: core.Group{ID: w.id(), Org: org, Name: name, CreatedAt: start}},
				core.CreateClient{Client: core.Client{ID: string(w.id()), Org: org, Name: name, CreatedAt: start}})
		}
	}
	for _, org := range []string{"acme", ""} {
		users := must(w.store.Users(ctx, core.UserFilter{Org: org}))(w)
		pages(w, "users", len(users), func(last *core.User, limit int) ([]core.User, error) {
			filter := core.UserFilter{Org: org, Limit: limit}
			if last != nil {
				filter.After, filter.AfterID = core.FoldName(last.Name), last.ID
			}
			return w.store.Users(ctx, filter)
		}, func(u core.User) string { return string(u.ID) })
		groups := must(w.store.FindGroups(ctx, core.GroupFilter{Org: org}))(w)
		pages(w, "groups", len(groups), func(last *core.Group, limit int) ([]core.Group, error) {
			filter := core.GroupFilter{Org: org, Limit: limit}
			if last != nil {
				filter.After, filter.AfterID = last.Name, last.ID
			}
			return w.store.FindGroups(ctx, filter)
		}, func(g core.Group) string { return string(g.ID) })
		if org != "" {
			passedOver(w, org, users, groups)
		}
		same(w, must(w.store.CountUsers(ctx, core.UserFilter{Org: org, After: "n1", Limit: 2, Offset: 1}))(w), nil, len(users))
		same(w, must(w.store.CountGroups(ctx, core.GroupFilter{Org: org, After: "N1", Limit: 2, Offset: 1}))(w), nil, len(groups))
		same(w, must(w.store.CountUsers(ctx, core.UserFilter{Org: org, Search: "n1"}))(w), nil, len(must(w.store.Users(ctx, core.UserFilter{Org: org, Search: "n1"}))(w)))
		clients := must(w.store.FindClients(ctx, core.ClientFilter{Org: org}))(w)
		pages(w, "clients", len(clients), func(last *core.Client, limit int) ([]core.Client, error) {
			filter := core.ClientFilter{Org: org, Limit: limit}
			if last != nil {
				filter.After, filter.AfterID = core.FoldName(last.Name), last.ID
			}
			return w.store.FindClients(ctx, filter)
		}, func(c core.Client) string { return c.ID })
	}
}

// passedOver reads from each row on, and beyond the last.
func passedOver(w *world, org string, users []core.User, groups []core.Group) {
	w.Helper()
	for offset := range len(users) + 2 {
		some := must(w.store.Users(w.Context(), core.UserFilter{Org: org, Limit: 2, Offset: offset}))(w)
		same(w, some, nil, append([]core.User(nil), users[min(offset, len(users)):min(offset+2, len(users))]...))
		few := must(w.store.FindGroups(w.Context(), core.GroupFilter{Org: org, Limit: 2, Offset: offset}))(w)
		same(w, few, nil, append([]core.Group(nil), groups[min(offset, len(groups)):min(offset+2, len(groups))]...))
	}
	found := must(w.store.Users(w.Context(), core.UserFilter{Org: org, Search: "n"}))(w)
	same(w, must(w.store.Users(w.Context(), core.UserFilter{Org: org, Search: "n", Offset: 2}))(w), nil, found[2:])
}

// pages reads pages of three until there is none, and counts what is on them.
func pages[T any](w *world, what string, want int, page func(last *T, limit int) ([]T, error), key func(T) string) {
	w.Helper()
	seen := map[string]bool{}
	var last *T
	for {
		rows := must(page(last, 3))(w)
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			if seen[key(row)] {
				w.Errorf("%s: %s is on two pages", what, key(row))
			}
			seen[key(row)] = true
		}
		last = &rows[len(rows)-1]
	}
	if len(seen) != want || want < 7 {
		w.Errorf("%s: %d are on the pages, want %d", what, len(seen), want)
	}
}

func testFindGroupsAndClients(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	staff := core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "Staff", DisplayName: "Ältere 100%", ExternalID: "x", CreatedAt: start, UpdatedAt: start}
	other := core.Group{ID: w.id(), Org: "acme", Name: "other", ExternalID: "x", CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateGroup{Group: staff}, core.CreateGroup{Group: other})
	got, err := w.store.GroupByID(ctx, staff.ID)
	same(w, got, err, &staff)
	none, err := w.store.GroupByID(ctx, "x")
	missing(w, none, err)
	for _, test := range []struct {
		filter core.GroupFilter
		want   []core.Group
	}{
		{core.GroupFilter{}, []core.Group{staff, other}},
		{core.GroupFilter{Org: "acme"}, []core.Group{other}},
		{core.GroupFilter{Search: "STAFF"}, []core.Group{staff}},
		{core.GroupFilter{Search: "ÄLTERE"}, []core.Group{staff}},
		{core.GroupFilter{Search: "100%"}, []core.Group{staff}},
		{core.GroupFilter{Search: "%"}, []core.Group{staff}},
		{core.GroupFilter{ExternalID: "x"}, []core.Group{staff, other}},
		{core.GroupFilter{Org: "acme", ExternalID: "x"}, []core.Group{other}},
		{core.GroupFilter{Limit: 1}, []core.Group{staff}},
	} {
		groups, err := w.store.FindGroups(ctx, test.filter)
		same(w, groups, err, test.want)
	}
	wiki, shop := fullClient(), core.Client{ID: "shop", Org: "acme", Name: "shop", CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateClient{Client: wiki}, core.CreateClient{Client: shop})
	for _, test := range []struct {
		filter core.ClientFilter
		want   []core.Client
	}{
		{core.ClientFilter{}, []core.Client{wiki, shop}},
		{core.ClientFilter{Org: "acme"}, []core.Client{shop}},
		{core.ClientFilter{Search: "the WIKI"}, []core.Client{wiki}},
		{core.ClientFilter{Search: "confl"}, []core.Client{wiki}},
		{core.ClientFilter{Search: "full"}, []core.Client{wiki}},
		{core.ClientFilter{Search: "_"}, nil},
	} {
		clients, err := w.store.FindClients(ctx, test.filter)
		same(w, withoutCommand(clients), err, test.want)
	}
	wiki.DisplayName = "Handbook"
	w.apply(core.UpdateClient{Client: wiki})
	clients, err := w.store.FindClients(ctx, core.ClientFilter{Search: "handbook"})
	same(w, clients, err, []core.Client{wiki})
}

func testLiveSessions(t *testing.T, w *world) {
	w.organisation("acme")
	ann, bob := w.user("ann"), w.userOf("acme", "bob")
	first, second, bobs, ended := w.session(ann), w.session(ann), w.session(bob), w.session(ann)
	w.apply(core.EndSession{ID: ended.ID, At: start})
	live := func(s core.Session, u core.User) core.LiveSession {
		s.Hash = core.Hash{}
		return core.LiveSession{Session: s, Org: u.Org, User: u.Name}
	}
	for _, test := range []struct {
		filter core.SessionFilter
		want   []core.LiveSession
	}{
		{core.SessionFilter{}, []core.LiveSession{live(bobs, bob), live(second, ann), live(first, ann)}},
		{core.SessionFilter{At: start}, []core.LiveSession{live(bobs, bob), live(second, ann), live(first, ann)}},
		{core.SessionFilter{At: first.ExpiresAt}, nil},
		{core.SessionFilter{Org: "acme"}, []core.LiveSession{live(bobs, bob)}},
		{core.SessionFilter{UserID: ann.ID, Limit: 1}, []core.LiveSession{live(second, ann)}},
		{core.SessionFilter{UserID: ann.ID, Before: second.ID}, []core.LiveSession{live(first, ann)}},
		{core.SessionFilter{Org: "acme", UserID: ann.ID}, nil},
	} {
		sessions, err := w.store.LiveSessions(t.Context(), test.filter)
		same(w, sessions, err, test.want)
	}
}

func testCounts(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	ann, bob := w.user("ann"), w.userOf("acme", "bob")
	ann.Disabled = true
	w.apply(core.UpdateUser{User: ann})
	w.group("g")
	robot := w.account("acme", "robot")
	w.apiToken(robot.ID) // which ends an hour after start
	w.connector("idp")
	w.session(bob)
	now := start.Add(25 * time.Hour)
	for _, e := range []struct {
		at   time.Time
		kind core.EventType
		user core.ID
	}{
		{now.Add(-24 * time.Hour), core.EventSignedIn, bob.ID}, {now, core.EventSignedIn, ann.ID}, {now, core.EventSignInFailed, bob.ID},
		{now.Add(-24*time.Hour - time.Millisecond), core.EventSignedIn, bob.ID}, {now, core.EventSignedOut, bob.ID},
	} {
		w.now = e.at.Add(-time.Millisecond)
		w.apply(core.Record{Event: core.Event{ID: w.id(), At: e.at, Type: e.kind, UserID: e.user}})
	}
	days := func(last time.Time, signIns, failures, dayBefore int) []core.DayCount {
		var list []core.DayCount
		for i := range core.CountedDays {
			list = append(list, core.DayCount{Day: last.UTC().Truncate(24*time.Hour).AddDate(0, 0, i+1-core.CountedDays)})
		}
		list[core.CountedDays-1].SignIns, list[core.CountedDays-1].Failures, list[core.CountedDays-2].SignIns = signIns, failures, dayBefore
		return list
	}
	got, err := w.store.Counts(ctx, "", now)
	same(w, got, err, core.Counts{Users: 2, DisabledUsers: 1, Groups: 1, Clients: 1, Connectors: 1, ServiceAccounts: 1, SignIns: 2, Failures: 1, Days: days(now, 1, 1, 2)})
	got, err = w.store.Counts(ctx, "", start)
	if err != nil || got.TokensEnding != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = w.store.Counts(ctx, "acme", start)
	same(w, got, err, core.Counts{Users: 1, ServiceAccounts: 1, Sessions: 1, SignIns: 2, Failures: 1, TokensEnding: 1, Days: days(start, 2, 0, 0)})
	got, err = w.store.Counts(ctx, "nowhere", now)
	same(w, got, err, core.Counts{Days: days(now, 0, 0, 0)})
}

// What is counted before something is deleted is what goes with it.
func testContents(t *testing.T, w *world) {
	ctx := t.Context()
	w.organisation("acme")
	ann, bob := w.userOf("acme", "ann"), w.user("bob")
	client := core.Client{ID: "c", Org: "acme", Name: "c", AllowedGroups: []string{"staff"}, CreatedAt: start}
	group := core.Group{ID: w.id(), Org: "acme", Name: "staff"}
	robot := w.account("acme", "robot")
	w.apply(core.CreateClient{Client: client}, core.CreateGroup{Group: group}, core.AddMember{GroupID: group.ID, UserID: ann.ID},
		core.SaveConsent{Consent: core.Consent{UserID: ann.ID, ClientID: client.ID}}, core.SaveConsent{Consent: core.Consent{UserID: bob.ID, ClientID: client.ID}})
	w.grant(ann, client)
	w.session(ann)
	w.role(ann.ID, "acme", core.RoleOwner)
	w.role(bob.ID, "acme", core.RoleAuditor)
	w.apiToken(robot.ID)
	connector := w.connector("idp")
	w.apply(core.SaveLink{Link: core.Link{Connector: connector.Instance, Subject: "b", UserID: bob.ID, CreatedAt: start}})

	for _, test := range []struct {
		what string
		got  []core.Content
		want []core.Content
	}{
		{"organisation", must(w.store.OrganisationContents(ctx, "acme"))(w), []core.Content{
			{What: "users", Count: 1}, {What: "groups", Count: 1}, {What: "clients", Count: 1}, {What: "service accounts", Count: 1}, {What: "roles", Count: 2},
			{What: "API tokens", Count: 1}, {What: "sessions", Count: 1}, {What: "consents", Count: 2},
		}},
		{"user", must(w.store.UserContents(ctx, ann.ID))(w), []core.Content{
			{What: "group memberships", Count: 1}, {What: "roles", Count: 1}, {What: "sessions", Count: 1}, {What: "consents", Count: 1}, {What: "grants", Count: 1},
		}},
		{"account", must(w.store.ServiceAccountContents(ctx, robot.ID))(w), []core.Content{{What: "API tokens", Count: 1}}},
		{"group", must(w.store.GroupContents(ctx, group.ID))(w), []core.Content{{What: "memberships", Count: 1}}},
		{"client", must(w.store.ClientContents(ctx, client.ID))(w), []core.Content{{What: "consents", Count: 2}, {What: "grants", Count: 1}}},
		{"connector", must(w.store.ConnectorContents(ctx, "idp"))(w), []core.Content{{What: "linked accounts", Count: 1}}},
		{"nothing", must(w.store.UserContents(ctx, "nobody"))(w), nil},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", test.what, test.got, test.want)
		}
	}
}

func testFindEvents(t *testing.T, w *world) {
	w.organisation("acme")
	ann, robot := w.userOf("acme", "ann"), w.account(core.DefaultOrganisation, "Robo")
	w.apply(core.SetProfile{UserID: ann.ID, Profile: core.Profile{DisplayName: "Amelie"}, At: start})
	var ids []core.ID
	for _, e := range []core.Event{
		{Type: core.EventSignedIn, UserID: ann.ID, IP: "192.0.2.7", Detail: map[string]string{"way": "100% Passkey"}},
		{Type: core.EventUserUpdated, UserID: ann.ID, Actor: "user:boss", Correlation: "r-1"},
		{Type: core.EventOrgUpdated, Org: "acme", Actor: "service:robot", Detail: map[string]string{"name": `R&D "ÖFFENTLICH"`}, Fields: []core.FieldChange{{Field: "name", Before: "Grün"}}},
		{Type: core.EventKeyCreated, Actor: "service:" + string(robot.ID)},
	} {
		e.ID = w.id()
		e.At = start.Add(time.Duration(len(ids)) * time.Second)
		ids = append(ids, e.ID)
		w.apply(core.Record{Event: e})
	}
	for _, test := range []struct {
		filter core.EventFilter
		want   []core.ID
	}{
		{core.EventFilter{Org: "acme"}, []core.ID{ids[2], ids[1], ids[0]}},
		{core.EventFilter{Org: "acme", Before: ids[2], Limit: 1}, []core.ID{ids[1]}},
		{core.EventFilter{Before: ids[1]}, []core.ID{ids[0]}},
		{core.EventFilter{ID: ids[1]}, []core.ID{ids[1]}},
		{core.EventFilter{ID: ids[1], Org: core.DefaultOrganisation}, nil},
		{core.EventFilter{Actor: "user:boss"}, []core.ID{ids[1]}},
		{core.EventFilter{Actor: "user"}, nil},
		{core.EventFilter{Types: []core.EventType{core.EventSignedIn, core.EventKeyCreated}}, []core.ID{ids[3], ids[0]}},
		{core.EventFilter{Types: []core.EventType{core.EventKeyCreated}, Org: "acme"}, nil},
		{core.EventFilter{Search: "PASSKEY"}, []core.ID{ids[0]}},
		{core.EventFilter{Search: `R&D "ÖFFENTLICH"`}, []core.ID{ids[2]}},
		{core.EventFilter{Search: "Grün"}, []core.ID{ids[2]}},
		{core.EventFilter{Search: "AMELIE"}, []core.ID{ids[1], ids[0]}}, // by what she is called
		{core.EventFilter{Search: "amélie", Org: core.DefaultOrganisation}, nil},
		{core.EventFilter{Search: "robo"}, []core.ID{ids[3], ids[2]}},
		{core.EventFilter{Search: "robo", Org: "acme"}, []core.ID{ids[2]}}, // the robot is of another organisation
		{core.EventFilter{Search: "0% p"}, []core.ID{ids[0]}},
		{core.EventFilter{Search: "_"}, nil},
		{core.EventFilter{Search: "192.0.2."}, []core.ID{ids[0]}},
		{core.EventFilter{Search: "robot"}, []core.ID{ids[2]}},
		{core.EventFilter{Search: "organisation.upd"}, []core.ID{ids[2]}},
		{core.EventFilter{Since: start.Add(time.Second), Until: start.Add(3 * time.Second)}, []core.ID{ids[2], ids[1]}},
		{core.EventFilter{Org: "acme", UserID: ann.ID, Activity: true}, []core.ID{ids[1], ids[0]}},
		{core.EventFilter{Org: core.DefaultOrganisation}, nil},
	} {
		events, err := w.store.Events(t.Context(), test.filter)
		got := names(events, func(e core.Event) core.ID { return e.ID })
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%+v: got %v, %v, want %v", test.filter, got, err, test.want)
		}
	}
}

// Names are found of who is there, and of who is gone, as far as the log knows them.
func testCalled(t *testing.T, w *world) {
	w.organisation("acme")
	ann, bob, robot, old := w.userOf("acme", "ann"), w.user("bob"), w.account("acme", "robot"), w.account("acme", "old")
	w.apply(core.SetProfile{UserID: ann.ID, Profile: core.Profile{DisplayName: "Ann Ä. Other"}, At: start})
	gone, nameless := w.id(), w.id()
	record := func(e core.Event) {
		e.ID, e.At = w.id(), start
		w.apply(core.Record{Event: e})
	}
	record(core.Event{Type: core.EventUserCreated, UserID: gone, Org: "acme", Detail: map[string]string{"name": "carl"}})
	record(core.Event{Type: core.EventUserUpdated, UserID: gone, Org: "acme", Detail: map[string]string{"name": "not this"}})
	record(core.Event{Type: core.EventUserDeleted, UserID: gone, Org: "acme", Detail: map[string]string{"name": "carla"}})
	record(core.Event{Type: core.EventAccountCreated, Org: "acme", Detail: map[string]string{"name": "old", "service_account": string(old.ID)}})
	w.apply(core.DeleteServiceAccount{ID: old.ID})
	want := map[core.ID]core.Called{
		ann.ID: {Name: "Ann Ä. Other", Login: "ann", Org: "acme"}, bob.ID: {Name: "bob", Login: "bob", Org: core.DefaultOrganisation},
		robot.ID: {Name: "robot", Org: "acme"}, gone: {Name: "carla", Org: "acme", Gone: true}, old.ID: {Name: "old", Org: "acme", Gone: true},
	}
	got, err := w.store.Called(t.Context(), []core.ID{ann.ID, bob.ID, robot.ID, gone, old.ID, nameless, "boss", "' OR 1"})
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}
