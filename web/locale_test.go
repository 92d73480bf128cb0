package web

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func sampleLocales(t *testing.T) *locales {
	t.Helper()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	found, err := loadLocales(fstest.MapFS{
		"locales/en/login.json": file(`{"to": "Sign in to {client} <now>", "tries": {"one": "{count} try left", "other": "{count} tries left"}, "only": "English"}`),
		"locales/fr/login.json": file(`{"to": "Vers {client}", "tries": {"one": "{count} essai", "other": "{count} essais"}}`),
		"locales/de/login.json": file(`{"to": "Zu {client}"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestChoosesLanguage(t *testing.T) {
	known := sampleLocales(t)
	for _, c := range []struct {
		want        string
		preferences []string
	}{
		{"en", nil},
		{"de", []string{"de-CH"}},
		{"fr", []string{"xx", "fr-CA,en;q=0.5"}},
		{"de", []string{"", "nonsense;;", "de;q=0.9, fr;q=0.8"}},
		{"en", []string{"eo"}},
		{"de", []string{"gsw"}},
		{"fr", []string{strings.Repeat("de,", 1000), "fr"}},
		{"pt", []string{"tlh", "pt-BR", "fr"}},
		{"zh", []string{"zh-Hans-CN"}},
		{"pt", []string{"pt-BR,pt;q=0.9"}},
	} {
		if got := known.choose(c.preferences).Tag; got != c.want {
			t.Errorf("%q: %s, want %s", c.preferences, got, c.want)
		}
	}
}

func TestFillsMessages(t *testing.T) {
	known := sampleLocales(t)
	en, de, fr := known.all["en"], known.all["de"], known.all["fr"]
	for _, c := range []struct{ got, want string }{
		{en.Text("login.to", "client", "A & B"), "Sign in to A & B <now>"},
		{string(en.HTML("login.to", "client", "A & B")), "Sign in to <bdi>A &amp; B</bdi> &lt;now&gt;"},
		{en.Text("login.tries", "count", 1), "1 try left"},
		{en.Text("login.tries", "count", 0), "0 tries left"},
		{fr.Text("login.tries", "count", 0), "0 essai"},
		{en.Text("login.to", "client", time.Date(2026, 5, 3, 0, 0, 0, 0, time.UTC)), "Sign in to format.date <now>"},
		{de.Text("login.only"), "English"},
		{de.Text("login.nothing"), "login.nothing"},
		{de.Text("login.to"), "Zu {client}"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestRefusesMessages(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":     `{`,
		"plural form": `{"a": {"single": "x", "other": "y"}}`,
		"no other":    `{"a": {"one": "x"}}`,
		"no text":     `{"a": 7}`,
	} {
		if _, err := loadLocales(fstest.MapFS{"locales/en/a.json": &fstest.MapFile{Data: []byte(text)}}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDatesAndNumbers(t *testing.T) {
	first := time.Date(2026, 5, 1, 23, 5, 0, 0, time.FixedZone("", -3600))
	later := time.Date(2026, 11, 23, 18, 59, 0, 0, time.UTC)
	for tag, want := range map[string][4]string{
		"en": {"2 May 2026, 00:05 UTC", "23 November 2026", "9999", "1,234,567"},
		"de": {"2. Mai 2026, 00:05 Uhr (UTC)", "23. November 2026", "9999", "1.234.567"},
		"fr": {"2 mai 2026 à 00:05 (UTC)", "23 novembre 2026", "9999", "1\u202f234\u202f567"},
		"es": {"2 de mayo de 2026, 00:05 (UTC)", "23 de noviembre de 2026", "9999", "1.234.567"},
		"pt": {"2 de maio de 2026, 00:05 (UTC)", "23 de novembro de 2026", "9999", "1.234.567"},
		"zh": {"2026年5月2日 00:05（UTC）", "2026年11月23日", "9999", "1,234,567"},
		"ja": {"2026年5月2日 00:05（UTC）", "2026年11月23日", "9999", "1,234,567"},
	} {
		l := newPages(t).Known(tag)
		if got := [4]string{l.Time(first), l.Date(later), l.Number(9999), l.Number(1234567)}; got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	french := newPages(t).Known("fr")
	if got := french.Date(first.AddDate(0, 0, -1)); got != "1er mai 2026" {
		t.Errorf("the first of May is %q", got)
	}
	if got := french.Number(-12345); got != "-12\u202f345" {
		t.Error(got)
	}
}
