package authn

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn/authntest"
)

func browser() *authntest.Browser { return &authntest.Browser{Origin: "https://id.example.org"} }

// challenge is one of its own for each text.
func challenge(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// enrol enrols a passkey of the browser.
func (w *factors) enrol(user *core.User, b *authntest.Browser) core.Authenticator {
	w.t.Helper()
	changes, passkey, err := w.create(user, b, "enrol "+string(user.ID)+string(rune(len(b.Passkeys))))
	if err != nil {
		w.t.Fatal(err)
	}
	w.mustApply(changes...)
	w.onlyEvent()
	return passkey
}

func (w *factors) create(user *core.User, b *authntest.Browser, text string) ([]core.Change, core.Authenticator, error) {
	w.t.Helper()
	options, err := w.PasskeyCreation(w.t.Context(), challenge(text), user)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := b.Create(options)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.AddPasskey(w.t.Context(), user, challenge(text), w.now.Add(time.Minute), response, "", from())
}

// assert signs a challenge with the browser, for nobody in particular.
func (w *factors) assert(b *authntest.Browser, text string) []byte {
	w.t.Helper()
	options, err := w.PasskeyRequest(w.t.Context(), challenge(text), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := b.Get(options)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

func (w *factors) signInWith(response []byte, text string) (*core.Proof, error) {
	return w.SignInWithPasskey(w.t.Context(), core.PasskeyAttempt{
		Client: &core.Client{ID: "rp"}, Challenge: challenge(text), ExpiresAt: w.now.Add(time.Minute), Response: response, Event: from(),
	})
}

func TestPasskey(t *testing.T) {
	for name, c := range map[string]struct {
		algorithm authntest.Algorithm
		flags     byte
		uncounted bool
		kind      string
	}{
		"ES256":             {authntest.ES256, 0, false, core.AMRHardware},
		"EdDSA":             {authntest.EdDSA, 0, false, core.AMRHardware},
		"RS256":             {authntest.RS256, 0, false, core.AMRHardware},
		"synced, uncounted": {authntest.ES256, authntest.Present | authntest.Verified | authntest.BackupEligible | authntest.BackedUp, true, core.AMRSoftware},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFactors(t)
			ann, b := w.add("ann"), browser()
			b.Algorithm, b.Flags, b.Uncounted = c.algorithm, c.flags, c.uncounted
			stored := w.enrol(ann, b)
			if stored.Kind != core.AuthenticatorPasskey || stored.UserID != ann.ID || !bytes.Equal(stored.Handle, b.Passkeys[0].ID) || Synced(&stored) != (c.kind == core.AMRSoftware) {
				t.Errorf("stored %+v", stored)
			}
			for i, text := range []string{"one", "two"} {
				w.now = w.now.Add(time.Minute)
				proof, err := w.signInWith(w.assert(b, text), text)
				if err != nil {
					t.Fatal(err)
				}
				if proof.User.ID != ann.ID || proof.Method != core.MethodPasskey || proof.ACR != "phr" || !slices.Equal(proof.AMR, []string{c.kind, "user", "mfa"}) || !proof.AuthTime.IsZero() {
					t.Errorf("proof %+v", proof)
				}
				w.mustApply(proof.Changes...)
				used := w.authenticators[stored.ID]
				if want := int64(i + 1); !used.LastUsedAt.Equal(w.now) || used.Counter != want && !c.uncounted {
					t.Errorf("stored %+v", used)
				}
			}
			if len(w.written) != 0 || len(w.failures) != 0 {
				t.Errorf("recorded %v, counted %v", w.written, w.failures)
			}
		})
	}
}

func TestPasskeyOptions(t *testing.T) {
	w := newFactors(t)
	ann, bob, b := w.add("ann"), w.add("bob"), browser()
	stored := w.enrol(ann, b)
	var creation struct {
		RP                     struct{ ID, Name string }
		User                   struct{ ID, Name, DisplayName string }
		Challenge, Attestation string
		ExcludeCredentials     []struct{ ID, Type string }
		PubKeyCredParams       []struct{ Alg int }
		AuthenticatorSelection struct {
			ResidentKey, UserVerification string
			RequireResidentKey            bool
		}
	}
	text, err := w.PasskeyCreation(t.Context(), challenge("x"), ann)
	if err == nil {
		err = json.Unmarshal(text, &creation)
	}
	if err != nil {
		t.Fatal(err)
	}
	handle := base64.RawURLEncoding.EncodeToString(stored.Handle)
	if creation.RP.ID != "id.example.org" || creation.User.ID != base64.RawURLEncoding.EncodeToString([]byte(ann.ID)) || creation.User.Name != "ann@example.org" ||
		creation.Challenge != base64.RawURLEncoding.EncodeToString(challenge("x")) || creation.Attestation != "none" || len(creation.ExcludeCredentials) != 1 || creation.ExcludeCredentials[0].ID != handle ||
		creation.AuthenticatorSelection.ResidentKey != "required" || creation.AuthenticatorSelection.UserVerification != "required" || !creation.AuthenticatorSelection.RequireResidentKey || len(creation.PubKeyCredParams) != 3 {
		t.Errorf("options %s", text)
	}
	var request struct {
		RPID, Challenge, UserVerification string
		AllowCredentials                  []struct{ ID string }
	}
	text, err = w.PasskeyRequest(t.Context(), challenge("x"), ann)
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil || request.RPID != "id.example.org" || len(request.AllowCredentials) != 1 || request.AllowCredentials[0].ID != handle || request.UserVerification != "preferred" {
		t.Errorf("options %s, %v", text, err)
	}
	if text, err := w.PasskeyRequest(t.Context(), challenge("x"), bob); text != nil || err != nil {
		t.Errorf("options of who has none: %s, %v", text, err)
	}
	if _, err := w.PasskeyRequest(t.Context(), []byte("short"), nil); err == nil {
		t.Error("a short challenge is good enough")
	}
}

func TestNoPasskeysForAddresses(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	for issuer, can := range map[string]bool{
		"https://id.example.org": true, "http://localhost:8000": true, "https://id.example.org:8443": true,
		"http://127.0.0.1:8000": false, "https://[::1]": false,
	} {
		w.Issuer = issuer
		request, errRequest := w.PasskeyRequest(t.Context(), challenge("x"), nil)
		creation, errCreation := w.PasskeyCreation(t.Context(), challenge("x"), ann)
		if w.Passkeys() != can || (request != nil) != can || (creation != nil) != can || errRequest != nil || errCreation != nil {
			t.Errorf("%s: %s, %v, %s, %v", issuer, request, errRequest, creation, errCreation)
		}
		if _, _, err := w.AddPasskey(t.Context(), ann, challenge("x"), w.now.Add(time.Minute), []byte("{}"), "", from()); (err == errNoPasskeys) == can {
			t.Errorf("%s: %v", issuer, err)
		}
		w.written = nil
	}
}

func TestPasskeyNames(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	for i, c := range []struct{ aaguid, typed, want string }{
		{"", "", ""}, {"", "My key", "My key"}, {"\xba\xda\x55\x66\xa7\xaa\x40\x1f\xbd\x96\x45\x61\x9a\x55\x12\x0d", "", "1Password"},
	} {
		b := browser()
		copy(b.AAGUID[:], c.aaguid)
		text := strings.Repeat("x", i+1)
		options, err := w.PasskeyCreation(t.Context(), challenge(text), ann)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.Create(options)
		if err != nil {
			t.Fatal(err)
		}
		changes, passkey, err := w.AddPasskey(t.Context(), ann, challenge(text), w.now.Add(time.Minute), response, c.typed, from())
		if err != nil || passkey.Name != c.want {
			t.Errorf("the passkey is called %q, want %q (%v)", passkey.Name, c.want, err)
		}
		w.mustApply(changes...)
		if event := w.onlyEvent(); event.Type != core.EventAuthenticatorAdded || event.Detail["name"] != c.want || event.Detail["method"] != "passkey" || event.UserID != ann.ID {
			t.Errorf("recorded %+v", event)
		}
	}
}

// Besides a password, a passkey that does not verify the person is a second factor.
func TestPasskeyAsSecondFactor(t *testing.T) {
	for _, c := range []struct {
		flags byte
		amr   []string
	}{
		{authntest.Present | authntest.Verified, []string{"pwd", "hwk", "user", "mfa"}},
		{authntest.Present, []string{"pwd", "hwk", "mfa"}},
	} {
		w := newFactors(t)
		ann, b := w.add("ann"), browser()
		stored := w.enrol(ann, b)
		options, err := w.PasskeyRequest(t.Context(), challenge("x"), ann)
		if err != nil {
			t.Fatal(err)
		}
		b.Flags = c.flags
		b.Twist.Response = func(members map[string]any) { delete(members, "userHandle") } // as of keys that were named
		response, err := b.Get(options)
		if err != nil {
			t.Fatal(err)
		}
		proof, err := w.SecondFactor(t.Context(), core.FactorAttempt{
			User: ann, Request: "r", Method: core.MethodPasskey, Challenge: challenge("x"), ExpiresAt: w.now.Add(time.Minute), Response: response, Event: from(),
		}, w.byPassword(ann))
		if err != nil {
			t.Fatal(err)
		}
		if proof.ACR != "phr" || !slices.Equal(proof.AMR, c.amr) || proof.Method != "password+passkey" || !proof.AuthTime.Equal(w.now) {
			t.Errorf("proof %+v", proof)
		}
		w.mustApply(proof.Changes...)
		if used := w.authenticators[stored.ID]; used.Counter != 1 {
			t.Errorf("stored %+v", used)
		}
	}
}

// An RSA key makes each sign-in cost what its bits cost.
func TestSoundKey(t *testing.T) {
	for bits, want := range map[int]bool{1024: false, 2040: false, 2048: true, 4096: true, 4104: false, 16384: false} {
		key := webauthncose.RSAPublicKeyData{
			PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.RSAKey), Algorithm: int64(webauthncose.AlgRS256)},
			Modulus:       bytes.Repeat([]byte{0xff}, bits/8), Exponent: []byte{1, 0, 1},
		}
		cose, err := webauthncbor.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		if got := soundKey(cose); got != want {
			t.Errorf("a modulus of %d bits: %v, want %v", bits, got, want)
		}
	}
}

func TestPasskeyFails(t *testing.T) {
	for calls := 0; ; calls++ {
		w := newFactors(t)
		ann, b := w.add("ann"), browser()
		w.enrol(ann, b)
		response := w.assert(b, "x")
		w.left = calls
		_, err := w.signInWith(response, "x")
		if w.left >= 0 {
			if calls != 5 || err != nil {
				t.Errorf("a passkey calls the store %d times, want 5: %v", calls, err)
			}
			break
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("call %d: %v", calls, err)
		}
	}
}

func FuzzClientData(f *testing.F) {
	f.Add([]byte(`{"type":"webauthn.get","challenge":"x","origin":"https://id.example.org","crossOrigin":false}`))
	f.Add([]byte(`{"type":"webauthn.get","type":"webauthn.create","topOrigin":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, reason := readCollected(raw)
		if reason != "" {
			return
		}
		var members map[string]any
		if err := json.Unmarshal(raw, &members); err != nil {
			t.Fatalf("%q is read, but is no JSON: %v", raw, err)
		}
		if origin, _ := members["origin"].(string); c.origin != origin {
			t.Errorf("%q is read as of origin %q", raw, c.origin)
		}
	})
}

func FuzzPasskeyResponse(f *testing.F) {
	w := newFactors(f)
	ann, b := w.add("ann"), browser()
	w.enrol(ann, b)
	good := w.assert(b, "x")
	f.Add(good)
	creation, err := w.PasskeyCreation(f.Context(), challenge("x"), ann)
	if err != nil {
		f.Fatal(err)
	}
	created, err := browser().Create(creation)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(created)
	var want map[string]any
	if err := json.Unmarshal(good, &want); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		w.t = t
		w.failures = map[string]core.Failures{}
		proof, err := w.signInWith(response, "x")
		if _, isRefusal := errors.AsType[*core.SignInRefused](err); err != nil && !isRefusal {
			t.Fatalf("%q fails: %v", response, err)
		}
		var got map[string]any
		if proof != nil && (json.Unmarshal(response, &got) != nil || got["rawId"] != want["rawId"]) {
			t.Errorf("%q signs in", response)
		}
		if _, _, err := w.AddPasskey(t.Context(), ann, challenge("x"), w.now.Add(time.Minute), response, "", from()); err != nil {
			if _, isRefusal := errors.AsType[*core.SignInRefused](err); !isRefusal {
				t.Fatalf("%q fails: %v", response, err)
			}
		}
		w.written = nil
	})
}
