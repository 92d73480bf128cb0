package supply

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// What the minisign program 0.11 made, with the password "pw" where there is one.
const (
	publicLine  = "RWSyVBz8jqRNj0fmynPLa12og1nOk20Q8sVIKJRNsi0pLhc4F0w3vH2w"
	publicFile  = "untrusted comment: minisign public key 8F4DA48EFC1C54B2\n" + publicLine + "\n"
	publicID    = "8F4DA48EFC1C54B2"
	secretFile  = "untrusted comment: minisign encrypted secret key\nRWRTY0IyX7SS8n8uZTK1i7SEYLYq0DdFYA7RFphhyypCNKo4oqMAAAACAAAAAAAAAEAAAAAA9OLhS74G2JHbHOUWsZ/K6W9QWGQkh5D8+m5OPHS5bjhsbbl7imtBQdi9kUBg1X1S9qAfbDhgLq2NkBcrxEULkGJ3SU374yx6Pg72qOeAjH1YmPACEbvHvSw+V+6ToWNo33uRwARzGlI=\n"
	messageFile = "hello\n"
	// `minisign -S -t tc` and `minisign -S -l`.
	hashedFile = "untrusted comment: signature from minisign secret key\nRUSyVBz8jqRNj2xpZzdj+ALbro2D1UVWT11LqTZ17hYL2HEepsPhBKr2VY5mVeVuA/33WWPZYypahF1pG5DWmYo4MF5lUUvDZAM=\ntrusted comment: tc\nEVcwuz/t/c55h+sWrHre/EdN1M6o/vR+SsLdFzpXin/rCVL6RtoT5i6hfRXml8rsVIbplOan2vu0K/Y+yCbJAg==\n"
	legacyFile = "untrusted comment: signature from minisign secret key\nRWSyVBz8jqRNjxRDBV/GtH7JMyCjT3v6RdJBsUB1aQx5Jgjm9f6w1IjF3FrxGVOVGhl0TdUIR6rAzo7EimrQjlbPtxipJ0WLNAE=\ntrusted comment: timestamp:1795613055\tfile:m\nqDUKGnEhOss5IrnuOxSPlDkIKalnl6KjFBA8W7D4KC/RwvlbYnqeEMwy+EKKLK3nyRDRdLAUQs7BDd0KWhyBDw==\n"
)

func TestParseKey(t *testing.T) {
	for name, text := range map[string]string{
		"line":              publicLine,
		"line and an end":   publicLine + "\n",
		"file":              publicFile,
		"file from Windows": strings.ReplaceAll(publicFile, "\n", "\r\n"),
		"blanks around":     "\n  " + publicLine + "  \n",
	} {
		key, err := ParseKey("Anna", text)
		if err != nil || key.Name != "Anna" || key.ID() != publicID || key.String() != publicLine {
			t.Errorf("%s: %q, %s, %s, %v", name, key.Name, key.ID(), key.String(), err)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for _, test := range []struct{ name, keyName, text, what string }{
		{"no name", "", publicLine, "name"},
		{"long name", strings.Repeat("a", 101), publicLine, "name"},
		{"name of two lines", "Anna\nBert", publicLine, "name"},
		{"name with blanks around", " Anna", publicLine, "name"},
		{"nothing", "Anna", "", "no public key"},
		{"comment alone", "Anna", "untrusted comment: " + secretWord, "no public key"},
		{"no base64", "Anna", "RW" + secretWord, "no public key"},
		{"too short", "Anna", publicLine[:52], "no public key"},
		{"another algorithm", "Anna", "AA" + publicLine[2:], "no public key"},
		{"first line is no comment", "Anna", "hello\n" + publicLine, "no key"},
		{"three lines", "Anna", publicFile + publicLine, "no key"},
		{"too long", "Anna", publicFile + strings.Repeat("\n", 5000), "no key"},
		{"a secret key", "Anna", secretFile, "secret key"},
		{"a signature", "Anna", hashedFile, "no key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := ParseKey(test.keyName, test.text)
			if e := wantKind(t, err, BadKey); !strings.Contains(e.What, test.what) {
				t.Errorf("it says %q, want %q in it", e.What, test.what)
			}
			if key.ID() != "" || key.String() != "" {
				t.Errorf("there is a key besides the error: %s", key)
			}
		})
	}
}

func TestReadKey(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "anna.pub", []byte(publicFile))
	write(t, dir, "secret.pub", []byte(secretFile))
	write(t, dir, "long.pub", bytes.Repeat([]byte("a"), maxKey+1))
	for name, want := range map[string]string{"": "anna", "Anna of Acme": "Anna of Acme"} {
		if key, err := ReadKey(name, filepath.Join(dir, "anna.pub")); err != nil || key.Name != want || key.ID() != publicID {
			t.Errorf("%q, %s, %v", key.Name, key.ID(), err)
		}
	}
	for file, kind := range map[string]Kind{"secret.pub": BadKey, "long.pub": TooLarge, "missing.pub": NotFound, "": Unreadable} {
		_, err := ReadKey("Anna", filepath.Join(dir, file))
		wantKind(t, err, kind)
	}
}

func FuzzParseKey(f *testing.F) {
	for _, text := range []string{publicLine, publicFile, secretFile, hashedFile, "untrusted comment: \n\n", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey("Anna", text)
		if err != nil {
			wantKind(t, err, BadKey)
			return
		}
		again, err := ParseKey("Anna", key.String())
		if err != nil || again.String() != key.String() || again.ID() != key.ID() || len(key.ID()) != 16 {
			t.Errorf("%q gives %s, then %s, %v", text, key, again, err)
		}
	})
}

func TestGenerateKeysRefuses(t *testing.T) {
	_, _, err := GenerateKeys(constant(1), "", nil)
	wantKind(t, err, WrongPassword)
	for _, comment := range []string{"two\nlines", "Größe", strings.Repeat("a", 1001)} {
		_, _, err := GenerateKeys(constant(1), comment, []byte("pw"))
		wantKind(t, err, BadComment)
	}
	if _, _, err := GenerateKeys(bytes.NewReader(nil), "", []byte("pw")); err == nil {
		t.Error("a key was made without randomness")
	}
}

// annas is a key pair with a password, and a signature: what costs seconds and
// 1 GiB of memory is done once.
var annas = sync.OnceValues(func() (pair struct{ public, secret, signature []byte }, err error) {
	pair.public, pair.secret, err = GenerateKeys(constant(9), "", []byte("pw of Anna"))
	if err == nil {
		pair.signature, err = Sign(pair.secret, []byte("pw of Anna"), []byte(messageFile), "timestamp:1767225600\tfile:m")
	}
	return pair, err
})

func TestGeneratedKeysSign(t *testing.T) {
	if testing.Short() {
		t.Skip("opening a secret key takes seconds")
	}
	pair, err := annas()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey("Anna", string(pair.public))
	if err != nil {
		t.Fatal(err)
	}
	if want := "untrusted comment: minisign public key " + key.ID() + "\n" + key.String() + "\n"; string(pair.public) != want {
		t.Errorf("the public file is %q, want %q", pair.public, want)
	}
	if lines := strings.Split(string(pair.secret), "\n"); len(lines) != 3 || lines[0] != "untrusted comment: minisign encrypted secret key" || lines[2] != "" {
		t.Errorf("the secret file is %q", pair.secret)
	}
	if signer, comment, err := Verify([]Key{key}, []byte(messageFile), pair.signature); err != nil || signer.Name != "Anna" || comment != "timestamp:1767225600\tfile:m" {
		t.Errorf("%q, %q, %v", signer.Name, comment, err)
	}
}

func TestNeedsPassword(t *testing.T) {
	plain := newSigner(t, "Anna", 1)
	for text, want := range map[string]bool{
		secretFile: true, strings.ReplaceAll(secretFile, "\n", "\r\n"): true,
		string(plain.secret): false, publicFile: false, hashedFile: false, secretWord: false, "": false,
	} {
		if got := NeedsPassword([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestSignWantsThePassword(t *testing.T) {
	comment, line, _ := strings.Cut(secretFile, "\n")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	// Costs that take no time. A password never fits then, and costs above what
	// minisign writes are not paid.
	for _, costs := range [][2]uint64{{32768, 1 << 20}, {1 << 62, 1 << 62}} {
		binary.LittleEndian.PutUint64(raw[38:], costs[0])
		binary.LittleEndian.PutUint64(raw[46:], costs[1])
		secret := comment + "\n" + base64.StdEncoding.EncodeToString(raw) + "\n"
		for _, password := range []string{"", "pw", secretWord} {
			_, err := Sign([]byte(secret), []byte(password), []byte(messageFile), "x")
			wantKind(t, err, WrongPassword)
		}
	}
}
