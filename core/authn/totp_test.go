package authn

import (
	"encoding/base32"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// The values of RFC 6238 appendix B for SHA-1, their last six digits.
func TestTOTPCode(t *testing.T) {
	seed := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(seed, at/30); got != want {
			t.Errorf("the code at %d is %s, want %s", at, got, want)
		}
		if step, reused := totpMatch(seed, want, 0, time.Unix(at, 0)); step != at/30 || reused {
			t.Errorf("the code of %d matches step %d, want %d", at, step, at/30)
		}
	}
}

func TestDigits(t *testing.T) {
	for typed, want := range map[string]string{
		"123456": "123456", " 123 456\n": "123456", "123-456": "123456", "１２３４５６": "123456", "123\u2009456": "123456", "123\u2011456": "123456",
		"": "", "12345": "", "1234567": "", "12345a": "", "-1": "", "१२३४५६": "", "123456" + strings.Repeat(" ", 60): "", "\xff23456": "",
	} {
		if code, ok := digits(typed, 6); ok != (want != "") || ok && code != want {
			t.Errorf("digits(%q) = %q, %v, want %q", typed, code, ok, want)
		}
	}
}

func FuzzDigits(f *testing.F) {
	f.Add("123 456")
	f.Add("１２３－４５６")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := digits(typed, 6)
		if again, same := digits(code, 6); ok && (len(code) != 6 || !same || again != code) {
			t.Errorf("%q is read as %q", typed, code)
		}
	})
}

func TestEnrolTOTP(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	sealed, text := w.NewTOTP(ann)
	uri, err := url.Parse(text)
	if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Path != "/id.example.org:ann@example.org" {
		t.Fatalf("uri %q, %v", text, err)
	}
	query := uri.Query()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(query.Get("secret"))
	if err != nil || len(seed) != 20 || query.Get("issuer") != "id.example.org" || query.Get("algorithm") != "SHA1" || query.Get("digits") != "6" || query.Get("period") != "30" {
		t.Fatalf("uri %q, %v", text, err)
	}
	if again, err := w.TOTPURI(ann, sealed); err != nil || again != text {
		t.Errorf("shown again: %q, %v", again, err)
	}
	if other, _ := w.NewTOTP(ann); other == sealed {
		t.Error("two seeds are the same")
	}
	_, err = w.AddTOTP(t.Context(), ann, sealed, w.wrongCode(seed), "Phone", from())
	w.refused(err, core.SignInFactor, reasonWrongCode)
	changes, err := w.AddTOTP(t.Context(), ann, sealed, totpCode(seed, w.step()), " My\n phone\u202e ", from())
	if err != nil {
		t.Fatal(err)
	}
	w.mustApply(changes...)
	event := w.onlyEvent()
	if event.Type != core.EventAuthenticatorAdded || event.UserID != ann.ID || event.Actor != "user:somebody" || event.Detail["method"] != "totp" || event.Detail["name"] != "My phone" {
		t.Errorf("recorded %+v", event)
	}
	stored := w.authenticators[core.ID(event.Detail["authenticator"])]
	if stored == nil || stored.Name != "My phone" || stored.UserID != ann.ID || strings.Contains(string(stored.Data), string(seed)) || !stored.CreatedAt.Equal(w.now) {
		t.Errorf("stored %+v", stored)
	}
	if e, err := w.Factors.Enrolled(t.Context(), ann.ID); err != nil || e != (core.Enrolled{TOTP: 1}) {
		t.Errorf("enrolled %+v, %v", e, err)
	}
}

func TestEnrolTOTPRefuses(t *testing.T) {
	w := newFactors(t)
	ann, bob := w.add("ann"), w.add("bob")
	sealed, _ := w.NewTOTP(ann)
	seed, _, _ := w.offered(ann, sealed)
	for name, c := range map[string]struct {
		user         *core.User
		sealed, code string
		later        time.Duration
		kind         core.SignInRefusal
		reason       string
	}{
		"no code":              {ann, sealed, "", 0, core.SignInFactor, reasonWrongCode},
		"an older code":        {ann, sealed, totpCode(seed, w.step()-2), 0, core.SignInFactor, reasonWrongCode},
		"somebody else's seed": {bob, sealed, totpCode(seed, w.step()), 0, core.SignInExpired, reasonExpired},
		"no seed":              {ann, "", "123456", 0, core.SignInExpired, reasonExpired},
		"changed":              {ann, sealed[:20] + "AAAA" + sealed[24:], totpCode(seed, w.step()), 0, core.SignInExpired, reasonExpired},
		"an hour later":        {ann, sealed, totpCode(seed, w.step()+120), time.Hour, core.SignInExpired, reasonExpired},
	} {
		t.Run(name, func(t *testing.T) {
			w.now = w.now.Add(c.later)
			defer func() { w.now = w.now.Add(-c.later) }()
			changes, err := w.AddTOTP(t.Context(), c.user, c.sealed, c.code, "", from())
			w.refused(err, c.kind, c.reason)
			if changes != nil || len(w.authenticators) != 0 {
				t.Errorf("changes %v", changes)
			}
			if _, err := w.TOTPURI(c.user, c.sealed); (err == nil) != (c.kind == core.SignInFactor) {
				t.Errorf("shown again: %v", err)
			}
		})
	}
}

func TestSecondFactorTOTP(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	w.app(ann)
	w.now = w.now.Add(time.Minute)
	seed := w.app(ann) // of two apps each works
	w.now = w.now.Add(time.Minute)
	first := w.byPassword(ann)
	w.now = w.now.Add(10 * time.Second)
	proof, err := w.SecondFactor(t.Context(), core.FactorAttempt{User: ann, Request: "r", Method: core.MethodTOTP, Code: totpCode(seed, w.step()), Event: from()}, first)
	if err != nil {
		t.Fatal(err)
	}
	if proof.User != ann || proof.Method != "password+totp" || proof.ACR != core.ACRTwo || !slices.Equal(proof.AMR, []string{"pwd", "otp", "mfa"}) || !proof.AuthTime.Equal(first.At) || proof.Upstream != nil {
		t.Errorf("proof %+v", proof)
	}
	w.mustApply(proof.Changes...)
	if len(w.written) != 0 || len(w.failures) != 0 {
		t.Errorf("recorded %v, counted %v", w.written, w.failures)
	}
}

func TestFactorsTogether(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	began := w.now.Add(-time.Hour)
	for name, c := range map[string]struct {
		first    core.Partial
		amr      []string
		acr      string
		authTime time.Time
		method   string
	}{
		"e-mail":              {core.Partial{Method: core.MethodEmail, AMR: []string{"otp", "mca"}, ACR: "1", At: began}, []string{"otp", "mca", "mfa"}, "2", began, "email+totp"},
		"a provider":          {core.Partial{Method: core.MethodUpstream, AMR: []string{"pwd"}, ACR: "urn:loa:1", At: w.now, AuthTime: began, Upstream: &core.Upstream{Connector: "x"}}, []string{"pwd", "otp", "mfa"}, "2", began, "upstream+totp"},
		"a provider's phr":    {core.Partial{Method: core.MethodUpstream, ACR: "phr", At: began, Upstream: &core.Upstream{Connector: "x"}}, []string{"otp", "mfa"}, "2", began, "upstream+totp"},
		"two factors already": {core.Partial{Method: core.MethodPasskey, AMR: []string{"hwk", "user", "mfa"}, ACR: "phr", At: began}, []string{"hwk", "user", "otp", "mfa"}, "phr", began, "passkey+totp"},
	} {
		t.Run(name, func(t *testing.T) {
			seed := w.app(ann)
			w.now = w.now.Add(time.Minute)
			proof, err := w.SecondFactor(t.Context(), core.FactorAttempt{User: ann, Method: core.MethodTOTP, Code: totpCode(seed, w.step()), Event: from()}, c.first)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(proof.AMR, c.amr) || proof.ACR != c.acr || !proof.AuthTime.Equal(c.authTime) || proof.Method != c.method || proof.Upstream != c.first.Upstream {
				t.Errorf("proof %+v", proof)
			}
			w.now = w.now.Add(time.Minute)
		})
	}
}

func TestSecondFactorFails(t *testing.T) {
	for calls := 0; ; calls++ {
		w := newFactors(t)
		ann := w.add("ann")
		seed := w.app(ann)
		w.left = calls
		_, err := w.try(ann, "r", core.MethodTOTP, w.wrongCode(seed))
		if w.left >= 0 {
			if calls != 5 {
				t.Errorf("a wrong code calls the store %d times, want 5", calls)
			}
			w.refused(err, core.SignInFactor, reasonWrongCode)
			break
		}
		if err == nil || !strings.Contains(err.Error(), errDisk.Error()) {
			t.Errorf("call %d: %v", calls, err)
		}
		if len(w.turns.taken) != 0 {
			t.Error("a turn is lost")
		}
	}
}

func TestAuthenticatorName(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", " \t": "", "Phone": "Phone", "a\x00b": "a b", "é\xffb": "éb", strings.Repeat("ü", 70): strings.Repeat("ü", 64), "a\u202eb": "a b",
	} {
		if got := AuthenticatorName(typed); got != want {
			t.Errorf("AuthenticatorName(%q) = %q, want %q", typed, got, want)
		}
	}
}
