package web

import (
	"testing"
	"testing/fstest"
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
