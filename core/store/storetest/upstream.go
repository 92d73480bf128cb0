package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func (w *world) connector(name string) core.Connector {
	w.Helper()
	w.instance(name)
	c := core.Connector{Instance: name, Org: core.DefaultOrganisation, CreatedAt: start, UpdatedAt: start}
	w.apply(core.SaveConnector{Connector: c})
	return c
}

func (w *world) attempt(c core.Connector) core.UpstreamAttempt {
	w.Helper()
	a := core.UpstreamAttempt{
		ID: w.id(), Hash: core.Hash{6}, BrowserHash: core.Hash{7}, RequestID: w.id(), Connector: c.Instance, Fresh: true,
		Sealed: []byte{0, 1, 2}, CreatedAt: start, ExpiresAt: start.Add(10 * time.Minute),
	}
	w.apply(core.SaveAttempt{Attempt: a})
	return a
}

func (w *world) link(c core.Connector, subject string, u core.User, groups ...string) core.Link {
	w.Helper()
	l := core.Link{Connector: c.Instance, Subject: subject, UserID: u.ID, Name: subject + "@there", Groups: groups, CreatedAt: start, LastUsedAt: start}
	w.apply(core.SaveLink{Link: l})
	return l
}

// groupsOf wants the same groups of a user from each read.
func (w *world) groupsOf(u core.User, want ...string) {
	w.Helper()
	same(w, must(w.store.User(w.Context(), u.ID))(w).Groups, nil, want)
	for _, name := range want {
		members := must(w.store.Users(w.Context(), core.UserFilter{Group: name}))(w)
		if names := names(members, func(u core.User) string { return u.Name }); len(names) == 0 {
			w.Errorf("%s has no members", name)
		}
	}
}

func testConnectors(t *testing.T, w *world) {
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	if none := w.plugins().Connectors; none != nil {
		t.Errorf("got %+v", none)
	}
	b := w.connector("b")
	generation := w.plugins().Generation
	a := core.Connector{
		Instance: "a", Org: "acme", DisplayName: "Sign in ü", Icon: "data:image/svg+xml;base64,AAAA", Domains: []string{"a.example", "b.example"},
		Hidden: true, Disabled: true, CreateUsers: true, LinkByEmail: true, SyncProfile: true, SyncGroups: true, GroupPrefix: "idp:",
		KeepTokens: true, Logout: true, CreatedAt: start, UpdatedAt: start.Add(time.Second),
	}
	w.refused(core.ErrNotFound, core.SaveConnector{Connector: a}) // no instance yet
	w.instance("a")
	unsorted := a
	unsorted.Domains = []string{"b.example", "a.example"}
	w.apply(core.SaveConnector{Connector: unsorted})
	same(w, w.plugins().Connectors, nil, []core.Connector{a, b})
	if w.plugins().Generation <= generation {
		t.Error("a connector does not raise the generation")
	}

	// Saving it again replaces everything but the time at which it was made. Each of the
	// switches is a column of its own.
	for _, flip := range []func(*core.Connector){
		func(c *core.Connector) { c.Hidden = false },
		func(c *core.Connector) { c.Disabled = false },
		func(c *core.Connector) { c.CreateUsers = false },
		func(c *core.Connector) { c.LinkByEmail = false },
		func(c *core.Connector) { c.SyncProfile = false },
		func(c *core.Connector) { c.SyncGroups = false },
		func(c *core.Connector) { c.KeepTokens = false },
		func(c *core.Connector) { c.Logout = false },
		func(c *core.Connector) { c.DisplayName, c.Icon, c.GroupPrefix, c.Org = "", "google", "", b.Org },
		func(c *core.Connector) { c.Domains, c.UpdatedAt = []string{"b.example"}, start.Add(time.Hour) },
		func(c *core.Connector) { c.Domains = nil },
	} {
		flip(&a)
		saved := a
		saved.CreatedAt = start.Add(time.Hour)
		w.apply(core.SaveConnector{Connector: saved})
		same(w, w.plugins().Connectors, nil, []core.Connector{a, b})
	}
	a.Org = "nowhere"
	w.refused(core.ErrNotFound, core.SaveConnector{Connector: a})

	generation = w.plugins().Generation
	w.apply(core.DeleteConnector{Instance: "a"})
	same(w, w.plugins().Connectors, nil, []core.Connector{b})
	if w.plugins().Generation <= generation || len(w.plugins().Instances) != 2 {
		t.Errorf("got %+v", w.plugins())
	}
	w.refused(core.ErrNotFound, core.DeleteConnector{Instance: "a"})
}

// A domain leads to one connector of an organisation.
func testConnectorDomains(t *testing.T, w *world) {
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	a, b, elsewhere := w.connector("a"), w.connector("b"), w.connector("elsewhere")
	a.Domains = []string{"one.example", "two.example"}
	elsewhere.Org, elsewhere.Domains = "acme", []string{"two.example"}
	w.apply(core.SaveConnector{Connector: a}, core.SaveConnector{Connector: a}, core.SaveConnector{Connector: elsewhere})
	b.Domains, b.DisplayName = []string{"b.example", "two.example"}, "changed"
	w.taken("domain two.example", core.SaveConnector{Connector: b})
	b.Domains, b.DisplayName = nil, ""
	same(w, w.plugins().Connectors, nil, []core.Connector{a, b, elsewhere})

	b.Domains = []string{"two.example"}
	a.Domains = []string{"one.example"}
	w.apply(core.SaveConnector{Connector: a}, core.SaveConnector{Connector: b}) // it moves
	elsewhere.Org = core.DefaultOrganisation
	w.taken("domain two.example", core.SaveConnector{Connector: elsewhere})
	w.apply(core.DeleteConnector{Instance: "b"}, core.SaveConnector{Connector: elsewhere})
	same(w, w.plugins().Connectors, nil, []core.Connector{a, elsewhere})
}

// What hangs on a connector goes with it, or with its instance.
func testDeleteConnector(t *testing.T, w *world) {
	ctx := t.Context()
	ann := w.user("ann")
	for name, end := range map[string]core.Change{
		"connector": core.DeleteConnector{Instance: "gone"},
		"instance":  core.DeleteInstance{Name: "gone"},
	} {
		gone, stays := w.connector("gone"), w.connector("stays")
		lost, kept := w.attempt(gone), w.attempt(stays)
		w.link(gone, "1", ann, "both", "gone")
		link := w.link(stays, "1", ann, "both", "stays")
		w.link(gone, "2", ann)
		w.groupsOf(ann, "both", "gone", "stays")
		w.apply(end)

		noAttempt, err := w.store.Attempt(ctx, lost.ID)
		missing(w, noAttempt, err)
		attempt, err := w.store.Attempt(ctx, kept.ID)
		same(w, attempt, err, &kept)
		noLink, err := w.store.Link(ctx, "gone", "1")
		missing(w, noLink, err)
		links, err := w.store.Links(ctx, ann.ID)
		same(w, links, err, []core.Link{link})
		w.groupsOf(ann, "both", "stays")
		if got := w.plugins().Connectors; len(got) != 1 {
			t.Errorf("%s: got %+v", name, got)
		}
		w.apply(core.DeleteInstance{Name: "stays"}, core.DeleteInstance{Name: "gone"})
		w.groupsOf(ann)
	}
}

func testLinks(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme", DisplayName: "Acme"}})
	ann := core.User{ID: w.id(), Org: "acme", Name: "ann", Email: "ann@acme.example", CreatedAt: start, UpdatedAt: start}
	w.apply(core.CreateUser{User: ann})
	a, b := w.connector("a"), w.connector("b")
	none, err := w.store.Links(ctx, ann.ID)
	same(w, none, err, nil)

	want := core.Link{Connector: "b", Subject: "Ü \"1\"\x00", UserID: ann.ID, Name: "ann@there", Tokens: []byte{0, 9}, CreatedAt: start, LastUsedAt: start.Add(time.Second)}
	w.apply(core.SaveLink{Link: want})
	linked := must(w.store.Link(ctx, want.Connector, want.Subject))(w)
	same(w, linked.Link, nil, want)
	same(w, linked.User, nil, ann)
	if linked.Org.DisplayName != "Acme" {
		t.Errorf("organisation %+v", linked.Org)
	}
	// Subjects are exact, and those of one connector are not those of another.
	for _, other := range [][2]string{{"b", "ü \"1\"\x00"}, {"b", "Ü \"1\""}, {"a", want.Subject}, {"", want.Subject}, {"b", ""}} {
		got, err := w.store.Link(ctx, other[0], other[1])
		missing(w, got, err)
	}

	// Saving it again replaces everything but the time at which it was made.
	want.Name, want.Tokens, want.LastUsedAt = "new", nil, start.Add(time.Hour)
	again := want
	again.CreatedAt = start.Add(time.Hour)
	w.apply(core.SaveLink{Link: again})
	others := []core.Link{w.link(a, "z", ann), w.link(b, "1", ann)}
	links, err := w.store.Links(ctx, ann.ID)
	same(w, links, err, []core.Link{others[0], others[1], want})

	bob := w.user("bob")
	taken := want
	taken.UserID, taken.Groups = bob.ID, []string{"never"}
	w.refused(core.ErrConflict, core.SaveLink{Link: taken})
	w.groupsOf(bob)
	w.refused(core.ErrNotFound, core.SaveLink{Link: core.Link{Connector: "a", Subject: "new", UserID: "nobody", Groups: []string{"never"}}})
	w.refused(core.ErrNotFound, core.SaveLink{Link: core.Link{Connector: "nothing", Subject: "new", UserID: bob.ID}})
	if groups := must(w.store.Groups(ctx, ""))(w); groups != nil {
		t.Errorf("groups %+v", groups)
	}

	w.refused(core.ErrNotFound, core.DeleteLink{UserID: bob.ID, Connector: "b", Subject: want.Subject})
	w.refused(core.ErrNotFound, core.DeleteLink{UserID: ann.ID, Connector: "b", Subject: "z"})
	w.apply(core.DeleteLink{UserID: ann.ID, Connector: "b", Subject: want.Subject})
	links, err = w.store.Links(ctx, ann.ID)
	same(w, links, err, others)
	w.apply(core.SaveLink{Link: taken}) // who unlinks lets others link

	// The last way in stays, if that is asked for: a link, or a password.
	w.apply(core.SetPassword{UserID: ann.ID, At: w.now})
	keep := core.DeleteLink{UserID: ann.ID, Connector: others[0].Connector, Subject: others[0].Subject, KeepWayIn: true}
	w.apply(keep)
	last := core.DeleteLink{UserID: ann.ID, Connector: others[1].Connector, Subject: others[1].Subject, KeepWayIn: true}
	w.refused(core.ErrConflict, last)
	links, err = w.store.Links(ctx, ann.ID)
	same(w, links, err, others[1:])
	w.apply(core.SetPassword{UserID: ann.ID, Hash: "$argon2id$", At: w.now}, last)
	links, err = w.store.Links(ctx, ann.ID)
	same(w, links, err, nil)

	w.apply(core.DeleteUser{ID: ann.ID})
	links, err = w.store.Links(ctx, ann.ID)
	same(w, links, err, nil)
	for _, link := range others {
		got, err := w.store.Link(ctx, link.Connector, link.Subject)
		missing(w, got, err)
	}
}

func testLinkGroups(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	ann, bob := w.user("ann"), w.user("bob")
	carl := core.User{ID: w.id(), Org: "acme", Name: "carl", CreatedAt: start}
	w.apply(core.CreateUser{User: carl})
	here, hand := w.group("here"), w.group("by hand")
	w.apply(core.AddMember{GroupID: hand.ID, UserID: ann.ID})
	a, b := w.connector("a"), w.connector("b")

	// One is there and one is made, once, whoever is the first.
	l := w.link(a, "ann", ann, "here", "new: ü")
	w.link(a, "bob", bob, "new: ü")
	w.groupsOf(ann, "by hand", "here", "new: ü")
	w.groupsOf(bob, "new: ü")
	made := must(w.store.Group(ctx, core.DefaultOrganisation, "new: ü"))(w)
	if _, err := core.ParseID(string(made.ID)); err != nil || made.Members != 2 || !made.CreatedAt.Equal(start) || made.DisplayName != "" {
		t.Errorf("made %+v, %v", made, err)
	}
	if got := must(w.store.Group(ctx, core.DefaultOrganisation, "here"))(w); got.ID != here.ID || got.Members != 1 {
		t.Errorf("got %+v", got)
	}
	// Those of another organisation are others.
	w.link(a, "carl", carl, "here")
	if got := must(w.store.Group(ctx, "acme", "here"))(w); got.ID == here.ID || got.Members != 1 {
		t.Errorf("got %+v", got)
	}
	w.groupsOf(carl, "here")

	// What the link names no more ends; what it never named stays.
	l.Groups = []string{"new: ü", "third"}
	w.apply(core.SaveLink{Link: l})
	w.groupsOf(ann, "by hand", "new: ü", "third")
	w.groupsOf(carl, "here")
	if got := must(w.store.Link(ctx, "a", "ann"))(w); len(got.Link.Groups) != 2 || len(got.User.Groups) != 3 {
		t.Errorf("got %+v", got)
	}

	// What two links name ends with the second.
	other := w.link(b, "ann", ann, "third")
	l.Groups = nil
	w.apply(core.SaveLink{Link: l})
	w.groupsOf(ann, "by hand", "third")
	l.Groups = []string{"third"}
	w.apply(core.SaveLink{Link: l}, core.DeleteLink{UserID: ann.ID, Connector: "b", Subject: other.Subject})
	w.groupsOf(ann, "by hand", "third")

	// What somebody undid by hand comes back with the next sign-in.
	third := must(w.store.Group(ctx, core.DefaultOrganisation, "third"))(w)
	w.apply(core.RemoveMember{GroupID: third.ID, UserID: ann.ID}, core.SaveLink{Link: l})
	w.groupsOf(ann, "by hand", "third")
	w.apply(core.DeleteGroup{ID: third.ID}, core.SaveLink{Link: l})
	w.groupsOf(ann, "by hand", "third")
	w.apply(core.RemoveMember{GroupID: must(w.store.Group(ctx, core.DefaultOrganisation, "third"))(w).ID, UserID: ann.ID},
		core.DeleteLink{UserID: ann.ID, Connector: "a", Subject: "ann"})
	w.groupsOf(ann, "by hand")

	// A link that was never used has a time too.
	w.apply(core.SaveLink{Link: core.Link{Connector: "b", Subject: "unused", UserID: bob.ID, Groups: []string{"unused"}, CreatedAt: start.Add(time.Hour)}})
	if got := must(w.store.Group(ctx, core.DefaultOrganisation, "unused"))(w); !got.CreatedAt.Equal(start.Add(time.Hour)) {
		t.Errorf("got %+v", got)
	}

	// A name of two lines would be two.
	l.Groups = []string{"a\nb"}
	if err := w.store.Apply(ctx, core.SaveLink{Link: l}); err == nil {
		t.Error("a name of two lines was accepted")
	}
	w.groupsOf(ann, "by hand")
}

func testAttempts(t *testing.T, w *world) {
	ctx := t.Context()
	c := w.connector("a")
	want := w.attempt(c)
	got, err := w.store.Attempt(ctx, want.ID)
	same(w, got, err, &want)
	w.refused(core.ErrConflict, core.SaveAttempt{Attempt: want})

	linking := core.UpstreamAttempt{ID: w.id(), LinkTo: w.id(), Connector: "a", CreatedAt: start, ExpiresAt: start}
	w.apply(core.SaveAttempt{Attempt: linking})
	got, err = w.store.Attempt(ctx, linking.ID)
	same(w, got, err, &linking)
	both := linking
	both.ID, both.RequestID = w.id(), w.id()
	if err := w.store.Apply(ctx, core.SaveAttempt{Attempt: both}); err == nil {
		t.Error("an attempt to sign in and to link was accepted")
	}
	unknown := linking
	unknown.ID, unknown.Connector = w.id(), "nothing"
	w.refused(core.ErrNotFound, core.SaveAttempt{Attempt: unknown})

	// The first callback that was posted is the one that counts.
	want.Held = bytes.Repeat([]byte{3, 0}, 9000)
	w.apply(core.HoldCallback{ID: want.ID, Held: want.Held})
	w.refused(core.ErrConflict, core.HoldCallback{ID: want.ID, Held: []byte{4}})
	w.refused(core.ErrConflict, core.HoldCallback{ID: w.id(), Held: []byte{4}})
	got, err = w.store.Attempt(ctx, want.ID)
	same(w, got, err, &want)

	generation := w.plugins().Generation
	w.apply(core.FinishAttempt{ID: want.ID})
	got, err = w.store.Attempt(ctx, want.ID)
	missing(w, got, err)
	w.refused(core.ErrConflict, core.FinishAttempt{ID: want.ID})
	w.refused(core.ErrConflict, core.HoldCallback{ID: want.ID, Held: []byte{4}})
	got, err = w.store.Attempt(ctx, linking.ID)
	same(w, got, err, &linking)
	if w.plugins().Generation != generation {
		t.Error("an attempt raised the generation")
	}
}

// The provider's part goes from the session to its grants, and only there.
func testUpstreamParts(t *testing.T, w *world) {
	ctx := t.Context()
	user, client := w.user("ann"), w.client("c")
	claims := []byte(`{"groups":["` + string(bytes.Repeat([]byte("x"), 16_000)) + `"]}`)
	for _, part := range []*core.Upstream{nil, {Connector: "gone"}, {Connector: "idp", Claims: claims, Logout: []byte{0, 8}}} {
		session := core.Session{ID: w.id(), UserID: user.ID, CreatedAt: start, ExpiresAt: start.Add(time.Hour), IP: "192.0.2.1", UserAgent: "agent", Upstream: part}
		grant := core.Grant{ID: w.id(), ClientID: client.ID, UserID: user.ID, SessionID: session.ID, CreatedAt: start, CodeExpiresAt: start, ExpiresAt: start.Add(time.Hour), Nonce: "n"}
		if part != nil {
			grant.Upstream = &core.Upstream{Connector: part.Connector, Claims: part.Claims}
			grant.Claims = []byte(`{"userinfo":{"name":null}}`)
		}
		w.apply(core.StartSession{Session: session}, core.IssueCode{Grant: grant})
		same(w, must(w.store.SignedIn(ctx, session.ID))(w).Session, nil, session)
		access, refresh := w.access(grant), w.refresh(grant)
		for range 2 { // the second read may come from memory in part
			same(w, must(w.store.Code(ctx, grant.ID))(w).Grant, nil, grant)
			same(w, must(w.store.Access(ctx, access.ID))(w).Grant, nil, grant)
			read := must(w.store.Refresh(ctx, refresh.ID))(w)
			same(w, read.Grant, nil, grant)
			same(w, read.Token, nil, refresh)
		}
		if name := must(w.store.SignedIn(ctx, session.ID))(w).User.Name; name != "ann" {
			t.Errorf("user %q", name)
		}
	}
}

func testUserByEmail(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme"}})
	ann := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "Ann", Email: "Ann@Corp.example", CreatedAt: start}
	dan := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "dan@corp.example", Email: "dan@corp.example", CreatedAt: start}
	address := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "bob@corp.example", CreatedAt: start}
	elsewhere := core.User{ID: w.id(), Org: "acme", Name: "ann", Email: "ann@corp.example", CreatedAt: start}
	w.apply(core.CreateUser{User: ann}, core.CreateUser{User: dan}, core.CreateUser{User: address}, core.CreateUser{User: elsewhere})
	for _, test := range []struct {
		org, email string
		want       *core.User
	}{
		{core.DefaultOrganisation, "ann@corp.example", &ann},
		{core.DefaultOrganisation, " ANN@corp.example ", &ann},
		{core.DefaultOrganisation, "dan@corp.example", &dan},
		{"acme", "ann@corp.example", &elsewhere},
		{core.DefaultOrganisation, "bob@corp.example", nil}, // that is a name
		{core.DefaultOrganisation, "ann", nil},
		{core.DefaultOrganisation, "", nil},
		{"", "dan@corp.example", nil},
		{"acme", "dan@corp.example", nil},
	} {
		got, err := w.store.UserByEmail(ctx, test.org, test.email)
		if test.want == nil {
			missing(w, got, err)
			continue
		}
		same(w, got, err, test.want)
	}
}
