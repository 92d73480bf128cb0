package oauth_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestNewUserCode(t *testing.T) {
	// 240 and above would favour the first letters.
	code, err := oauth.NewUserCode(bytes.NewReader([]byte{0, 255, 19, 240, 20, 239, 1, 2, 3, 4}))
	if err != nil || code != "BZBZCDFG" {
		t.Errorf("%q, %v", code, err)
	}
	if code, err := oauth.NewUserCode(strings.NewReader("short")); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v: made of too little", code, err)
	}
}

func TestUserCodesAreReadAsTheyAreWritten(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	seen := map[string]bool{}
	for range 2000 {
		code, err := oauth.NewUserCode(random)
		if err != nil {
			t.Fatal(err)
		}
		shown := oauth.FormatUserCode(code)
		if read, ok := oauth.ParseUserCode(shown); !ok || read != code || len(shown) != 9 || shown[4] != '-' {
			t.Errorf("%q is shown as %q and read as %q", code, shown, read)
		}
		if strings.ContainsAny(code, "AEIOUY01") {
			t.Errorf("%q may be a word, or be misread", code)
		}
		seen[code] = true
	}
	if len(seen) != 2000 {
		t.Errorf("%d codes of 2000 are different", len(seen))
	}
}

func TestParseUserCode(t *testing.T) {
	for _, test := range []struct {
		typed string
		ok    bool
	}{
		{"WDJB-MJHT", true},
		{"wdjbmjht", true},
		{" wdjb mjht ", true},
		{"W.D.J.B–M_J/H T", true},
		{"ＷＤＪＢ－ｍｊｈｔ", true},
		{"", false},
		{"WDJB-MJH", false},
		{"WDJB-MJHTT", false},
		{"WDJB-MJHA", false},  // not of the alphabet
		{"WDJB-MJH1", false},  // nor this
		{"WDJB-MJHTÄ", false}, // a letter, if not one of ours
		{"ſſſſſſſſ", true},    // ſ is a small S, whatever the font
		{strings.Repeat("-", 60) + "WDJB-MJHT", false},
	} {
		if code, ok := oauth.ParseUserCode(test.typed); ok != test.ok || ok && len(code) != 8 {
			t.Errorf("%q: %q, %v", test.typed, code, ok)
		}
	}
}

func FuzzParseUserCode(f *testing.F) {
	for _, seed := range []string{"WDJB-MJHT", "wdjbmjht", "ＷＤＪＢ", "\xff", "K", "WDJB\x00MJHT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := oauth.ParseUserCode(typed)
		if !ok {
			return
		}
		if again, fine := oauth.ParseUserCode(oauth.FormatUserCode(code)); !fine || again != code {
			t.Errorf("%q is %q, and that is %q", typed, code, again)
		}
	})
}
