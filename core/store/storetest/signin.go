package storetest

import (
	"net/url"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func testAuthRequests(t *testing.T, w *world) {
	ctx := t.Context()
	want := core.AuthRequest{
		ID: w.id(), BrowserHash: core.Hash{5}, ClientID: "any", CreatedAt: start, ExpiresAt: start.Add(time.Hour),
		Params: url.Values{"state": {"a b&c=d\x00é"}, "scope": {"openid email"}, "empty": {""}},
	}
	w.apply(core.SaveRequest{Request: want})
	got, err := w.store.AuthRequest(ctx, want.ID)
	same(w, got, err, &want)

	// Nobody allowed anything yet; somebody allowed nothing; somebody allowed this.
	for _, scopes := range [][]string{{}, {"openid", "email"}} {
		want.ConsentedScopes = scopes
		want.SignedInAt, want.SessionID, want.ClientID, want.SentTo = start.Add(time.Second), w.id(), "", "idp"
		w.apply(core.SaveRequest{Request: want})
		got, err = w.store.AuthRequest(ctx, want.ID)
		same(w, got, err, &want)
	}
	// The first of two factors waits with the request, until it does no more.
	want.Partial = &core.Partial{
		UserID: w.id(), Method: core.MethodUpstream, AMR: []string{"pwd"}, ACR: "1", At: start, AuthTime: start.Add(-time.Minute),
		Upstream: &core.Upstream{Connector: "idp", Claims: []byte(`{"a":"b"}`), Logout: []byte{0, 1}},
	}
	w.apply(core.SaveRequest{Request: want})
	got, err = w.store.AuthRequest(ctx, want.ID)
	same(w, got, err, &want)
	want.Partial = nil
	w.apply(core.SaveRequest{Request: want})
	got, err = w.store.AuthRequest(ctx, want.ID)
	same(w, got, err, &want)

	w.apply(core.FinishRequest{ID: want.ID})
	got, err = w.store.AuthRequest(ctx, want.ID)
	missing(w, got, err)
	w.refused(core.ErrConflict, core.FinishRequest{ID: want.ID})
}

func testSessions(t *testing.T, w *world) {
	ctx := t.Context()
	user, group := w.user("ann"), w.group("staff")
	w.apply(core.AddMember{GroupID: group.ID, UserID: user.ID})
	first := core.Session{
		ID: w.id(), Hash: core.Hash{6}, UserID: user.ID, AuthTime: start, AMR: []string{"pwd"}, ACR: "1", CreatedAt: start.Add(time.Second),
		ExpiresAt: start.Add(time.Hour), IP: "2001:db8::1", UserAgent: "Browser/1 (ü)",
	}
	w.apply(core.StartSession{Session: first})
	in := must(w.store.SignedIn(ctx, first.ID))(w)
	same(w, in.Session, nil, first)
	same(w, in.User.Groups, nil, []string{"staff"})
	if in.User.Name != "ann" || in.Org.Name != core.DefaultOrganisation || in.Org.DisplayName == "" {
		t.Errorf("got %+v", in)
	}
	if !in.User.LastSignInAt.Equal(start) || in.User.LastSignInIP != "2001:db8::1" {
		t.Errorf("last sign-in %v from %q", in.User.LastSignInAt, in.User.LastSignInIP)
	}

	// A session that replaces another ends it, but not what was granted in it.
	client := w.client("c")
	grant := core.Grant{ID: w.id(), ClientID: client.ID, UserID: user.ID, SessionID: first.ID, CreatedAt: start}
	second := first
	second.ID, second.CreatedAt = w.id(), start.Add(time.Minute)
	w.apply(core.IssueCode{Grant: grant}, core.StartSession{Session: second, Replaces: first.ID})
	in = must(w.store.SignedIn(ctx, first.ID))(w)
	if !in.Session.EndedAt.Equal(second.CreatedAt) {
		t.Errorf("ended at %v", in.Session.EndedAt)
	}
	if code := must(w.store.Code(ctx, grant.ID))(w); code.Grant.Revoked() {
		t.Error("the grant was revoked")
	}

	// The end of a session is the end of its grants, and happens once.
	ended := start.Add(2 * time.Minute)
	w.apply(core.EndSession{ID: first.ID, At: ended}, core.EndSession{ID: second.ID, At: ended}, core.EndSession{ID: second.ID, At: ended.Add(time.Hour)})
	if in := must(w.store.SignedIn(ctx, second.ID))(w); !in.Session.EndedAt.Equal(ended) || in.Session.Live(start.Add(time.Minute)) {
		t.Errorf("ended at %v", in.Session.EndedAt)
	}
	code := must(w.store.Code(ctx, grant.ID))(w)
	if !code.Grant.RevokedAt.Equal(ended) || code.Grant.RevokedReason == "" {
		t.Errorf("got %+v", code.Grant)
	}
	w.apply(core.EndSession{ID: "nothing", At: ended})
	w.refused(core.ErrNotFound, core.StartSession{Session: core.Session{ID: w.id(), UserID: "nobody"}})
	w.refused(core.ErrConflict, core.StartSession{Session: second})

	// What stands on a session needs one that lives.
	third := first
	third.ID = w.id()
	w.refused(core.ErrConflict, core.StartSession{Session: third, Replaces: second.ID, Continues: true})
	w.apply(core.StartSession{Session: third, Replaces: second.ID})
	fourth := first
	fourth.ID = w.id()
	w.apply(core.StartSession{Session: fourth, Replaces: third.ID, Continues: true})
}

func testEndSessions(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob, client := w.user("ann"), w.user("bob"), w.client("c")
	this, other, foreign := w.session(ann), w.session(ann), w.session(bob)
	own, others := w.grant(ann, client), w.grant(bob, client)
	at := start.Add(time.Minute)
	w.apply(core.EndSessions{UserID: ann.ID, Except: this.ID, At: at})
	for _, test := range []struct {
		id    core.ID
		ended time.Time
	}{{this.ID, time.Time{}}, {other.ID, at}, {foreign.ID, time.Time{}}} {
		if in := must(w.store.SignedIn(ctx, test.id))(w); !in.Session.EndedAt.Equal(test.ended) {
			t.Errorf("ended at %v, want %v", in.Session.EndedAt, test.ended)
		}
	}
	if !must(w.store.Code(ctx, own.ID))(w).Grant.Revoked() || must(w.store.Code(ctx, others.ID))(w).Grant.Revoked() {
		t.Error("wrong grants were revoked")
	}
	w.apply(core.EndSessions{UserID: ann.ID, At: at})
	if in := must(w.store.SignedIn(ctx, this.ID))(w); in.Session.EndedAt.IsZero() {
		t.Error("a session without an exception goes on")
	}
}

func testConsents(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob, client, other := w.user("ann"), w.user("bob"), w.client("c"), w.client("d")
	want := core.Consent{UserID: ann.ID, ClientID: client.ID, Scopes: []string{"email", "openid"}, GrantedAt: start, UpdatedAt: start}
	none, err := w.store.Consent(ctx, ann.ID, client.ID)
	missing(w, none, err)
	w.apply(core.SaveConsent{Consent: want})
	got, err := w.store.Consent(ctx, ann.ID, client.ID)
	same(w, got, err, &want)
	want.Scopes, want.UpdatedAt = []string{"openid"}, start.Add(time.Hour)
	w.apply(core.SaveConsent{Consent: want})
	got, err = w.store.Consent(ctx, ann.ID, client.ID)
	same(w, got, err, &want)

	// Withdrawing it revokes what this user gave this client, nothing else.
	its, othersGrant, elsewhere := w.grant(ann, client), w.grant(bob, client), w.grant(ann, other)
	w.apply(core.WithdrawConsent{UserID: ann.ID, ClientID: client.ID, At: start.Add(time.Minute)})
	none, err = w.store.Consent(ctx, ann.ID, client.ID)
	missing(w, none, err)
	for id, want := range map[core.ID]bool{its.ID: true, othersGrant.ID: false, elsewhere.ID: false} {
		if code := must(w.store.Code(ctx, id))(w); code.Grant.Revoked() != want {
			t.Errorf("grant of %s at %s: revoked %v", code.User.Name, code.Grant.ClientID, !want)
		}
	}
	w.refused(core.ErrNotFound, core.SaveConsent{Consent: core.Consent{UserID: "nobody", ClientID: client.ID}})
	w.refused(core.ErrNotFound, core.SaveConsent{Consent: core.Consent{UserID: ann.ID, ClientID: "nothing"}})
}
