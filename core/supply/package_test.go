package supply

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

func TestDigest(t *testing.T) {
	// FIPS 180-4, the one-block message of its examples.
	if got := Digest([]byte("abc")); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Error(got)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "alone.wasm", []byte("code"))
	write(t, dir, "both.wasm", []byte("code"))
	write(t, dir, "both.wasm.minisig", []byte(hashedFile))
	for name, signature := range map[string]string{"alone": "", "both": hashedFile} {
		got, err := ReadFile(Reference{Path: filepath.Join(dir, name+".wasm")}, Limits{})
		if err != nil || string(got.Code) != "code" || string(got.Signature) != signature {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReadSignature(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "of.minisig", []byte(hashedFile))
	if got, err := ReadSignature(filepath.Join(dir, "of.minisig")); err != nil || string(got) != hashedFile {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReadFileRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "large.wasm", bytes.Repeat([]byte("a"), 11))
	write(t, dir, "signed.wasm", []byte("code"))
	write(t, dir, "signed.wasm.minisig", bytes.Repeat([]byte("a"), 6))
	write(t, dir, "huge.minisig", bytes.Repeat([]byte("a"), max(MaxSignature, maxKey)+1))
	limits := Limits{Module: 10, Signature: 5}
	for name, kind := range map[string]Kind{
		"missing.wasm": NotFound, "large.wasm": TooLarge, "signed.wasm": TooLarge, "": Unreadable,
	} {
		path := filepath.Join(dir, name)
		_, err := ReadFile(Reference{Path: path}, limits)
		if e := wantKind(t, err, kind); !strings.Contains(e.What, path) {
			t.Errorf("%q does not name %s", e.What, path)
		}
	}
	for path, kind := range map[string]Kind{filepath.Join(dir, "missing.minisig"): NotFound, filepath.Join(dir, "huge.minisig"): TooLarge, dir: Unreadable} {
		_, err := ReadSignature(path)
		wantKind(t, err, kind)
		_, err = ReadSecret(path)
		wantKind(t, err, kind)
	}
	_, err := ReadFile(Reference{Host: "localhost", Repository: "a", Tag: "1"}, limits)
	wantKind(t, err, BadReference)
}
