package mail

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// zeroes is a generator for tests that need none.
type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// reversed stands for a cipher, and keeps the purpose.
func reversed(plaintext []byte, purpose string) []byte {
	sealed := []byte(purpose + "\n")
	for i := range plaintext {
		sealed = append(sealed, plaintext[len(plaintext)-1-i])
	}
	return sealed
}

func TestComposes(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	c := &Composer{Seal: reversed, Delivers: true, Rand: zeroes{}}
	words := map[string]string{core.WordLink: "https://id.example.org/reset?ticket=secret", core.WordName: "Ada"}
	to := core.Mail{
		ID: "another", Org: "northwind", UserID: "u", To: "ada@example.org", Template: core.MailReset, Locale: "de", Failures: 3, NextAt: now,
	}
	got := c.Compose(now, to, words).Mail

	if _, err := core.ParseID(string(got.ID)); err != nil {
		t.Errorf("its identifier is %q: %v", got.ID, err)
	}
	purpose, sealed, _ := strings.Cut(string(got.Sealed), "\n")
	if purpose != core.MailPurpose(got.ID) || strings.Contains(sealed, "secret") {
		t.Errorf("sealed for %q: %s", purpose, sealed)
	}
	var opened map[string]string
	if err := json.Unmarshal(reversed([]byte(sealed), "")[1:], &opened); err != nil || opened[core.WordName] != "Ada" || len(opened) != 2 {
		t.Errorf("opened %v, %v", opened, err)
	}
	got.ID, got.Sealed = "", nil
	want := core.Mail{Org: "northwind", UserID: "u", To: "ada@example.org", Template: core.MailReset, Locale: "de", CreatedAt: now, ExpiresAt: now.Add(keptFor)}
	if got.ID != want.ID || got.To != want.To || got.Org != want.Org || got.UserID != want.UserID || got.Template != want.Template || got.Locale != want.Locale ||
		got.Failures != 0 || !got.NextAt.IsZero() || !got.CreatedAt.Equal(now) || !got.ExpiresAt.Equal(want.ExpiresAt) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	to.ExpiresAt = now.Add(time.Minute)
	if got := c.Compose(now, to, words).Mail; !got.ExpiresAt.Equal(to.ExpiresAt) {
		t.Errorf("it expires at %s", got.ExpiresAt)
	}
}

func TestReady(t *testing.T) {
	var none *Composer
	if none.Ready() || (&Composer{}).Ready() || !(&Composer{Delivers: true}).Ready() {
		t.Error("ready is who delivers, and nobody else")
	}
}
