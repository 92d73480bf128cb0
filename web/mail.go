package web

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/postern-id/postern/core/colour"
)

//go:embed mails/mail.html mails/mail.txt
var mailFiles embed.FS

// Mail is a message to somebody, for [Pages.Mail].
type Mail struct {
	Template     string // "reset", one of [MailTemplates]
	Organisation string // its name: whose people the mail is for
	Host         string // of the server, "id.example.org"
	// Words are filled in: link, code, name, login, client, email, authenticator, method,
	// time (RFC 3339), browser, address. What is empty is left out; a link or a code that
	// the template is about must be there.
	Words map[string]string
	// Valid is how long the link and the code work, where there are any that expire.
	Valid time.Duration
	// Accent is the colour of the organisation by day, AccentDark by night, "#1f6feb".
	// With one of them, the other is a shade of it that can be read; without, both are ours.
	Accent, AccentDark string
}

// Letter is a mail as it is sent: plain text, and the same as an HTML document.
type Letter struct{ Subject, Text, HTML string }

// letter is what one template says. All but needs, facts and code are keys of messages.
type letter struct {
	subject, lead string
	action        string // the words of the button, where there is a link
	note          string
	code          bool     // it has a code besides its link
	needs         []string // words that must be there
	facts         []string // words that are listed
	// stranger says that the address may be of somebody who asked for nothing: the mail
	// carries no words that a person chose.
	stranger bool
	expires  bool
}

// seen are the facts by which people know whether it was them.
func seen() []string { return []string{"time", "browser", "address"} }

func letters() map[string]letter {
	notice := func(subject, lead string, facts ...string) letter {
		return letter{subject: subject, lead: lead, action: "mail.notice_action", note: "mail.notice_note", facts: append(facts, seen()...)}
	}
	found := map[string]letter{
		"signin": {
			subject: "mail.signin_subject", lead: "mail.signin_lead", action: "mail.signin_action", note: "mail.signin_note",
			code: true, needs: []string{"link", "code"}, facts: seen(), expires: true,
		},
		"reset": {
			subject: "mail.reset_subject", lead: "mail.reset_lead", action: "mail.reset_action", note: "mail.reset_note",
			needs: []string{"link"}, facts: append([]string{"login"}, seen()...), expires: true,
		},
		"invite": {
			subject: "mail.invite_subject", lead: "mail.invite_lead", action: "mail.invite_action", note: "mail.invite_note",
			needs: []string{"link"}, facts: []string{"login"}, expires: true,
		},
		"register": {
			subject: "mail.register_subject", lead: "mail.register_lead", action: "mail.register_action", note: "mail.register_note",
			needs: []string{"link"}, stranger: true, expires: true,
		},
		"register_known": {
			subject: "mail.register_known_subject", lead: "mail.register_known_lead", action: "mail.register_known_action",
			note: "mail.register_known_note", facts: []string{"login"},
		},
		"verify": {
			subject: "mail.verify_subject", lead: "mail.verify_lead", action: "mail.verify_action", note: "mail.verify_note",
			needs: []string{"link"}, stranger: true, expires: true,
		},
		"email": {
			subject: "mail.email_subject", lead: "mail.email_lead", action: "mail.email_action", note: "mail.email_note",
			needs: []string{"link"}, stranger: true, expires: true,
		},
		"notice_password": notice("mail.notice_password_subject", "mail.notice_password_lead"),
		"notice_added":    notice("mail.notice_added_subject", "mail.notice_added_lead", "authenticator"),
		"notice_removed":  notice("mail.notice_removed_subject", "mail.notice_removed_lead", "authenticator"),
		"notice_recovery": notice("mail.notice_recovery_subject", "mail.notice_recovery_lead"),
		"notice_device":   notice("mail.notice_device_subject", "mail.notice_device_lead", "client"),
		"notice_email":    notice("mail.notice_email_subject", "mail.notice_email_lead", "email"),
		"notice_deleted":  notice("mail.notice_deleted_subject", "mail.notice_deleted_lead"),
		"test":            {subject: "mail.test_subject", lead: "mail.test_lead"},
	}
	for _, last := range []string{"notice_email", "notice_deleted"} {
		l := found[last] // who reads it cannot do anything about it at the account
		l.action, l.note = "", "mail.notice_note_administrator"
		found[last] = l
	}
	return found
}

// MailTemplates are the names of all mails, sorted.
func MailTemplates() []string { return slices.Sorted(maps.Keys(letters())) }

// Errors of [Pages.Mail] are mistakes of whoever composed the mail.
var errMail = errors.New("a mail cannot be written")

// Mail writes a mail. Organisation and words may hold anything: they are escaped, and
// keep to their line.
func (p *Pages) Mail(m Mail, look Look) (Letter, error) {
	if look.Locale == nil {
		look.Locale = p.locales.all["en"]
	}
	kind, known := letters()[m.Template]
	if !known {
		return Letter{}, fmt.Errorf("%w: there is no template %q", errMail, m.Template)
	}
	for _, word := range kind.needs {
		if m.Words[word] == "" {
			return Letter{}, fmt.Errorf("%w: %s has no word %q", errMail, m.Template, word)
		}
	}
	if to := m.Words["link"]; to != "" && link(to) == "" {
		return Letter{}, fmt.Errorf("%w: the link of %s is no web address", errMail, m.Template)
	}
	written := writing{letter: kind, mail: m, look: look}
	written.pairs = written.fillings()
	var text, document strings.Builder
	if err := p.mails.text.Execute(&text, plainWriting{written}); err != nil {
		return Letter{}, fmt.Errorf("write the mail %s: %w", m.Template, err)
	}
	if err := p.mails.html.Execute(&document, markedWriting{written}); err != nil {
		return Letter{}, fmt.Errorf("write the mail %s in HTML: %w", m.Template, err)
	}
	return Letter{Subject: look.Locale.Text(kind.subject, written.pairs...), Text: text.String(), HTML: document.String()}, nil
}

// mailTemplates are the two forms that every mail takes.
type mailTemplates struct {
	text *template.Template
	html *htmltemplate.Template
}

func parseMails() (found mailTemplates, err error) {
	if found.text, err = template.ParseFS(mailFiles, "mails/mail.txt"); err != nil {
		return found, err
	}
	found.html, err = htmltemplate.New("mail.html").Funcs(htmltemplate.FuncMap{"monogram": monogram}).ParseFS(mailFiles, "mails/mail.html")
	return found, err
}

// writing is a mail in the making.
type writing struct {
	letter
	mail  Mail
	look  Look
	pairs []any
}

// plainWriting and markedWriting say things as text and as HTML.
type (
	plainWriting  struct{ writing }
	markedWriting struct{ writing }
)

func (w plainWriting) Say(key string) string { return w.look.Locale.Text(key, w.pairs...) }
func (w markedWriting) Say(key string) htmltemplate.HTML {
	return w.look.Locale.HTML(key, w.pairs...)
}

func (w writing) Lang() string         { return w.look.Locale.Tag }
func (w writing) Dir() string          { return w.look.Locale.Dir }
func (w writing) Organisation() string { return plain(w.mail.Organisation) }
func (w writing) Host() string         { return plain(w.mail.Host) }
func (w writing) Lead() string         { return w.lead }
func (w writing) Action() string       { return w.action }
func (w writing) Note() string         { return w.note }

// Start is the side that lines begin at, for programs that know no other way to say it.
func (w writing) Start() string {
	if w.look.Locale.Dir == "rtl" {
		return "right"
	}
	return "left"
}

// Subject is for the title of the document.
func (w writing) Subject() string { return w.look.Locale.Text(w.subject, w.pairs...) }

// Link is empty where the template has no button.
func (w writing) Link() string {
	if w.action == "" {
		return ""
	}
	return w.mail.Words["link"]
}

// Code is in two groups, to be read over; the page takes it with and without the blank.
func (w writing) Code() string {
	code := plain(w.mail.Words["code"])
	switch {
	case !w.code:
		return ""
	case len(code) != 8:
		return code
	}
	return code[:4] + " " + code[4:]
}

// Greeting is the key of it.
func (w writing) Greeting() string {
	if w.name() == "" {
		return "mail.hello"
	}
	return "mail.hello_name"
}

func (w writing) name() string {
	if w.stranger {
		return ""
	}
	return harmless(w.mail.Words["name"])
}

// Valid is the sentence on how long the link works, or empty.
func (w writing) Valid() string {
	valid := w.mail.Valid
	switch {
	case !w.expires || valid < time.Minute:
		return ""
	case valid < 2*time.Hour:
		return w.look.Locale.Text("mail.valid_minutes", "count", int(valid/time.Minute))
	case valid < 48*time.Hour:
		return w.look.Locale.Text("mail.valid_hours", "count", int(valid/time.Hour))
	}
	return w.look.Locale.Text("mail.valid_days", "count", int(valid/(24*time.Hour)))
}

// fillings are what placeholders of messages stand for. An application whose name is not
// fit to be shown is called as its organisation.
func (w writing) fillings() []any {
	client := harmless(w.mail.Words["client"])
	if client == "" {
		client = w.mail.Organisation
	}
	return []any{"organisation", plain(w.mail.Organisation), "client", client, "name", w.name()}
}

// fact is a line of what people can know an event by.
type fact struct{ Label, Value string }

// Facts lists the words of the template that are there.
func (w writing) Facts() []fact {
	labels := map[string]string{
		"login": "mail.fact_login", "client": "mail.fact_client", "email": "mail.fact_email", "time": "mail.fact_time",
		"browser": "mail.fact_browser", "address": "mail.fact_address", "authenticator": w.method(),
	}
	var list []fact
	for _, word := range w.facts {
		value := plain(w.mail.Words[word])
		switch word {
		case "client", "browser", "authenticator":
			value = harmless(value)
		case "time":
			if at, err := time.Parse(time.RFC3339, value); err == nil {
				value = w.look.Locale.Time(at)
			}
		}
		if value != "" {
			list = append(list, fact{w.look.Locale.Text(labels[word]), value})
		}
	}
	return list
}

// method is the key of what an authenticator is.
func (w writing) method() string {
	if w.mail.Words["method"] == "totp" {
		return "mail.fact_totp"
	}
	return "mail.fact_passkey"
}

// Day and Night are the colours of the button, with what is written on it. Ours are those
// of the stylesheet.
func (w writing) Day() colour.Accent {
	return colour.Light().Accent(accent(w.mail.Accent, w.mail.AccentDark, "#0b6350"))
}

func (w writing) Night() colour.Accent {
	return colour.Dark().Accent(accent(w.mail.AccentDark, w.mail.Accent, "#5ccbab"))
}

// accent is the first colour that is one.
func accent(colours ...string) colour.RGB {
	for _, text := range colours {
		if c, err := colour.Parse(text); err == nil {
			return c
		}
	}
	return colour.Black()
}

// maxName is as much of a name as a mail shows.
const maxName = 80

// address is what programs that show mail make a link of by themselves.
var address = regexp.MustCompile(`(?i)://|www\.|@|[\p{L}\p{N}-]{2,}\.\p{L}{2,}`)

// harmless is a name as a mail may show it: nothing if it looks like an address, because
// whoever chose it may want somebody else to go there.
func harmless(name string) string {
	name = strings.TrimSpace(plain(name))
	if address.MatchString(name) {
		return ""
	}
	if runes := []rune(name); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return name
}

// MailHost is what a mail calls the server at its foot.
func MailHost(issuer string) string {
	if at, err := url.Parse(issuer); err == nil && at.Host != "" {
		return at.Host
	}
	return issuer
}
