package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func testCodes(t *testing.T, w *world) {
	ctx := t.Context()
	user, client := w.user("ann"), w.client("c")
	want := w.grant(user, client)
	for range 2 { // the second read may come from memory in part
		code := must(w.store.Code(ctx, want.ID))(w)
		same(w, code.Grant, nil, want)
		same(w, code.User, nil, user)
		same(w, code.Client, nil, &client)
		if code.Org.Name != core.DefaultOrganisation {
			t.Errorf("organisation %+v", code.Org)
		}
	}
	used := start.Add(30 * time.Second)
	w.apply(core.RedeemCode{GrantID: want.ID, At: used})
	if code := must(w.store.Code(ctx, want.ID))(w); !code.Grant.CodeUsedAt.Equal(used) {
		t.Errorf("used at %v", code.Grant.CodeUsedAt)
	}
	w.refused(core.ErrConflict, core.RedeemCode{GrantID: want.ID, At: used})
	w.refused(core.ErrConflict, core.RedeemCode{GrantID: w.id(), At: used})

	revoked := w.grant(user, client)
	w.apply(core.RevokeGrant{ID: revoked.ID, At: used, Reason: "why"})
	w.refused(core.ErrConflict, core.RedeemCode{GrantID: revoked.ID, At: used})
	w.refused(core.ErrConflict, core.IssueCode{Grant: want})
	want.ID, want.UserID = w.id(), "nobody"
	w.refused(core.ErrNotFound, core.IssueCode{Grant: want})

	// Somebody signed out while the code was on its way.
	session := core.Session{ID: w.id(), UserID: user.ID, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	late := core.Grant{ID: w.id(), ClientID: client.ID, UserID: user.ID, SessionID: session.ID, CreatedAt: start, CodeExpiresAt: start, ExpiresAt: start}
	w.apply(core.StartSession{Session: session}, core.EndSession{ID: session.ID, At: start})
	w.refused(core.ErrConflict, core.IssueCode{Grant: late})
}

func testAccess(t *testing.T, w *world) {
	ctx := t.Context()
	user, client := w.user("ann"), w.client("c")
	grant := w.grant(user, client)
	want := w.access(grant)
	for range 2 {
		access := must(w.store.Access(ctx, want.ID))(w)
		same(w, access.Token, nil, want)
		same(w, access.Grant, nil, grant)
		same(w, access.User, nil, user)
		same(w, access.Client, nil, &client)
	}
	w.refused(core.ErrConflict, core.AddAccess{Token: want})
	other := w.access(grant)
	w.apply(core.DeleteAccess{ID: want.ID}, core.DeleteAccess{ID: want.ID}, core.DeleteAccess{ID: w.id()})
	if _, err := w.store.Access(ctx, want.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a token that was deleted: %v", err)
	}
	same(w, must(w.store.Access(ctx, other.ID))(w).Token, nil, other)
	want.ID, want.GrantID = w.id(), w.id()
	w.apply(core.AddAccess{Token: want})
	if _, err := w.store.Access(ctx, want.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a token without its grant: %v", err)
	}
}

// testOwnAccess holds that a client's own token is found with its client and without
// anybody else, and that its grant is no code.
func testOwnAccess(t *testing.T, w *world) {
	ctx := t.Context()
	client := w.client("c")
	grant := core.Grant{ID: w.id(), ClientID: client.ID, Scopes: []string{"read"}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	token := core.AccessToken{ID: w.id(), Hash: core.Hash{2}, GrantID: grant.ID, Scopes: []string{"read"}, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	w.apply(core.AddGrant{Grant: grant}, core.AddAccess{Token: token})
	for range 2 { // the second read may come from memory in part
		access := must(w.store.Access(ctx, token.ID))(w)
		same(w, access, nil, &core.Access{Token: token, Authorized: core.Authorized{Grant: grant, Client: &client}})
	}
	code, err := w.store.Code(ctx, grant.ID)
	missing(w, code, err)
	w.refused(core.ErrConflict, core.AddGrant{Grant: grant})
	w.refused(core.ErrNotFound, core.AddGrant{Grant: core.Grant{ID: w.id(), ClientID: "nobody"}})
	family := w.refresh(grant)
	refresh, err := w.store.Refresh(ctx, family.ID)
	missing(w, refresh, err)

	w.apply(core.RevokeGrant{ID: grant.ID, At: start, Reason: "why"})
	if access := must(w.store.Access(ctx, token.ID))(w); access.Grant.RevokedReason != "why" {
		t.Errorf("a revoked grant: %+v", access.Grant)
	}
	w.apply(core.DeleteClient{ID: client.ID})
	access, err := w.store.Access(ctx, token.ID)
	missing(w, access, err)
}

func testRefresh(t *testing.T, w *world) {
	ctx := t.Context()
	user, client := w.user("ann"), w.client("c")
	grant := w.grant(user, client)
	first := w.refresh(grant)
	refresh := must(w.store.Refresh(ctx, first.ID))(w)
	same(w, refresh.Token, nil, first)
	same(w, refresh.Grant, nil, grant)
	same(w, refresh.User, nil, user)
	if refresh.SuccessorUsed {
		t.Error("used a successor that there is not")
	}

	second := core.RefreshToken{ID: w.id(), Hash: core.Hash{7}, GrantID: grant.ID, CreatedAt: start, ExpiresAt: first.ExpiresAt}
	first.UsedAt, first.Successor = start.Add(time.Minute), second.ID
	w.apply(core.RotateRefresh{ID: first.ID, Successor: second.ID, At: first.UsedAt}, core.AddRefresh{Token: second})
	refresh = must(w.store.Refresh(ctx, first.ID))(w)
	same(w, refresh.Token, nil, first)
	if refresh.SuccessorUsed {
		t.Error("the successor was not used yet")
	}
	w.refused(core.ErrConflict, core.RotateRefresh{ID: first.ID, Successor: w.id(), At: start})
	w.refused(core.ErrConflict, core.RotateRefresh{ID: w.id(), Successor: w.id(), At: start})

	third := w.id()
	w.apply(core.RotateRefresh{ID: second.ID, Successor: third, At: start.Add(2 * time.Minute)})
	if refresh = must(w.store.Refresh(ctx, first.ID))(w); !refresh.SuccessorUsed {
		t.Error("the successor was used")
	}
	live := w.refresh(grant)
	w.apply(core.RevokeGrant{ID: grant.ID, At: start, Reason: "why"})
	w.refused(core.ErrConflict, core.RotateRefresh{ID: live.ID, Successor: w.id(), At: start})
	live.ID, live.GrantID = w.id(), w.id()
	w.apply(core.AddRefresh{Token: live})
	if _, err := w.store.Refresh(ctx, live.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a token without its grant: %v", err)
	}
}

func testRevokeGrant(t *testing.T, w *world) {
	ctx := t.Context()
	grant := w.grant(w.user("ann"), w.client("c"))
	access, refresh := w.access(grant), w.refresh(grant)
	at := start.Add(time.Minute)
	w.apply(core.RevokeGrant{ID: grant.ID, At: at, Reason: "code_reused"}, core.RevokeGrant{ID: grant.ID, At: at.Add(time.Hour), Reason: "later"})
	w.apply(core.RevokeGrant{ID: "nothing", At: at})
	for _, got := range []core.Grant{
		must(w.store.Access(ctx, access.ID))(w).Grant,
		must(w.store.Refresh(ctx, refresh.ID))(w).Grant,
		must(w.store.Code(ctx, grant.ID))(w).Grant,
	} {
		if !got.RevokedAt.Equal(at) || got.RevokedReason != "code_reused" {
			t.Errorf("revoked at %v because of %q", got.RevokedAt, got.RevokedReason)
		}
	}
}

// What a read keeps in memory must never outlive a change, whichever change it
// is, and whoever makes it.
func testReadsAreFresh(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme", DisplayName: "Acme"}})
	client := core.Client{ID: "c", Org: "acme", Name: "c"}
	user := core.User{ID: w.id(), Org: "acme", Name: "ann", CreatedAt: start}
	w.apply(core.CreateClient{Client: client}, core.CreateUser{User: user})
	w.connector("idp")
	group, session := w.group("staff"), w.session(user)
	grant := w.grant(user, client)
	token, refresh := w.access(grant), w.refresh(grant)

	other := w.handle()
	changes := []struct {
		name   string
		change core.Change
		seen   func(a *core.Authorized) bool
	}{
		{"user disabled", core.UpdateUser{User: core.User{ID: user.ID, Org: "acme", Name: "ann", Disabled: true}}, func(a *core.Authorized) bool { return a.User.Disabled }},
		{"password", core.SetPassword{UserID: user.ID, Hash: "hash", At: start}, func(a *core.Authorized) bool { return a.User.PasswordHash == "hash" }},
		{"member", core.AddMember{GroupID: group.ID, UserID: user.ID}, func(a *core.Authorized) bool { return len(a.User.Groups) == 1 }},
		{"no member", core.RemoveMember{GroupID: group.ID, UserID: user.ID}, func(a *core.Authorized) bool { return len(a.User.Groups) == 0 }},
		{"member again", core.AddMember{GroupID: group.ID, UserID: user.ID}, func(a *core.Authorized) bool { return len(a.User.Groups) == 1 }},
		{"group deleted", core.DeleteGroup{ID: group.ID}, func(a *core.Authorized) bool { return len(a.User.Groups) == 0 }},
		{"linked", core.SaveLink{Link: core.Link{Connector: "idp", Subject: "1", UserID: user.ID, Groups: []string{"a", "b"}}}, func(a *core.Authorized) bool { return len(a.User.Groups) == 2 }},
		{"linked again", core.SaveLink{Link: core.Link{Connector: "idp", Subject: "1", UserID: user.ID, Groups: []string{"b", "c", "d"}}}, func(a *core.Authorized) bool { return len(a.User.Groups) == 3 }},
		{"unlinked", core.DeleteLink{UserID: user.ID, Connector: "idp", Subject: "1"}, func(a *core.Authorized) bool { return len(a.User.Groups) == 0 }},
		{"signed in", core.StartSession{Session: core.Session{ID: w.id(), UserID: user.ID, AuthTime: start.Add(time.Hour)}}, func(a *core.Authorized) bool { return a.User.LastSignInAt.Equal(start.Add(time.Hour)) }},
		{"client disabled", core.UpdateClient{Client: core.Client{ID: "c", Org: "acme", Name: "c", Disabled: true}}, func(a *core.Authorized) bool { return a.Client == nil || a.Client.Disabled }},
		{"organisation disabled", core.UpdateOrganisation{Organisation: core.Organisation{Name: "acme", Disabled: true}}, func(a *core.Authorized) bool { return a.Org.Disabled }},
		{"code used", core.RedeemCode{GrantID: grant.ID, At: start}, func(a *core.Authorized) bool { return a.Grant.ID == "" || a.Grant.CodeUsedAt.Equal(start) }},
		{"grant revoked", core.RevokeGrant{ID: grant.ID, At: start, Reason: "why"}, func(a *core.Authorized) bool { return a.Grant.ID == "" || a.Grant.RevokedReason == "why" }},
	}
	for i, change := range changes {
		// Every handle reads before and after; this one and the other take turns
		// in writing.
		writer := []Store{w.store, other}[i%2]
		for _, after := range []bool{false, true} {
			if after {
				if err := writer.Apply(ctx, change.change); err != nil {
					t.Fatal(change.name, err)
				}
			}
			for _, reader := range []Store{w.store, other} {
				in := must(reader.SignedIn(ctx, session.ID))(w)
				for name, read := range map[string]core.Authorized{
					"code":    *must(reader.Code(ctx, grant.ID))(w),
					"access":  must(reader.Access(ctx, token.ID))(w).Authorized,
					"refresh": must(reader.Refresh(ctx, refresh.ID))(w).Authorized,
					"session": {User: in.User, Org: in.Org},
				} {
					if after && !change.seen(&read) {
						t.Errorf("%s: not seen by the read of a %s", change.name, name)
					}
				}
			}
		}
	}
	if c := must(w.store.Client(ctx, "c"))(w); !c.Disabled {
		t.Error("the client read alone is not disabled")
	}
}

func testAssertions(t *testing.T, w *world) {
	now := start.Add(time.Hour)
	use := func(jti string, expiresAt time.Time) core.UseAssertion {
		return core.UseAssertion{Hash: core.AssertionHash("c", jti), ExpiresAt: expiresAt}
	}
	w.apply(use("expired", now), use("alive", now.Add(time.Millisecond)))
	w.taken(core.TakenAssertion, use("expired", now))
	w.taken(core.TakenAssertion, use("alive", now.Add(time.Hour)))
	w.apply(core.UseAssertion{Hash: core.AssertionHash("other", "alive"), ExpiresAt: start})

	// With what it was to bring about, it fails as a whole.
	user, client := w.user("ann"), w.client("c")
	grant := w.grant(user, client)
	w.taken(core.TakenAssertion, core.RedeemCode{GrantID: grant.ID, At: start}, use("alive", now))
	if code := must(w.store.Code(t.Context(), grant.ID))(w); !code.Grant.CodeUsedAt.IsZero() {
		t.Error("a replayed assertion used the code up")
	}
	w.refused(core.ErrConflict, use("fresh", now), core.RedeemCode{GrantID: "gone", At: start})
	w.apply(use("fresh", now))

	if deleted, err := w.store.Sweep(t.Context(), now); err != nil || deleted != 3 {
		t.Errorf("deleted %d, %v", deleted, err)
	}
	w.apply(use("expired", now))
	w.taken(core.TakenAssertion, use("alive", now))
}
