package oauth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestSessionState(t *testing.T) {
	for _, test := range []struct{ uri, origin string }{
		{"https://rp.example/cb?a=b", "https://rp.example"},
		{"https://RP.example:443/cb", "https://rp.example"},
		{"https://rp.example:8443", "https://rp.example:8443"},
		{"http://localhost:80/", "http://localhost"},
		{"http://[::1]:443/cb", "http://[::1]:443"},
		{"https://rp.example:80/", "https://rp.example:80"},
		{"com.example.app:/cb", ""},
		{"com.example.app://host/cb", ""},
		{"", ""},
	} {
		want := ""
		if test.origin != "" {
			sum := sha256.Sum256([]byte("the client " + test.origin + " browser salt"))
			want = hex.EncodeToString(sum[:]) + ".salt"
		}
		if got := oauth.SessionState("the client", test.uri, "browser", "salt"); got != want {
			t.Errorf("%q: got %q, want %q", test.uri, got, want)
		}
	}
}
