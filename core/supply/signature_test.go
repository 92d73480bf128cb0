package supply

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"aead.dev/minisign"
)

// signer is a key pair whose secret has no password, which would take seconds.
type signer struct {
	Key
	secret []byte
}

func newSigner(t *testing.T, name string, seed byte) signer {
	t.Helper()
	public, private, err := minisign.GenerateKey(constant(seed))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := private.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(name, public.String())
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, secret}
}

func (s signer) sign(t *testing.T, code []byte) []byte {
	t.Helper()
	signature, err := Sign(s.secret, nil, code, "timestamp:1767225600\tfile:department.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// constant is a source of one byte.
type constant byte

func (c constant) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(c)
	}
	return len(b), nil
}

func TestVerifyWhatMinisignSigned(t *testing.T) {
	key, err := ParseKey("Anna", publicFile)
	if err != nil {
		t.Fatal(err)
	}
	keys := []Key{newSigner(t, "Bert", 2).Key, key}
	for _, test := range []struct{ name, signature, comment string }{
		{"hashed", hashedFile, "tc"},
		{"legacy", legacyFile, "timestamp:1795613055\tfile:m"},
		{"hashed, from Windows", strings.ReplaceAll(hashedFile, "\n", "\r\n"), "tc"},
		{"without the last line break", strings.TrimSuffix(legacyFile, "\n"), "timestamp:1795613055\tfile:m"},
	} {
		signer, comment, err := Verify(keys, []byte(messageFile), []byte(test.signature))
		if err != nil || signer.Name != "Anna" || comment != test.comment {
			t.Errorf("%s: %q, %q, %v", test.name, signer.Name, comment, err)
		}
		_, _, err = Verify(keys, []byte("hello!\n"), []byte(test.signature))
		if e := wantKind(t, err, WrongSignature); e.KeyID != publicID {
			t.Errorf("%s: the error names key %s", test.name, e.KeyID)
		}
	}
}

// Both kinds of signatures, made and verified here.
func TestVerifyBothKinds(t *testing.T) {
	code := bytes.Repeat([]byte("code"), 1000)
	public, private, err := minisign.GenerateKey(constant(3))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey("Anna", public.String())
	if err != nil {
		t.Fatal(err)
	}
	legacy := minisign.SignWithComments(private, code, "legacy", "x")
	secret, err := private.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	hashed, err := Sign(secret, nil, code, "hashed")
	if err != nil {
		t.Fatal(err)
	}
	for want, signature := range map[string][]byte{"legacy": legacy, "hashed": hashed} {
		if _, comment, err := Verify([]Key{key}, code, signature); err != nil || comment != want {
			t.Errorf("%s: %q, %v", want, comment, err)
		}
		if parsed, err := ParseSignature(signature); err != nil || parsed.Hashed != (want == "hashed") || parsed.KeyID != key.ID() {
			t.Errorf("%s: %+v, %v", want, parsed, err)
		}
	}
	// A signature of one kind is none of the other.
	for _, swap := range [][2]string{{"RW", "RU"}, {"RU", "RW"}} {
		signature := legacy
		if swap[0] == "RU" {
			signature = hashed
		}
		swapped := bytes.Replace(signature, []byte("\n"+swap[0]), []byte("\n"+swap[1]), 1)
		_, _, err := Verify([]Key{key}, code, swapped)
		wantKind(t, err, WrongSignature)
	}
}

func TestVerifySaysWhy(t *testing.T) {
	code := []byte("code")
	anna, bert := newSigner(t, "Anna", 1), newSigner(t, "Bert", 2)
	good := string(anna.sign(t, code))
	lines := strings.SplitAfter(good, "\n")
	for _, test := range []struct {
		name      string
		keys      []Key
		signature string
		kind      Kind
		keyID     string
	}{
		{"none", []Key{anna.Key}, "", Unsigned, ""},
		{"no trusted keys", nil, good, UnknownKey, anna.ID()},
		{"another key", []Key{bert.Key}, good, UnknownKey, anna.ID()},
		{"no key at all", []Key{{Name: "Zero"}}, good, UnknownKey, anna.ID()},
		{"the comment was changed", []Key{anna.Key}, strings.Replace(good, "department.wasm", "other.wasm", 1), WrongSignature, anna.ID()},
		{"the signature was changed", []Key{anna.Key}, lines[0] + flip(t, lines[1]) + lines[2] + lines[3], WrongSignature, anna.ID()},
		{"the comment's signature was changed", []Key{anna.Key}, lines[0] + lines[1] + lines[2] + flip(t, lines[3]), WrongSignature, anna.ID()},
		{"something else", []Key{anna.Key}, "<html>", MalformedSignature, ""},
		{"three lines", []Key{anna.Key}, lines[0] + lines[1] + lines[2], MalformedSignature, ""},
		{"no base64", []Key{anna.Key}, lines[0] + "!" + lines[1] + lines[2] + lines[3], MalformedSignature, ""},
		{"cut", []Key{anna.Key}, lines[0] + lines[1][:40] + "\n" + lines[2] + lines[3], MalformedSignature, ""},
		{"no trusted comment", []Key{anna.Key}, lines[0] + lines[1] + "comment\n" + lines[3], MalformedSignature, ""},
		{"more behind it", []Key{anna.Key}, good + "more", MalformedSignature, ""},
		{"a public key", []Key{anna.Key}, publicFile, MalformedSignature, ""},
		{"too long", []Key{anna.Key}, good + strings.Repeat("\n", MaxSignature), MalformedSignature, ""},
		{"escape sequence in a comment", []Key{anna.Key}, strings.Replace(good, "department", "\x1b[2J", 1), MalformedSignature, ""},
		{"escape sequence in the other comment", []Key{anna.Key}, strings.Replace(good, "signature of", "\x1b[2J", 1), MalformedSignature, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			signer, comment, err := Verify(test.keys, code, []byte(test.signature))
			if e := wantKind(t, err, test.kind); e.KeyID != test.keyID {
				t.Errorf("the error names key %q, want %q", e.KeyID, test.keyID)
			}
			if signer.ID() != "" || signer.Name != "" || comment != "" {
				t.Errorf("signer %q and comment %q besides the error", signer.Name, comment)
			}
		})
	}
}

// flip changes one bit of the last byte of a line in base64.
func flip(t *testing.T, line string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-10] ^= 1
	return base64.StdEncoding.EncodeToString(raw) + "\n"
}

// Whoever makes a key with the id of another's must not keep that one from being
// found.
func TestVerifyKeysWithOneID(t *testing.T) {
	code := []byte("code")
	anna := newSigner(t, "Anna", 1)
	raw, err := base64.StdEncoding.DecodeString(newSigner(t, "Bert", 2).String())
	if err != nil {
		t.Fatal(err)
	}
	own, err := base64.StdEncoding.DecodeString(anna.String())
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[2:10], own[2:10])
	twin, err := ParseKey("Twin", base64.StdEncoding.EncodeToString(raw))
	if err != nil {
		t.Fatal(err)
	}
	if twin.ID() != anna.ID() {
		t.Fatalf("%s is no twin of %s", twin.ID(), anna.ID())
	}
	if signer, _, err := Verify([]Key{twin, anna.Key}, code, anna.sign(t, code)); err != nil || signer.Name != "Anna" {
		t.Errorf("%q, %v", signer.Name, err)
	}
}

func TestSignRefuses(t *testing.T) {
	anna := newSigner(t, "Anna", 1)
	for _, test := range []struct {
		name, secret, comment string
		kind                  Kind
	}{
		{"no comment", string(anna.secret), "", BadComment},
		{"comment of two lines", string(anna.secret), "a\nb", BadComment},
		{"long comment", string(anna.secret), strings.Repeat("a", 1001), BadComment},
		{"comment in other letters", string(anna.secret), "für Anna", BadComment},
		{"public key", publicFile, "x", BadKey},
		{"no key", secretWord, "x", BadKey},
		{"empty", "", "x", BadKey},
		{"another key derivation", strings.Replace(string(anna.secret), "RWQAAEIy", "RWQBAEIy", 1), "x", BadKey},
		{"three lines", secretFile + publicFile, "x", BadKey},
	} {
		t.Run(test.name, func(t *testing.T) {
			signature, err := Sign([]byte(test.secret), nil, []byte("code"), test.comment)
			wantKind(t, err, test.kind)
			if signature != nil {
				t.Errorf("it gives %q besides the error", signature)
			}
		})
	}
}

func TestSignIsDeterministic(t *testing.T) {
	anna := newSigner(t, "Anna", 1)
	if a, b := anna.sign(t, []byte("code")), anna.sign(t, []byte("code")); !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
}

func FuzzParseSignature(f *testing.F) {
	for _, text := range []string{hashedFile, legacyFile, publicFile, "", "\n\n\n", "untrusted comment: \n\ntrusted comment: \n"} {
		f.Add([]byte(text))
	}
	key, err := ParseKey("Anna", publicFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := ParseSignature(text)
		if err != nil {
			if len(text) == 0 {
				wantKind(t, err, Unsigned)
			} else {
				wantKind(t, err, MalformedSignature)
			}
			return
		}
		if len(parsed.KeyID) != 16 || strings.ContainsAny(parsed.TrustedComment+parsed.UntrustedComment, "\n\x1b\x00") {
			t.Errorf("%q gives %+v", text, parsed)
		}
		// Nobody but Anna can sign, and she signed something else.
		if signer, _, err := Verify([]Key{key}, []byte("what Anna never saw"), text); err == nil {
			t.Errorf("%q is taken for a signature of %s", text, signer.Name)
		}
	})
}
