package standin

import (
	"strings"
	"testing"
)

func FuzzParseJWT(f *testing.F) {
	f.Add("e30.e30.")
	f.Add("..")
	f.Add("eyJhIjoxfQ.eyJhIjoxfQ.AAAA")
	f.Fuzz(func(t *testing.T, raw string) {
		token, err := parseJWT(raw)
		if err == nil && (token.header.kind != objectKind || token.claims.kind != objectKind || !strings.HasPrefix(raw, token.signed+".")) {
			t.Fatalf("%q was taken apart wrongly", raw)
		}
	})
}
