package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

func TestSignInWithConsent(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.authorize("rp", "login_hint", "ann@example.org").at(flow.PathLogin)
	login := page[*flow.LoginPage](b)
	if login.Client.ID != "rp" || login.Username != "ann@example.org" || login.Problem != "" || !login.Cancellable || b.last.Status != 0 {
		t.Errorf("login page %+v, status %d", login, b.last.Status)
	}
	if !slices.Equal(b.last.FormTargets, []string{"https://rp.example"}) {
		t.Errorf("form targets %q", b.last.FormTargets)
	}
	b.login("ann@example.org", people["ann"].password).at(flow.PathConsent)
	consent := page[*flow.ConsentPage](b)
	if consent.User.Name != "ann" || !slices.Equal(consent.Scopes, []string{"openid", "email"}) {
		t.Errorf("consent page %+v", consent)
	}
	b.consent(true)
	got := b.grant("rp")
	ann := w.user("ann")
	want := core.Grant{
		ID: got.Grant.ID, ClientID: "rp", UserID: ann.ID, SessionID: got.Grant.SessionID,
		Scopes: []string{"openid", "email"}, Nonce: "n-1", AuthTime: w.now, AMR: []string{"pwd"}, ACR: "1",
		CodeHash: got.Grant.CodeHash, CodeExpiresAt: w.now.Add(time.Minute), RedirectURI: "https://rp.example/cb", RedirectURIGiven: true,
		CreatedAt: w.now, ExpiresAt: w.now.Add(30 * 24 * time.Hour),
	}
	if !sameGrant(got.Grant, want) {
		t.Errorf("grant\n%+v, want\n%+v", got.Grant, want)
	}
	if n := w.commits.Load(); n != 3 {
		t.Errorf("%d commits, want 3: request, login, consent with the code", n)
	}
	w.recorded("code.issued", "consent.given", "signin.succeeded")
	if ann.LastSignInIP != "192.0.2.1" || !ann.LastSignInAt.Equal(w.now) {
		t.Errorf("last sign-in %v from %s", ann.LastSignInAt, ann.LastSignInIP)
	}

	b.authorize("rp", "prompt", "none")
	if again := b.grant("rp"); again.Grant.SessionID != got.Grant.SessionID || !again.Grant.AuthTime.Equal(got.Grant.AuthTime) {
		t.Errorf("second sign-in has another session or time: %+v", again.Grant)
	}
	w.recorded("code.issued")
	b.authorize("rp", "scope", "openid profile").at(flow.PathConsent)
	if asked := page[*flow.ConsentPage](b).Scopes; !slices.Equal(asked, []string{"openid", "profile"}) {
		t.Errorf("112 asked for %q", asked)
	}
	b.consent(true)
	stored, err := w.store.Consent(t.Context(), ann.ID, "rp")
	if err != nil || !slices.Equal(stored.Scopes, []string{"email", "openid", "profile"}) {
		t.Errorf("stored consent %+v, %v", stored, err)
	}
}

func sameGrant(a, b core.Grant) bool {
	return a.ID == b.ID && a.ClientID == b.ClientID && a.UserID == b.UserID && a.SessionID == b.SessionID && a.SessionID != "" &&
		slices.Equal(a.Scopes, b.Scopes) && a.Nonce == b.Nonce && a.AuthTime.Equal(b.AuthTime) && slices.Equal(a.AMR, b.AMR) && a.ACR == b.ACR &&
		a.CodeHash == b.CodeHash && a.CodeExpiresAt.Equal(b.CodeExpiresAt) && a.CodeUsedAt.IsZero() && a.RedirectURI == b.RedirectURI &&
		a.RedirectURIGiven == b.RedirectURIGiven && a.Challenge == b.Challenge && a.CreatedAt.Equal(b.CreatedAt) && a.ExpiresAt.Equal(b.ExpiresAt) && !a.Revoked()
}

// A sign-in has at most three commits, the third being the token endpoint's.
func TestCommits(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	if n := w.commits.Swap(0); n != 2 {
		t.Errorf("a sign-in takes %d commits, want 2", n)
	}
	b.authorize("fast").grant("fast")
	if n := w.commits.Swap(0); n != 1 {
		t.Errorf("a sign-in with a session takes %d commits, want 1", n)
	}
}

// A Confluence app asks for offline_access without prompt, state, nonce or PKCE.
func TestConfluence(t *testing.T) {
	w := newWorld(t)
	w.addClient("wiki", func(c *core.Client) {
		c.SkipConsent, c.OfflineWithoutPrompt, c.RefreshTTL = true, true, 90*24*time.Hour
		c.Scopes = []string{"openid", "profile", "email", "address", "phone", "offline_access"}
	})
	b := w.browser()
	b.authorize("wiki", "scope", "address phone openid profile offline_access email", "state", "", "nonce", "").at(flow.PathLogin).signIn("ann")
	if !strings.HasPrefix(b.last.Redirect, "https://wiki.example/cb?code=code_") || strings.Contains(b.last.Redirect, "state=") {
		t.Fatalf("redirect %q", b.last.Redirect)
	}
	b.authorize("wiki", "scope", "address phone openid profile offline_access email", "nonce", "")
	got := b.grant("wiki").Grant
	if strings.Join(got.Scopes, " ") != "address phone openid profile offline_access email" || got.Nonce != "" || !got.ExpiresAt.Equal(w.now.Add(90*24*time.Hour)) {
		t.Errorf("grant %+v", got)
	}
}

func TestResponseModes(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")

	b.authorize("fast", "response_mode", "form_post")
	form := b.last.Form
	if form == nil || form.Action != "https://fast.example/cb" || form.Client.ID != "fast" || len(form.Fields) != 3 ||
		form.Fields[1].Name != "state" || form.Fields[1].Value != "st at&e=é\"<" || form.Fields[2].Value != issuer {
		t.Errorf("form %+v", form)
	}
	if !slices.Equal(b.last.FormTargets, []string{"https://fast.example"}) {
		t.Errorf("form targets %q", b.last.FormTargets)
	}
	b.authorize("fast", "response_mode", "fragment")
	if !strings.HasPrefix(b.last.Redirect, "https://fast.example/cb#code=") {
		t.Errorf("redirect %q", b.last.Redirect)
	}
	w.events()
	b.authorize("fast", "response_mode", "form_post", "prompt", "none", "max_age", "0")
	if form = b.last.Form; form == nil || form.Fields[0].Value != "login_required" {
		t.Errorf("form %+v", form)
	}
	w.recorded("authorize.refused prompt_none")
}

func TestSelectAccount(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	first := b.session

	b.authorize("fast", "prompt", "select_account").at(flow.PathSelect)
	if page[*flow.SelectPage](b).User.Name != "ann" {
		t.Error("another account is offered")
	}
	b.choose(true).grant("fast")
	if b.session != first {
		t.Error("the session changed without a sign-in")
	}
	b.authorize("fast", "prompt", "select_account").at(flow.PathSelect).choose(false).at(flow.PathLogin)
	if b.signIn("ben").grant("fast").User.Name != "ben" || b.who() != "ben" {
		t.Error("the other account did not sign in")
	}
	if (&browser{world: w, session: first}).who() != "" {
		t.Error("84 the replaced session still lives")
	}
	b.authorize("fast", "prompt", "select_account").at(flow.PathSelect).cancel().denied("fast", "access_denied")
	if b.who() != "ben" {
		t.Error("90 cancelling changed the session")
	}
}

func TestPromptLoginAndMaxAge(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	first := b.grant("fast").Grant
	w.now = w.now.Add(10 * time.Second)
	b.authorize("fast", "max_age", "10000").grant("fast")
	b.authorize("fast", "max_age", "1").at(flow.PathLogin).signIn("ann")
	second := b.grant("fast").Grant
	if !second.AuthTime.Equal(w.now) || second.SessionID == first.SessionID {
		t.Errorf("84 max_age: the session did not change: %+v", second)
	}
	w.now = w.now.Add(10 * time.Second)
	b.authorize("fast", "prompt", "login").at(flow.PathLogin)
	// The page is slow to come back; nothing but this sign-in counts.
	w.now = w.now.Add(10 * time.Second)
	if third := b.signIn("ann").grant("fast").Grant; !third.AuthTime.Equal(w.now) {
		t.Errorf("auth_time %v, want %v", third.AuthTime, w.now)
	}
}

func TestHere(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	here := func() *browser { t.Helper(); return b.got(b.SignInHere(t.Context(), b.from())) }
	here().at(flow.PathLogin)
	if login := page[*flow.LoginPage](b); login.Client != nil || b.last.FormTargets != nil {
		t.Errorf("login page %+v, targets %q", login, b.last.FormTargets)
	}
	b.cancel()
	if b.last.Redirect != flow.PathHome || b.who() != "" {
		t.Errorf("cancelled to %+v", b.last)
	}
	w.recorded("signin.cancelled cancelled")
	here().at(flow.PathLogin).signIn("olga")
	if b.last.Redirect != flow.PathHome || b.who() != "olga" {
		t.Errorf("signed in to %+v as %q", b.last, b.who())
	}
	w.recorded("signin.succeeded")
	if here(); b.last.Redirect != flow.PathHome {
		t.Errorf("whoever is signed in is sent to %q", b.last.Redirect)
	}
	w.recorded()
	w.now = w.now.Add(12 * time.Hour)
	if b.who() != "" {
		t.Error("the session outlives its 12 hours")
	}
}

func TestSharedClient(t *testing.T) {
	w := newWorld(t)
	w.addClient("shared", func(c *core.Client) { c.Shared, c.SkipConsent = true, true })
	if w.browser().authorize("shared").at(flow.PathLogin).signIn("olga").grant("shared").User.Name != "olga" {
		t.Error("not olga")
	}
}

func TestLoginProblems(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.authorize("rp").at(flow.PathLogin)
	for _, c := range []struct {
		name, password string
		problem        flow.Problem
		event          string
	}{
		{"", "", flow.ProblemMissing, "signin.failed empty"},
		{" ", "x", flow.ProblemMissing, "signin.failed empty"},
		{"ann", "", flow.ProblemMissing, "signin.failed empty"},
		{"ann", "wrong password", flow.ProblemWrong, "signin.failed wrong_password"},
		{"nobody", "wrong password", flow.ProblemWrong, "signin.failed unknown_user"},
	} {
		b.login(c.name, c.password)
		if login := page[*flow.LoginPage](b); login.Problem != c.problem || login.Username != c.name || b.last.Status != 422 {
			t.Errorf("%q: page %+v, status %d", c.name, login, b.last.Status)
		}
		w.recorded(c.event)
	}
	b.signIn("ann").at(flow.PathConsent)
}
