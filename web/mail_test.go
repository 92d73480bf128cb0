package web

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// mailStory is a mail with canned data.
type mailStory struct {
	name string
	mail Mail
}

func mailStories() []mailStory {
	words := map[string]string{
		"link": "https://id.example.org/reset?ticket=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCd", "code": "48215907", "name": "Ada Lovelace",
		"login": "ada", "client": "Confluence", "email": "ada@new.example.org", "authenticator": "Ada's phone", "method": "passkey",
		"time": "2026-11-23T18:59:00Z", "browser": "Firefox (Linux)", "address": "192.0.2.7",
	}
	valid := map[string]time.Duration{
		"signin": 10 * time.Minute, "reset": 30 * time.Minute, "invite": 7 * 24 * time.Hour, "register": 24 * time.Hour, "verify": 24 * time.Hour, "email": 24 * time.Hour,
	}
	var stories []mailStory
	for _, name := range MailTemplates() {
		stories = append(stories, mailStory{name, Mail{Template: name, Organisation: "Northwind", Host: "id.example.org", Words: words, Valid: valid[name]}})
	}
	bare := map[string]string{"link": "https://id.example.org/reset?ticket=t"}
	return append(stories,
		mailStory{"reset-bare", Mail{Template: "reset", Organisation: "Northwind", Host: "id.example.org", Words: bare}},
		mailStory{"register-known-bare", Mail{Template: "register_known", Organisation: "Northwind", Host: "id.example.org"}},
	)
}

func writeMail(t testing.TB, pages *Pages, mail Mail, look Look) Letter {
	t.Helper()
	letter, err := pages.Mail(mail, look)
	if err != nil {
		t.Fatal(err)
	}
	return letter
}

// TestMailGolden holds every mail to files: its text with its subject, and its HTML.
func TestMailGolden(t *testing.T) {
	pages := newPages(t)
	for _, story := range mailStories() {
		letter := writeMail(t, pages, story.mail, Look{})
		for ending, got := range map[string]string{".txt": "Subject: " + letter.Subject + "\n\n" + letter.Text, ".html": letter.HTML} {
			file := filepath.Join("testdata", "mails", story.name+ending)
			if *update {
				write(t, file, []byte(got))
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not as in %s; if it should be, run go test ./web -update\n%s", story.name, file, got)
			}
		}
	}
}

// Every mail says the same in both forms, in every language, and leaves no placeholder
// and no key unfilled.
func TestMailForms(t *testing.T) {
	pages := newPages(t)
	unfilled := regexp.MustCompile(`\{[a-z]+\}|mail\.[a-z_]+|<no value>|ZgotmplZ`)
	for _, story := range mailStories() {
		for _, tag := range Languages() {
			letter := writeMail(t, pages, story.mail, Look{Locale: pages.Locale(tag)})
			document := parse(t, letter.HTML)
			if attr(first(document, "html"), "lang") != tag || text(first(document, "title")) != letter.Subject {
				t.Errorf("%s in %s: the document is of another language or title", story.name, tag)
			}
			if found := unfilled.FindString(letter.Subject + letter.Text + letter.HTML); found != "" {
				t.Errorf("%s in %s holds %s", story.name, tag, found)
			}
			for paragraph := range strings.SplitSeq(letter.Text, "\n") {
				words := strings.TrimSuffix(strings.Join(strings.Fields(paragraph), " "), ":")
				if label, value, isFact := strings.Cut(words, ": "); isFact && strings.Contains(text(document), label+value) {
					continue
				}
				if words != "--" && !strings.Contains(text(document), words) {
					t.Errorf("%s in %s: its HTML does not say %q", story.name, tag, words)
				}
			}
		}
	}
}

// A mail loads nothing: no image, no font, no style of others. It leads to its link and
// nowhere else.
func TestMailLoadsNothing(t *testing.T) {
	pages := newPages(t)
	for _, story := range mailStories() {
		document := parse(t, writeMail(t, pages, story.mail, Look{}).HTML)
		for node := range document.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			switch node.Data {
			case "img", "script", "link", "iframe", "object", "form", "input", "svg", "video", "audio":
				t.Errorf("%s has a <%s>", story.name, node.Data)
			}
			for _, a := range node.Attr {
				if a.Key == "href" && a.Val != story.mail.Words["link"] {
					t.Errorf("%s leads to %s", story.name, a.Val)
				}
				if a.Key == "src" || a.Key == "background" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
					t.Errorf("%s has %s=%q", story.name, a.Key, a.Val)
				}
			}
			if node.Data == "style" && strings.Contains(text(node), "url(") {
				t.Errorf("%s has a style that loads something", story.name)
			}
		}
	}
}

// Whatever the words are, they are words: no element, no line and no subject more.
func TestMailEscapes(t *testing.T) {
	pages := newPages(t)
	evil := "\"><script>alert(1)</script>\r\nBcc: eve\u202e{link}"
	for _, name := range MailTemplates() {
		mail := Mail{Template: name, Organisation: "O", Host: "h", Words: map[string]string{}}
		for _, word := range []string{"code", "name", "login", "client", "email", "authenticator", "method", "time", "browser", "address"} {
			mail.Words[word] = "x"
		}
		mail.Words["link"] = "https://id.example.org/a?b=c&d=%22"
		plainly := writeMail(t, pages, mail, Look{})
		for word := range mail.Words {
			if word != "link" && word != "method" {
				mail.Words[word] = evil
			}
		}
		mail.Organisation, mail.Host = evil, evil
		got := writeMail(t, pages, mail, Look{})
		if skeleton(parse(t, got.HTML)) != skeleton(parse(t, plainly.HTML)) {
			t.Errorf("%s has other elements:\n%s", name, got.HTML)
		}
		if a, b := strings.Count(got.Text, "\n"), strings.Count(plainly.Text, "\n"); a != b {
			t.Errorf("%s has %d lines, not %d:\n%s", name, a, b, got.Text)
		}
		if strings.ContainsAny(got.Subject, "\r\n\u202e") || strings.Contains(got.Text, "\u202e") {
			t.Errorf("%s keeps what changes lines and directions: %q", name, got.Subject)
		}
	}
}

// A name that leads somewhere is not shown: mails to others would carry it.
func TestMailNames(t *testing.T) {
	pages := newPages(t)
	for name, shown := range map[string]bool{
		"Ada Lovelace": true, "J. R. R. Tolkien": true, "Dr. Ada": true, "C.K. Dexter": true, "": false,
		"Click evil.example": false, "https://evil": false, "www.evil": false, "win@evil": false, "böse.example": false, "HTTP://X": false,
	} {
		mail := Mail{Template: "invite", Organisation: "Northwind", Host: "h", Words: map[string]string{"link": "https://h/i", "name": name}}
		if got := strings.HasPrefix(writeMail(t, pages, mail, Look{}).Text, fmt.Sprintf("Hello %s,", name)); got != shown {
			t.Errorf("%q is greeted: %v", name, got)
		}
		mail.Template, mail.Words["client"], mail.Words["code"] = "signin", name, "12345678"
		want := "Sign in to Northwind"
		if shown {
			want = "Sign in to " + name
		}
		if got := writeMail(t, pages, mail, Look{}).Subject; got != want {
			t.Errorf("%q as a client: %s", name, got)
		}
	}
	for _, template := range []string{"register", "verify", "email"} {
		mail := Mail{Template: template, Words: map[string]string{"link": "https://h/i", "name": "Ada"}}
		if letter := writeMail(t, pages, mail, Look{}); strings.Contains(letter.Text+letter.HTML, "Ada") {
			t.Errorf("%s greets who may be a stranger", template)
		}
	}
	long := Mail{Template: "reset", Words: map[string]string{"link": "https://h/i", "name": strings.Repeat("ä", 200)}}
	if got := writeMail(t, pages, long, Look{}).Text; !strings.HasPrefix(got, "Hello "+strings.Repeat("ä", maxName)+"…,") {
		t.Errorf("a long name: %.300s", got)
	}
}

// A mail has the colours of its organisation, by day and by night, and what is written on
// them can be read. What is no colour is none.
func TestMailColours(t *testing.T) {
	pages := newPages(t)
	for _, c := range []struct{ light, dark, day, night string }{
		{"", "", "#0b6350", "#5ccbab"},
		{"#1f6feb", "", "", ""},
		{"", "#ffcc00", "", "#ffcc00"},
		{"#7a1f6a", "#ffb3f0", "#7a1f6a", "#ffb3f0"},
		{"red;} * {display:none", "url(https://evil.example)", "#0b6350", ""},
	} {
		mail := Mail{Template: "reset", Organisation: "Northwind", Words: map[string]string{"link": "https://h/i"}, Accent: c.light, AccentDark: c.dark}
		document := writeMail(t, pages, mail, Look{}).HTML
		day := regexp.MustCompile(`<a class="accent"[^>]*color:(#[0-9a-f]{6});`).FindStringSubmatch(document)
		ground := regexp.MustCompile(`<td align="center" class="accent" style="background:(#[0-9a-f]{6});`).FindStringSubmatch(document)
		night := regexp.MustCompile(`\.accent \{ background: (#[0-9a-f]{6}) !important; color: (#[0-9a-f]{6}) !important; \}`).FindStringSubmatch(document)
		if day == nil || ground == nil || night == nil || strings.Contains(document, "evil") || strings.Contains(document, "display:none") {
			t.Fatalf("%q, %q:\n%s", c.light, c.dark, document)
		}
		if c.day != "" && ground[1] != c.day || c.night != "" && night[1] != c.night {
			t.Errorf("%q, %q: by day %s, by night %s", c.light, c.dark, ground[1], night[1])
		}
		for front, back := range map[string]string{day[1]: ground[1], night[2]: night[1]} {
			if got := contrast(t, front, back); got < 4.5 {
				t.Errorf("%s on %s has %.2f", front, back, got)
			}
		}
	}
}

func TestMailValid(t *testing.T) {
	pages := newPages(t)
	for valid, want := range map[time.Duration]string{
		0: "", 59 * time.Second: "", time.Minute: "for 1 minute.", 10 * time.Minute: "for 10 minutes.", 90 * time.Minute: "for 90 minutes.",
		24 * time.Hour: "for 24 hours.", 7 * 24 * time.Hour: "for 7 days.",
	} {
		mail := Mail{Template: "reset", Words: map[string]string{"link": "https://h/i"}, Valid: valid}
		got := writeMail(t, pages, mail, Look{}).Text
		if want == "" && strings.Contains(got, "Valid") || !strings.Contains(got, want) {
			t.Errorf("%s: wants %q in\n%s", valid, want, got)
		}
	}
}

func TestMailRefuses(t *testing.T) {
	pages := newPages(t)
	for what, mail := range map[string]Mail{
		"another template": {Template: "layout"},
		"no link":          {Template: "reset"},
		"no code":          {Template: "signin", Words: map[string]string{"link": "https://h/i"}},
		"script":           {Template: "reset", Words: map[string]string{"link": "javascript:alert(1)"}},
		"no address":       {Template: "test", Words: map[string]string{"link": "/reset"}},
		"two lines":        {Template: "reset", Words: map[string]string{"link": "https://h/\nBcc: eve"}},
	} {
		if letter, err := pages.Mail(mail, Look{}); !errors.Is(err, errMail) || letter != (Letter{}) {
			t.Errorf("%s: %v, %+v", what, err, letter)
		}
	}
}

func TestMailHost(t *testing.T) {
	for issuer, want := range map[string]string{"https://id.example.org": "id.example.org", "http://localhost:8000": "localhost:8000", "%": "%"} {
		if got := MailHost(issuer); got != want {
			t.Errorf("%s: %s", issuer, got)
		}
	}
}
