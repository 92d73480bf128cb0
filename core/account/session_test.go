package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
)

// grants lets a client in, in a session, and gives the grant.
func (w *world) grants(client string, s core.Session, scopes ...string) core.ID {
	w.t.Helper()
	grant := core.Grant{
		ID: w.newID(), ClientID: client, UserID: s.UserID, SessionID: s.ID, Scopes: scopes, AuthTime: w.now, ACR: "1",
		CodeHash: core.HashSecret(string(w.newID())), CodeExpiresAt: w.now.Add(time.Minute), RedirectURI: "https://rp.example/cb",
		CreatedAt: w.now, ExpiresAt: w.now.Add(24 * time.Hour),
	}
	w.apply(core.IssueCode{Grant: grant})
	return grant.ID
}

func (w *world) client(id, title string) {
	w.apply(core.CreateClient{Client: core.Client{
		ID: id, Org: core.DefaultOrganisation, Name: id, DisplayName: title, AuthMethods: []string{core.AuthNone},
		RedirectURIs: []string{"https://rp.example/cb"}, GrantTypes: []string{core.GrantAuthorizationCode}, ResponseTypes: []string{"code"},
		Scopes: []string{"openid"}, IDTokenAlg: "RS256", CreatedAt: w.now, UpdatedAt: w.now,
	}})
}

// live gives the sessions of a person that live, by identifier.
func (w *world) live(p account.Person) []core.ID {
	w.t.Helper()
	list, err := w.Sessions(w.t.Context(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []core.ID
	for i, s := range list {
		if s.Current != (s.ID == p.Session.ID) || s.Current && i > 0 {
			w.t.Errorf("session %d of %d: %+v", i, len(list), s)
		}
		ids = append(ids, s.ID)
	}
	return ids
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	w.now = w.now.Add(time.Minute)
	second, third := w.session(w.ann.User.ID), w.session(w.ann.User.ID)
	if ids := w.live(w.ann); len(ids) != 3 || ids[0] != w.ann.Session.ID {
		t.Fatalf("sessions: %v", ids)
	}
	if err := w.EndSession(t.Context(), w.ann, second.ID); err != nil {
		t.Fatal(err)
	}
	if ids := w.live(w.ann); !slices.Equal(ids, []core.ID{w.ann.Session.ID, third.ID}) {
		t.Errorf("sessions: %v", ids)
	}
	if e := w.events(core.EventSignedOut, w.ann); len(e) != 1 || e[0].Detail["session"] != string(second.ID) || e[0].Detail["reason"] != "by_person" {
		t.Errorf("recorded %+v", e)
	}
	// A session of somebody else is none.
	w.quiet(func() {
		if err := w.EndSession(t.Context(), w.ann, w.ben.Session.ID); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
	if ids := w.live(w.ben); len(ids) != 1 {
		t.Errorf("the other one's sessions: %v", ids)
	}
	w.client("rp", "Wiki")
	w.grants("rp", third, "openid")
	if err := w.EndOthers(t.Context(), w.ann); err != nil {
		t.Fatal(err)
	}
	if ids := w.live(w.ann); !slices.Equal(ids, []core.ID{w.ann.Session.ID}) {
		t.Errorf("sessions: %v", ids)
	}
	if list, err := w.Applications(t.Context(), w.ann); err != nil || len(list) != 0 {
		t.Errorf("applications that are left: %+v, %v", list, err)
	}
	if ids := w.live(w.ben); len(ids) != 1 {
		t.Errorf("the other one's sessions: %v", ids)
	}
}

func TestDevices(t *testing.T) {
	w := newWorld(t)
	device := func(p account.Person, days int) core.ID {
		id := w.newID()
		w.apply(core.AddDevice{Device: core.Device{
			ID: id, Hash: core.HashSecret(string(id)), UserID: p.User.ID, UserAgent: userAgent, IP: "192.0.2.7", CreatedAt: w.now,
			ExpiresAt: w.now.Add(time.Duration(days) * 24 * time.Hour),
		}})
		return id
	}
	count := func(want int) {
		t.Helper()
		if list, err := w.Devices(t.Context(), w.ann); err != nil || len(list) != want {
			t.Errorf("%d devices, want %d: %v", len(list), want, err)
		}
	}
	first, _, _ := device(w.ann, 30), device(w.ann, 30), device(w.ann, 30)
	device(w.ann, 1)
	others := device(w.ben, 30)
	count(4)
	w.now = w.now.Add(24 * time.Hour)
	count(3)
	w.quiet(func() {
		if err := w.ForgetDevice(t.Context(), w.ann, others); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
	if err := w.ForgetDevice(t.Context(), w.ann, first); err != nil {
		t.Fatal(err)
	}
	count(2)
	if err := w.ForgetDevices(t.Context(), w.ann); err != nil {
		t.Fatal(err)
	}
	count(0)
	if e := w.events(core.EventDeviceForgotten, w.ann); len(e) != 2 {
		t.Errorf("recorded %+v", e)
	}
	if list, err := w.Devices(t.Context(), w.ben); err != nil || len(list) != 1 {
		t.Errorf("the other one's: %+v, %v", list, err)
	}
}

func TestApplications(t *testing.T) {
	w := newWorld(t)
	w.client("rp", "Wiki")
	w.client("chat", "chat")
	w.client("old", "Archive")
	w.client("mail", "Mail")
	begun := w.now
	w.apply(core.SaveConsent{Consent: core.Consent{UserID: w.ann.User.ID, ClientID: "rp", Scopes: []string{`"email"`, "openid"}, GrantedAt: begun, UpdatedAt: begun}})
	w.apply(core.SaveConsent{Consent: core.Consent{UserID: w.ann.User.ID, ClientID: "old", Scopes: []string{"openid"}, GrantedAt: begun, UpdatedAt: begun}})
	w.now = w.now.Add(time.Hour)
	w.grants("rp", w.ann.Session, "openid", "profile")
	w.grants("chat", w.ann.Session, "openid")
	w.grants("mail", w.ben.Session, "openid")

	list, err := w.Applications(t.Context(), w.ann)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range list {
		got = append(got, a.Client.Title())
	}
	if !slices.Equal(got, []string{"Archive", "chat", "Wiki"}) {
		t.Fatalf("got %q", got)
	}
	if wiki := list[2]; !slices.Equal(wiki.Scopes, []string{"openid", "profile"}) || !wiki.Since.Equal(begun) || wiki.LastUsedAt.IsZero() {
		t.Errorf("got %+v", wiki)
	}
	if archive := list[0]; !archive.LastUsedAt.IsZero() || !archive.Since.Equal(begun) {
		t.Errorf("got %+v", archive)
	}

	w.quiet(func() {
		for _, id := range []string{"mail", "nothing", ""} {
			if err := w.Disconnect(t.Context(), w.ann, id); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("%q: got %v", id, err)
			}
		}
	})
	if err := w.Disconnect(t.Context(), w.ann, "rp"); err != nil {
		t.Fatal(err)
	}
	if list, err = w.Applications(t.Context(), w.ann); err != nil || len(list) != 2 {
		t.Errorf("left: %+v, %v", list, err)
	}
	if e := w.events(core.EventConsentWithdrawn, w.ann); len(e) != 1 || e[0].ClientID != "rp" {
		t.Errorf("recorded %+v", e)
	}
	if list, err := w.Applications(t.Context(), w.ben); err != nil || len(list) != 1 {
		t.Errorf("the other one's: %+v, %v", list, err)
	}
}

func TestActivity(t *testing.T) {
	w := newWorld(t)
	w.client("rp", "Wiki")
	happened := func(user core.ID, kind core.EventType, edit func(*core.Event)) {
		e := core.Event{ID: w.newID(), At: w.now, Type: kind, UserID: user, Actor: "user:" + string(user), IP: "192.0.2.9"}
		if edit != nil {
			edit(&e)
		}
		w.apply(core.Record{Event: e})
		w.now = w.now.Add(time.Second)
	}
	ann := w.ann.User.ID
	happened(ann, core.EventSignedIn, func(e *core.Event) {
		e.ClientID, e.Detail = "rp", map[string]string{"browser": "Firefox (Linux)"}
	})
	happened(ann, core.EventConsentWithdrawn, func(e *core.Event) { e.ClientID = "gone" })
	happened(ann, core.EventUserUpdated, func(e *core.Event) { e.Actor, e.Detail = "cli:root", map[string]string{"name": "ann"} })
	happened(ann, core.EventAuthenticatorAdded, func(e *core.Event) { e.Detail = map[string]string{"name": "My key"} })
	happened(ann, core.EventAuthenticatorAdded, func(e *core.Event) { e.ClientID = "rp" }) // without a name, on the way to a client
	happened(ann, core.EventSignInFailed, func(e *core.Event) { e.Actor = "" })
	happened(w.ben.User.ID, core.EventSignedIn, func(e *core.Event) { e.Actor = "user:" + string(ann) })
	happened(ann, core.EventSetupDone, func(e *core.Event) { e.Actor = "setup" })
	happened(ann, core.EventUserCreated, func(e *core.Event) { e.Actor = "setup" })
	happened(ann, core.EventUserCreated, func(e *core.Event) { e.Detail = map[string]string{"connector": "hub", "name": "ann"} })
	happened(ann, core.EventTokenRefreshed, nil)
	happened(ann, core.EventPluginFailed, nil)

	tells := func(kind core.EventType) bool { return kind != core.EventPluginFailed }
	list, more, err := w.Activity(t.Context(), w.ann, tells, 10)
	if err != nil || more {
		t.Fatal(more, err)
	}
	type line struct {
		kind               core.EventType
		about, browser, ip string
		byOther            bool
	}
	var got []line
	for _, h := range list {
		got = append(got, line{h.Type, h.About, h.Browser, h.IP, h.ByOther})
	}
	want := []line{
		{core.EventUserCreated, "hub", "", "192.0.2.9", false},
		{core.EventSetupDone, "", "", "192.0.2.9", false},
		{core.EventSignInFailed, "", "", "192.0.2.9", false},
		{core.EventAuthenticatorAdded, "", "", "192.0.2.9", false},
		{core.EventAuthenticatorAdded, "My key", "", "192.0.2.9", false},
		{core.EventUserUpdated, "", "", "", true},
		{core.EventConsentWithdrawn, "", "", "192.0.2.9", false},
		{core.EventSignedIn, "Wiki", "Firefox (Linux)", "192.0.2.9", false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if list, more, err = w.Activity(t.Context(), w.ann, tells, 2); err != nil || !more || len(list) != 2 || list[0].Type != core.EventUserCreated {
		t.Errorf("the first two: %+v, %v, %v", list, more, err)
	}
}
