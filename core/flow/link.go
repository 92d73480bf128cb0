package flow

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// purpose is the step that a link leads to. A link of one step is never accepted
// at another.
type purpose string

const (
	toLogin   purpose = "login"
	toMail    purpose = "mail"   // to type the code of a mail
	toFactor  purpose = "factor" // the second one
	toEnrol   purpose = "enrol"
	toCodes   purpose = "codes" // behind the recovery codes
	toSelect  purpose = "select"
	toConsent purpose = "consent"
	toDevice  purpose = "device" // consent for a program without a browser
	toLogout  purpose = "logout"
	toHome    purpose = "home"    // of a session: what was done, for the home page
	toAccount purpose = "account" // of a session: its person's own pages
	toPasskey purpose = "passkey" // of a session or a request: the challenge of a ceremony
	toLeave   purpose = "left"    // of a session that has ended: where its person goes
)

// link leads to one step of one authorization request, or to what concerns one
// session.
type link struct {
	to      purpose
	id      core.ID
	expires time.Time
	// payload is what the page shows and its POST must not change: the scopes of
	// a consent page, the address after a sign-out, why the sign-in page comes again.
	payload string
}

const (
	maxLink = 32 << 10
	// linkContext keeps the signatures apart from whatever else is signed with
	// the key.
	linkContext = "postern step link 1\n"
)

// sign writes the link, bound to whoever holds the secret behind holder. It is
// base64url of the text, a dot, and base64url of the HMAC-SHA-256.
func (d *Dispatcher) sign(l link, holder core.Hash) string {
	text := strings.Join([]string{string(l.to), string(l.id), strconv.FormatInt(l.expires.UnixMilli(), 10), l.payload}, "\n")
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." +
		base64.RawURLEncoding.EncodeToString(d.linkMAC(text, holder))
}

func (d *Dispatcher) linkMAC(text string, holder core.Hash) []byte {
	mac := hmac.New(sha256.New, d.Key[:])
	mac.Write([]byte(linkContext))
	mac.Write(holder[:])
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// open reads a link that sign wrote for the same holder. It does not look at the
// clock.
func (d *Dispatcher) open(signed string, holder core.Hash) (link, bool) {
	encodedText, encodedMAC, found := strings.Cut(signed, ".")
	if !found || len(signed) > maxLink || strings.ContainsAny(signed, "\r\n") {
		return link{}, false
	}
	text, errText := base64.RawURLEncoding.Strict().DecodeString(encodedText)
	mac, errMAC := base64.RawURLEncoding.Strict().DecodeString(encodedMAC)
	if errText != nil || errMAC != nil || !hmac.Equal(mac, d.linkMAC(string(text), holder)) {
		return link{}, false
	}
	parts := strings.SplitN(string(text), "\n", 4)
	if len(parts) != 4 {
		return link{}, false
	}
	expires, err := strconv.ParseInt(parts[2], 10, 64)
	return link{purpose(parts[0]), core.ID(parts[1]), time.UnixMilli(expires), parts[3]}, err == nil
}
