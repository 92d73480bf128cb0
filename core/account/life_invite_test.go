package account_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/ticket"
)

func TestAcceptWithPassword(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", noPassword)
	text := w.invite(ada, ada.Email)
	entered, err := w.Accept(t.Context(), text, account.Choice{Name: "Ada Lovelace", Password: thePassword}, w.from())
	if err != nil {
		t.Fatal(err)
	}
	if p := entered.Proof; p.Method != core.MethodInvite || p.ACR != core.ACROne || !slices.Equal(p.AMR, []string{core.AMRPassword}) || p.User.ID != ada.ID {
		t.Errorf("the proof: %+v", p)
	}
	after := w.again(ada)
	if !after.EmailVerified || after.PasswordHash == "" || after.Profile.DisplayName != "Ada Lovelace" || after.Email != ada.Email {
		t.Errorf("afterwards: %+v", after)
	}
	_, err = w.Accept(t.Context(), text, account.Choice{Password: thePassword}, w.from())
	w.refused(err, ticket.Used, "ticket_gone")
}

// What was handed over proves no address.
func TestAcceptHandedOver(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", noPassword)
	if _, err := w.Accept(t.Context(), w.invite(ada, ""), account.Choice{Password: thePassword}, w.from()); err != nil {
		t.Fatal(err)
	}
	if after := w.again(ada); after.EmailVerified || after.PasswordHash == "" {
		t.Errorf("afterwards: %+v", after)
	}
}

// answerTo makes a passkey as the browser is asked to.
func answerTo(t *testing.T, ways account.Ways) []byte {
	t.Helper()
	if ways.Passkey == nil {
		t.Fatal("no passkey is asked for")
	}
	return ways.Passkey
}

func TestAcceptWithPasskey(t *testing.T) {
	for _, synced := range []bool{false, true} {
		w := newLife(t)
		w.Synced = func(*core.Authenticator) bool { return synced }
		ada := w.user("ada", noPassword)
		text := w.invite(ada, ada.Email)
		h, err := w.Look(t.Context(), core.TicketInvite, text, w.from())
		if err != nil {
			t.Fatal(err)
		}
		ways, err := w.Ways(t.Context(), h)
		if err != nil || !ways.Password {
			t.Fatalf("%+v, %v", ways, err)
		}
		answer := answerTo(t, ways)
		// The answer to another invitation is none to this one.
		bob := w.user("bob", noPassword)
		_, err = w.Accept(t.Context(), w.invite(bob, ""), account.Choice{Response: answer}, w.from())
		if refusal, ok := errors.AsType[*core.SignInRefused](err); !ok || refusal.Kind != core.SignInWrong {
			t.Errorf("another one's answer: %v", err)
		}
		entered, err := w.Accept(t.Context(), text, account.Choice{Response: answer, PasskeyName: "laptop"}, w.from())
		if err != nil {
			t.Fatal(err)
		}
		want := []string{map[bool]string{false: core.AMRHardware, true: core.AMRSoftware}[synced], core.AMRUser, core.AMRMultiple}
		if p := entered.Proof; p.ACR != core.ACRPhishingResistant || !slices.Equal(p.AMR, want) {
			t.Errorf("the proof: %+v", p)
		}
		keys, err := w.store.Authenticators(t.Context(), ada.ID)
		if err != nil || len(keys) != 1 || keys[0].Name != "laptop" {
			t.Errorf("passkeys: %+v, %v", keys, err)
		}
		if after := w.again(ada); after.PasswordHash != "" || !after.EmailVerified {
			t.Errorf("afterwards: %+v", after)
		}
	}
}

func TestAcceptAsRulesSay(t *testing.T) {
	for _, c := range []struct {
		methods           []string
		noPasskeys        bool
		password, passkey bool
	}{
		{nil, false, true, true},
		{[]string{core.MethodPassword}, false, true, false},
		{[]string{core.MethodPasskey}, false, false, true},
		{[]string{core.MethodPasskey}, true, false, false},
		{[]string{core.MethodUpstream}, false, false, false},
	} {
		w := newLife(t)
		w.rules(func(r *core.OrgRules) { r.SignIn.Methods = c.methods })
		if c.noPasskeys {
			w.Passkeys = nil
		}
		ada := w.user("ada", noPassword)
		text := w.invite(ada, "")
		h, err := w.Look(t.Context(), core.TicketInvite, text, w.from())
		if err != nil {
			t.Fatal(err)
		}
		ways, err := w.Ways(t.Context(), h)
		if err != nil || ways.Password != c.password || (ways.Passkey != nil) != c.passkey {
			t.Errorf("%v: %+v, %v", c.methods, ways, err)
		}
		if !c.passkey {
			_, err = w.Accept(t.Context(), text, account.Choice{Response: []byte("{}")}, w.from())
			w.refused(err, ticket.Closed, "method_not_allowed")
		}
		if !c.password {
			_, err = w.Accept(t.Context(), text, account.Choice{Password: thePassword}, w.from())
			w.refused(err, ticket.Closed, "method_not_allowed")
			if w.again(ada).PasswordHash != "" {
				t.Errorf("%v: the password was set", c.methods)
			}
		}
	}
}

// An invitation is no way around what somebody has by now.
func TestAcceptTakenOver(t *testing.T) {
	for name, meanwhile := range map[string]func(*life, *core.User){
		"a password": func(w *life, u *core.User) { w.apply(core.SetPassword{UserID: u.ID, Hash: "x", At: w.clock()}) },
		"a passkey": func(w *life, u *core.User) {
			w.apply(core.AddAuthenticator{Authenticator: core.Authenticator{ID: "k", UserID: u.ID, Kind: core.AuthenticatorPasskey, Handle: []byte("h"), Data: []byte("{}")}})
		},
		"an app": func(w *life, u *core.User) {
			w.apply(core.AddAuthenticator{Authenticator: core.Authenticator{ID: "k", UserID: u.ID, Kind: core.AuthenticatorTOTP, Data: []byte("{}")}})
		},
		"a sign-in": func(w *life, u *core.User) { w.advance(time.Second); w.session(u) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			ada := w.user("ada", noPassword)
			text := w.invite(ada, "")
			meanwhile(w, ada)
			before := w.again(ada).PasswordHash
			_, err := w.Accept(t.Context(), text, account.Choice{Password: thePassword}, w.from())
			w.refused(err, ticket.Used, "account_taken_over")
			if w.again(ada).PasswordHash != before {
				t.Error("the password was set")
			}
		})
	}
}

func TestAcceptName(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", func(u *core.User) { u.PasswordHash, u.Profile.DisplayName = "", "Ada" })
	text := w.invite(ada, "")
	for name, kind := range map[string]core.FieldProblemKind{strings.Repeat("x", core.MaxLine+1): core.FieldLong, "a\nb": core.FieldLine} {
		_, err := w.Accept(t.Context(), text, account.Choice{Name: name, Password: thePassword}, w.from())
		invalid, ok := errors.AsType[*account.InvalidError](err)
		if !ok || len(invalid.Problems) != 1 || invalid.Problems[0].Field != "display_name" || invalid.Problems[0].Kind != kind {
			t.Errorf("%.10q: %v", name, err)
		}
	}
	// What one is called by just now is no password either.
	if _, err := w.Accept(t.Context(), text, account.Choice{Name: "Ada Lovelace", Password: "Ada Lovelace"}, w.from()); !isWeak(err) {
		t.Errorf("the name for a password: %v", err)
	}
	if _, err := w.Accept(t.Context(), text, account.Choice{Password: thePassword}, w.from()); err != nil {
		t.Fatal(err)
	}
	if after := w.again(ada); after.Profile.DisplayName != "Ada" {
		t.Errorf("an empty name took the place of %q", after.Profile.DisplayName)
	}
}

// Where somebody else keeps the profile, an invitation fills in a name that is missing, and
// changes none.
func TestAcceptKeptProfile(t *testing.T) {
	w := newLife(t)
	w.rules(func(r *core.OrgRules) { r.KeepProfile = true })
	for given, want := range map[string]string{"Ada": "Ada", "": "The Director"} {
		user := w.user("user"+given, func(u *core.User) { u.PasswordHash, u.Profile.DisplayName = "", given })
		if _, err := w.Accept(t.Context(), w.invite(user, ""), account.Choice{Name: "The Director", Password: thePassword}, w.from()); err != nil {
			t.Fatal(err)
		}
		if after := w.again(user); after.Profile.DisplayName != want {
			t.Errorf("%q is called %q by now", given, after.Profile.DisplayName)
		}
	}
}

// The challenge is of this link, and the same whenever the page is shown.
func TestChallenge(t *testing.T) {
	w := newLife(t)
	challenge := func(text string) string {
		h, err := w.Look(t.Context(), core.TicketInvite, text, w.from())
		if err != nil {
			t.Fatal(err)
		}
		ways, err := w.Ways(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		var asked struct{ Challenge []byte }
		if err := json.Unmarshal(ways.Passkey, &asked); err != nil || len(asked.Challenge) != 32 {
			t.Fatalf("%s, %v", ways.Passkey, err)
		}
		return string(asked.Challenge)
	}
	ada, bob := w.invite(w.user("ada", noPassword), ""), w.invite(w.user("bob", noPassword), "")
	first := challenge(ada)
	if again := challenge(ada); again != first || challenge(bob) == first {
		t.Error("the challenge is not that of the link")
	}
}
