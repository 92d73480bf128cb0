package authn

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// TestRefuseFactors holds what must be refused under its number in the list of refusals.
func TestRefuseFactors(t *testing.T) {
	t.Run("092_other_factor_clears_nothing", refuseOtherFactor)
	t.Run("092_codes_one_by_one", refuseParallelCodes)
	t.Run("092_address", refuseCodesOfAddress)
	t.Run("093_codes_are_slowed_down", refuseManyCodes)
	t.Run("096_code_twice", refuseCodeTwice)
	t.Run("096_steps", refuseOtherSteps)
	t.Run("096_five_tries", refuseSixthCode)
	t.Run("096_disabled", refuseDisabledFactor)
	t.Run("097_recovery_codes", refuseRecoveryTwice)
	t.Run("097_recovery_codes_of_others", refuseRecoveryOfOthers)
}

func refuseCodeTwice(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	_, err := w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonReusedCode) // it enrolled the app
	w.now = w.now.Add(30 * time.Second)
	code := totpCode(seed, w.step())
	proof, err := w.try(ann, "r", core.MethodTOTP, code)
	other, errOther := w.try(ann, "r", core.MethodTOTP, code)
	if err != nil || errOther != nil {
		t.Fatal(err, errOther)
	}
	w.mustApply(proof.Changes...)
	if err := w.apply(other.Changes...); err == nil {
		t.Error("of two proofs with one code both count")
	}
	for range 2 {
		_, err = w.try(ann, "r", core.MethodTOTP, code)
		w.refused(err, core.SignInFactor, reasonReusedCode)
		w.now = w.now.Add(30 * time.Second)
	}
	// A code that is older than the one that was used last is none either.
	_, err = w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()-3))
	w.refused(err, core.SignInFactor, reasonWrongCode)
}

func refuseOtherSteps(t *testing.T) {
	for off := int64(-3); off <= 3; off++ {
		w := newFactors(t)
		ann := w.add("ann")
		seed := w.app(ann)
		w.now = w.now.Add(time.Hour)
		_, err := w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()+off))
		if off >= -1 && off <= 1 {
			if err != nil {
				t.Errorf("the code %d steps off: %v", off, err)
			}
			continue
		}
		w.refused(err, core.SignInFactor, reasonWrongCode)
	}
}

func refuseSixthCode(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	w.now = w.now.Add(time.Minute)
	for i := range 5 {
		_, err := w.try(ann, "request", core.MethodTOTP, w.wrongCode(seed))
		kind := core.SignInFactor
		if i == 4 {
			kind = core.SignInExpired
		}
		w.refused(err, kind, reasonWrongCode)
	}
	_, err := w.try(ann, "request", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInExpired, reasonChallenge)
	w.now = w.now.Add(29 * time.Minute)
	for _, method := range []string{core.MethodTOTP, core.MethodRecovery} {
		_, err = w.try(ann, "request", method, totpCode(seed, w.step()))
		w.refused(err, core.SignInExpired, reasonChallenge)
	}
	if _, err = w.try(ann, "another", core.MethodTOTP, totpCode(seed, w.step())); err != nil {
		t.Errorf("another request, after the wait: %v", err)
	}
}

// With each request of its own, guesses are slowed down all the same.
func refuseManyCodes(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	heard := 0
	for day := w.now.Add(24 * time.Hour); w.now.Before(day); w.now = w.now.Add(10 * time.Second) {
		_, err := w.try(ann, core.ID(w.now.String()), core.MethodTOTP, w.wrongCode(seed))
		if err == nil {
			t.Fatal("a wrong code works")
		}
		event := w.onlyEvent()
		if event.Detail["reason"] == reasonWrongCode {
			heard++
		}
		delete(w.failures, "ip:192.0.2.1") // many addresses
	}
	if heard < 20 || heard > 80 {
		t.Errorf("%d guesses were heard in a day", heard)
	}
	last := w.failures[factorKey(ann.ID)].LastAt
	w.now = last.Add(factorLimit().Longest)
	if _, err := w.try(ann, "mine", core.MethodTOTP, totpCode(seed, w.step())); err != nil {
		t.Errorf("the owner, %v after the last guess: %v", w.now.Sub(last), err)
	}
}

func refuseOtherFactor(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	passwords := New(w, Options{Params: cheap(), Now: func() time.Time { return w.now }})
	hash, err := passwords.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	w.users[ann.ID].PasswordHash = hash
	for range 4 {
		_, err := w.try(ann, "r", core.MethodTOTP, w.wrongCode(seed))
		w.refused(err, core.SignInFactor, reasonWrongCode)
		proof, err := passwords.SignIn(t.Context(), attemptFrom("192.0.2.1", "ann", "correct horse"))
		if err != nil {
			t.Fatal(err)
		}
		w.mustApply(proof.Changes...)
	}
	if got := w.count(factorKey(ann.ID)); got != 4 {
		t.Errorf("counted %d wrong codes, want 4", got)
	}
	// The other way round: a code clears no wrong passwords.
	_, _ = passwords.SignIn(t.Context(), attemptFrom("192.0.2.1", "ann", "wrong horse"))
	w.now = w.now.Add(time.Hour)
	proof, err := w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()))
	if err != nil {
		t.Fatal(err)
	}
	w.mustApply(proof.Changes...)
	if w.count(factorKey(ann.ID)) != 0 || w.count("account:"+string(ann.ID)) != 1 {
		t.Errorf("counted %v", w.failures)
	}
}

// Codes that arrive together are counted one after the other.
func refuseParallelCodes(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	w.now = w.now.Add(time.Minute)
	wrong := w.wrongCode(seed)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { _, _ = w.try(ann, "r", core.MethodTOTP, wrong) })
	}
	group.Wait()
	heard := 0
	for _, event := range w.written {
		if event.Detail["reason"] == reasonWrongCode {
			heard++
		}
	}
	if heard < 1 || heard > 5 || len(w.written) != 50 {
		t.Errorf("%d guesses were heard, of %d recorded", heard, len(w.written))
	}
	if len(w.turns.taken) != 0 {
		t.Error("a turn is lost")
	}
}

func refuseCodesOfAddress(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	w.now = w.now.Add(time.Minute)
	w.failures["ip:192.0.2.1"] = core.Failures{Key: "ip:192.0.2.1", Count: 100, LastAt: w.now}
	_, err := w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInThrottled, reasonAddress)
	w.now = w.now.Add(time.Second)
	_, err = w.try(ann, "r", core.MethodTOTP, w.wrongCode(seed))
	w.refused(err, core.SignInFactor, reasonWrongCode)
	if w.count("ip:192.0.2.1") != 101 {
		t.Errorf("counted %v", w.failures)
	}
}

func refuseDisabledFactor(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	seed := w.app(ann)
	w.now = w.now.Add(time.Minute)
	ann.Disabled = true
	_, err := w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonDisabled)
	ann.Disabled, ann.Org = false, "closed"
	_, err = w.try(ann, "r", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonOrgDisabled)
	_, err = w.try(ann, "r", "nothing", totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonOrgDisabled)
	ann.Org = "built-in"
	_, err = w.try(ann, "r", "nothing", totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonMethod)
	_, err = w.try(w.add("bob"), "r", core.MethodTOTP, totpCode(seed, w.step()))
	w.refused(err, core.SignInFactor, reasonNotHere)
}

func refuseRecoveryTwice(t *testing.T) {
	w := newFactors(t)
	ann := w.add("ann")
	codes, change := w.NewRecoveryCodes(ann)
	w.mustApply(change)
	set := change.(core.SetRecoveryCodes)
	for i, code := range codes {
		if slices.ContainsFunc(set.Hashes, func(h core.Hash) bool { return strings.Contains(string(h[:]), code) }) || set.Hashes[i] == core.HashSecret(code) {
			t.Error("a code is stored")
		}
	}
	proof, err := w.try(ann, "r", core.MethodRecovery, codes[3])
	second, errSecond := w.try(ann, "r", core.MethodRecovery, codes[3])
	if err != nil || errSecond != nil {
		t.Fatal(err, errSecond)
	}
	w.mustApply(proof.Changes...)
	if err := w.apply(second.Changes...); err == nil {
		t.Error("of two uses of one code both count")
	}
	if event := w.onlyEvent(); event.Type != core.EventRecoveryCodeUsed || event.Detail["left"] != "9" || event.UserID != ann.ID {
		t.Errorf("recorded %+v", event)
	}
	_, err = w.try(ann, "r", core.MethodRecovery, codes[3])
	w.refused(err, core.SignInFactor, reasonReusedCode)
	// New codes end the old ones.
	_, change = w.NewRecoveryCodes(ann)
	w.mustApply(change)
	_, err = w.try(ann, "r", core.MethodRecovery, codes[4])
	w.refused(err, core.SignInFactor, reasonWrongCode)
	_, err = w.try(ann, "r", core.MethodRecovery, "")
	w.refused(err, core.SignInFactor, reasonWrongCode)
}

func refuseRecoveryOfOthers(t *testing.T) {
	w := newFactors(t)
	ann, bob := w.add("ann"), w.add("bob")
	codes, change := w.NewRecoveryCodes(ann)
	w.mustApply(change)
	_, err := w.try(bob, "r", core.MethodRecovery, codes[0])
	w.refused(err, core.SignInFactor, reasonWrongCode)
	// Not even where the hash got into the wrong hands.
	w.mustApply(core.SetRecoveryCodes{UserID: bob.ID, Hashes: change.(core.SetRecoveryCodes).Hashes, At: w.now})
	_, err = w.try(bob, "r", core.MethodRecovery, codes[0])
	w.refused(err, core.SignInFactor, reasonWrongCode)
}
