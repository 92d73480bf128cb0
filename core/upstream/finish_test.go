package upstream_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// sameAsStored holds that the proof's user is as the store has it.
func (w *world) sameAsStored(proof *core.Proof) {
	w.t.Helper()
	got, stored := proof.User, w.store.byID(proof.User.ID)
	if got.Name != stored.Name || got.Email != stored.Email || got.EmailVerified != stored.EmailVerified || got.Profile != stored.Profile ||
		!maps.Equal(got.Attributes, stored.Attributes) || !slices.Equal(got.Groups, stored.Groups) || got.Admin != stored.Admin || got.Org != stored.Org {
		w.t.Errorf("the proof says %+v, the store %+v", got, stored)
	}
}

func TestFirstSignIn(t *testing.T) {
	w := newWorld(t)
	c := w.connector()
	c.CreateUsers, c.SyncGroups, c.GroupPrefix = true, true, "up:"
	w.plugin.identity = hook.Identity{
		Subject: "sub-1", Name: "ann", Email: "ann@example.org", EmailVerified: true, DisplayName: " Ann \n Ab\x00", GivenName: "Ann", FamilyName: "Ab",
		Picture: "https://p.example/ann", Locale: "de_CH", Phone: "+49 30 1234", Groups: []string{"b", "a", "b", "", "x;y", " z", "s\u202e"},
		Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}, {Name: "n", Value: hook.Int(1)}, {Name: "bad name", Value: hook.String("")}},
		AMR:        []string{"pwd", "", "mfa", "a b"}, ACR: "2",
		Claims: hook.Object{{Name: "tid", Value: hook.String("t")}, {Name: "auth_time", Value: hook.Int(w.now.Unix() + 3600)}},
	}
	proof := w.in()
	w.sameAsStored(proof)
	user := proof.User
	want := core.Profile{DisplayName: "Ann Ab", GivenName: "Ann", FamilyName: "Ab", Picture: "https://p.example/ann", Locale: "de-CH", Phone: "+49 30 1234"}
	if user.Name != "ann" || user.Org != "built-in" || user.Email != "ann@example.org" || !user.EmailVerified || user.Admin || user.PasswordHash != "" ||
		user.Profile != want || !maps.Equal(user.Attributes, map[string]string{"department": "R&D"}) || !slices.Equal(user.Groups, []string{"up:a", "up:b"}) {
		t.Errorf("%+v", user)
	}
	if proof.Method != "upstream" || !slices.Equal(proof.AMR, []string{"pwd", "mfa"}) || proof.ACR != "2" || !proof.AuthTime.IsZero() ||
		proof.Upstream.Connector != "up" || string(proof.Upstream.Claims) != `{"tid":"t","auth_time":1795464000}` || proof.Upstream.Logout != nil {
		t.Errorf("%+v %+v", proof, proof.Upstream)
	}
	link := w.store.links[[2]string{"up", "sub-1"}]
	if link.UserID != user.ID || link.Name != "ann" || !link.CreatedAt.Equal(w.now) || !link.LastUsedAt.Equal(w.now) || link.Tokens != nil {
		t.Errorf("%+v", link)
	}
	id := string(user.ID)
	if got := w.recorded(); !slices.Equal(got, []string{"user.created " + id, "account.linked " + id + " created"}) {
		t.Errorf("recorded %q", got)
	}
	w.now = w.now.Add(time.Hour)
	again := w.in()
	if again.User.ID != user.ID || len(w.store.users) != 1 || len(w.recorded()) != 0 {
		t.Error("the second sign-in made something")
	}
	if after := w.store.links[[2]string{"up", "sub-1"}]; !after.CreatedAt.Equal(link.CreatedAt) || !after.LastUsedAt.Equal(w.now) {
		t.Errorf("%+v", after)
	}
}

func TestLoginNames(t *testing.T) {
	for _, test := range []struct {
		name, email string
		verified    bool
		taken       []string
		want        string
	}{
		{"ann", "", false, nil, "ann"},
		{"Ann.B+c_d-e", "", false, nil, "Ann.B+c_d-e"},
		{"ann", "ann@example.org", true, []string{"ANN"}, "ann@example.org"},
		{"ann", "ann@example.org", false, []string{"ann"}, "ann-up"},
		{"ann", "", false, []string{"ann", "ann-up"}, ""},
		{"", "ann@example.org", true, nil, "ann@example.org"},
		{"", "ann@example.org", false, nil, ""},
		{"Ann Ab", "", false, nil, ""},
		{"änn", "ann@example.org", true, nil, "ann@example.org"},
		{strings.Repeat("a", 65), "", false, nil, ""},
		// What looks like an address is one only if it was verified as that.
		{"ann@example.org", "ann@example.org", true, nil, "ann@example.org"},
		{"ann@example.org", "ann@example.org", false, nil, "ann"},
		{"boss@victim.example", "ann@example.org", true, nil, "boss"},
		{"boss@victim.example", "ann@example.org", true, []string{"boss"}, "ann@example.org"},
		{"boss@victim.example", "", false, []string{"boss"}, "boss-up"},
	} {
		w := newWorld(t)
		w.connector().CreateUsers = true
		for _, name := range test.taken {
			w.add(core.User{ID: core.ID(name), Name: name})
		}
		w.plugin.identity = hook.Identity{Subject: "1", Name: test.name, Email: test.email, EmailVerified: test.verified}
		proof, err := w.arrive(nil)
		switch {
		case test.want == "":
			if refused, ok := errors.AsType[*core.UpstreamRefused](err); !ok || refused.Reason != "no_free_name" {
				t.Errorf("%+v: %v", test, err)
			}
		case err != nil || proof.User.Name != test.want || proof.User.Email != test.email || proof.User.EmailVerified != test.verified:
			t.Errorf("%+v: %+v, %v", test, proof, err)
		}
	}
}

func TestLinkByEmail(t *testing.T) {
	w := newWorld(t)
	w.connector().LinkByEmail = true
	w.add(core.User{ID: "ann", Name: "annie", Email: "ann@example.org", EmailVerified: true, Profile: core.Profile{DisplayName: "Annie"}})
	proof := w.in()
	w.sameAsStored(proof)
	if proof.User.ID != "ann" || proof.User.Profile.DisplayName != "Annie" {
		t.Errorf("%+v", proof.User)
	}
	if got := w.recorded(); !slices.Equal(got, []string{"account.linked ann email"}) {
		t.Errorf("recorded %q", got)
	}
}

// Whoever runs the provider of an organisation does not come to administer here by saying
// the address of somebody who does.
func TestNoLinkByEmailToRoles(t *testing.T) {
	w := newWorld(t)
	w.connector().LinkByEmail = true
	w.add(core.User{ID: "ann", Name: "annie", Email: "ann@example.org", EmailVerified: true})
	w.store.roles = map[core.ID][]core.RoleGrant{"ann": {{Holder: "ann", Org: "acme", Role: core.RoleAuditor}}}
	w.refused(w.out(nil), core.UpstreamUnknown, "administrator")
}

func TestLinking(t *testing.T) {
	w := newWorld(t)
	ben := w.add(core.User{ID: "ben", Name: "ben", Groups: []string{"staff"}})
	ben.Groups = []string{"staff"}
	w.connector().SyncGroups = true
	w.connector().Logout = true
	w.plugin.identity.Groups = []string{"guests"}
	w.plugin.got = core.UpstreamTokens{Access: "at", EndSession: provider + "/logout"}
	who := core.SignedIn{Session: core.Session{ID: "session"}, User: *ben}
	there := func() *core.Proof {
		b := w.send(func(b *core.UpstreamBegin) { b.LinkTo, b.Request, b.Client = "session", "", nil })
		proof, err := b.finish(func(f *core.UpstreamFinish) {
			f.For, f.Client, f.Event.Actor, f.Event.UserID = &who, nil, "user:ben", "ben"
		})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(proof.Changes)
		return proof
	}
	proof := there()
	w.sameAsStored(proof)
	if proof.User.ID != "ben" || !slices.Equal(proof.User.Groups, []string{"guests", "staff"}) || proof.Upstream.Logout != nil {
		t.Errorf("%+v", proof)
	}
	if e := w.store.events[len(w.store.events)-1]; e.Actor != "user:ben" || e.Detail["subject"] != "sub-1" || e.Detail["connector"] != "up" {
		t.Errorf("%+v", e)
	}
	if got := w.recorded(); !slices.Equal(got, []string{"account.linked ben person"}) {
		t.Errorf("recorded %q", got)
	}
	if proof = there(); len(proof.Changes) != 1 || proof.User.ID != "ben" {
		t.Errorf("what is linked already changes %+v", proof.Changes)
	}
}

func TestSyncProfile(t *testing.T) {
	w := newWorld(t)
	c := w.connector()
	c.SyncProfile = true
	w.add(core.User{
		ID: "ann", Name: "boss", Email: "old@example.org", EmailVerified: true, Admin: true,
		Profile:    core.Profile{DisplayName: "Old", Nickname: "an", Locale: "en", Phone: "123", PhoneVerified: true},
		Attributes: map[string]string{"a": "1", "b": "2"},
	})
	w.link("ann", "sub-1")
	w.plugin.identity.Phone, w.plugin.identity.Locale, w.plugin.identity.Picture = "456", "not a language", "javascript:alert(1)"
	w.plugin.identity.Attributes = hook.Object{{Name: "b", Value: hook.String("3")}}
	proof := w.in()
	w.sameAsStored(proof)
	user := proof.User
	want := core.Profile{DisplayName: "Ann Ab", Nickname: "an", Locale: "en", Phone: "456"}
	if user.Name != "boss" || !user.Admin || user.Email != "ann@example.org" || !user.EmailVerified || user.Profile != want || !user.UpdatedAt.Equal(w.now) ||
		!maps.Equal(user.Attributes, map[string]string{"a": "1", "b": "3"}) {
		t.Errorf("%+v", user)
	}
	if got := w.recorded(); !slices.Equal(got, []string{"user.updated ann profile attributes email"}) {
		t.Errorf("recorded %q", got)
	}
	if w.in(); len(w.recorded()) != 0 {
		t.Error("nothing changed, and it is recorded")
	}
	for name, test := range map[string]struct {
		email    string
		verified bool
		want     string
	}{
		"unverified":   {"new@example.org", false, "ann@example.org"},
		"another's":    {"ben@example.org", true, "ann@example.org"},
		"a login name": {"ben@login.example", true, "ann@example.org"},
		"not plain":    {"a@b@example.org", true, "ann@example.org"},
		"none":         {"", true, "ann@example.org"},
		"capitals":     {"Ann@example.org", true, "Ann@example.org"},
	} {
		w.store.users = w.store.users[:1]
		w.store.users[0].Email = "ann@example.org"
		w.add(core.User{ID: "ben", Name: "ben@login.example", Email: "ben@example.org"})
		w.plugin.identity.Email, w.plugin.identity.EmailVerified = test.email, test.verified
		if user := w.in().User; user.Email != test.want || !user.EmailVerified {
			t.Errorf("%s: %q, %v", name, user.Email, user.EmailVerified)
		}
	}
	c.SyncProfile = false
	w.plugin.identity.DisplayName = "Somebody"
	if w.in().User.Profile.DisplayName != "Ann Ab" {
		t.Error("the profile follows although it should not")
	}
}

// The provider verified what was not verified here, of a user who is linked.
func TestSyncVerified(t *testing.T) {
	w := newWorld(t)
	w.connector().SyncProfile = true
	w.add(core.User{ID: "ann", Name: "ann", Email: "ann@example.org", Profile: core.Profile{DisplayName: "Ann Ab"}})
	w.link("ann", "sub-1")
	if user := w.in().User; !user.EmailVerified {
		t.Errorf("%+v", user)
	}
	w.plugin.identity.EmailVerified = false
	if user := w.in().User; !user.EmailVerified {
		t.Error("a verified address is verified no more")
	}
}

func TestSyncGroups(t *testing.T) {
	w := newWorld(t)
	c := w.connector()
	c.SyncGroups = true
	ann := w.add(core.User{ID: "ann", Name: "ann"})
	ann.Groups = []string{"own"}
	w.link("ann", "sub-1")
	for _, step := range []struct{ from, want []string }{
		{[]string{"b", "a"}, []string{"a", "b", "own"}}, {[]string{"b"}, []string{"b", "own"}}, {nil, []string{"own"}},
	} {
		w.plugin.identity.Groups = step.from
		proof := w.in()
		w.sameAsStored(proof)
		if !slices.Equal(proof.User.Groups, step.want) {
			t.Errorf("%q gives %q", step.from, proof.User.Groups)
		}
	}
	// Switched off, the memberships stay as they are.
	w.plugin.identity.Groups = []string{"a"}
	w.in()
	c.SyncGroups, w.plugin.identity.Groups = false, []string{"c"}
	if proof := w.in(); !slices.Equal(proof.User.Groups, []string{"a", "own"}) {
		t.Errorf("%q", proof.User.Groups)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	c := w.connector()
	c.CreateUsers = true
	w.plugin.got = core.UpstreamTokens{Access: "the-access", ID: "the-id", Type: "Bearer", EndSession: provider + "/logout?x=1", ClientID: "us"}
	if proof := w.in(); proof.Upstream.Logout != nil || w.plugin.login[1].Got != nil {
		t.Error("tokens are kept that nobody wants")
	}
	c.KeepTokens, c.Logout = true, true
	proof := w.in()
	link := w.store.links[[2]string{"up", "sub-1"}]
	var kept core.UpstreamTokens
	text, err := sealer{}.Unseal(link.Tokens, core.LinkTokensPurpose("up", "sub-1"))
	if err != nil || json.Unmarshal(text, &kept) != nil || kept != w.plugin.got {
		t.Errorf("kept %q, %v", link.Tokens, err)
	}
	session := core.Session{Upstream: proof.Upstream}
	where, err := w.SignOut(t.Context(), &session, issuer+"/signed-out", "s")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(where)
	want := url.Values{
		"x": {"1"}, "id_token_hint": {"the-id"}, "client_id": {"us"}, "post_logout_redirect_uri": {issuer + "/signed-out"}, "state": {"s"},
	}
	if err != nil || u.Host != "login.provider.example" || u.Path != "/logout" || !maps.EqualFunc(u.Query(), want, slices.Equal) {
		t.Errorf("%s, %v", where, err)
	}
	w.plugin.got.ID = strings.Repeat("i", 4097)
	session.Upstream = w.in().Upstream
	if where, err := w.SignOut(t.Context(), &session, "", ""); err != nil || where != provider+"/logout?client_id=us&x=1" {
		t.Errorf("with a long ID token: %s, %v", where, err)
	}
	// What is not wanted any more goes.
	c.KeepTokens = false
	w.in()
	if link := w.store.links[[2]string{"up", "sub-1"}]; link.Tokens != nil {
		t.Error("the tokens stay")
	}
	w.plugin.got.EndSession = ""
	if w.in().Upstream.Logout != nil {
		t.Error("a provider without an end session endpoint")
	}
}

func TestSignOutNowhere(t *testing.T) {
	w := newWorld(t)
	sealed := []byte(`upstream-logout:up|{"end_session_endpoint":"https://p.example"}`)
	there := core.Session{Upstream: &core.Upstream{Connector: "up", Logout: sealed}}
	w.connector().Logout = true
	if where, err := w.SignOut(t.Context(), &there, "", ""); err != nil || where != "https://p.example" {
		t.Errorf("%q, %v", where, err)
	}
	for name, edit := range map[string]func(*core.Session, *core.Connector){
		"a password": func(s *core.Session, _ *core.Connector) { s.Upstream = nil },
		"no logout":  func(s *core.Session, _ *core.Connector) { s.Upstream = &core.Upstream{Connector: "up"} },
		"gone": func(s *core.Session, _ *core.Connector) {
			s.Upstream = &core.Upstream{Connector: "gone", Logout: sealed}
		},
		"disabled":     func(_ *core.Session, c *core.Connector) { c.Disabled = true },
		"switched off": func(_ *core.Session, c *core.Connector) { c.Logout = false },
	} {
		session, c := there, *w.connector()
		edit(&session, w.connector())
		if where, err := w.SignOut(t.Context(), &session, "", ""); err != nil || where != "" {
			t.Errorf("%s: %q, %v", name, where, err)
		}
		*w.connector() = c
	}
	there.Upstream.Logout = []byte("sealed for something else")
	if where, err := w.SignOut(t.Context(), &there, "", ""); err == nil || where != "" {
		t.Errorf("what cannot be opened: %q", where)
	}
}

// TestHeld is a callback that was posted: what counts is what was posted, not what the
// browser comes with.
func TestHeld(t *testing.T) {
	w := newWorld(t)
	w.connector().CreateUsers = true
	b := w.send(nil)
	attempt, err := w.Attempt(t.Context(), b.state)
	if err != nil {
		t.Fatal(err)
	}
	posted := url.Values{"code": {"posted"}, "state": {b.state}, "iss": {provider}, "user": {`{"name":"Ann"}`}, "id_token": {"secret"}}
	hold, err := w.Hold(b.state, attempt, posted)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(hold.Held), "posted") || strings.Contains(string(hold.Held), "Ann") {
		t.Error("the store has what was posted")
	}
	w.apply([]core.Change{hold})
	if _, err := b.finish(func(f *core.UpstreamFinish) { f.Params = url.Values{"code": {"another"}, "state": {b.state}} }); err != nil {
		t.Fatal(err)
	}
	in := w.plugin.asked[1]
	if w.plugin.login[1].Code != "posted" || len(in.Parameters) != 1 || in.Parameters[0].Name != "user" || in.Parameters[0].Value.Text() != `{"name":"Ann"}` {
		t.Errorf("%+v %+v", w.plugin.login[1], in.Parameters)
	}
}

func TestOddAuthTimes(t *testing.T) {
	w := newWorld(t)
	w.connector().CreateUsers = true
	for _, value := range []hook.Value{hook.String("1"), hook.Int(0), hook.Int(-1), hook.Int(1 << 39), hook.Bool(true), hook.Int(w.now.Unix() + 1)} {
		w.plugin.identity.Claims = hook.Object{{Name: "auth_time", Value: value}}
		if proof := w.in(); !proof.AuthTime.IsZero() {
			t.Errorf("%s is %v", value.AppendJSON(nil), proof.AuthTime)
		}
	}
}
