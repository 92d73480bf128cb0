package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

func TestPasswordAndApp(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	app := w.enrolApp("ann")
	w.enrolCodes("ann")
	w.commits.Store(0)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	if b.session != "" || b.who() != "" {
		t.Fatalf("84 a password alone gave the session %q", b.session)
	}
	w.recorded("signin.factor_wanted")
	// Who planted the cookie of the request has nothing of the password.
	attacker := w.browser()
	attacker.binding, attacker.last = b.binding, b.last
	if attacker.view(flow.PathFactor).at(flow.PathLogin); page[*flow.LoginPage](attacker).Username != "" {
		t.Errorf("84 the attacker is at %+v", attacker.last)
	}
	attacker.last = b.last
	attacker.types(app).at(flow.PathLogin)
	w.events()
	b.at(flow.PathFactor)
	shown := page[*flow.FactorPage](b)
	if shown.Client.ID != "fast" || shown.User.Name != "ann" || !slices.Equal(shown.Methods, []string{"totp", "recovery"}) || shown.Passkey != nil || shown.Problem != "" || shown.Trust != 0 {
		t.Errorf("page %+v", shown)
	}
	began := w.now
	w.now = w.now.Add(time.Minute)
	b.types(app)
	got := b.grant("fast").Grant
	if got.ACR != "2" || !slices.Equal(got.AMR, []string{"pwd", "otp", "mfa"}) || !got.AuthTime.Equal(began) {
		t.Errorf("grant %+v", got)
	}
	if n := w.commits.Load(); n != 3 {
		t.Errorf("%d commits, want 3: request, password, code with the session", n)
	}
	w.recorded("code.issued", "signin.succeeded")
	// From then on it is a session like any other, and costs no more.
	w.commits.Store(0)
	if b.authorize("fast").grant("fast"); w.commits.Load() != 1 {
		t.Errorf("%d commits in a session", w.commits.Load())
	}
}

func TestPasskey(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.enrolPasskey("ann")
	w.enrolApp("ann")
	b.authorize("fast").at(flow.PathLogin).tapsFirst()
	got := b.grant("fast").Grant
	if got.ACR != "phr" || !slices.Contains(got.AMR, "mfa") || !slices.Contains(got.AMR, "user") || slices.Contains(got.AMR, "pwd") || b.who() != "ann" {
		t.Errorf("grant %+v of %q", got, b.who())
	}
	w.recorded("code.issued", "signin.succeeded")

	// As a second factor it is asked of the person whose password it was.
	second := w.browser()
	second.keys = b.keys
	second.authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	if shown := page[*flow.FactorPage](second); !slices.Equal(shown.Methods, []string{"passkey", "totp"}) {
		t.Errorf("methods %q", shown.Methods)
	}
	second.taps()
	if got := second.grant("fast").Grant; got.ACR != "phr" || !slices.Contains(got.AMR, "pwd") {
		t.Errorf("grant %+v", got)
	}
}

// What is refused of a passkey leaves everything as it was.
func TestPasskeyRefused(t *testing.T) {
	w := newWorld(t)
	b, stranger := w.browser(), w.browser()
	b.enrolPasskey("ann")
	stranger.enrolPasskey("ben")
	w.apply(core.DeleteAuthenticators{UserID: w.user("ben").ID})
	for _, who := range []*browser{b, stranger} {
		who.authorize("rp").at(flow.PathLogin)
	}
	w.events()
	ceremony := page[*flow.LoginPage](b).Passkey
	good := b.asserted(ceremony)
	other := page[*flow.LoginPage](stranger).Passkey
	for name, c := range map[string]struct {
		signed, response string
		problem          flow.Problem
		events           []string
	}{
		"nothing, as without a script":     {ceremony.Signed, "", flow.ProblemScript, nil},
		"no ceremony":                      {"", good, flow.ProblemPasskey, []string{"signin.failed ceremony_forged"}},
		"the ceremony of another browser":  {other.Signed, good, flow.ProblemPasskey, []string{"signin.failed ceremony_forged"}},
		"the step in the ceremony's place": {b.step(), good, flow.ProblemPasskey, []string{"signin.failed ceremony_forged"}},
		"no JSON":                          {ceremony.Signed, "x", flow.ProblemPasskey, nil},
	} {
		b.got(b.LoginWithPasskey(t.Context(), b.step(), c.signed, c.response, b.from()))
		if got := page[*flow.LoginPage](b); got.Problem != c.problem || b.last.Status != 422 || b.session != "" {
			t.Errorf("99 %s: %+v, status %d", name, got, b.last.Status)
		}
		if events := w.events(); c.events != nil && !slices.Equal(events, c.events) {
			t.Errorf("%s: recorded %q", name, events)
		}
	}
	stranger.tapsFirst()
	if got := page[*flow.LoginPage](stranger); got.Problem != flow.ProblemPasskey || got.Passkey.Unknown == "" || !strings.Contains(stranger.asserted(got.Passkey), got.Passkey.Unknown) {
		t.Errorf("a passkey that nobody has: %+v", got.Passkey)
	}
	b.got(b.LoginWithPasskey(t.Context(), b.step(), ceremony.Signed, good, b.from())).at(flow.PathConsent)
	// The challenge was used.
	again := w.browser()
	again.binding = b.binding
	again.got(again.LoginWithPasskey(t.Context(), b.step(), ceremony.Signed, good, again.from()))
	if again.session != "" {
		t.Error("99 the answer to a challenge signs in twice")
	}
}

func TestRecoveryCode(t *testing.T) {
	w := newWorld(t)
	w.enrolApp("ann")
	codes := w.enrolCodes("ann")
	b := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	b.factor(flow.FactorForm{Method: core.MethodRecovery, Code: strings.ToUpper(codes[3])}).at(flow.PathConsent)
	if s := b.signedIn(); s.ACR != "2" || !slices.Equal(s.AMR, []string{"pwd", "otp", "mfa"}) {
		t.Errorf("session %+v", s)
	}
	again := w.browser().authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	again.factor(flow.FactorForm{Method: core.MethodRecovery, Code: codes[3]})
	if page[*flow.FactorPage](again).Problem != flow.ProblemCode || again.session != "" {
		t.Error("97 a recovery code works twice")
	}
}

func TestFactorProblems(t *testing.T) {
	w := newWorld(t)
	app := w.enrolApp("ann")
	b := w.browser()
	b.authorize("rp").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	for _, c := range []struct {
		form    flow.FactorForm
		problem flow.Problem
	}{
		{flow.FactorForm{Method: core.MethodTOTP}, flow.ProblemMissing},
		{flow.FactorForm{Method: core.MethodTOTP, Code: " "}, flow.ProblemMissing},
		{flow.FactorForm{Method: core.MethodTOTP, Code: app.wrong(), Trust: true}, flow.ProblemCode},
	} {
		b.factor(c.form)
		if got := page[*flow.FactorPage](b); got.Problem != c.problem || got.Tried != core.MethodTOTP || got.Trusted != c.form.Trust || b.last.Status != 422 {
			t.Errorf("%+v: %+v, status %d", c.form, got, b.last.Status)
		}
	}
	w.events()
	step := b.step()
	for _, method := range []string{"", "passkey", "recovery", "password", "email"} {
		b.got(b.Factor(t.Context(), step, flow.FactorForm{Method: method, Code: app.code(), Response: "{}"}, b.from())).shown("method_not_allowed")
	}
	w.events()
	b.got(b.Factor(t.Context(), step, flow.FactorForm{Method: core.MethodTOTP, Code: app.code()}, b.from())).at(flow.PathConsent)
}

// Five wrong codes end the first factor's hope: it is proved anew, in another request.
func TestFactorRestarts(t *testing.T) {
	w := newWorld(t)
	app := w.enrolApp("ann")
	b := w.browser().authorize("rp", "prompt", "login").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	old, _ := b.world.requestOf(b)
	for range 4 {
		b.factor(flow.FactorForm{Method: core.MethodTOTP, Code: app.wrong()})
	}
	b.got(b.Factor(t.Context(), page[*flow.FactorPage](b).Step, flow.FactorForm{Method: core.MethodTOTP, Code: app.wrong()}, b.from())).at(flow.PathLogin)
	if page[*flow.LoginPage](b).Problem != flow.ProblemExpired || b.last.Status != 0 {
		t.Errorf("page %+v", b.last)
	}
	if again, _ := w.requestOf(b); again == old {
		t.Error("96 the request goes on with the same tries")
	}
	w.now = w.now.Add(10 * time.Minute)
	b.signIn("ann").at(flow.PathFactor).types(app).at(flow.PathConsent)
	if _, err := w.store.AuthRequest(t.Context(), old); err == nil {
		t.Error("the old request still waits")
	}
}

func TestTrustedBrowser(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.addClient("strict", func(c *core.Client) { c.SkipConsent, c.SignIn.Require = true, core.ACRTwo })
	w.rules(func(r *core.OrgRules) { r.RememberDays, r.SignIn.Require = 30, core.ACRTwo })
	app := w.enrolApp("ann")
	ben := w.enrolApp("ben")
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	if page[*flow.FactorPage](b).Trust != 30*24*time.Hour {
		t.Errorf("page %+v", b.last.Page)
	}
	w.events()
	b.factor(flow.FactorForm{Method: core.MethodTOTP, Code: app.code(), Trust: true}).grant("fast")
	w.recorded("code.issued", "device.trusted", "signin.succeeded")
	if !strings.HasPrefix(b.device, "device_") || !b.last.Cookies.DeviceExpires.Equal(w.now.Add(30*24*time.Hour)) {
		t.Fatalf("cookies %+v", b.last.Cookies)
	}
	device := b.device
	anew := func() *browser {
		c := w.browser()
		c.device = device
		w.now = w.now.Add(time.Minute)
		return c
	}
	// It stands for the second factor, and the session says that there was one factor.
	c := anew().authorize("fast").at(flow.PathLogin).signIn("ann")
	if got := c.grant("fast").Grant; got.ACR != "1" || !slices.Equal(got.AMR, []string{"pwd"}) {
		t.Errorf("98 grant %+v", got)
	}
	if c.authorize("fast").grant("fast").Grant.ACR != "1" {
		t.Error("a session in a trusted browser does not last")
	}
	found, err := w.store.Devices(t.Context(), w.user("ann").ID)
	if err != nil || len(found) != 1 || !found[0].LastUsedAt.Equal(w.now) {
		t.Errorf("devices %+v, %v", found, err)
	}
	// For nobody else, not for what a client asks, and not for a new sign-in.
	anew().authorize("fast").at(flow.PathLogin).signIn("ben").at(flow.PathFactor).types(ben)
	c.authorize("strict").at(flow.PathFactor).types(app).grant("strict")
	for _, params := range [][]string{{"prompt", "login"}, {"max_age", "3600"}, {"acr_values", "2"}, {"claims", `{"id_token":{"acr":{"essential":true,"value":"2"}}}`}} {
		d := anew().authorize("fast", params...).at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
		if d.session != "" {
			t.Errorf("98 %q: signed in by a trusted browser", params)
		}
	}
	anew().authorize("strict").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	// Nor longer than it was trusted, and the organisation wants.
	for name, edit := range map[string]func(){
		"forged":        func() { device = device[:len(device)-4] + "AAAA" },
		"the rules":     func() { w.rules(func(r *core.OrgRules) { r.RememberDays = 0 }) },
		"shorter rules": func() { w.rules(func(r *core.OrgRules) { r.RememberDays = 1 }); w.now = w.now.Add(25 * time.Hour) },
		"expired":       func() { w.now = w.now.Add(31 * 24 * time.Hour) },
		"forgotten":     func() { w.apply(core.DeleteDevices{UserID: w.user("ann").ID}) },
		"another's again": func() {
			device = core.NewCredential(core.KindDevice, found[0].ID, strings.NewReader(strings.Repeat("x", 99))).String()
		},
	} {
		kept, at, rules := device, w.now, core.OrgRules{}
		w.rules(func(r *core.OrgRules) { rules = *r })
		edit()
		anew().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
		device, w.now = kept, at
		w.rules(func(r *core.OrgRules) { *r = rules })
		if name == "forgotten" {
			w.apply(core.AddDevice{Device: found[0]})
		}
	}
	anew().authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
}

// Whoever trusts a browser is still asked before they change how they sign in.
func TestFreshPersonInTrustedBrowser(t *testing.T) {
	w := newWorld(t)
	w.rules(func(r *core.OrgRules) { r.RememberDays = 30 })
	app := w.enrolApp("ann")
	b := w.browser().itself("ann").at(flow.PathFactor).factor(flow.FactorForm{Method: core.MethodTOTP, Code: app.code(), Trust: true})
	_, step := b.here()
	if _, done := b.FreshPerson(t.Context(), step, b.from(), "/"); done != nil {
		t.Fatalf("with both factors: %+v", done)
	}
	w.now = w.now.Add(time.Minute)
	c := w.browser()
	c.device = b.device
	c.itself("ann")
	_, step = c.here()
	in, done := c.FreshPerson(t.Context(), step, c.from(), "/account")
	if in != nil || done == nil {
		t.Fatal("97 a password in a trusted browser is enough to change how one signs in")
	}
	c.got(*done).at(flow.PathLogin).signIn("ann").at(flow.PathFactor).types(app)
	if c.last.Redirect != "/account" {
		t.Errorf("sent to %+v", c.last)
	}
	_, step = c.here()
	if _, done := c.FreshPerson(t.Context(), step, c.from(), "/account"); done != nil {
		t.Errorf("afterwards: %+v", done)
	}
}

const essentialTwo = `{"id_token":{"acr":{"essential":true,"values":["2"]}}}`

// Step-up makes another session, which is as old as its first factor.
func TestStepUp(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	before, cookie := *b.signedIn(), b.session
	app := w.enrolApp("ann")
	b.authorize("fast").grant("fast") // nobody asks for it
	w.events()
	b.authorize("fast", "claims", essentialTwo).at(flow.PathFactor)
	w.recorded()
	if b.types(app); b.session == cookie {
		t.Fatal("84 the session is the same as before the second factor")
	}
	after := b.signedIn()
	if after.ID == before.ID || after.ACR != "2" || !slices.Equal(after.AMR, []string{"pwd", "otp", "mfa"}) || !after.AuthTime.Equal(before.AuthTime) || !after.ExpiresAt.Equal(before.ExpiresAt) {
		t.Errorf("session %+v, was %+v", after, before)
	}
	if got := b.grant("fast").Grant; got.ACR != "2" || got.SessionID != after.ID || !got.AuthTime.Equal(before.AuthTime) {
		t.Errorf("98 grant %+v", got)
	}
	w.recorded("code.issued", "signin.succeeded")
	old := w.browser()
	old.session = cookie
	if old.who() != "" {
		t.Error("84 the session before the second factor still lives")
	}
	b.authorize("fast", "claims", essentialTwo, "prompt", "none").grant("fast")
	// It is no new sign-in.
	w.now = w.now.Add(time.Hour)
	b.authorize("fast", "max_age", "600").at(flow.PathLogin)
	// Without a page nobody can be asked.
	weak := w.browser().authorize("fast").at(flow.PathLogin).signIn("ben")
	weak.authorize("fast", "claims", essentialTwo, "prompt", "none").denied("fast", "interaction_required")
	w.enrolApp("ben")
	weak.authorize("fast", "claims", essentialTwo, "prompt", "none").denied("fast", "login_required")
}

// A session that ended while its person typed a code comes to no new life.
func TestStepUpOfEndedSession(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	app := w.enrolApp("ann")
	b.authorize("fast", "claims", essentialTwo).at(flow.PathFactor)
	w.Store = endsSession{w.Store, w, b.signedIn().ID}
	b.types(app).shown("request_finished")
}

// endsSession ends a session before anything else is written.
type endsSession struct {
	flow.Store
	w       *world
	session core.ID
}

func (s endsSession) Apply(ctx context.Context, changes ...core.Change) error {
	s.w.apply(core.EndSession{ID: s.session, At: s.w.now})
	return s.Store.Apply(ctx, changes...)
}

func TestPolicyAsksForSecondFactor(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	app := w.enrolApp("ann")
	w.rules(func(r *core.OrgRules) { r.RememberDays = 1 })
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	b.factor(flow.FactorForm{Method: core.MethodTOTP, Code: app.code(), Trust: true})
	w.now = w.now.Add(time.Minute)
	w.decidesAlways(policyACR("2"))
	c := w.browser()
	c.device = b.device
	c.authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	if c.session == "" || c.signedIn().ACR != "1" {
		t.Error("the policy decides before anybody is signed in")
	}
	c.types(app)
	if got := c.grant("fast").Grant; got.ACR != "2" {
		t.Errorf("98 grant %+v", got)
	}
	if last := w.policy.asked[len(w.policy.asked)-1]; last.Authentication.ACR != "2" {
		t.Errorf("the policy sees %+v", last.Authentication)
	}
	w.decidesAlways(policyACR("phr"))
	c.authorize("fast").at(flow.PathEnrol)
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{"password", "totp"} })
	c.view(flow.PathEnrol).denied("fast", "unmet_authentication_requirements")
}

// Tokens name the class that the client asked for.
func TestGrantedACR(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.enrolPasskey("ann")
	b.authorize("fast").at(flow.PathLogin).tapsFirst().grant("fast")
	for want, params := range map[string][]string{
		"phr": {}, "1": {"acr_values", "1"}, "2": {"acr_values", "1 2"},
	} {
		if got := b.authorize("fast", params...).grant("fast").Grant.ACR; got != want {
			t.Errorf("%q: acr %q, want %q", params, got, want)
		}
	}
	if b.signedIn().ACR != "phr" {
		t.Error("the session got weaker")
	}
}

// Whoever changes their password because somebody knows it shuts them out, also who stands
// before the second factor with the old one: where none is enrolled, they would enrol
// theirs.
func TestPasswordChangedBetweenFactors(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.requireTwo()
	app := w.enrolApp("ben")
	thief := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathEnrol).enrol(flow.EnrolForm{Method: core.MethodTOTP})
	seed := page[*flow.TOTPPage](thief).Seed
	theirs := w.appOf(page[*flow.TOTPPage](thief).URI)
	other := w.browser().authorize("fast").at(flow.PathLogin).signIn("ben").at(flow.PathFactor)
	w.now = w.now.Add(time.Minute)
	for _, name := range []string{"ann", "ben"} {
		user := w.user(name)
		w.apply(core.SetPassword{UserID: user.ID, Hash: user.PasswordHash, At: w.now})
	}
	thief.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: seed, Code: theirs.code()}).at(flow.PathLogin)
	enrolled, err := w.store.Enrolled(t.Context(), w.user("ann").ID)
	if err != nil || enrolled.TOTP != 0 || thief.session != "" {
		t.Errorf("100 enrolled %+v, %v, session %q", enrolled, err, thief.session)
	}
	if other.types(app).at(flow.PathLogin); other.session != "" {
		t.Error("100 an old password and a second factor are a session")
	}
	w.now = w.now.Add(time.Minute)
	other.signIn("ben").at(flow.PathFactor).types(app).grant("fast")
}

// setsPassword is somebody who sets another password while one is checked.
type setsPassword struct {
	flow.Passwords
	w *world
}

func (s setsPassword) SignIn(ctx context.Context, a core.PasswordAttempt) (*core.Proof, error) {
	proof, err := s.Passwords.SignIn(ctx, a)
	s.w.now = s.w.now.Add(time.Millisecond)
	user := s.w.user(a.Login)
	s.w.apply(core.SetPassword{UserID: user.ID, Hash: user.PasswordHash, At: s.w.now}, core.EndSessions{UserID: user.ID, At: s.w.now})
	return proof, err
}

// Whoever signs in over and over is shut out as well by a new password: the attempt on its
// way begins no session behind it, nor waits for a second factor.
func TestPasswordChangedDuringSignIn(t *testing.T) {
	for _, second := range []bool{false, true} {
		w := newWorld(t)
		w.addClient("fast", skipConsent)
		if second {
			w.requireTwo()
		}
		b := w.browser().authorize("fast").at(flow.PathLogin)
		real := w.Passwords
		w.Passwords = setsPassword{real, w}
		if b.signIn("ann").shown("request_finished"); b.session != "" || b.first != "" {
			t.Errorf("100 second factor %t: session %q, first factor %q", second, b.session, b.first)
		}
		w.Passwords = real
		if b = w.browser().authorize("fast").at(flow.PathLogin).signIn("ann"); second {
			b.at(flow.PathEnrol)
		} else {
			b.grant("fast")
		}
	}
}

// Whoever comes from a provider proves a second factor that they have before they change
// how they sign in: else the account there were enough to add another one, which is proved
// by that.
func TestFreshPersonFromProvider(t *testing.T) {
	w := newWorld(t)
	p := w.signsInElsewhere()
	p.proof = core.Proof{AMR: []string{core.AMRPassword}}
	w.rules(func(r *core.OrgRules) { r.RememberDays = 30 })
	app := w.enrolApp("ann")
	come := func() *browser {
		b := w.browser()
		return b.got(b.SignInHere(t.Context(), b.from())).at(flow.PathLogin).with("hub")
	}
	b := come().returns("hub", "ann")
	_, step := b.here()
	_, done := b.FreshPerson(t.Context(), step, b.from(), "/account")
	if done == nil {
		t.Fatal("97 an account elsewhere is enough to change how one signs in")
	}
	b.got(*done).at(flow.PathLogin).with("hub").returns("hub", "ann").at(flow.PathFactor).types(app)
	if b.last.Redirect != "/account" {
		t.Fatalf("sent to %+v", b.last)
	}
	in, step := b.here()
	if _, done := b.FreshPerson(t.Context(), step, b.from(), "/account"); done != nil || in.Session.ACR != core.ACRTwo {
		t.Errorf("afterwards: %+v, %+v", done, in.Session)
	}
	// Who has none, or whose provider saw two, is not asked.
	b = come().returns("hub", "ben")
	_, step = b.here()
	if _, done := b.FreshPerson(t.Context(), step, b.from(), "/account"); done != nil {
		t.Errorf("without a second factor: %+v", done)
	}
	p.proof.AMR = []string{core.AMRPassword, core.AMROneTime, core.AMRMultiple}
	p.proof.ACR = core.ACRTwo
	b = come().returns("hub", "ann")
	_, step = b.here()
	if _, done := b.FreshPerson(t.Context(), step, b.from(), "/account"); done != nil {
		t.Errorf("with two factors there: %+v", done)
	}
}

// In another window the person trusted the browser meanwhile, or gave their second factor
// up: the first one is enough by now.
func TestFirstFactorBecomesEnough(t *testing.T) {
	for _, post := range []bool{false, true} {
		w := newWorld(t)
		w.addClient("fast", skipConsent)
		app := w.enrolApp("ann")
		b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
		w.apply(core.DeleteAuthenticators{UserID: w.user("ann").ID})
		if post {
			b.types(app)
		} else {
			b.view(flow.PathFactor)
		}
		if b.last.Error != nil {
			t.Fatalf("post %t: %v", post, b.last.Error)
		}
		if got := b.grant("fast").Grant; got.ACR != core.ACROne {
			t.Errorf("post %t: grant %+v", post, got)
		}
	}
}
