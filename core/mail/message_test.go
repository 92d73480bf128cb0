package mail

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

// read parses a message as a reader of mail does.
func read(t testing.TB, content string) (header mail.Header, parts map[string]string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %q, %v", kind, err)
	}
	parts = map[string]string{}
	reader := multipart.NewReader(message.Body, params["boundary"])
	var order []string
	for {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
			t.Errorf("a part is encoded as %q", encoding)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind := part.Header.Get("Content-Type")
		order = append(order, kind)
		parts[kind] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	// Readers take the last that they can show (RFC 2046 section 5.1.4).
	same(t, order, []string{"text/plain; charset=UTF-8", "text/html; charset=UTF-8"})
	return message.Header, parts
}

func sample() (*SMTP, Message) {
	return &SMTP{From: "no-reply@id.example.org"}, Message{
		ID: "0195f0c5-7d00-7000-8000-000000000001", To: "ada@example.com", Date: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Locale: "de",
		Letter: Letter{Sender: "Nordwind – Büro", Subject: "Neues Passwort für „Büro“", Text: "Grüße\n=20 .\n.\n", HTML: "<p>Grüße</p>"},
	}
}

func written(t testing.TB, s *SMTP, m Message) string {
	t.Helper()
	msg, err := s.write(m)
	if err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if _, err := msg.WriteTo(&content); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

func TestMessage(t *testing.T) {
	s, m := sample()
	header, parts := read(t, written(t, s, m))
	decode := func(text string) string {
		decoded, err := new(mime.WordDecoder).DecodeHeader(text)
		if err != nil {
			t.Error(err)
		}
		return decoded
	}
	for name, want := range map[string]string{
		"Subject": "Neues Passwort für „Büro“", "To": "<ada@example.com>", "Date": "Wed, 25 Nov 2026 12:00:00 +0000",
		"Message-Id": "<0195f0c5-7d00-7000-8000-000000000001@id.example.org>", "Auto-Submitted": "auto-generated",
		"X-Auto-Response-Suppress": "All", "Content-Language": "de", "Mime-Version": "1.0",
	} {
		if got := decode(header.Get(name)); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if from, err := header.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != "Nordwind – Büro" || from[0].Address != s.From {
		t.Errorf("From: %v, %v", from, err)
	}
	// Nothing else: no list that one could leave, no program, no copy.
	known := []string{"Subject", "To", "From", "Date", "Message-Id", "Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "Mime-Version", "Content-Type"}
	for name := range header {
		if !slices.Contains(known, name) {
			t.Errorf("a header %s: %q", name, header[name])
		}
	}
	same(t, parts, map[string]string{"text/plain; charset=UTF-8": m.Letter.Text, "text/html; charset=UTF-8": m.Letter.HTML})

	again, _ := read(t, written(t, s, m))
	same(t, again.Get("Message-Id"), header.Get("Message-Id"))
	s.FromName, m.Locale = "Postern of Northwind", ""
	header, _ = read(t, written(t, s, m))
	same(t, header.Get("From"), `"Postern of Northwind" <no-reply@id.example.org>`)
	same(t, header.Get("Content-Language"), "")
}

// Whatever is in a mail, its headers are those of above and it has one recipient.
func FuzzMessage(f *testing.F) {
	f.Add("ada@example.com", "Northwind", "Hello", "text", "<p>x</p>", "de")
	f.Add("ada@example.com\r\nBcc: eve@example.com", "N\r\nBcc: eve@example.com", "S\r\n\r\nbody", ".\r\nQUIT\r\n", "</html>", "de\r\nX: y")
	f.Add("\"a b\"@example.com", "\"<eve@example.com>", "=?utf-8?q?x?=\n y", "\x00\xff", "\x00", "\u2028")
	f.Add("ä@exämple.com", "ä\\\xc8", "", "", "", "")
	f.Fuzz(func(t *testing.T, to, sender, subject, text, html, locale string) {
		s, m := sample()
		m.To, m.Locale, m.Letter = to, locale, Letter{Sender: sender, Subject: subject, Text: text, HTML: html}
		if _, err := s.write(m); err != nil {
			return
		}
		header, _ := read(t, written(t, s, m))
		if list, err := header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to {
			t.Errorf("To %q is %v, %v", to, list, err)
		}
		if list, err := header.AddressList("From"); err != nil || len(list) != 1 || list[0].Address != s.From {
			t.Errorf("From is %v, %v", list, err)
		}
		for _, name := range []string{"Bcc", "Cc", "X", "Reply-To", "Sender"} {
			if header.Get(name) != "" {
				t.Errorf("a header %s: %q", name, header.Get(name))
			}
		}
		if len(header) > 10 {
			t.Errorf("headers: %v", header)
		}
	})
}

func TestCheckAddress(t *testing.T) {
	for address, good := range map[string]bool{
		"ada@example.com": true, "ada.l+x@sub.example.com": true, "ä@exämple.com": true, "ada@localhost": true, "ada@[192.0.2.1]": true,
		"": false, "ada": false, "@example.com": false, "ada@": false, "Ada <ada@example.com>": false, "<ada@example.com>": false,
		"ada@example.com, eve@example.com": false, "ada@example.com\n": false, "ada@example.com\r\nDATA": false, " ada@example.com": false,
		"\"a b\"@example.com": false, strings.Repeat("a", 250) + "@example.com": false,
	} {
		if err := CheckAddress(address); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := (&SMTP{From: "nobody"}).write(Message{To: "ada@example.com"}); err == nil {
		t.Error("a sender without an address")
	}
}
