package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
)

func (w *world) addPasskey(p account.Person, name string) core.ID {
	w.t.Helper()
	w.renewed(w.AddPasskey(w.t.Context(), p, []byte("challenge"), w.now.Add(time.Minute), []byte(name), name))
	return w.has(p).Passkeys[len(w.has(p).Passkeys)-1].ID
}

func (w *world) addApp(p account.Person, name string) core.ID {
	w.t.Helper()
	w.renewed(w.AddApp(w.t.Context(), p, "sealed", "123456", name))
	return w.has(p).Apps[len(w.has(p).Apps)-1].ID
}

func (w *world) has(p account.Person) *account.Credentials {
	w.t.Helper()
	found, err := w.Credentials(w.t.Context(), p)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// TestRefuseCredentials has the numbers of what must be refused.
func TestRefuseCredentials(t *testing.T) {
	t.Run("097_recovery_codes_replace_all_older_ones", func(t *testing.T) {
		w := newWorld(t)
		w.addApp(w.ann, "Phone")
		before, err := w.store.RecoveryCodes(t.Context(), w.ann.User.ID)
		if err != nil || len(before) != 1 {
			t.Fatal(before, err)
		}
		if r := w.renewed(w.RenewCodes(t.Context(), w.ann)); len(r.Codes) == 0 {
			t.Error("no codes to show")
		}
		after, err := w.store.RecoveryCodes(t.Context(), w.ann.User.ID)
		if err != nil || len(after) != 1 || after[0].Hash == before[0].Hash {
			t.Errorf("kept %+v after %+v, %v", after, before, err)
		}
	})
	t.Run("097_recovery_codes_for_nothing", func(t *testing.T) {
		w := newWorld(t)
		_, err := w.RenewCodes(t.Context(), w.ann)
		refused(t, err, account.RefusedKept)
	})
	t.Run("097_authenticator_of_somebody_else", func(t *testing.T) {
		w := newWorld(t)
		others := w.addPasskey(w.ben, "Ben's")
		w.quiet(func() {
			if _, err := w.Remove(t.Context(), w.ann, others); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("remove: %v", err)
			}
			if err := w.Rename(t.Context(), w.ann, others, "Mine"); !errors.Is(err, core.ErrNotFound) {
				t.Errorf("rename: %v", err)
			}
		})
		if has := w.has(w.ben); len(has.Passkeys) != 1 || has.Passkeys[0].Name != "Ben's" {
			t.Errorf("has %+v", has)
		}
	})
	t.Run("097_enrolment_that_proves_nothing", func(t *testing.T) {
		w := newWorld(t)
		w.factors.refusal = &core.SignInRefused{Kind: core.SignInWrong}
		_, err := w.AddPasskey(t.Context(), w.ann, nil, w.now, nil, "x")
		if _, ok := errors.AsType[*core.SignInRefused](err); !ok {
			t.Errorf("got %v", err)
		}
		_, err = w.AddApp(t.Context(), w.ann, "", "", "x")
		if _, ok := errors.AsType[*core.SignInRefused](err); !ok {
			t.Errorf("got %v", err)
		}
		if len(w.mailer.sent) != 0 {
			t.Errorf("told of %+v", w.mailer.sent)
		}
	})
	t.Run("097_what_the_organisation_does_not_allow", func(t *testing.T) {
		w := newWorld(t)
		w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPassword} })
		_, err := w.AddPasskey(t.Context(), w.ann, nil, w.now, []byte("k"), "x")
		refused(t, err, account.RefusedKept)
		_, err = w.AddApp(t.Context(), w.ann, "s", "1", "x")
		refused(t, err, account.RefusedKept)
		_, err = w.RenewCodes(t.Context(), w.ann)
		refused(t, err, account.RefusedKept)
		if has := w.has(w.ann); has.MayAddApp || has.MayAddPasskey || has.MayMakeCodes {
			t.Errorf("offered %+v", has)
		}
	})
	t.Run("097_second_session_cannot_remove_the_last_way_in", func(t *testing.T) {
		w := newWorld(t)
		w.apply(core.SetPassword{UserID: w.ann.User.ID, At: w.now})
		w.ann = w.again(w.ann)
		one, two := w.addPasskey(w.ann, "one"), w.addPasskey(w.ann, "two")
		// Both are decided before either is applied.
		first, err := w.Remove(t.Context(), w.ann, one)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.Remove(t.Context(), w.ann, two)
		if err != nil {
			t.Fatal(err)
		}
		w.apply(first.Changes...)
		refused(t, account.Refusing(w.store.Apply(t.Context(), second.Changes...)), account.RefusedMeanwhile)
		if has := w.has(w.ann); len(has.Passkeys) != 1 {
			t.Errorf("left: %+v", has)
		}
	})
}

func TestEnrol(t *testing.T) {
	w := newWorld(t)
	r := w.renewed(w.AddPasskey(t.Context(), w.ann, []byte("challenge"), w.now.Add(time.Minute), []byte("k1"), "Laptop"))
	if len(r.Codes) == 0 {
		t.Error("the first authenticator comes without recovery codes")
	}
	if r = w.renewed(w.AddApp(t.Context(), w.ann, "sealed", "123456", "Phone")); r.Codes != nil {
		t.Error("codes that were written down are replaced")
	}
	has := w.has(w.ann)
	if len(has.Passkeys) != 1 || has.Passkeys[0].Name != "Laptop" || len(has.Apps) != 1 || has.Apps[0].Name != "Phone" || has.Codes != 1 ||
		!has.MayAddApp || !has.MayAddPasskey || !has.MayMakeCodes {
		t.Errorf("has %+v", has)
	}
	if len(w.mailer.sent) != 2 {
		t.Fatalf("told of %+v", w.mailer.sent)
	}
	mail, words := w.mailer.sent[0], w.mailer.words[0]
	if mail.Template != core.MailNoticeAdded || mail.To != "ann@example.org" || mail.UserID != w.ann.User.ID || mail.Org != core.DefaultOrganisation {
		t.Errorf("the mail: %+v", mail)
	}
	want := map[string]string{
		core.WordMethod: "passkey", core.WordAuthenticator: "Laptop", core.WordName: "ANN", core.WordLogin: "ann",
		core.WordTime: "2026-11-25T19:00:00Z", core.WordBrowser: "Firefox (Linux)", core.WordAddress: "192.0.2.7", core.WordLink: issuer + "/account/security",
	}
	if fmt.Sprint(words) != fmt.Sprint(want) {
		t.Errorf("its words: %v", words)
	}
	if e := w.events(core.EventAuthenticatorAdded, w.ann); len(e) != 2 {
		t.Errorf("recorded %+v", e)
	}
	if e := w.events(core.EventRecoveryCodesMade, w.ann); len(e) != 1 {
		t.Errorf("recorded %+v", e)
	}
}

func TestStart(t *testing.T) {
	w := newWorld(t)
	options, err := w.StartPasskey(t.Context(), w.ann, []byte("c"))
	if err != nil || string(options) != `{"challenge":"c","user":"ann"}` {
		t.Errorf("got %s, %v", options, err)
	}
	for sealed, want := range map[string]account.App{
		"":               {Sealed: "sealed for ann", URI: "otpauth://totp/ann"},
		"sealed for ann": {Sealed: "sealed for ann", URI: "otpauth://totp/ann?again"},
		"sealed for ben": {Sealed: "sealed for ann", URI: "otpauth://totp/ann"},
	} {
		if app, err := w.StartApp(w.ann, sealed); err != nil || app != want {
			t.Errorf("%q: got %+v, %v", sealed, app, err)
		}
	}
	w.factors.never = true
	if _, err = w.StartPasskey(t.Context(), w.ann, nil); w.has(w.ann).MayAddPasskey {
		t.Error("a passkey is offered that no browser makes")
	}
	refused(t, err, account.RefusedKept)
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPassword} })
	_, err = w.StartApp(w.ann, "")
	refused(t, err, account.RefusedKept)
}

func TestNoMailWhereNoneArrives(t *testing.T) {
	w := newWorld(t)
	w.mailer.ready = false
	w.addPasskey(w.ann, "one")
	w.Service.Mailer = nil
	w.addPasskey(w.ann, "two")
	if len(w.mailer.sent) != 0 {
		t.Errorf("told of %+v", w.mailer.sent)
	}
}

func TestEnrolTooMany(t *testing.T) {
	w := newWorld(t)
	for i := range core.MaxAuthenticators {
		w.addPasskey(w.ann, fmt.Sprint("key ", i))
	}
	if w.has(w.ann).MayAddPasskey {
		t.Error("one more is offered")
	}
	r, err := w.AddPasskey(t.Context(), w.ann, nil, w.now, []byte("more"), "one more")
	if err != nil {
		t.Fatal(err)
	}
	refused(t, account.Refusing(w.store.Apply(t.Context(), r.Changes...)), account.RefusedLimit)
}

func TestRename(t *testing.T) {
	w := newWorld(t)
	id := w.addPasskey(w.ann, "Laptop")
	if err := w.Rename(t.Context(), w.ann, id, "  Ann's Läptop "); err != nil {
		t.Fatal(err)
	}
	if has := w.has(w.ann); has.Passkeys[0].Name != "Ann's Läptop" {
		t.Errorf("has %+v", has)
	}
	long := strings.Repeat("ä", 65)
	w.quiet(func() {
		invalid(t, w.Rename(t.Context(), w.ann, id, "  "), core.FieldProblem{Field: "name", Kind: core.FieldMissing})
		invalid(t, w.Rename(t.Context(), w.ann, id, long), core.FieldProblem{Field: "name", Kind: core.FieldLong, Value: long, Limit: 64})
		invalid(t, w.Rename(t.Context(), w.ann, id, "a\nb"), core.FieldProblem{Field: "name", Kind: core.FieldLine, Value: "a\nb"})
	})
	if e := w.events(core.EventAuthenticatorRenamed, w.ann); len(e) != 1 || e[0].Detail["name"] != "Ann's Läptop" {
		t.Errorf("recorded %+v", e)
	}
}

func TestRemove(t *testing.T) {
	w := newWorld(t)
	key, app := w.addPasskey(w.ann, "Laptop"), w.addApp(w.ann, "Phone")
	w.apply(core.AddDevice{Device: core.Device{ID: w.newID(), UserID: w.ann.User.ID, CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour)}})
	w.renewed(w.Remove(t.Context(), w.ann, key))
	if has := w.has(w.ann); len(has.Passkeys) != 0 || len(has.Apps) != 1 || has.Codes != 1 {
		t.Errorf("has %+v", has)
	}
	w.renewed(w.Remove(t.Context(), w.ann, app))
	// With the last one goes what stood in for it.
	if has := w.has(w.ann); len(has.Apps) != 0 || has.Codes != 0 || has.MayMakeCodes {
		t.Errorf("has %+v", has)
	}
	if list, err := w.Devices(t.Context(), w.ann); err != nil || len(list) != 0 {
		t.Errorf("still trusted: %+v, %v", list, err)
	}
	if last := w.mailer.sent[len(w.mailer.sent)-1]; last.Template != core.MailNoticeRemoved {
		t.Errorf("told of %+v", last)
	}
	if e := w.events(core.EventAuthenticatorRemoved, w.ann); len(e) != 2 || e[0].Detail["name"] != "Phone" || e[0].Detail["method"] != "totp" {
		t.Errorf("recorded %+v", e)
	}
}

// TestRemoveKept: what nobody could sign in without stays, and what the organisation wants.
func TestRemoveKept(t *testing.T) {
	methods := func(methods ...string) func(*core.OrgRules) {
		return func(r *core.OrgRules) { r.SignIn.Methods = methods }
	}
	require := func(class string) func(*core.OrgRules) {
		return func(r *core.OrgRules) { r.SignIn.Require = class }
	}
	for _, c := range []struct {
		name              string
		passkeys, apps    int
		noPassword, links bool
		rules             func(*core.OrgRules)
		passkey, app      account.Refusal // why the first one of the kind is kept
	}{
		{name: "beside a password", passkeys: 1, apps: 1},
		{name: "the only way in", passkeys: 1, apps: 1, noPassword: true, passkey: account.RefusedLast},
		{name: "one of two", passkeys: 2, noPassword: true},
		{name: "beside an account elsewhere", passkeys: 1, noPassword: true, links: true},
		{name: "the password is of no use", passkeys: 1, apps: 1, rules: methods(core.MethodPasskey, core.MethodTOTP), passkey: account.RefusedLast},
		{name: "the link is of no use", passkeys: 1, noPassword: true, links: true, rules: methods(core.MethodPasskey), passkey: account.RefusedLast},
		{name: "a mail will do", passkeys: 1, noPassword: true, rules: methods(core.MethodPasskey, core.MethodEmail)},
		{name: "two factors are wanted, this is the second", apps: 1, rules: require("2"), app: account.RefusedRequired},
		{name: "two factors are wanted, a passkey is the second", passkeys: 1, rules: require("2"), passkey: account.RefusedRequired},
		{name: "two factors are wanted, there are two", passkeys: 1, apps: 1, rules: require("2")},
		{name: "a passkey is wanted", passkeys: 1, apps: 1, rules: require("phr"), passkey: account.RefusedRequired},
		{name: "a passkey is wanted, there are two", passkeys: 2, rules: require("phr")},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for i := range c.passkeys {
				w.addPasskey(w.ann, fmt.Sprint("key ", i))
			}
			for i := range c.apps {
				w.addApp(w.ann, fmt.Sprint("app ", i))
			}
			if c.links {
				w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: "hub", Plugin: "oidc", CreatedAt: w.now}},
					core.SaveConnector{Connector: core.Connector{Instance: "hub", Org: core.DefaultOrganisation, CreatedAt: w.now}},
					core.SaveLink{Link: core.Link{Connector: "hub", Subject: "1", UserID: w.ann.User.ID, CreatedAt: w.now}})
			}
			if c.noPassword {
				w.apply(core.SetPassword{UserID: w.ann.User.ID, At: w.now})
			}
			w.rules(func(r *core.OrgRules) {
				if c.rules != nil {
					c.rules(r)
				}
			})
			has := w.has(w.ann)
			check := func(kind string, list []account.Authenticator, want account.Refusal) {
				if len(list) == 0 {
					return
				}
				if list[0].Kept != want {
					t.Errorf("the %s: kept %q, want %q", kind, list[0].Kept, want)
				}
				r, err := w.Remove(t.Context(), w.ann, list[0].ID)
				if want != "" {
					refused(t, err, want)
					return
				}
				if err != nil {
					t.Errorf("the %s: %v", kind, err)
					return
				}
				if err := w.store.Apply(t.Context(), r.Changes...); err != nil {
					t.Errorf("the %s: %v", kind, err)
				}
			}
			check("app", has.Apps, c.app)
			if c.name == "two factors are wanted, there are two" || c.name == "a passkey is wanted" {
				check("passkey", w.has(w.ann).Passkeys, account.RefusedRequired) // it is the last one now
				return
			}
			check("passkey", has.Passkeys, c.passkey)
		})
	}
}
