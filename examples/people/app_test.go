package people_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// app is an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds).
type app struct {
	key  []byte
	used int64 // the last step that a code was made for
}

// scan takes the key from the page that sets an app up.
func (b tab) scan() *app {
	b.t.Helper()
	typed := strings.ReplaceAll(b.Text("#secret"), " ", "")
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(typed)
	if err != nil {
		b.t.Fatalf("the key %q: %v", typed, err)
	}
	return &app{key: key}
}

// code gives a code that was not used yet. The server takes that of the next step as well,
// so it is seldom that one has to wait.
func (a *app) code() string {
	a.used = max(a.used+1, a.now())
	for a.used > a.now()+1 {
		time.Sleep(time.Second)
	}
	return a.at(a.used)
}

// wrong gives a code that fits at no time near.
func (a *app) wrong() string {
	for code := 0; ; code++ {
		typed := fmt.Sprintf("%06d", code)
		fits := false
		for step := a.now() - 10; step < a.now()+10; step++ {
			fits = fits || a.at(step) == typed
		}
		if !fits {
			return typed
		}
	}
}

func (a *app) now() int64 { return time.Now().Unix() / 30 }

func (a *app) at(step int64) string {
	mac := hmac.New(sha1.New, a.key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}
