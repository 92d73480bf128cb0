package authn

import (
	"regexp"
	"slices"
	"strings"
	"testing"

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
