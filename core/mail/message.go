package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/postern-id/postern/core"
)

// badAddress is the code that a server would answer with to an address that is none.
const badAddress = 553

// Letter is a mail as its reader sees it.
type Letter struct {
	Sender  string // name of the organisation that it is from
	Subject string
	Text    string
	HTML    string
}

// Message is a letter on its way.
type Message struct {
	ID     core.ID
	To     string
	Date   time.Time
	Locale string
	Letter Letter
}

var errAddress = errors.New("this is no e-mail address")

// CheckAddress refuses what is not the bare address of one mailbox.
func CheckAddress(text string) error {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text || len(text) > 254 || strings.ContainsAny(text, "\r\n\x00 ") {
		return errAddress
	}
	return nil
}

// write makes the message as it is sent (RFC 5322). A mail that is sent again has the
// same Message-ID, by which mailboxes know it.
func (s *SMTP) write(m Message) (*gomail.Msg, error) {
	if err := CheckAddress(m.To); err != nil {
		return nil, err
	}
	if err := CheckAddress(s.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	name := s.FromName
	if name == "" {
		name = m.Letter.Sender
	}
	_, domain, _ := cutLast(s.From, "@")
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&mail.Address{Name: phrase(name), Address: s.From})
	msg.ToMailAddress(&mail.Address{Address: m.To})
	msg.Subject(singleLine(m.Letter.Subject))
	msg.SetDateWithValue(m.Date)
	msg.SetMessageIDWithValue(string(m.ID) + "@" + domain)
	// Nobody's absence is to answer (RFC 3834 section 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if m.Locale != "" {
		msg.SetGenHeader("Content-Language", singleLine(m.Locale))
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Letter.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.Letter.HTML)
	return msg, nil
}

// singleLine keeps a header from having a second line, whatever is in it.
func singleLine(text string) string {
	text = strings.ToValidUTF8(text, "")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), " ")
}

// phrase is the name before an address. net/mail leaves a backslash as it is in an encoded
// word, where it may not stand (RFC 2047 section 5, rule 3).
func phrase(name string) string { return strings.ReplaceAll(singleLine(name), `\`, "") }

func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
