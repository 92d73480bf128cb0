package supply

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
)

// minisignProgram runs the program in a folder and types the input.
func minisignProgram(t *testing.T, dir, input string, args ...string) (output string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "minisign", args...)
	command.Dir, command.Stdin = dir, strings.NewReader(input)
	combined, err := command.CombinedOutput()
	return string(combined), err
}

// What is made here, the minisign program reads: the public key, the encrypted
// secret key with its password, and the signature.
func TestMinisignReadsOurs(t *testing.T) {
	needs.Program(t, "minisign")
	if testing.Short() {
		t.Skip("opening a secret key takes seconds")
	}
	dir := t.TempDir()
	pair, err := annas()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "a.pub", pair.public)
	write(t, dir, "a.key", pair.secret)
	write(t, dir, "m", []byte(messageFile))
	write(t, dir, "m.minisig", pair.signature)

	// -H wants a signature of the hash, -Q prints the trusted comment alone.
	if output, err := minisignProgram(t, dir, "", "-V", "-H", "-Q", "-p", "a.pub", "-m", "m"); err != nil || output != "timestamp:1767225600\tfile:m\n" {
		t.Errorf("minisign -V: %v, %q", err, output)
	}
	key, err := ParseKey("Anna", string(pair.public))
	if err != nil {
		t.Fatal(err)
	}
	if output, err := minisignProgram(t, dir, "", "-V", "-P", key.String(), "-m", "m"); err != nil {
		t.Errorf("minisign -V -P: %v, %s", err, output)
	}
	write(t, dir, "m", []byte("changed"))
	if output, err := minisignProgram(t, dir, "", "-V", "-p", "a.pub", "-m", "m"); err == nil {
		t.Errorf("minisign takes a changed file: %s", output)
	}
	if output, err := minisignProgram(t, dir, "pw of Anna\n", "-S", "-s", "a.key", "-m", "m", "-x", "m.sig", "-t", "by minisign"); err != nil {
		t.Fatalf("minisign -S: %v, %s", err, output)
	}
	if _, comment, err := Verify([]Key{key}, []byte("changed"), read(t, dir, "m.sig")); err != nil || comment != "by minisign" {
		t.Errorf("%q, %v", comment, err)
	}
}

// What the minisign program makes is read here: signatures of both kinds, and
// keys with and without a password.
func TestMinisignMakesTheirs(t *testing.T) {
	needs.Program(t, "minisign")
	dir := t.TempDir()
	key := minisignKey(t, dir, "", "-W")
	// minisign leaves zeros at the beginning out.
	if !strings.Contains(string(read(t, dir, "a.pub")), " "+strings.TrimLeft(key.ID(), "0")+"\n") {
		t.Errorf("minisign calls the key otherwise than %s:\n%s", key.ID(), read(t, dir, "a.pub"))
	}
	for _, hashed := range []bool{true, false} {
		args := []string{"-S", "-s", "a.key", "-m", "m", "-t", "by minisign"}
		if !hashed {
			args = append(args, "-l")
		}
		if output, err := minisignProgram(t, dir, "", args...); err != nil {
			t.Fatalf("minisign -S: %v, %s", err, output)
		}
		signature := read(t, dir, "m.minisig")
		if signer, comment, err := Verify([]Key{key}, []byte(messageFile), signature); err != nil || signer.Name != "Anna" || comment != "by minisign" {
			t.Errorf("hashed %v: %q, %q, %v", hashed, signer.Name, comment, err)
		}
		if parsed, err := ParseSignature(signature); err != nil || parsed.Hashed != hashed || parsed.KeyID != key.ID() {
			t.Errorf("hashed %v: %+v, %v", hashed, parsed, err)
		}
	}
	signWithTheirs(t, dir, "")
}

func TestMinisignMakesTheirsWithPassword(t *testing.T) {
	needs.Program(t, "minisign")
	if testing.Short() {
		t.Skip("opening a secret key takes seconds")
	}
	dir := t.TempDir()
	minisignKey(t, dir, "pw")
	signWithTheirs(t, dir, "pw")
}

// minisignKey has the program make a.pub and a.key, beside a file m.
func minisignKey(t *testing.T, dir, password string, flags ...string) Key {
	t.Helper()
	write(t, dir, "m", []byte(messageFile))
	if output, err := minisignProgram(t, dir, password+"\n"+password+"\n", append(flags, "-G", "-p", "a.pub", "-s", "a.key")...); err != nil {
		t.Fatalf("minisign -G: %v, %s", err, output)
	}
	key, err := ParseKey("Anna", string(read(t, dir, "a.pub")))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signWithTheirs signs with the program's secret key, and has the program verify.
func signWithTheirs(t *testing.T, dir, password string) {
	t.Helper()
	signature, err := Sign(read(t, dir, "a.key"), []byte(password), []byte(messageFile), "by us")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "m.minisig", signature)
	if output, err := minisignProgram(t, dir, "", "-V", "-Q", "-p", "a.pub", "-m", "m"); err != nil || output != "by us\n" {
		t.Errorf("minisign -V: %v, %q", err, output)
	}
}

// The longest and oddest comment that Sign lets through is one for minisign too.
func TestMinisignReadsComments(t *testing.T) {
	needs.Program(t, "minisign")
	anna := newSigner(t, "Anna", 1)
	for _, comment := range []string{strings.Repeat("a", maxComment), "\t~ !\"\\%s\t", " "} {
		signature, err := Sign(anna.secret, nil, []byte(messageFile), comment)
		if err != nil {
			t.Fatal(err)
		}
		if _, got, err := Verify([]Key{anna.Key}, []byte(messageFile), signature); err != nil || got != comment {
			t.Errorf("%q comes back as %q, %v", comment, got, err)
		}
		dir := t.TempDir()
		write(t, dir, "m", []byte(messageFile))
		write(t, dir, "m.minisig", signature)
		if output, err := minisignProgram(t, dir, "", "-V", "-Q", "-P", anna.String(), "-m", "m"); err != nil || output != comment+"\n" {
			t.Errorf("minisign -V: %v, %q, want %q", err, output, comment)
		}
	}
}
