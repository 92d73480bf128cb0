package upstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// TestRefuse holds what must be refused, each under its number in the list of
// refusals. Everything refused ends the attempt, leaves exactly one audit event, no
// user and no link.
func TestRefuse(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *world){
		"103_state_that_is_not_one":          refuseState,
		"103_state_expired":                  refuseExpired,
		"103_state_of_another_attempt":       refuseOtherState,
		"103_callback_malformed":             refuseCallback,
		"103_callback_of_another_issuer":     refuseIssuer,
		"103_callback_at_another_connector":  refuseOtherConnector,
		"103_upstream_says_no":               refuseErrors,
		"103_not_a_new_sign_in":              refuseStale,
		"103_exchange_fails":                 refuseFailure,
		"104_callback_used_twice":            refuseTwice,
		"104_callback_posted_twice":          refusePostedTwice,
		"105_email_not_verified":             refuseUnverified,
		"105_email_that_is_not_plain":        refuseOddEmail,
		"105_email_that_somebody_else_had":   refuseReusedEmail,
		"105_email_of_an_administrator":      refuseAdministrator,
		"105_login_of_another_organisation":  refuseShutOut,
		"105_email_stays_unverified":         refuseToVerify,
		"106_linking_of_another_session":     refuseOtherSession,
		"106_linking_to_another_owner":       refuseOtherOwner,
		"107_subject":                        refuseSubject,
		"107_identity_out_of_bounds":         refuseIdentity,
		"108_closed_connector":               refuseClosed,
		"108_connector_closed_meanwhile":     refuseClosedMeanwhile,
		"137_connector_denies":               refuseDenial,
		"people_who_are_disabled":            refuseDisabled,
		"person_whom_nobody_made_an_account": refuseNobody,
	} {
		t.Run(name, func(t *testing.T) { test(t, newWorld(t)) })
	}
}

func refuseState(t *testing.T, w *world) {
	b := w.send(nil)
	other := core.NewCredential(core.KindState, core.NewID(w.now, strings.NewReader(strings.Repeat("x", 10))), strings.NewReader(strings.Repeat("y", 32)))
	forged, ok := core.ParseCredential(core.KindState, b.state)
	if !ok {
		t.Fatalf("state %q is no credential", b.state)
	}
	forged.Secret[0] ^= 1
	for _, state := range []string{"", "x", b.state + "x", strings.Replace(b.state, "state_", "code_", 1), other.String(), forged.String()} {
		if a, err := w.Attempt(t.Context(), state); !errors.Is(err, core.ErrNotFound) || a != nil {
			t.Errorf("%q: %v, %v", state, a, err)
		}
	}
	if _, err := w.Attempt(t.Context(), b.state); err != nil {
		t.Error(err)
	}
}

func refuseExpired(t *testing.T, w *world) {
	b := w.send(nil)
	w.now = w.now.Add(10*time.Minute - time.Millisecond)
	if _, err := w.Attempt(t.Context(), b.state); err != nil {
		t.Error(err)
	}
	w.now = w.now.Add(time.Millisecond)
	if _, err := w.Attempt(t.Context(), b.state); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("an expired attempt: %v", err)
	}
}

func refuseOtherState(t *testing.T, w *world) {
	other := w.send(nil)
	for id := range w.store.attempts {
		delete(w.store.attempts, id)
	}
	w.refused(w.out(func(f *core.UpstreamFinish) { f.State = other.state }), core.UpstreamBroken, "state_other")
	w.refused(w.out(func(f *core.UpstreamFinish) { f.State = "" }), core.UpstreamBroken, "state_other")
	if len(w.plugin.asked) != 3 {
		t.Error("the connector was asked to finish")
	}
}

func refuseCallback(t *testing.T, w *world) {
	for reason, edit := range map[string]func(url.Values){
		"code_missing":        func(p url.Values) { p.Del("code") },
		"code_malformed":      func(p url.Values) { p.Set("code", strings.Repeat("c", 4097)) },
		"callback_twice":      func(p url.Values) { p.Add("code", "another") },
		"callback_malformed":  func(p url.Values) { p.Set("iss", provider+strings.Repeat("/", 1024)) },
		"callback_too_large":  func(p url.Values) { p.Set("user", strings.Repeat("u", 16<<10)) },
		"callback_too_large ": func(p url.Values) { addMany(p) },
		"code_malformed ":     func(p url.Values) { p.Set("code", "a\r\nb") },
		"code_malformed  ":    func(p url.Values) { p.Set("code", "é") },
		"callback_malformed ": func(p url.Values) { p.Set("user", "\xff") },
		"callback_twice ":     func(p url.Values) { p["user"] = nil },
	} {
		w.refused(w.out(func(f *core.UpstreamFinish) { edit(f.Params) }), core.UpstreamBroken, strings.TrimSpace(reason))
	}
	if n := len(w.plugin.login); n != 10 {
		t.Errorf("the connector was asked %d times, 10 of them to begin", n)
	}
}

func addMany(p url.Values) {
	for i := range 33 {
		p.Set("p"+string(rune('A'+i)), "x")
	}
}

func refuseIssuer(t *testing.T, w *world) {
	for iss, reason := range map[string]string{"": "iss_missing", provider + "/": "iss_other", "https://evil.example": "iss_other"} {
		w.refused(w.out(func(f *core.UpstreamFinish) { f.Params.Set("iss", iss) }), core.UpstreamBroken, reason)
	}
	// Another issuer's error is nobody's.
	w.refused(w.out(func(f *core.UpstreamFinish) {
		f.Params = url.Values{"error": {"access_denied"}, "iss": {"https://evil.example"}}
	}), core.UpstreamBroken, "iss_other")
	w.plugin.begin.Redirect = &hook.LoginRedirect{AuthorizationEndpoint: "https://oauth.example/authorize", ClientID: "us"}
	for _, iss := range []string{"https://evil.example", "https://oauth.example.evil.example", "%"} {
		w.refused(w.out(func(f *core.UpstreamFinish) { f.Params.Set("iss", iss) }), core.UpstreamBroken, "iss_other")
	}
	for _, login := range w.plugin.login {
		if login != nil {
			t.Fatal("a code of another issuer was handed on")
		}
	}
}

func refuseOtherConnector(t *testing.T, w *world) {
	w.refused(w.out(func(f *core.UpstreamFinish) { f.Connector = "down" }), core.UpstreamBroken, "connector_other")
	if len(w.plugin.asked) != 1 {
		t.Error("the connector was asked to finish")
	}
}

func refuseErrors(t *testing.T, w *world) {
	for said, want := range map[string]struct {
		kind   core.UpstreamRefusal
		reason string
	}{
		"access_denied":                     {core.UpstreamCancelled, "upstream_cancelled"},
		"user_cancelled_login":              {core.UpstreamCancelled, "upstream_cancelled"},
		"user_cancelled_authorize":          {core.UpstreamCancelled, "upstream_cancelled"},
		"unmet_authentication_requirements": {core.UpstreamDenied, "upstream_unmet"},
		"server_error":                      {core.UpstreamBroken, "upstream_error"},
		"invalid_scope":                     {core.UpstreamBroken, "upstream_error"},
		"<script>":                          {core.UpstreamBroken, "upstream_error"},
		strings.Repeat("a", 65):             {core.UpstreamBroken, "upstream_error"},
	} {
		edit := func(f *core.UpstreamFinish) {
			f.Params = url.Values{"error": {said}, "error_description": {"it was\nrefused\x00"}, "code": {"c"}}
		}
		got := w.out(edit)
		event := w.store.events[len(w.store.events)-1]
		if word := event.Detail["error"]; word != said && word != "malformed" || strings.ContainsAny(word, "<>") || len(word) > 64 {
			t.Errorf("recorded the error %q", word)
		}
		for key, value := range event.Detail {
			if strings.Contains(value, "refused") {
				t.Errorf("the audit log has the provider's words: %s %q", key, value)
			}
		}
		if !strings.Contains(got.Detail, "it was refused") || strings.ContainsAny(got.Detail, "\n\x00") || got.Words != "" {
			t.Errorf("for the log %q, for the person %q", got.Detail, got.Words)
		}
		w.refused(got, want.kind, want.reason)
	}
}

func refuseStale(t *testing.T, w *world) {
	w.link(w.add(core.User{ID: "ann", Name: "ann"}).ID, "sub-1")
	fresh := func(b *core.UpstreamBegin) { b.Fresh = true }
	b := w.send(fresh)
	if w.plugin.asked[0].Prompt != "login" {
		t.Errorf("asked with prompt %q", w.plugin.asked[0].Prompt)
	}
	w.plugin.identity.Claims = hook.Object{{Name: "auth_time", Value: hook.Int(w.now.Unix() - 61)}}
	_, err := b.finish(nil)
	got, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok {
		t.Fatal(err)
	}
	w.apply(got.Changes)
	w.refused(got, core.UpstreamBroken, "upstream_not_fresh")
	for _, since := range []int64{60, 0, -30} {
		b = w.send(fresh)
		w.plugin.identity.Claims = hook.Object{{Name: "auth_time", Value: hook.Int(w.now.Unix() - since)}}
		if _, err := b.finish(nil); err != nil {
			t.Errorf("%d seconds before: %v", since, err)
		}
	}
	// Who did not ask for a new sign-in gets the time of the old one.
	w.plugin.identity.Claims = hook.Object{{Name: "auth_time", Value: hook.Int(w.now.Unix() - 3600)}}
	if proof := w.in(); !proof.AuthTime.Equal(w.now.Add(-time.Hour)) {
		t.Errorf("auth_time %v", proof.AuthTime)
	}
}

func refuseFailure(t *testing.T, w *world) {
	b := w.send(nil)
	w.plugin.fail = errors.New("plugin instance up failed at connector.login/v1: plugin_error: the ID token is refused:\n its nonce is not of this sign-in" + strings.Repeat("x", 1000))
	_, err := b.finish(nil)
	got, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok || got.Words != "" || !strings.Contains(got.Detail, "its nonce is not of this sign-in") {
		t.Fatalf("%+v", err)
	}
	w.apply(got.Changes)
	if cause := w.store.events[len(w.store.events)-1].Detail["cause"]; len(cause) > 300 || !strings.Contains(cause, "nonce") || strings.Contains(cause, "\n") {
		t.Errorf("recorded the cause %q", cause)
	}
	w.refused(got, core.UpstreamBroken, "connector_failed")
	w.plugin.fail, w.plugin.finish = nil, new(hook.LoginOutput)
	w.refused(w.out(nil), core.UpstreamBroken, "no_identity")
}

func refuseTwice(t *testing.T, w *world) {
	w.connector().CreateUsers = true
	b := w.send(nil)
	first, err := b.finish(nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.finish(nil) // side by side
	if err != nil {
		t.Fatal(err)
	}
	w.apply(first.Changes)
	if err := w.store.apply(second.Changes); !errors.Is(err, core.ErrConflict) {
		t.Errorf("the second of two callbacks: %v", err)
	}
	if _, err := w.Attempt(t.Context(), b.state); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a used state: %v", err)
	}
	if len(w.store.users) != 1 {
		t.Errorf("%d users", len(w.store.users))
	}
}

func refusePostedTwice(t *testing.T, w *world) {
	b := w.send(nil)
	attempt, err := w.Attempt(t.Context(), b.state)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, core.ErrConflict} {
		hold, err := w.Hold(b.state, attempt, url.Values{"code": {"c"}, "state": {b.state}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.apply([]core.Change{hold}); !errors.Is(err, want) {
			t.Errorf("post %d: %v", i, err)
		}
	}
	_, err = w.Hold(b.state, attempt, url.Values{"user": {strings.Repeat("u", 16<<10)}})
	if refused, ok := errors.AsType[*core.UpstreamRefused](err); !ok || refused.Reason != "callback_too_large" || refused.Kind != core.UpstreamBroken || refused.Connector != "up" {
		t.Errorf("a post of more than 16 KiB: %v", err)
	}
	if _, err := w.Hold(w.send(nil).state, attempt, nil); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a post under another's state: %v", err)
	}
}

func refuseUnverified(t *testing.T, w *world) {
	w.connector().LinkByEmail, w.connector().CreateUsers = true, true
	w.plugin.identity.EmailVerified = false
	there := w.add(core.User{ID: "ann", Name: "other", Email: "ann@example.org", EmailVerified: true})
	w.refused(w.out(nil), core.UpstreamUnknown, "email_unverified_there")
	w.plugin.identity.EmailVerified, there.EmailVerified = true, false
	w.refused(w.out(nil), core.UpstreamUnknown, "email_unverified_here")
	there.EmailVerified, w.connector().LinkByEmail = true, false
	w.refused(w.out(nil), core.UpstreamUnknown, "email_does_not_link")
	// A claim beside the boolean counts for nothing.
	w.connector().LinkByEmail, w.plugin.identity.EmailVerified = true, false
	w.plugin.identity.Claims = hook.Object{{Name: "email_verified", Value: hook.Bool(true)}}
	w.refused(w.out(nil), core.UpstreamUnknown, "email_unverified_there")
}

func refuseOddEmail(t *testing.T, w *world) {
	w.connector().LinkByEmail, w.connector().CreateUsers = true, true
	w.add(core.User{ID: "kim", Name: "kim", Email: "kim@example.org", EmailVerified: true})
	w.add(core.User{ID: "who", Name: "who@example.org", EmailVerified: true})
	for _, email := range []string{
		"Kim@example.org", "kim@EXAMPLE.org", " kim@example.org", "kim@example.org ", "\u212Aim@example.org", "who@example.org",
	} {
		w.plugin.identity.Email = email
		w.refused(w.out(nil), core.UpstreamUnknown, "email_not_identical")
	}
	// What is nobody's, but reads in two ways, is not kept.
	for i, email := range []string{
		"kim@example.org@evil.example", `"kim@example.org"@evil.example`, "kim@example.org\x00", "kіm@example.org", "kim@example.org,ben@example.org",
		"Kim <kim@example.org>", "kim@[127.0.0.1]", "kim(x)@example.org", strings.Repeat("k", 250) + "@example.org", "kim",
	} {
		w.plugin.identity.Email, w.plugin.identity.Subject, w.plugin.identity.Name = email, "odd"+string(rune('a'+i)), "odd"+string(rune('a'+i))
		if user := w.in().User; user.Email != "" || user.EmailVerified || user.ID == "kim" {
			t.Errorf("%q: %+v", email, user)
		}
	}
}

func refuseReusedEmail(t *testing.T, w *world) {
	w.connector().LinkByEmail, w.connector().SyncProfile = true, true
	w.add(core.User{ID: "ann", Name: "ann", Email: "ann@example.org", EmailVerified: true})
	if w.in().User.ID != "ann" {
		t.Fatal("not linked")
	}
	w.store.events = nil
	// The provider gave the address to somebody else.
	w.plugin.identity.Subject = "sub-2"
	w.refused(w.out(nil), core.UpstreamUnknown, "linked_to_another_person")
	// She has another one now, which is Ben's here: she stays Ann.
	w.add(core.User{ID: "ben", Name: "ben", Email: "ben@example.org", EmailVerified: true})
	w.plugin.identity.Subject, w.plugin.identity.Email = "sub-1", "ben@example.org"
	if user := w.in().User; user.ID != "ann" || user.Email != "ann@example.org" {
		t.Errorf("%+v", user)
	}
}

// What a provider says of an address that it did not verify verifies nothing here, or the
// next provider would link by it.
func refuseToVerify(t *testing.T, w *world) {
	w.connector().SyncProfile = true
	w.add(core.User{ID: "ann", Name: "ann", Email: "ann@example.org"})
	w.link("ann", "sub-1")
	w.plugin.identity.EmailVerified = false
	for _, email := range []string{"ann@example.org", "Ann@example.org", "new@example.org", ""} {
		w.plugin.identity.Email = email
		if user := w.in().User; user.Email != "ann@example.org" || user.EmailVerified {
			t.Errorf("%q: %+v", email, user)
		}
	}
	w.plugin.identity.Email, w.plugin.identity.EmailVerified = "ann@example.org", true
	if user := w.in().User; !user.EmailVerified {
		t.Errorf("verified there: %+v", user)
	}
}

// A login that two organisations have is nobody's where people of both sign in: nobody
// who comes from a provider gets that of somebody who has a password.
func refuseShutOut(t *testing.T, w *world) {
	w.connector().CreateUsers = true
	w.plugin.identity.EmailVerified = false
	w.add(core.User{ID: "root", Org: "other", Name: "Ann", Email: "ANN@example.org", EmailVerified: true, PasswordHash: "h"})
	if user := w.in().User; user.Name != "ann-up" || user.Email != "" {
		t.Errorf("%+v", user)
	}
	// What was verified is hers there too.
	w.plugin.identity.Subject, w.plugin.identity.EmailVerified = "sub-2", true
	if user := w.in().User; user.Name != "ann@example.org" || user.Email != "ann@example.org" {
		t.Errorf("%+v", user)
	}
	// Of those who have no password nobody is shut out.
	w.add(core.User{ID: "ben", Org: "other", Name: "ben", Email: "ben@example.org"})
	w.plugin.identity = hook.Identity{Subject: "sub-3", Name: "ben", Email: "ben@example.org"}
	if user := w.in().User; user.Name != "ben" || user.Email != "ben@example.org" {
		t.Errorf("%+v", user)
	}
}

func refuseAdministrator(t *testing.T, w *world) {
	w.connector().LinkByEmail, w.connector().CreateUsers = true, true
	root := w.add(core.User{ID: "root", Name: "root", Email: "ann@example.org", EmailVerified: true, Admin: true})
	w.refused(w.out(nil), core.UpstreamUnknown, "administrator")
	w.link("root", "sub-1")
	w.connector().SyncProfile = true
	if user := w.in().User; user.ID != "root" || !user.Admin || !root.Admin {
		t.Error("a link that the operator made does not count")
	}
}

func refuseOtherSession(t *testing.T, w *world) {
	ann := w.add(core.User{ID: "ann", Name: "ann"})
	begin := func(b *core.UpstreamBegin) { b.LinkTo, b.Request, b.Client = "session-1", "", nil }
	for _, who := range []*core.SignedIn{nil, {Session: core.Session{ID: "session-2"}, User: *ann}} {
		_, err := w.send(begin).finish(func(f *core.UpstreamFinish) { f.For, f.Client = who, nil })
		got, ok := errors.AsType[*core.UpstreamRefused](err)
		if !ok {
			t.Fatal(err)
		}
		if who != nil {
			w.store.events = nil
			w.apply(got.Changes)
			if e := w.store.events[0]; got.Reason != "session_other" || e.Type != core.EventUpstreamFailed {
				t.Errorf("%v, %+v", got, e)
			}
			continue
		}
		w.apply(got.Changes)
		w.refused(got, core.UpstreamBroken, "session_other")
	}
	// And a sign-in never links.
	w.store.events = nil
	w.connector().CreateUsers = true
	_, err := w.send(nil).finish(func(f *core.UpstreamFinish) { f.For = &core.SignedIn{User: *ann} })
	if got, ok := errors.AsType[*core.UpstreamRefused](err); !ok || got.Reason != "session_other" {
		t.Errorf("%v", err)
	}
	if len(w.store.links) != 0 {
		t.Errorf("links %v", w.store.links)
	}
}

func refuseOtherOwner(t *testing.T, w *world) {
	ann, ben := w.add(core.User{ID: "ann", Name: "ann"}), w.add(core.User{ID: "ben", Name: "ben"})
	w.link(ann.ID, "sub-1")
	begin := func(b *core.UpstreamBegin) { b.LinkTo, b.Request, b.Client = "session", "", nil }
	_, err := w.send(begin).finish(func(f *core.UpstreamFinish) {
		f.For, f.Client = &core.SignedIn{Session: core.Session{ID: "session"}, User: *ben}, nil
		// What a form could have said counts for nothing.
		f.Params.Set("user_id", "ben")
		f.Params.Set("subject", "sub-2")
	})
	got, ok := errors.AsType[*core.UpstreamRefused](err)
	if !ok || got.Kind != core.UpstreamDenied || got.Reason != "linked_to_another_user" || got.Words == "" {
		t.Fatalf("%+v", err)
	}
	if owner := w.store.links[[2]string{"up", "sub-1"}].UserID; owner != "ann" {
		t.Errorf("the link is %s's", owner)
	}
}

func refuseSubject(t *testing.T, w *world) {
	w.connector().CreateUsers = true
	for _, subject := range []string{"", " ", "\t", strings.Repeat("s", 256), strings.Repeat("s", 10<<10), "a\x00b", "a\nb", "a\u0085b", "\xff", "a\uFFFD"} {
		w.plugin.identity.Subject = subject
		w.refused(w.out(nil), core.UpstreamBroken, "subject_malformed")
	}
	if _, err := hook.ParseLoginOutput([]byte(`{"identity":{"subject":12345}}`)); err == nil {
		t.Error("a number is a subject")
	}
	// The same subject of two connectors is two people.
	w.plugin.identity.Subject = "1"
	first := w.in().User.ID
	second := w.store.config.Connectors[0]
	second.Instance = "down"
	w.store.config.Connectors = append(w.store.config.Connectors, second)
	if _, err := w.store.Link(t.Context(), "down", "1"); !errors.Is(err, core.ErrNotFound) || first == "" {
		t.Errorf("%v", err)
	}
	// Subjects are compared byte by byte.
	w.plugin.identity.Subject, w.plugin.identity.Name, w.plugin.identity.Email = "1 ", "another", ""
	if w.in().User.ID == first {
		t.Error("a space more is the same person")
	}
}

func refuseIdentity(_ *testing.T, w *world) {
	w.connector().CreateUsers = true
	w.plugin.identity.Groups = make([]string, 1001)
	w.refused(w.out(nil), core.UpstreamBroken, "too_many_groups")
	w.plugin.identity.Groups = nil
	w.plugin.identity.Claims = hook.Object{{Name: "c", Value: hook.String(strings.Repeat("c", 16<<10))}}
	w.refused(w.out(nil), core.UpstreamBroken, "claims_too_large")
}

// closing are the ways in which a connector is closed.
var closing = map[string]func(*world){
	"connector_unknown":         func(w *world) { w.store.config.Connectors = nil },
	"connector_disabled":        func(w *world) { w.connector().Disabled = true },
	"connector_not_bound":       func(w *world) { w.store.config.Bindings[0].ClientID = "another" },
	"connector_not_bound ":      func(w *world) { w.store.config.Bindings[0].Hook = hook.ConnectorPassword },
	"organisation_not_admitted": func(w *world) { w.connector().Org = "other" },
	"organisation_disabled":     func(w *world) { w.store.orgs["built-in"] = core.Organisation{Name: "built-in", Disabled: true} },
}

func refuseClosed(t *testing.T, _ *world) {
	for reason, edit := range closing {
		w := newWorld(t)
		edit(w)
		_, err := w.begin(nil)
		got, ok := errors.AsType[*core.UpstreamRefused](err)
		if !ok {
			t.Fatalf("%s: %v", reason, err)
		}
		w.apply(got.Changes)
		if len(w.plugin.asked) != 0 || len(w.store.attempts) != 0 {
			t.Errorf("%s: the connector was asked", reason)
		}
		w.store.events[0].UserID = ""
		w.refused(got, core.UpstreamClosed, strings.TrimSpace(reason))
		if offers, err := w.Offers(t.Context(), &w.client); err != nil || len(offers) != 0 {
			t.Errorf("%s: offered %v, %v", reason, offers, err)
		}
	}
}

func refuseClosedMeanwhile(t *testing.T, _ *world) {
	for reason, edit := range closing {
		w := newWorld(t)
		w.add(core.User{ID: "ann", Name: "ann"})
		w.link("ann", "sub-1")
		b := w.send(nil)
		edit(w)
		_, err := b.finish(nil)
		got, ok := errors.AsType[*core.UpstreamRefused](err)
		if !ok {
			t.Fatalf("%s: %v", reason, err)
		}
		w.apply(got.Changes)
		if len(w.plugin.asked) != 1 || len(w.store.attempts) != 0 {
			t.Errorf("%s: the connector was asked to finish, or the attempt lives", reason)
		}
		w.refused(got, core.UpstreamClosed, strings.TrimSpace(reason))
	}
}

func refuseDenial(t *testing.T, w *world) {
	w.plugin.finish = &hook.LoginOutput{Deny: true, Reason: "You are not in the\n tenant.\u202e", Identity: &hook.Identity{Subject: "1"}}
	got := w.out(nil)
	if got.Words != "You are not in the tenant." || got.Connector != "up" || got.Title != "Up" {
		t.Errorf("%+v", got)
	}
	w.refused(got, core.UpstreamDenied, "connector_denied")
	w.plugin.begin = hook.LoginOutput{Deny: true, Reason: "Not today."}
	_, err := w.begin(nil)
	if got, ok := errors.AsType[*core.UpstreamRefused](err); !ok || got.Kind != core.UpstreamDenied || got.Words != "Not today." {
		t.Errorf("%v", err)
	}
}

func refuseDisabled(_ *testing.T, w *world) {
	ann := w.add(core.User{ID: "ann", Name: "ann"})
	w.link("ann", "sub-1")
	ann.Disabled = true
	w.refused(w.out(nil), core.UpstreamUnknown, "user_disabled")
	ann.Disabled, ann.Org = false, "other"
	w.refused(w.out(nil), core.UpstreamUnknown, "organisation_not_admitted")
	w.store.orgs["other"] = core.Organisation{Name: "other", Disabled: true}
	w.refused(w.out(nil), core.UpstreamUnknown, "organisation_disabled")
}

func refuseNobody(t *testing.T, w *world) {
	got := w.out(nil)
	if event := w.store.events[len(w.store.events)-1]; event.Detail["subject"] != "sub-1" || event.Detail["connector"] != "up" {
		t.Errorf("the operator cannot link: %v", event.Detail)
	}
	w.refused(got, core.UpstreamUnknown, "nobody_linked")
	w.connector().CreateUsers = true
	w.add(core.User{ID: "1", Name: "ann"})
	w.add(core.User{ID: "2", Name: "ann-up"})
	w.plugin.identity.EmailVerified = false
	w.refused(w.out(nil), core.UpstreamUnknown, "no_free_name")
}

// A failure of the store is never an answer about the person.
func TestStoreFails(t *testing.T) {
	lost := errors.New("disk on fire")
	for _, method := range []string{"Plugins", "Organisation", "Link", "Links", "Roles", "UserByEmail", "UserByLogin"} {
		w := newWorld(t)
		w.connector().CreateUsers, w.connector().LinkByEmail = true, true
		if method == "Links" || method == "Roles" {
			w.add(core.User{ID: "ann", Name: "ann", Email: "ann@example.org", EmailVerified: true})
		}
		b := w.send(nil)
		w.store.fail = map[string]error{method: lost}
		if proof, err := b.finish(nil); !errors.Is(err, lost) || proof != nil {
			t.Errorf("%s: %+v, %v", method, proof, err)
		}
	}
	w := newWorld(t)
	b := w.send(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	attempt, err := w.Attempt(t.Context(), b.state)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(ctx, core.UpstreamFinish{Attempt: attempt, State: b.state, Connector: "up", Client: &w.client,
		Params: url.Values{"code": {"c"}, "iss": {provider}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away: %v", err)
	}
	var text map[string]any
	for _, a := range w.store.attempts {
		if json.Unmarshal(a.Sealed, &text) == nil || strings.Contains(string(a.Sealed), provider) {
			t.Error("the attempt can be read")
		}
	}
}
