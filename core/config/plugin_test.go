package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const (
	annasKey = "RWSyVBz8jqRNj0fmynPLa12og1nOk20Q8sVIKJRNsi0pLhc4F0w3vH2w"
	// A secret key as the minisign program writes it, of nobody.
	secretKey = "RWRTY0IyX7SS8n8uZTK1i7SEYLYq0DdFYA7RFphhyypCNKo4oqMAAAACAAAAAAAAAEAAAAAA9OLhS74G2JHbHOUWsZ/K6W9QWGQkh5D8+m5OPHS5bjhsbbl7imtBQdi9kUBg1X1S9qAfbDhgLq2NkBcrxEULkGJ3SU374yx6Pg72qOeAjH1YmPACEbvHvSw+V+6ToWNo33uRwARzGlI="
)

func TestPluginKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "anna.pub")
	if err := os.WriteFile(file, []byte("untrusted comment: minisign public key\n"+annasKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c Config
	if m := setPluginKeys(&c, "Acme Corp="+annasKey+",\n  "+file+", bert="+file); m != nil {
		t.Fatal(m)
	}
	var names []string
	for _, key := range c.PluginKeys {
		names = append(names, key.Name)
		if key.String() != annasKey {
			t.Errorf("%s is %s", key.Name, key)
		}
	}
	if want := []string{"Acme Corp", "anna", "bert"}; !reflect.DeepEqual(names, want) {
		t.Errorf("got %q", names)
	}
	for value, want := range map[string]string{
		"":                       "key 1 of the list cannot be used: this is no public key of minisign",
		"acme=" + annasKey + ",": "key 2 of the list cannot be used: this is no public key of minisign",
		annasKey:                 "key 1 of the list cannot be used: the key has no name",
		"acme=":                  "key 1 of the list cannot be used: this is no public key of minisign",
		"acme=" + annasKey[:50]:  "key 1 of the list cannot be used: this is no public key of minisign",
		secretKey:                "key 1 of the list cannot be used: this is a secret key",
		"acme=" + secretKey:      "key 1 of the list cannot be used: this is a secret key",
		strings.Repeat("a", 101) + "=" + annasKey: "key 1 of the list cannot be used: the name of the key is empty, longer than 100 bytes",
		"a=" + annasKey + ",a=" + annasKey:        `two keys are named "a"`,
		"missing.pub":                             "key 1 of the list cannot be used: there is no file missing.pub",
		"acme=missing.pub":                        "key 1 of the list cannot be used: there is no file missing.pub",
	} {
		c := Config{}
		m := setPluginKeys(&c, value)
		if m == nil || !strings.HasPrefix(m.text, want) || m.hint == "" || len(c.PluginKeys) > 0 {
			t.Errorf("%q: %v", value, m)
		} else if strings.Contains(m.text+m.hint, secretKey[:20]) {
			t.Errorf("a secret key is in %q", m.text)
		}
	}
}

// A mistake in the file is where it stands, and several are told at once.
func TestPluginSettingsInFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "postern.toml")
	text := "data = '" + dir + "'\nplugin_keys = \"\"\"\n  acme=" + annasKey + ",\n  bert=RW\n\"\"\"\nplugin_registry_hosts = 'x'\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(Input{File: file, Env: func(string) (string, bool) { return "", false }})
	wrong, ok := errors.AsType[*Error](err)
	if !ok || len(wrong.Problems) != 2 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{":2: key 2 of the list cannot be used", `:6: "x" does not say of which registry`} {
		if got := wrong.Problems[i].String(); !strings.HasPrefix(got, file+want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzParsePluginKey(f *testing.F) {
	for _, text := range []string{"acme=" + annasKey, annasKey, secretKey, "acme=" + secretKey, "=", "a=b=c", "\x00.pub", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParsePluginKey(text)
		if err != nil {
			return
		}
		if again, err := ParsePluginKey(key.Name + "=" + key.String()); err != nil || again.Name != key.Name || again.String() != key.String() {
			t.Errorf("%q gives %q and %s, then %v", text, key.Name, key, err)
		}
	})
}

func TestRegistryCredentials(t *testing.T) {
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "config.json"), filepath.Join(dir, "bad.json")
	for name, text := range map[string]string{good: `{"auths": {}}`, bad: "no JSON"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var c Config
	if m := setCredentials(&c, good); m != nil || c.PluginRegistryCredentials != good {
		t.Errorf("%v, %q", m, c.PluginRegistryCredentials)
	}
	for _, value := range []string{"", bad, filepath.Join(dir, "missing.json")} {
		c := Config{}
		if m := setCredentials(&c, value); m == nil || m.hint == "" || c.PluginRegistryCredentials != "" {
			t.Errorf("%q: %v", value, m)
		}
	}
}

func TestRegistryHosts(t *testing.T) {
	var c Config
	if m := setRegistryHosts(&c, "docker.io=auth.docker.io, localhost:5000=127.0.0.1:5001,docker.io=cdn.example.org:8443"); m != nil {
		t.Fatal(m)
	}
	want := map[string][]string{"docker.io": {"auth.docker.io", "cdn.example.org:8443"}, "localhost:5000": {"127.0.0.1:5001"}}
	if !reflect.DeepEqual(c.PluginRegistryHosts, want) {
		t.Errorf("got %v", c.PluginRegistryHosts)
	}
	for value, want := range map[string]string{
		"":                      `"" does not say of which registry`,
		"auth.docker.io":        `"auth.docker.io" does not say of which registry`,
		"docker.io=":            `"" is no host`,
		"docker.io=https://a":   `"https://a" is no host`,
		"docker.io=*.docker.io": `"*.docker.io" is no host`,
		"*.io=a.example.org":    `"*.io" is no host`,
	} {
		c := Config{}
		if m := setRegistryHosts(&c, value); m == nil || !strings.HasPrefix(m.text, want) || m.hint == "" || c.PluginRegistryHosts != nil {
			t.Errorf("%q: %v", value, m)
		}
	}
}
