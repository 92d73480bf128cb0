package authn

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func TestRecoveryCodes(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	codes, change := w.NewRecoveryCodes(ann)
	form := regexp.MustCompile(`^([a-z2-7]{4}-){3}[a-z2-7]{4}$`)
	slices.Sort(codes)
	if set := change.(core.SetRecoveryCodes); len(codes) != 10 || len(slices.Compact(slices.Clone(codes))) != 10 || len(set.Hashes) != 10 || set.UserID != ann.ID || !set.At.Equal(w.now) {
		t.Fatalf("codes %v, change %+v", codes, change)
	}
	w.mustApply(change)
	for i, code := range codes {
		if !form.MatchString(code) {
			t.Errorf("code %q", code)
		}
		typed := []string{code, strings.ToUpper(code), strings.ReplaceAll(code, "-", ""), " " + strings.ReplaceAll(code, "-", " ") + "\n", strings.NewReplacer("o", "0", "l", "1", "b", "8").Replace(code)}[i%5]
		proof, err := w.try(ann, "r", core.MethodRecovery, typed)
		if err != nil {
			t.Fatalf("%q: %v", typed, err)
		}
		if proof.ACR != core.ACRTwo || !slices.Equal(proof.AMR, []string{"pwd", "otp", "mfa"}) || proof.Method != "password+recovery" {
			t.Errorf("proof %+v", proof)
		}
		w.mustApply(proof.Changes...)
	}
}

// mailer keeps no secrets.
type mailer struct {
	off   bool
	words map[string]string
}

func (m *mailer) Ready() bool { return !m.off }

func (m *mailer) Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail {
	m.words, to.CreatedAt = words, now
	return core.SendMail{Mail: to}
}

// Whose code was used is told with its use: where from, with which browser, and no secret.
func TestRecoveryIsTold(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	ann.Profile.Locale, ann.EmailVerified = "fr", false
	codes, change := w.NewRecoveryCodes(ann)
	w.mustApply(change)
	use := func(code string) *core.Proof {
		t.Helper()
		proof, err := w.SecondFactor(t.Context(), core.FactorAttempt{
			User: ann, Method: core.MethodRecovery, Code: code, Event: from(), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
		}, w.byPassword(ann))
		if err != nil {
			t.Fatal(err)
		}
		return proof
	}
	mailed := func(proof *core.Proof) (mails []core.Mail) {
		for _, change := range proof.Changes {
			if send, ok := change.(core.SendMail); ok {
				mails = append(mails, send.Mail)
			}
		}
		return mails
	}
	m := &mailer{}
	w.Mailer = m
	proof := use(codes[0])
	want := core.Mail{Org: "built-in", UserID: ann.ID, To: "ann@example.org", Template: core.MailNoticeRecovery, Locale: "fr", CreatedAt: w.now}
	if mails := mailed(proof); len(mails) != 1 || !reflect.DeepEqual(mails[0], want) {
		t.Errorf("mails %+v, want %+v", mails, want)
	}
	words := map[string]string{
		"name": "ann", "time": "2026-11-23T19:00:10Z", "browser": "Firefox (Linux)", "address": "192.0.2.1", "link": "https://id.example.org/account/security",
	}
	if !maps.Equal(m.words, words) {
		t.Errorf("words %v, want %v", m.words, words)
	}
	w.mustApply(proof.Changes...)
	if event := w.onlyEvent(); event.Type != core.EventRecoveryCodeUsed || event.Detail["browser"] != "Firefox (Linux)" || event.Detail["left"] != "9" {
		t.Errorf("event %+v", event)
	}
	if _, err := w.try(ann, "r", core.MethodRecovery, "wrong"); err == nil || len(w.mails) != 1 {
		t.Errorf("a wrong code: %v, %d mails", err, len(w.mails))
	}
	w.Mailer = nil
	if mails := mailed(use(codes[1])); mails != nil {
		t.Errorf("no mails at all: %+v", mails)
	}
	w.Mailer = &mailer{off: true}
	if mails := mailed(use(codes[2])); mails != nil {
		t.Errorf("no way to send: %+v", mails)
	}
	w.Mailer, ann.Email = m, ""
	if mails := mailed(use(codes[3])); mails != nil {
		t.Errorf("no address: %+v", mails)
	}
}

func FuzzRecoveryCode(f *testing.F) {
	f.Add("abcd-efgh-ijkl-mnop")
	f.Add("ABCD 2345 0181 ｍｎｏｐ")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := recoveryCode(typed)
		if again, same := recoveryCode(grouped(code, 4, "-")); ok && (len(code) != 16 || !same || again != code) {
			t.Errorf("%q is read as %q", typed, code)
		}
	})
}
