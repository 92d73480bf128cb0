package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func testMissingRows(t *testing.T, w *world) {
	ctx := t.Context()
	for name, err := range map[string]error{
		"client":      second(w.store.Client(ctx, "x")),
		"user":        second(w.store.User(ctx, "x")),
		"session":     second(w.store.SignedIn(ctx, "x")),
		"request":     second(w.store.AuthRequest(ctx, "x")),
		"consent":     second(w.store.Consent(ctx, "x", "x")),
		"code":        second(w.store.Code(ctx, "x")),
		"access":      second(w.store.Access(ctx, "x")),
		"refresh":     second(w.store.Refresh(ctx, "x")),
		"group":       second(w.store.Group(ctx, core.DefaultOrganisation, "x")),
		"NUL":         second(w.store.Client(ctx, "x\x00")),
		"no UTF-8":    second(w.store.Client(ctx, "\xff")),
		"empty":       second(w.store.Access(ctx, "")),
		"module":      second(w.store.PluginCode(ctx, "x")),
		"attempt":     second(w.store.Attempt(ctx, "x")),
		"link":        second(w.store.Link(ctx, "x", "x")),
		"address":     second(w.store.UserByEmail(ctx, core.DefaultOrganisation, "x")),
		"handle":      second(w.store.AuthenticatorByHandle(ctx, []byte("x"))),
		"nothing":     second(w.store.AuthenticatorByHandle(ctx, nil)),
		"device":      second(w.store.Device(ctx, "x")),
		"ticket":      second(w.store.Ticket(ctx, "x")),
		"avatar":      second(w.store.Avatar(ctx, "x")),
		"face":        second(w.store.AvatarOf(ctx, "x")),
		"account":     second(w.store.ServiceAccount(ctx, "x")),
		"token":       second(w.store.APIHolder(ctx, "x")),
		"holder":      second(w.store.HolderOf(ctx, "x")),
		"answer":      second(w.store.Answered(ctx, core.Hash{1})),
		"device code": second(w.store.DeviceGrant(ctx, "x")),
		"user code":   second(w.store.DeviceGrantByCode(ctx, core.Hash{1})),
	} {
		if !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"members":  second(w.store.Members(ctx, "x")),
		"users":    second(w.store.Users(ctx, core.UserFilter{Org: "x", Group: "x"})),
		"links":    second(w.store.Links(ctx, "x")),
		"events":   second(w.store.Events(ctx, core.EventFilter{UserID: "x"})),
		"factors":  second(w.store.Authenticators(ctx, "x")),
		"enrolled": second(w.store.Enrolled(ctx, "x")),
		"codes":    second(w.store.RecoveryCodes(ctx, "x")),
		"devices":  second(w.store.Devices(ctx, "x")),
		"tickets":  second(w.store.Tickets(ctx, "x")),
		"sessions": second(w.store.Sessions(ctx, "x")),
		"consents": second(w.store.Consents(ctx, "x")),
		"clients":  second(w.store.ConnectedClients(ctx, "x", start)),
		"mails":    second(w.store.Mails(ctx, 10)),
		"roles":    second(w.store.Roles(ctx, "x")),
		"roles in": second(w.store.RolesIn(ctx, "x")),
		"roles of": second(w.store.RolesHeld(ctx, "x")),
		"accounts": second(w.store.ServiceAccounts(ctx, "x")),
		"tokens":   second(w.store.APITokens(ctx, "x")),
		"check":    w.store.Check(ctx),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func testAllOrNothing(t *testing.T, w *world) {
	ctx := t.Context()
	user, client := w.user("ann"), w.client("c")
	grant := w.grant(user, client)
	token := core.AccessToken{ID: w.id(), GrantID: grant.ID, CreatedAt: start, ExpiresAt: start}
	renamed := client
	renamed.Name = "renamed"
	w.refused(core.ErrConflict,
		core.RedeemCode{GrantID: grant.ID, At: start},
		core.AddAccess{Token: token},
		core.UpdateClient{Client: renamed},
		core.FinishRequest{ID: "gone"},
	)
	if code := must(w.store.Code(ctx, grant.ID))(w); !code.Grant.CodeUsedAt.IsZero() || code.Client.Name != client.Name {
		t.Errorf("half of the list happened: %+v", code)
	}
	none, err := w.store.Access(ctx, token.ID)
	missing(w, none, err)

	// A change that nobody knows, and one that violates the schema, fail alone.
	if err := w.store.Apply(ctx, nil); err == nil {
		t.Error("a nil change was applied")
	}
	if err := w.store.Apply(ctx, core.CreateGroup{Group: core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "two\nlines"}}); err == nil {
		t.Error("a name of two lines was accepted")
	}
	if err := w.store.Apply(ctx); err != nil {
		t.Error(err)
	}
	w.apply(core.RedeemCode{GrantID: grant.ID, At: start}, core.AddAccess{Token: token})
}

func testContexts(t *testing.T, w *world) {
	ended, cancel := context.WithCancel(background)
	cancel()
	user := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "ann"}
	if err := w.store.Apply(ended, core.CreateUser{User: user}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := w.store.User(ended, user.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	none, err := w.store.User(background, user.ID)
	missing(w, none, err)

	// Whoever is told that it failed finds nothing, whoever is told that it
	// happened finds it, whenever the context ends.
	var wg sync.WaitGroup
	for i := range 200 {
		user := core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: fmt.Sprint("user", i)}
		ctx, cancel := context.WithTimeout(background, time.Duration(i)*20*time.Microsecond)
		wg.Go(func() {
			defer cancel()
			applied := w.store.Apply(ctx, core.CreateUser{User: user})
			_, found := w.store.User(background, user.ID)
			if (applied == nil) != (found == nil) {
				t.Errorf("told %v, found %v", applied, found)
			}
		})
	}
	wg.Wait()
}

// Closing answers what was accepted and refuses the rest.
func testClosed(t *testing.T, w *world) {
	var wg sync.WaitGroup
	var ids [100]core.ID
	var told [100]error
	for i := range ids {
		ids[i] = w.id()
	}
	for i, id := range ids {
		wg.Go(func() {
			told[i] = w.store.Apply(background, core.CreateUser{User: core.User{ID: id, Org: core.DefaultOrganisation, Name: fmt.Sprint("user", i)}})
		})
	}
	if err := w.store.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	for name, err := range map[string]error{
		"apply": w.store.Apply(background, core.ClearFailures{Key: "x"}),
		"read":  second(w.store.User(background, "x")),
		"check": w.store.Check(background),
	} {
		if err == nil || errors.Is(err, core.ErrNotFound) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	again := w.handle()
	for i, id := range ids {
		if _, found := again.User(background, id); (told[i] == nil) != (found == nil) {
			t.Errorf("told %v, found %v", told[i], found)
		}
	}
}

// Of lists that share a commit, those that fail do not disturb the others.
func testManyAtOnce(t *testing.T, w *world) {
	user, client := w.user("ann"), w.client("c")
	grants := make([]core.Grant, 50)
	for i := range grants {
		grants[i] = w.grant(user, client)
	}
	var wg sync.WaitGroup
	for i, grant := range grants {
		wg.Go(func() {
			changes := []core.Change{core.RedeemCode{GrantID: grant.ID, At: start}}
			if i%2 == 1 {
				changes = append(changes, core.FinishRequest{ID: "gone"})
			}
			if err := w.store.Apply(background, changes...); (err == nil) != (i%2 == 0) {
				t.Errorf("list %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	for i, grant := range grants {
		if code := must(w.store.Code(background, grant.ID))(w); code.Grant.CodeUsedAt.IsZero() != (i%2 == 1) {
			t.Errorf("list %d: used at %v", i, code.Grant.CodeUsedAt)
		}
	}
}

// Items 32, 56 and 102 of the refusals: of 50 at once, exactly one wins. Half of
// them come through a second handle, as from another process.
func testRaces(t *testing.T, w *world) {
	user, client := w.user("ann"), w.client("c")
	grant := w.grant(user, client)
	refresh := w.refresh(w.grant(user, client))
	request := core.AuthRequest{ID: w.id(), CreatedAt: start, ExpiresAt: start}
	w.apply(core.SaveRequest{Request: request}, core.OpenSetup{Hash: core.Hash{1}, At: start})
	handles := []Store{w.store, w.handle()}

	race := func(name string, change func(i int) core.Change) {
		t.Helper()
		var won atomic.Int32
		var wg sync.WaitGroup
		ready := make(chan struct{})
		for i := range 50 {
			// What the winner makes beside its change must be there once, too.
			mark := core.Record{Event: core.Event{ID: w.id(), At: start, Type: core.EventType(name)}}
			wg.Go(func() {
				<-ready
				err := handles[i%2].Apply(background, mark, change(i))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, core.ErrConflict) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		close(ready)
		wg.Wait()
		marks := must(w.store.Events(background, core.EventFilter{Type: core.EventType(name)}))(w)
		if won.Load() != 1 || len(marks) != 1 {
			t.Errorf("%s: %d winners, %d marks", name, won.Load(), len(marks))
		}
	}
	race("RedeemCode", func(int) core.Change { return core.RedeemCode{GrantID: grant.ID, At: start} })
	race("RotateRefresh", func(i int) core.Change {
		return core.RotateRefresh{ID: refresh.ID, Successor: core.ID(fmt.Sprint("successor", i)), At: start}
	})
	race("CloseSetup", func(int) core.Change { return core.CloseSetup{At: start} })
	race("FinishRequest", func(int) core.Change { return core.FinishRequest{ID: request.ID} })
	race("CreateUser", func(i int) core.Change {
		return core.CreateUser{User: core.User{ID: core.ID(fmt.Sprint("user", i)), Org: core.DefaultOrganisation, Name: "the one"}}
	})
	attempt := w.attempt(w.connector("c"))
	race("HoldCallback", func(i int) core.Change { return core.HoldCallback{ID: attempt.ID, Held: []byte{byte(i + 1)}} })
	race("FinishAttempt", func(int) core.Change { return core.FinishAttempt{ID: attempt.ID} })
	people := make([]core.User, 50)
	for i := range people {
		people[i] = w.user(fmt.Sprint("person", i))
	}
	race("SaveLink", func(i int) core.Change {
		return core.SaveLink{Link: core.Link{Connector: "c", Subject: "1", UserID: people[i].ID, Groups: []string{"new"}, LastUsedAt: start}}
	})
	if group := must(w.store.Group(background, core.DefaultOrganisation, "new"))(w); group.Members != 1 {
		t.Errorf("%d members by one link", group.Members)
	}
	key := w.authenticator(user, core.AuthenticatorPasskey)
	race("UseAuthenticator", func(int) core.Change { return core.UseAuthenticator{ID: key.ID, Counter: 8, At: start} })
	code := core.Hash{9}
	w.apply(core.SetRecoveryCodes{UserID: user.ID, Hashes: []core.Hash{code}, At: start})
	race("UseRecoveryCode", func(int) core.Change { return core.UseRecoveryCode{UserID: user.ID, Hash: code, At: start} })
	ticket := w.ticket(core.Ticket{UserID: user.ID})
	race("UseTicket", func(int) core.Change { return core.UseTicket{ID: ticket.ID} })
	ticket = w.ticket(core.Ticket{UserID: user.ID})
	race("MissTicket", func(int) core.Change { return core.MissTicket{ID: ticket.ID, Most: 1} })
	w.instance("i")
	race("PutValue", func(i int) core.Change {
		return core.PutValue{Instance: "i", Key: "once", Value: fmt.Sprint(i), At: start, ExpiresAt: start.Add(time.Hour), IfAbsent: true}
	})
	if got := must(w.store.Refresh(background, refresh.ID))(w); got.Token.Successor == "" {
		t.Error("no successor")
	}

	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			if err := handles[i%2].Apply(background, core.CountFailure{Keys: []string{"a", "b"}, At: start, Window: time.Hour}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, f := range must(w.store.Failures(background, "a", "b"))(w) {
		if f.Count != 50 {
			t.Errorf("%s counted %d of 50", f.Key, f.Count)
		}
	}
}

// What one process writes, the other sees with its next read.
func testSecondHandle(t *testing.T, w *world) {
	ctx := t.Context()
	other := w.handle()
	if _, err := other.Client(ctx, "c"); !errors.Is(err, core.ErrNotFound) {
		t.Fatal(err)
	}
	before := must(other.Plugins(ctx))(w)
	client, user := w.client("c"), w.user("ann")
	if got := must(other.Client(ctx, "c"))(w); got.Name != client.Name {
		t.Errorf("got %+v", got)
	}
	for i := range 5 {
		client.DisplayName = fmt.Sprint("name ", i)
		w.apply(core.UpdateClient{Client: client},
			core.SaveInstance{Instance: core.PluginInstance{Name: fmt.Sprint("p", i), Plugin: "x", Settings: []byte("{}")}},
			core.UpdateOrganisation{Organisation: core.Organisation{Name: core.DefaultOrganisation, DisplayName: client.DisplayName}})
		if got := must(other.Client(ctx, "c"))(w); got.DisplayName != client.DisplayName {
			t.Errorf("client %q, want %q", got.DisplayName, client.DisplayName)
		}
		// Within a request that has read something these are as fresh as it.
		plugins := must(other.Plugins(ctx))(w)
		if plugins.Generation <= before.Generation || len(plugins.Instances) != i+1 {
			t.Errorf("got %+v after %+v", plugins, before)
		}
		before = plugins
		if org := must(other.Organisation(ctx, core.DefaultOrganisation))(w); org.DisplayName != client.DisplayName {
			t.Errorf("organisation %q, want %q", org.DisplayName, client.DisplayName)
		}
	}
	w.apply(core.SetPassword{UserID: user.ID, Hash: "h", At: start})
	if got := must(other.User(ctx, user.ID))(w); got.PasswordHash != "h" {
		t.Errorf("got %+v", got)
	}
	w.apply(core.DeleteClient{ID: "c"})
	gone, err := other.Client(ctx, "c")
	missing(w, gone, err)
}

// Two processes that write at once wait for each other.
func testTwoWriters(t *testing.T, w *world) {
	handles := []Store{w.store, w.handle()}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 25 {
				user := core.User{ID: core.ID(fmt.Sprintf("%d-%d", i, j)), Org: core.DefaultOrganisation, Name: fmt.Sprintf("user-%d-%d", i, j)}
				if err := handles[i%2].Apply(background, core.CreateUser{User: user}); err != nil {
					t.Error(err)
				}
				if _, err := handles[1-i%2].User(background, user.ID); err != nil {
					t.Errorf("not seen by the other: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if users := must(w.store.Users(background, core.UserFilter{}))(w); len(users) != 200 {
		t.Errorf("%d users", len(users))
	}
}

// What was answered is there after the store was closed and opened again.
func testReopen(t *testing.T, w *world) {
	user, client := fullUser(w), fullClient()
	w.apply(core.CreateUser{User: user}, core.CreateClient{Client: client})
	grant := w.grant(user, client)
	w.apply(core.RevokeGrant{ID: grant.ID, At: start, Reason: "why"})
	generation := must(w.store.Plugins(background))(w).Generation
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.store = w.handle()
	gotUser, err := w.store.User(background, user.ID)
	same(w, gotUser, err, &user)
	gotClient, err := w.store.Client(background, client.ID)
	same(w, gotClient, err, &client)
	if code := must(w.store.Code(background, grant.ID))(w); !code.Grant.Revoked() {
		t.Error("the grant is no longer revoked")
	}
	if got := must(w.store.Plugins(background))(w).Generation; got != generation {
		t.Errorf("generation %d, was %d", got, generation)
	}
	if orgs := must(w.store.Organisations(background))(w); len(orgs) != 1 {
		t.Errorf("organisations %v", orgs)
	}
}

func testSweep(t *testing.T, w *world) {
	user, client := w.user("ann"), w.client("c")
	now := start.Add(48 * time.Hour)
	keys := []string{"old", "new"}
	connector := w.connector("c")
	w.apply(core.CountFailure{Keys: keys[:1], At: start, Window: time.Hour}, core.CountFailure{Keys: keys[1:], At: now, Window: time.Hour})

	type row struct {
		name string
		read func() error
		want bool // is still there
	}
	var rows []row
	add := func(name string, want bool, read func() error) { rows = append(rows, row{name, read, want}) }
	for _, life := range []struct {
		name string
		ends time.Time
		want bool
	}{{"expired", now, false}, {"alive", now.Add(time.Millisecond), true}} {
		request := core.AuthRequest{ID: w.id(), CreatedAt: start, ExpiresAt: life.ends}
		attempt := core.UpstreamAttempt{ID: w.id(), Connector: connector.Instance, CreatedAt: start, ExpiresAt: life.ends}
		session := core.Session{ID: w.id(), UserID: user.ID, CreatedAt: start, ExpiresAt: life.ends}
		// A grant stays for longer than the longest access token after its end.
		grant := core.Grant{ID: w.id(), ClientID: client.ID, UserID: user.ID, CreatedAt: start, CodeExpiresAt: start, ExpiresAt: life.ends.Add(-25 * time.Hour)}
		kept := core.Grant{ID: w.id(), ClientID: client.ID, UserID: user.ID, CreatedAt: start, CodeExpiresAt: start, ExpiresAt: now.Add(-24 * time.Hour)}
		family := kept
		family.ID = w.id()
		access := core.AccessToken{ID: w.id(), GrantID: kept.ID, CreatedAt: start, ExpiresAt: life.ends}
		used := core.RefreshToken{ID: w.id(), GrantID: family.ID, CreatedAt: start, ExpiresAt: life.ends, UsedAt: start}
		w.apply(core.SaveRequest{Request: request}, core.SaveAttempt{Attempt: attempt}, core.StartSession{Session: session}, core.IssueCode{Grant: grant},
			core.IssueCode{Grant: kept}, core.IssueCode{Grant: family}, core.AddAccess{Token: access}, core.AddRefresh{Token: used})
		add(life.name+" request", life.want, func() error { return second(w.store.AuthRequest(background, request.ID)) })
		add(life.name+" attempt", life.want, func() error { return second(w.store.Attempt(background, attempt.ID)) })
		add(life.name+" session", life.want, func() error { return second(w.store.SignedIn(background, session.ID)) })
		add(life.name+" grant", life.want, func() error { return second(w.store.Code(background, grant.ID)) })
		add(life.name+" token's grant", true, func() error { return second(w.store.Code(background, kept.ID)) })
		add(life.name+" access token", life.want, func() error { return second(w.store.Access(background, access.ID)) })
		add(life.name+" used refresh token", life.want, func() error { return second(w.store.Refresh(background, used.ID)) })
	}
	deleted, err := w.store.Sweep(t.Context(), now)
	if err != nil || deleted != 7 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	for _, row := range rows {
		if err := row.read(); (err == nil) != row.want {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if left := must(w.store.Failures(background, keys...))(w); len(left) != 1 || left[0].Key != "new" {
		t.Errorf("failures: %v", left)
	}

	// More than one batch goes in one call.
	var many []core.Change
	for range 1234 {
		many = append(many, core.SaveRequest{Request: core.AuthRequest{ID: w.id(), CreatedAt: start, ExpiresAt: start}})
	}
	w.apply(many...)
	if deleted, err := w.store.Sweep(t.Context(), now); err != nil || deleted != 1234 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
}
