package mail

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/postern-id/postern/core"
)

// keptFor is how long a mail waits that nobody gave an end.
const keptFor = 24 * time.Hour

// Composer makes changes that queue mails. A nil one is not ready.
type Composer struct {
	// Seal encrypts for a purpose.
	Seal func(plaintext []byte, purpose string) []byte
	// Delivers says that what is queued is delivered, or shown in the mailbox of a server
	// that serves this machine alone.
	Delivers bool
	Rand     io.Reader
}

// Ready reports whether mails get anywhere. Where they do not, nothing is to be offered
// that needs one.
func (c *Composer) Ready() bool { return c != nil && c.Delivers }

// Compose gives the change that queues a mail: to has Org, To and Template, and may have
// UserID, Locale and ExpiresAt (a day later if it is zero). Words are those of the template, by
// [core.WordLink] and its kin.
func (c *Composer) Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail {
	plaintext, err := json.Marshal(words)
	if err != nil {
		panic(fmt.Sprintf("mail: %v", err)) // strings can be written
	}
	to.ID = core.NewID(now, c.Rand)
	to.Sealed = c.Seal(plaintext, core.MailPurpose(to.ID))
	to.Failures, to.NextAt, to.CreatedAt = 0, time.Time{}, now
	if to.ExpiresAt.IsZero() {
		to.ExpiresAt = now.Add(keptFor)
	}
	return core.SendMail{Mail: to}
}
