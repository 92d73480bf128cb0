package core_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestIsEmail(t *testing.T) {
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 61)+".", 3) + "org"
	for address, want := range map[string]bool{
		"ada@example.org": true, "Ada.Lovelace+id@sub.example.org": true, "o'neill@example.org": true, longest: true,
		"": false, "ada": false, "@example.org": false, "ada@": false, "ada@@example.org": false, "ada@b@example.org": false,
		"Ada <ada@example.org>": false, "<ada@example.org>": false, " ada@example.org": false, "ada@example.org\n": false,
		"ada@example.org\r\nBcc: b@example.org": false, "ada@example.org, b@example.org": false, `"a b"@example.org`: false, `a\b@example.org`: false,
		"аda@example.org": false /* Cyrillic */, "ada@exämple.org": false, "ada@example.org\x00": false, "x" + longest: len("x"+longest) <= 254,
	} {
		if got := core.IsEmail(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
