package app_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/supply"
)

func TestSign(t *testing.T) {
	anna := newSigner(t, "anna")
	file := filepath.Join(t.TempDir(), "département.wasm")
	writeFile(t, file, team(t, "1.0.0"))
	writeFile(t, file+".minisig", []byte("of an older version"))
	signing, err := app.OpenSigning(file, anna.secret)
	if err != nil {
		t.Fatal(err)
	}
	signing.Now = time.Unix(1767225600, 0)
	done, err := signing.Sign(nil)
	if err != nil || done.Comment != "timestamp:1767225600\tfile:d?partement.wasm" || done.Digest != supply.Digest(team(t, "1.0.0")) {
		t.Fatalf("%+v, %v", done, err)
	}
	m, err := (&app.Supply{Config: config.Config{PluginKeys: []supply.Key{anna.Key}}}).Get(t.Context(), file, "")
	if err != nil || m.Signer != "anna" || m.Comment != done.Comment {
		t.Errorf("%+v, %v", m, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(left) != 2 {
		t.Errorf("it leaves %v, %v", left, err)
	}
	for name, broken := range map[string]func(*app.Signing){
		"no module":            func(s *app.Signing) { s.File = file + ".wasm" },
		"no name of a module":  func(s *app.Signing) { s.File = "team" },
		"no secret key":        func(s *app.Signing) { s.Secret = []byte(anna.String()) },
		"comment of two lines": func(s *app.Signing) { s.Comment = "a\nb" },
	} {
		bad := *signing
		broken(&bad)
		if done, err := bad.Sign(nil); err == nil || done != nil || hintOf(err) == "" {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	if _, err := app.OpenSigning(file, anna.secret+".none"); !errors.Is(err, supply.NotFound) {
		t.Errorf("got %v", err)
	}
}

// TestGenerateKeys takes seconds, and 1 GiB of memory: that is what guards the key.
func TestGenerateKeys(t *testing.T) {
	name := filepath.Join(t.TempDir(), "acme")
	for _, file := range []string{name + ".pub", name + ".key"} {
		writeFile(t, file, []byte("of somebody"))
		if _, err := app.GenerateKeys(name, []byte("pw")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), file) || hintOf(err) == "" {
			t.Errorf("got %v", err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := app.GenerateKeys(name, nil); !errors.Is(err, supply.WrongPassword) {
		t.Errorf("got %v", err)
	}
	if testing.Short() {
		t.Skip("making a key takes seconds")
	}
	if _, err := app.GenerateKeys(filepath.Join(name, "none"), []byte("pw")); !errors.Is(err, fs.ErrNotExist) || hintOf(err) == "" {
		t.Errorf("got %v", err)
	}
	pair, err := app.GenerateKeys(name, []byte("pw"))
	if err != nil || pair.Public != name+".pub" || pair.Secret != name+".key" {
		t.Fatalf("%+v, %v", pair, err)
	}
	if info, err := os.Stat(pair.Secret); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the secret key: %v, %v", info.Mode(), err)
	}
	key, err := supply.ReadKey("", pair.Public)
	if err != nil || key.Name != "acme" || key.ID() != pair.ID || key.String() != pair.Key {
		t.Errorf("%+v, %v", key, err)
	}
	signing, err := app.OpenSigning("team.wasm", pair.Secret)
	if err != nil || !signing.NeedsPassword() {
		t.Errorf("%+v, %v", signing, err)
	}
}

func TestSave(t *testing.T) {
	file := filepath.Join(t.TempDir(), "team.wasm")
	m := &app.Module{Code: []byte("code"), Signature: []byte("signature")}
	names, err := m.Save(file)
	if err != nil || len(names) != 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for i, want := range []string{"code", "signature"} {
		if got, err := os.ReadFile(names[i]); err != nil || string(got) != want {
			t.Errorf("%s has %q, %v", names[i], got, err)
		}
	}
	// Nothing is written over, nor beside what belongs to another version.
	unsigned := &app.Module{Code: []byte("next")}
	if _, err := unsigned.Save(file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := unsigned.Save(file); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), ".minisig") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(file + ".minisig"); err != nil {
		t.Fatal(err)
	}
	if names, err := unsigned.Save(file); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	if _, err := unsigned.Save(filepath.Join(file, "below.wasm")); err == nil || hintOf(err) == "" {
		t.Errorf("got %v", err)
	}
}
