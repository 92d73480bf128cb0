package admin_test

import (
	"crypto/rand"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// passkey enrols one, a moment later.
func (w *world) passkey(user *core.User, name string) core.ID {
	w.t.Helper()
	w.now = w.now.Add(time.Millisecond)
	a := core.Authenticator{ID: core.NewID(w.now, rand.Reader), UserID: user.ID, Kind: core.AuthenticatorPasskey, Name: name, Handle: []byte(name), CreatedAt: w.now}
	if err := w.store.Apply(w.t.Context(), core.AddAuthenticator{Authenticator: a}); err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}

// device remembers a browser for an hour, a moment later.
func (w *world) device(user *core.User) core.ID {
	w.t.Helper()
	w.now = w.now.Add(time.Millisecond)
	d := core.Device{ID: core.NewID(w.now, rand.Reader), UserID: user.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}
	if err := w.store.Apply(w.t.Context(), core.AddDevice{Device: d}); err != nil {
		w.t.Fatal(err)
	}
	return d.ID
}

// codes are made without any secret.
type codes struct{ w *world }

func (c codes) NewRecoveryCodes(user *core.User) ([]string, core.Change) {
	return []string{"AAAA-BBBB", "CCCC-DDDD"}, core.SetRecoveryCodes{UserID: user.ID, Hashes: []core.Hash{{1}, {2}}, At: c.w.now}
}

// missingOf wants that something named is not there.
func missingOf(t *testing.T, err error, what string) {
	t.Helper()
	if missing, ok := errors.AsType[*admin.MissingError](err); !ok || missing.What != what {
		t.Errorf("got %v, want that there is no %s", err, what)
	}
}

func TestProofs(t *testing.T) {
	w := newWorld(t)
	post := w.mailed()
	ann, bob := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org"}), w.user(admin.NewUser{Name: "bob"})
	w.Factors = codes{w}
	_, err := w.NewRecoveryCodes(t.Context(), actor, ann.ID)
	problems(t, err) // she has nothing that they stand in for
	laptop, phone, his := w.passkey(ann, "laptop"), w.passkey(ann, "phone"), w.passkey(bob, "his")
	made, err := w.NewRecoveryCodes(t.Context(), actor, ann.ID)
	if err != nil || len(made) != 2 {
		t.Fatalf("codes %v, %v", made, err)
	}
	w.device(ann)
	client := w.client(admin.NewClient{Name: "wiki"})
	session, grant := w.signedIn(ann, client)

	missingOf(t, w.RemoveAuthenticator(t.Context(), actor, ann.ID, his), "authenticator")
	if err := w.RemoveAuthenticator(t.Context(), actor, ann.ID, laptop); err != nil {
		t.Fatal(err)
	}
	missingOf(t, w.RemoveAuthenticator(t.Context(), actor, ann.ID, laptop), "authenticator")
	got, err := w.UserProofs(t.Context(), ann.ID)
	if err != nil || len(got.Authenticators) != 1 || got.Authenticators[0].ID != phone || got.RecoveryCodes != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if words := post.words[0]; words[core.WordAuthenticator] != "laptop" || words[core.WordMethod] != core.MethodPasskey {
		t.Errorf("words %v", words)
	}

	// Nothing stands in for the last one.
	if err := w.RemoveAuthenticator(t.Context(), actor, ann.ID, phone); err != nil {
		t.Fatal(err)
	}
	if got, err := w.UserProofs(t.Context(), ann.ID); err != nil || len(got.Authenticators) != 0 || got.RecoveryCodes != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if devices, err := w.UserDevices(t.Context(), ann.ID); err != nil || len(devices) != 0 {
		t.Errorf("devices %v, %v", devices, err)
	}
	if in, err := w.store.SignedIn(t.Context(), session); err != nil || !in.Session.Live(w.now) {
		t.Error("the session ended")
	}
	want := []string{"notice_removed to ann@example.org", "notice_removed to ann@example.org"}
	if queue := w.queued(); !reflect.DeepEqual(queue, want) {
		t.Errorf("mails %v", queue)
	}
	if code, err := w.store.Code(t.Context(), grant); err != nil || code.Grant.Revoked() {
		t.Error("the grant was revoked")
	}
	if got, err := w.UserProofs(t.Context(), bob.ID); err != nil || len(got.Authenticators) != 1 {
		t.Errorf("his: %+v, %v", got, err)
	}
}

func TestResetProofs(t *testing.T) {
	w := newWorld(t)
	post := w.mailed()
	w.Factors = codes{w}
	ann := w.user(admin.NewUser{Name: "ann", Email: "ann@example.org"})
	if removed, err := w.ResetProofs(t.Context(), actor, ann.ID); err != nil || removed != 0 || len(post.words) != 0 {
		t.Errorf("of nothing %d, %v, %v", removed, err, post.words)
	}
	w.passkey(ann, "laptop")
	w.passkey(ann, "phone")
	w.device(ann)
	if _, err := w.NewRecoveryCodes(t.Context(), actor, ann.ID); err != nil {
		t.Fatal(err)
	}
	session, grant := w.signedIn(ann, w.client(admin.NewClient{Name: "wiki"}))
	if err := w.store.Apply(t.Context(), core.CountFailure{Keys: []string{"factor:" + string(ann.ID)}, At: w.now, Window: time.Hour}); err != nil {
		t.Fatal(err)
	}
	removed, err := w.ResetProofs(t.Context(), actor, ann.ID)
	if err != nil || removed != 2 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	if enrolled, err := w.store.Enrolled(t.Context(), ann.ID); err != nil || enrolled != (core.Enrolled{}) {
		t.Errorf("enrolled %+v, %v", enrolled, err)
	}
	if in, err := w.store.SignedIn(t.Context(), session); err != nil || in.Session.Live(w.now) {
		t.Error("the session goes on")
	}
	if code, err := w.store.Code(t.Context(), grant); err != nil || !code.Grant.Revoked() {
		t.Error("the grant lives")
	}
	if left, err := w.store.Failures(t.Context(), "factor:"+string(ann.ID)); err != nil || len(left) != 0 {
		t.Errorf("failures %v, %v", left, err)
	}
	if len(post.words) != 1 || post.words[0][core.WordAuthenticator] != "laptop, phone" {
		t.Errorf("words %v", post.words)
	}
	_, err = w.ResetProofs(t.Context(), actor, "nobody")
	missingOf(t, err, "user")
}

func TestUserSessions(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.user(admin.NewUser{Name: "ann"}), w.user(admin.NewUser{Name: "bob"})
	client := w.client(admin.NewClient{Name: "wiki"})
	first, grant := w.signedIn(ann, client)
	w.now = w.now.Add(59 * time.Minute)
	newer, _ := w.signedIn(ann, client)
	his, _ := w.signedIn(bob, client)
	all, err := w.UserSessions(t.Context(), ann.ID)
	if err != nil || len(all) != 2 || all[0].ID != newer || all[1].ID != first {
		t.Errorf("sessions %v, %v", all, err)
	}
	missingOf(t, w.EndUserSession(t.Context(), actor, ann.ID, his), "session")
	missingOf(t, w.EndUserSession(t.Context(), actor, ann.ID, "nothing"), "session")
	w.now = w.now.Add(time.Second)
	if err := w.EndUserSession(t.Context(), actor, ann.ID, first); err != nil {
		t.Fatal(err)
	}
	if code, err := w.store.Code(t.Context(), grant); err != nil || !code.Grant.Revoked() {
		t.Error("the grant lives")
	}
	events, err := w.Events(t.Context(), core.EventFilter{Limit: 1})
	if err != nil || events[0].Type != core.EventSignedOut || events[0].SessionID != first || events[0].UserID != ann.ID {
		t.Errorf("events %+v, %v", events, err)
	}
	// One that has expired is none.
	w.now = w.now.Add(time.Hour)
	if all, err := w.UserSessions(t.Context(), ann.ID); err != nil || len(all) != 0 {
		t.Errorf("sessions %v, %v", all, err)
	}
}

func TestUserDevices(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.user(admin.NewUser{Name: "ann"}), w.user(admin.NewUser{Name: "bob"})
	first, newer, his := w.device(ann), w.device(ann), w.device(bob)
	missingOf(t, w.ForgetDevice(t.Context(), actor, ann.ID, his), "device")
	w.now = w.now.Add(time.Second)
	if err := w.ForgetDevice(t.Context(), actor, ann.ID, first); err != nil {
		t.Fatal(err)
	}
	missingOf(t, w.ForgetDevice(t.Context(), actor, ann.ID, first), "device")
	all, err := w.UserDevices(t.Context(), ann.ID)
	if err != nil || len(all) != 1 || all[0].ID != newer {
		t.Errorf("devices %v, %v", all, err)
	}
	if err := w.ForgetDevices(t.Context(), actor, ann.ID); err != nil {
		t.Fatal(err)
	}
	if all, err := w.UserDevices(t.Context(), ann.ID); err != nil || len(all) != 0 {
		t.Errorf("devices %v, %v", all, err)
	}
	if types := w.events(2); !reflect.DeepEqual(types, []core.EventType{core.EventDeviceForgotten, core.EventDeviceForgotten}) {
		t.Errorf("events %v", types)
	}
	w.now = w.now.Add(2 * time.Hour)
	if all, err := w.UserDevices(t.Context(), bob.ID); err != nil || len(all) != 0 {
		t.Errorf("expired devices %v, %v", all, err)
	}
}
