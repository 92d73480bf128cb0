package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// informed makes a client that is told of the end of sessions.
func (w *world) informed(id string) core.Client {
	w.Helper()
	c := w.client(id)
	c.Metadata.BackchannelLogoutURI = "https://" + id + ".example/logout"
	w.apply(core.UpdateClient{Client: c})
	return c
}

// visits lets clients have a grant each in a session.
func (w *world) visits(s core.Session, clients ...core.Client) {
	w.Helper()
	for _, c := range clients {
		w.apply(core.IssueCode{Grant: core.Grant{ID: w.id(), ClientID: c.ID, UserID: s.UserID, SessionID: s.ID, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}})
	}
}

// again starts a session in the place of another.
func (w *world) again(u core.User, replaces core.Session) core.Session {
	w.Helper()
	s := core.Session{ID: w.id(), Hash: core.Hash{5}, UserID: u.ID, AuthTime: start, CreatedAt: start.Add(time.Hour), ExpiresAt: start.Add(9 * time.Hour)}
	w.apply(core.StartSession{Session: s, Replaces: replaces.ID})
	return s
}

// notices gives what waits for all clients as "client session", and takes it.
func (w *world) notices() []string {
	w.Helper()
	var all []string
	for _, q := range must(w.store.LogoutQueues(w.Context()))(w) {
		for _, n := range must(w.store.ClaimLogouts(w.Context(), q.ClientID, start, start.Add(lease), 100))(w) {
			all = append(all, fmt.Sprint(n.ClientID, " ", n.SessionID))
			w.apply(core.EndNotice{ID: n.ID})
		}
	}
	return all
}

func (w *world) noticed(what string, want ...string) {
	w.Helper()
	if got := w.notices(); !slices.Equal(got, want) {
		w.Errorf("%s: notices %q, want %q", what, got, want)
	}
}

// knows reports whether the handle said that sessions ended.
func knows(s Store) bool {
	select {
	case <-s.LogoutsQueued():
		return true
	default:
		return false
	}
}

func testLogoutNotices(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	a, b, silent := w.informed("a"), w.informed("b"), w.client("silent")
	one, two, three := w.session(ann), w.session(ann), w.session(bob)
	w.visits(one, a, silent, a)
	w.visits(two, b, a)
	w.visits(three, a)
	clients, err := w.store.SessionClients(ctx, one.ID)
	same(w, clients, err, []core.SessionClient{{ClientID: "a", SessionID: one.ID}, {ClientID: "silent", SessionID: one.ID}})
	if knows(w.store) {
		t.Error("told of nothing")
	}
	w.noticed("nothing ended")

	w.apply(core.EndSession{ID: one.ID, At: start})
	if !knows(w.store) || knows(w.store) {
		t.Error("not told once")
	}
	w.noticed("signed out", "a "+string(one.ID))
	w.apply(core.EndSession{ID: one.ID, At: start}, core.EndSession{ID: "nothing", At: start})
	w.noticed("signed out twice")

	w.apply(core.EndSessions{UserID: ann.ID, Except: two.ID, At: start})
	w.noticed("none but the exception")
	// The user may go in the same transaction.
	w.apply(core.EndSessions{UserID: ann.ID, At: start}, core.DeleteUser{ID: ann.ID})
	claimed := must(w.store.ClaimLogouts(ctx, "a", start, start.Add(lease), 10))(w)
	same(w, claimed, nil, []core.LogoutNotice{{ID: claimed[0].ID, ClientID: "a", UserID: ann.ID, SessionID: two.ID}})
	w.noticed("deleted", "b "+string(two.ID)) // a's is claimed

	// What fails leaves nothing; who asks no more gets nothing; who is gone neither.
	w.refused(core.ErrNotFound, core.EndSession{ID: three.ID, At: start}, core.RemoveBinding{ID: "gone"})
	w.noticed("failed")
	w.apply(core.EndNotice{ID: claimed[0].ID}, core.EndSession{ID: three.ID, At: start}, core.DeleteClient{ID: "a"})
	w.noticed("deleted client")
	four := w.session(bob)
	w.visits(four, b)
	b.Metadata.BackchannelLogoutURI = ""
	w.apply(core.UpdateClient{Client: b}, core.EndSession{ID: four.ID, At: start})
	w.noticed("without a URI")
}

// A session that takes the place of another of the same person stands for it.
func testLogoutReplaced(t *testing.T, w *world) {
	ctx := t.Context()
	ann, bob := w.user("ann"), w.user("bob")
	a, b := w.informed("a"), w.informed("b")
	first := w.session(ann)
	w.visits(first, a)
	old := w.grant(ann, a) // of yet another session
	second := w.again(ann, first)
	w.visits(second, b)
	third := w.again(ann, second)
	w.visits(third, a)
	w.noticed("replaced by the same person")
	clients, err := w.store.SessionClients(ctx, third.ID)
	same(w, clients, err, []core.SessionClient{{ClientID: "a", SessionID: first.ID}, {ClientID: "b", SessionID: second.ID}, {ClientID: "a", SessionID: third.ID}})

	// They are kept as long as the last, which ends them with what was granted in them.
	if _, err := w.store.Sweep(ctx, start.Add(8*time.Hour+time.Minute)); err != nil {
		t.Error(err)
	}
	granted := core.Grant{ID: w.id(), ClientID: a.ID, UserID: ann.ID, SessionID: third.ID, CreatedAt: start, ExpiresAt: start.Add(100 * time.Hour)}
	w.apply(core.IssueCode{Grant: granted})
	for _, s := range []core.Session{first, second} {
		w.apply(core.EndSessions{UserID: bob.ID, At: start})
		if in := must(w.store.SignedIn(ctx, s.ID))(w); in.Session.EndedAt.IsZero() {
			t.Error("a replaced session lives")
		}
	}
	w.apply(core.EndSession{ID: third.ID, At: start.Add(time.Minute)})
	w.noticed("signed out", "a "+string(first.ID), "a "+string(third.ID), "b "+string(second.ID))
	if !must(w.store.Code(ctx, granted.ID))(w).Grant.Revoked() || must(w.store.Code(ctx, old.ID))(w).Grant.Revoked() {
		t.Error("the wrong grants were revoked")
	}

	// For another person it is the end; so it is if the session had ended before.
	mine := w.session(ann)
	w.visits(mine, a)
	his := w.again(bob, mine)
	w.noticed("replaced by another person", "a "+string(mine.ID))
	w.visits(his, b)
	w.apply(core.EndSession{ID: his.ID, At: start})
	w.noticed("the other signs out", "b "+string(his.ID))
	last := w.again(bob, his)
	w.apply(core.EndSession{ID: last.ID, At: start})
	w.noticed("replaced after its end")
}

func testLogoutClaims(t *testing.T, w *world) {
	ctx := t.Context()
	ann, a := w.user("ann"), w.informed("a")
	for range 3 {
		s := w.session(ann)
		w.visits(s, a)
	}
	w.apply(core.EndSessions{UserID: ann.ID, At: start})
	first := must(w.store.ClaimLogouts(ctx, "a", start, start.Add(lease), 2))(w)
	if len(first) != 2 || first[0].ID >= first[1].ID {
		t.Fatalf("claimed %+v", first)
	}
	rest := must(w.store.ClaimLogouts(ctx, "a", start.Add(lease-1), start.Add(lease), 10))(w)
	if len(rest) != 1 {
		t.Fatalf("claimed %+v", rest)
	}
	queues, err := w.store.LogoutQueues(ctx)
	same(w, queues, err, []core.LogoutQueue{{ClientID: "a", NextAt: start.Add(lease)}})

	// Put off, given back, delivered: late or not, nothing else is touched.
	later := start.Add(10 * time.Second)
	w.apply(core.PutOffNotice{ID: first[0].ID, Failures: 1, NextAt: later}, core.PutOffNotice{ID: first[1].ID}, core.EndNotice{ID: rest[0].ID})
	w.apply(core.EndNotice{ID: rest[0].ID}, core.PutOffNotice{ID: rest[0].ID})
	again := must(w.store.ClaimLogouts(ctx, "a", later, later.Add(lease), 10))(w)
	want := []core.LogoutNotice{first[1], first[0]}
	want[1].Failures = 1
	same(w, again, nil, want)
	other := w.handle()
	if taken := must(other.ClaimLogouts(ctx, "a", later, later.Add(lease), 10))(w); len(taken) != 0 {
		t.Errorf("claimed twice: %+v", taken)
	}
	if taken := must(other.ClaimLogouts(ctx, "a", later.Add(lease), later.Add(2*lease), 10))(w); len(taken) != 2 {
		t.Errorf("a claim that ended keeps %d of 2", 2-len(taken))
	}
}
