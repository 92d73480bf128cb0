package standin

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// visitors keeps who is signed in, in memory, and by a cookie of the stand-in's
// own: nothing of the provider's session is in it.
type visitors struct {
	now  func() time.Time
	rand io.Reader
	// secure marks the cookie for https only.
	secure bool

	mu   sync.Mutex
	byID map[string]visitor
}

// visitor is what the stand-in knows about a browser.
type visitor struct {
	pending  *pending
	identity *Identity   // who is signed in, or nil
	tested   *testResult // the last Test Configuration, or nil
	notice   string      // shown once on the front page
	seen     time.Time
}

// pending is a sign-in that the provider has not answered.
type pending struct {
	sent proof
	test bool // Test Configuration: shows the attributes and signs nobody in
}

const (
	cookieName  = "confluence_standin"
	visitorLife = 8 * time.Hour
)

// of gives the visitor of a request; the zero visitor if there is none.
func (v *visitors) of(r *http.Request) visitor {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return visitor{}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	found := v.byID[cookie.Value]
	if v.now().Sub(found.seen) > visitorLife {
		return visitor{}
	}
	return found
}

// save keeps the visitor under a new identifier and forgets the old one, so that
// nobody can give a victim a cookie that will be signed in later.
func (v *visitors) save(w http.ResponseWriter, r *http.Request, changed visitor) error {
	var raw [16]byte
	if _, err := io.ReadFull(v.rand, raw[:]); err != nil {
		return fmt.Errorf("make a session: %w", err)
	}
	id := hex.EncodeToString(raw[:])
	v.mu.Lock()
	defer v.mu.Unlock()
	if old, err := r.Cookie(cookieName); err == nil {
		delete(v.byID, old.Value)
	}
	now := v.now()
	for id, visitor := range v.byID {
		if now.Sub(visitor.seen) > visitorLife {
			delete(v.byID, id)
		}
	}
	changed.seen = now
	v.byID[id] = changed
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: id, Path: "/", HttpOnly: true, Secure: v.secure, SameSite: http.SameSiteLaxMode,
	})
	return nil
}

// directory is Confluence's own list of users, which outlives sessions.
type directory struct {
	mu    sync.Mutex
	users map[string]Identity
}

// signIn updates the user or makes one, which needs an e-mail address.
func (d *directory) signIn(identity *Identity) (created bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, exists := d.users[identity.UserName]
	if identity.Email == "" {
		if !exists {
			return false, fail(stepUser, "%s is new, and a user is created only with an e-mail address: the answer has none", identity.UserName).
				hint("Give the user an e-mail address at the provider, ask for the scope email, and compare the attribute mapping.")
		}
		identity.Email = known.Email
	}
	d.users[identity.UserName] = *identity
	return !exists, nil
}
