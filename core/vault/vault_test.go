package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postern-id/postern/core/vault"
)

func testKey(first byte) (key [vault.KeySize]byte) {
	for i := range key {
		key[i] = first + byte(i)
	}
	return key
}

func TestSealedOpensAgain(t *testing.T) {
	v := vault.New(testKey(1))
	for _, plaintext := range []string{"", "x", strings.Repeat("long ", 1000)} {
		sealed := v.Seal([]byte(plaintext), "signing-key:1", rand.Reader)
		if len(plaintext) > 1 && bytes.Contains(sealed, []byte(plaintext)) {
			t.Error("the plaintext shows")
		}
		got, err := vault.New(testKey(1)).Unseal(sealed, "signing-key:1")
		if err != nil || string(got) != plaintext {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestSealedDiffersEachTime(t *testing.T) {
	v := vault.New(testKey(1))
	if bytes.Equal(v.Seal([]byte("a"), "p", rand.Reader), v.Seal([]byte("a"), "p", rand.Reader)) {
		t.Error("the same twice")
	}
}

func TestSealedIsBound(t *testing.T) {
	v := vault.New(testKey(1))
	sealed := v.Seal([]byte("secret"), "signing-key:1", rand.Reader)
	refused := func(name string, v *vault.Vault, sealed []byte, purpose string) {
		t.Helper()
		if got, err := v.Unseal(sealed, purpose); !errors.Is(err, vault.ErrSealed) || got != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	refused("other purpose", v, sealed, "signing-key:2")
	refused("no purpose", v, sealed, "")
	refused("other master key", vault.New(testKey(2)), sealed, "signing-key:1")
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		refused("changed byte", v, changed, "signing-key:1")
		refused("cut short", v, sealed[:i], "signing-key:1")
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	v := vault.New(testKey(1))
	keys := [][vault.KeySize]byte{v.Derive("step"), v.Derive("refresh"), v.Derive(""), vault.New(testKey(2)).Derive("step"), testKey(1)}
	for i, a := range keys {
		for j, b := range keys[:i] {
			if a == b {
				t.Errorf("keys %d and %d are the same", i, j)
			}
		}
	}
	if v.Derive("step") != vault.New(testKey(1)).Derive("step") {
		t.Error("not the same again")
	}
}

// What an older release sealed must open, so these bytes may never change.
func TestGolden(t *testing.T) {
	v := vault.New(testKey(0))
	derived := v.Derive("example")
	if got, want := hex.EncodeToString(derived[:]), "0f508f524341ef31e29c46635faa8da1cc2411b0f4419a2562ff65e4f8c39bf2"; got != want {
		t.Errorf("derived %s, want %s", got, want)
	}
	random := bytes.NewReader([]byte("twelve bytes"))
	if got, want := hex.EncodeToString(v.Seal([]byte("plaintext"), "example", random)), "017477656c7665206279746573b71633367c7a2ef112ab08605653bdf183b8d273ecfc689b5d"; got != want {
		t.Errorf("sealed %s, want %s", got, want)
	}
}

func TestGivenKey(t *testing.T) {
	key := testKey(200) // its base64 has both - and _ in the URL alphabet
	want := vault.New(key).Derive("p")
	for _, given := range []string{
		base64.StdEncoding.EncodeToString(key[:]),
		base64.RawStdEncoding.EncodeToString(key[:]),
		base64.URLEncoding.EncodeToString(key[:]),
		base64.RawURLEncoding.EncodeToString(key[:]) + "\n",
		hex.EncodeToString(key[:]),
		strings.ToUpper(hex.EncodeToString(key[:])),
	} {
		v, err := vault.Open("/does/not/exist", given)
		if err != nil {
			t.Errorf("%q: %v", given, err)
		} else if v.Derive("p") != want {
			t.Errorf("%q: another key", given)
		}
	}
}

func TestRefuseGivenKey(t *testing.T) {
	for given, want := range map[string]string{
		"hunter2!":               "neither base64 nor hexadecimal",
		"aHVudGVyMg==":           "7 bytes where 32 are needed",
		strings.Repeat("ab", 31): "31 bytes",
		strings.Repeat("00", 32): "all its bytes are the same",
		"   ":                    "0 bytes",
	} {
		_, err := vault.Open(t.TempDir(), given)
		problem, ok := errors.AsType[*vault.KeyError](err)
		if !ok || !strings.Contains(err.Error(), want) || problem.Hint() == "" {
			t.Errorf("%q: got %v, want %q", given, err, want)
		}
		if strings.TrimSpace(given) != "" && strings.Contains(err.Error(), given) {
			t.Errorf("%q: the error shows the key", given)
		}
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	first, err := vault.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, vault.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	again, err := vault.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if first.Derive("p") != again.Derive("p") {
		t.Error("another key at the second start")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	other, err := vault.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if first.Derive("p") == other.Derive("p") {
		t.Error("two directories with one key")
	}
}

// A server and a command that start at once on an empty directory must end up
// with the same key.
func TestKeyFileRace(t *testing.T) {
	dir := t.TempDir()
	keys := make([][vault.KeySize]byte, 20)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			v, err := vault.Open(dir, "")
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = v.Derive("p")
		})
	}
	wg.Wait()
	for _, key := range keys {
		if key != keys[0] {
			t.Fatal("two keys")
		}
	}
}

func TestRefuseKeyFile(t *testing.T) {
	tests := []struct {
		name, content string
		mode          os.FileMode
		want, hint    string
	}{
		{"empty", "", 0o600, "is unusable: 0 bytes", "backup"},
		{"cut short", "c2hvcnQ=", 0o600, "is unusable: 5 bytes", "backup"},
		{"no key", "BEGIN KEY", 0o600, "neither base64", "backup"},
		{"others read it", strings.Repeat("ab", 31) + "cd", 0o644, "mode 0644", "chmod 600"},
		{"group reads it", strings.Repeat("ab", 31) + "cd", 0o640, "mode 0640", "chmod 600"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, vault.FileName)
			if err := os.WriteFile(path, []byte(test.content), test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := vault.Open(dir, "")
			problem, ok := errors.AsType[*vault.KeyError](err)
			if !ok || !strings.Contains(err.Error(), test.want) || !strings.Contains(problem.Hint(), test.hint) {
				t.Errorf("got %v", err)
			}
			if now, _ := os.ReadFile(path); string(now) != test.content {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a directory", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, vault.FileName), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.Open(dir, ""); err == nil || !strings.Contains(err.Error(), "is no file") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no data directory", func(t *testing.T) {
		_, err := vault.Open(filepath.Join(t.TempDir(), "missing"), "")
		if err == nil || !strings.Contains(err.Error(), "cannot make the master key") {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzGivenKey(f *testing.F) {
	f.Add("c2hvcnQ=")
	f.Add(strings.Repeat("ab", 32))
	f.Fuzz(func(t *testing.T, given string) {
		if given == "" {
			return
		}
		v, err := vault.Open("/does/not/exist", given)
		if (v == nil) == (err == nil) {
			t.Errorf("%q: got %v and %v", given, v, err)
		}
	})
}
