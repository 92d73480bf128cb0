package httpd

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/web"
)

// A sign-in elsewhere leaves by a page and comes back by one: a redirect would be held
// to the form-action of whichever page had the form.
func TestSignInElsewhere(t *testing.T) {
	w := newWorld(t)
	b := w.tab().signInAt("rp").wants(http.StatusOK, "Continue with The Hub", "Wiki")
	state := b.press("upstream-hub", nil).wants(http.StatusOK, "Going on to The Hub").state()
	b.get("/callback/hub?code=c&state="+state).wants(http.StatusOK, "Returning to Wiki")
	back := b.away("https://rp.example/cb?")
	if !strings.Contains(back, "code=") || b.cookies[cookieSession] == "" {
		t.Errorf("back to %s with cookies %v", back, b.cookies)
	}
	for header, want := range map[string]string{"Cache-Control": noStore, "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
		if got := b.last.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	b.get("/callback/hub?code=c&state="+state).wants(http.StatusBadRequest, "This step is over")
}

func TestIdentify(t *testing.T) {
	w := newWorld(t)
	w.hub.offers[0].Domains = []string{"hub.example"}
	b := w.tab().signInAt("rp")
	if b.find("password") != nil || b.find("upstream-hub") == nil {
		t.Fatalf("the page asks for more than a name:\n%s", b.body)
	}
	b.press("identify", nil).wants(http.StatusUnprocessableEntity, "Enter your user name or your e-mail address.")
	b.press("identify", url.Values{"username": {"nobody@other.example"}}).wants(http.StatusOK, "Password")
	if got := attr(b.find("username"), "value"); got != "nobody@other.example" || b.find("password") == nil {
		t.Errorf("the name is %q, the page\n%s", got, b.body)
	}
	b.signInAt("rp").press("identify", url.Values{"username": {"ada@hub.example"}}).state()
	if got := w.hub.begun[len(w.hub.begun)-1].LoginHint; got != "ada@hub.example" {
		t.Errorf("the provider is told to expect %q", got)
	}
}

// What a provider posts comes from its site and without cookies. It is kept, and the
// browser comes for it.
func TestCallbackByPost(t *testing.T) {
	w := newWorld(t)
	b := w.tab().signInAt("rp")
	state := b.press("upstream-hub", nil).state()
	b.send(http.MethodPost, "/callback/hub", formType+"; charset=UTF-8", url.Values{"state": {state}, "code": {"c"}, "user": {"{}"}}.Encode(), "cross-site")
	if b.last.StatusCode != http.StatusSeeOther || b.last.Header.Get("Location") != "/callback/hub?state="+state || b.last.Header.Get("Cache-Control") != noStore {
		t.Fatalf("status %d, to %s, %v", b.last.StatusCode, b.last.Header.Get("Location"), b.last.Header)
	}
	if w.hub.held.Get("code") != "c" || len(b.last.Cookies()) != 0 {
		t.Errorf("kept %v, set %v", w.hub.held, b.last.Cookies())
	}
	b.follow().away("https://rp.example/cb?")
}

func TestCallbackIsStrict(t *testing.T) {
	large := "state=" + strings.Repeat("s", maxBody)
	for _, test := range []struct {
		name, method, target, contentType, body string
		status                                  int
		reason                                  string
	}{
		{"103 parameter twice", "GET", "/callback/hub?state=a&code=b&code=c", "", "", 400, "upstream.refused parameter_repeated"},
		{"103 state twice", "GET", "/callback/hub?state=a&state=a", "", "", 400, "upstream.refused parameter_repeated"},
		{"not percent-encoded", "GET", "/callback/hub?state=%zz", "", "", 400, "upstream.refused parameters_malformed"},
		{"103 no state", "GET", "/callback/hub?code=c", "", "", 400, "step.refused state_missing"},
		{"103 empty state", "GET", "/callback/hub?code=c&state=", "", "", 400, "step.refused state_missing"},
		{"103 unknown state", "GET", "/callback/hub?code=c&state=s", "", "", 400, "step.refused state_unknown"},
		{"another connector", "GET", "/callback/..%2Fhub?code=c&state=s", "", "", 400, "step.refused state_unknown"},
		{"posted twice", "POST", "/callback/hub", formType, "state=a&state=b", 400, "upstream.refused parameter_repeated"},
		{"posted with a query", "POST", "/callback/hub?state=a", formType, "code=c", 400, "upstream.refused parameters_in_query"},
		{"posted as JSON", "POST", "/callback/hub", "application/json", `{"state":"a"}`, 400, "upstream.refused content_type"},
		{"posted in parts", "POST", "/callback/hub", "multipart/form-data; boundary=x", "--x--", 400, "upstream.refused content_type"},
		{"posted as nothing", "POST", "/callback/hub", "", "state=a", 400, "upstream.refused content_type"},
		{"posted without state", "POST", "/callback/hub", formType, "code=c", 400, "step.refused state_missing"},
		{"posted, too large", "POST", "/callback/hub", formType, large, 413, "request.refused body_too_large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.tab().send(test.method, test.target, test.contentType, test.body, "cross-site").wants(test.status)
			if got := w.reasons(); got != test.reason {
				t.Errorf("recorded %q, want %q", got, test.reason)
			}
			if b.find("correlation") == nil || b.last.Header.Get("Cache-Control") != noStore || len(b.last.Cookies()) != 0 {
				t.Errorf("the page is\n%s\nwith %v", b.body, b.last.Header)
			}
		})
	}
}

func TestMethods(t *testing.T) {
	w := newWorld(t)
	for path, methods := range map[string]string{
		"/callback/hub": "PUT DELETE PATCH HEAD", flow.PathLink: "GET PUT", flow.PathUnlink: "GET DELETE", flow.PathLogoutReturn: "POST PUT",
	} {
		for method := range strings.FieldsSeq(methods) {
			w.tab().send(method, path, "", "", "same-origin").wants(http.StatusMethodNotAllowed)
		}
	}
}

// 87, 106: who links is who is signed in, by a form of ours.
func TestLinkIsOurForm(t *testing.T) {
	w := newWorld(t)
	b := w.tab().home()
	for _, path := range []string{flow.PathLink, flow.PathUnlink} {
		form := url.Values{"step": {b.get(pathSecurity).step("link-hub")}, "connector": {"hub"}}
		for _, site := range []string{"cross-site", "same-site"} {
			b.send(http.MethodPost, path, formType, form.Encode(), site).wants(http.StatusForbidden)
		}
		b.post(path, url.Values{"connector": {"hub"}, "subject": {"7"}}).wants(http.StatusForbidden, "does not come from a page")
	}
	if len(w.hub.begun) != 1 {
		t.Errorf("sent to the provider %d times", len(w.hub.begun))
	}
}

func TestLinkAndUnlink(t *testing.T) {
	w := newWorld(t)
	b := w.tab().home().wants(http.StatusOK, "Accounts elsewhere", "Not linked")
	step := b.step("link-hub")
	state := b.press("link-hub", nil).wants(http.StatusOK, "Going on to The Hub").state()
	b.get("/callback/hub?code=c&state="+state).follow().wants(http.StatusOK, "You can sign in with The Hub now.", "ada-l", "Linked 23 November 2026", "Your only way to sign in")
	if b.find("unlink-0") != nil || b.find("link-hub") != nil {
		t.Error("the last way in can be unlinked, or what is linked can be linked")
	}
	b.get(pathSecurity)
	if strings.Contains(text(b.page), "You can sign in with The Hub now.") {
		t.Error("the notice stays")
	}
	b.post(flow.PathUnlink, url.Values{"step": {step}, "connector": {"hub"}, "subject": {"7"}}).wants(http.StatusConflict, "You sign in with this account alone.")
	if got := attr(b.find("back"), "href"); got != pathSecurity {
		t.Errorf("back to %q", got)
	}
	if err := w.store.Apply(t.Context(), core.SetPassword{UserID: w.ada.ID, Hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", At: w.hub.now}); err != nil {
		t.Fatal(err)
	}
	b.get(pathSecurity).wants(http.StatusOK, "Password").press("unlink-0", nil).follow().
		wants(http.StatusOK, "You cannot sign in with that account at The Hub any more.", "Not linked")
	state = b.press("link-hub", nil).state()
	w.hub.refuse = &core.UpstreamRefused{Kind: core.UpstreamCancelled, Reason: "cancelled", Connector: "hub", Title: "The Hub"}
	b.get("/callback/hub?error=access_denied&state="+state).follow().wants(http.StatusOK, "Nothing was changed.")
}

// Nothing of what a provider sends gets into our log.
func TestCallbackIsNotLogged(t *testing.T) {
	w := newWorld(t)
	b := w.tab().signInAt("rp")
	state := b.press("upstream-hub", nil).state()
	w.hub.refuse = &core.UpstreamRefused{Kind: core.UpstreamBroken, Reason: "upstream_exchange", Connector: "hub", Title: "The Hub"}
	b.get("/callback/hub?code=the-code&error_description=the-words&state=" + state)
	b.get("/callback/hub?code=the-code&code=the-code&state=" + state)
	b.send(http.MethodPost, "/callback/hub", formType, "code=the-code&state="+state, "cross-site")
	log := w.log.String()
	if !strings.Contains(log, "route=/callback/:connector") || !strings.Contains(log, "reason=upstream_exchange") {
		t.Errorf("the log has not what it should have:\n%s", log)
	}
	for _, secret := range []string{"the-code", "the-words", state} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q:\n%s", secret, log)
		}
	}
}

func TestTurnedBack(t *testing.T) {
	for _, test := range []struct {
		name    string
		refusal core.UpstreamRefused
		status  int
		words   []string
	}{
		{"broken", core.UpstreamRefused{Kind: core.UpstreamBroken}, 502, []string{"Signing in with The Hub did not work", "You were not signed in."}},
		{"denied", core.UpstreamRefused{Kind: core.UpstreamDenied, Words: "Only <b>members</b> may."}, 403, []string{"You cannot sign in with The Hub", "Only <b>members</b> may."}},
		{"unknown", core.UpstreamRefused{Kind: core.UpstreamUnknown}, 403, []string{"No account here goes with this sign-in"}},
		{"closed", core.UpstreamRefused{Kind: core.UpstreamClosed}, 403, []string{"This way to sign in is closed"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			b := w.tab().signInAt("rp")
			state := b.press("upstream-hub", nil).state()
			test.refusal.Reason, test.refusal.Connector, test.refusal.Title = "reason_of_ours", "hub", "The Hub"
			w.hub.refuse = &test.refusal
			b.get("/callback/hub?code=c&state="+state).wants(test.status, append(test.words, "Back to sign-in")...)
			if b.find("correlation") == nil || b.cookies[cookieSession] != "" || strings.Contains(b.body, "reason_of_ours") {
				t.Errorf("cookies %v, the page\n%s", b.cookies, b.body)
			}
			b.get(attr(b.find("back"), "href")).wants(http.StatusOK, "Continue with The Hub")
			state = b.press("upstream-hub", nil).state()
			w.hub.refuse = nil
			b.get("/callback/hub?code=c&state=" + state).away("https://rp.example/cb?")
		})
	}
}

func TestCancelledElsewhere(t *testing.T) {
	w := newWorld(t)
	b := w.tab().signInAt("rp")
	state := b.press("upstream-hub", nil).state()
	w.hub.refuse = &core.UpstreamRefused{Kind: core.UpstreamCancelled, Reason: "cancelled", Connector: "hub", Title: "The Hub"}
	b.get("/callback/hub?error=access_denied&state="+state).follow().wants(http.StatusOK, "You came back from The Hub without signing in.")
	if b.find("problem") != nil {
		t.Error("giving up is told as a mistake")
	}
}

// The words for somebody who is signed in do not speak of signing in.
func TestNotLinked(t *testing.T) {
	for _, test := range []struct {
		kind       core.UpstreamRefusal
		said, want string
	}{
		{core.UpstreamBroken, "", "Nothing was changed."},
		{core.UpstreamUnknown, "", "That account cannot be linked to yours."},
		{core.UpstreamDenied, "", "That account cannot be linked to yours."},
		{core.UpstreamDenied, "For members.", "For members."},
		{core.UpstreamClosed, "", "Choose another way"},
	} {
		w := newWorld(t)
		b := w.tab().home()
		state := b.press("link-hub", nil).state()
		w.hub.refuse = &core.UpstreamRefused{Kind: test.kind, Reason: "r", Words: test.said, Connector: "hub", Title: "The Hub"}
		b.get("/callback/hub?code=c&state=" + state)
		if said := text(b.page); !strings.Contains(said, "The account was not linked") || !strings.Contains(said, test.want) || !strings.Contains(said, "Back to your account") {
			t.Errorf("%s: %s", test.kind, said)
		}
	}
}

func TestEveryWayBackHasAText(t *testing.T) {
	for back, want := range map[string]string{flow.PathHome: "Back to the start page", flow.PathSecurity: "Back to your account", "/login?step=a": "Back to sign-in"} {
		if got := backText(english(t), back); got != want {
			t.Errorf("%s: %q, want %q", back, got, want)
		}
	}
}

// A redirect that may follow a form of anybody's is made by a page without rights.
func TestLeavingHasNoRights(t *testing.T) {
	page := leaving(flow.Outcome{Redirect: "https://hub.example/", Away: &flow.Away{Title: "The Hub", Icon: "key", Client: &core.Client{Name: "Wiki"}}})
	if page.URL != "https://hub.example/" || page.Name != "The Hub" || page.Icon != "key" || page.Client.Name != "Wiki" {
		t.Errorf("%+v", page)
	}
	policy := contentPolicy(pageWith{Page: page}, nil)
	if !strings.HasSuffix(policy, "form-action 'self'") || strings.Contains(policy, "script") {
		t.Error(policy)
	}
}

func TestLogoutReturnOfNobody(t *testing.T) {
	w := newWorld(t)
	for _, state := range []string{"", "?state=x", "?state=a.b"} {
		w.tab().get(flow.PathLogoutReturn+state).wants(http.StatusOK, "You are signed out")
	}
	w.tab().get(flow.PathLogoutReturn + "?state=a&state=b").wants(http.StatusBadRequest)
}

func TestEveryProblemSaysSomething(t *testing.T) {
	for _, problem := range []flow.Problem{
		flow.ProblemMissing, flow.ProblemName, flow.ProblemWrong, flow.ProblemThrottled, flow.ProblemBusy, flow.ProblemUnavailable,
		flow.ProblemCancelled, flow.ProblemWeak, flow.ProblemAgain,
	} {
		page := loginPage(english(t), &flow.LoginPage{Problem: problem, Provider: "The Hub", AskPassword: true}, "0af1")
		if (page.Problem == "") == (page.Notice == "") {
			t.Errorf("%s: %q and %q", problem, page.Problem, page.Notice)
		}
		if strings.Contains(page.Problem, "0af1") != (problem == flow.ProblemUnavailable) {
			t.Errorf("%s: %q", problem, page.Problem)
		}
	}
	if page := loginPage(english(t), &flow.LoginPage{AskPassword: true}, "0af1"); page.Problem != "" || page.Notice != "" {
		t.Errorf("no problem: %+v", page)
	}
}

func english(t *testing.T) *web.Locale {
	t.Helper()
	pages, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	return pages.Known("en")
}
