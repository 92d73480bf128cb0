package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// FileName is the master key's file in the data directory.
const FileName = "master.key"

// KeyError says why there is no usable master key, and what to do.
type KeyError struct {
	What   string // what is wrong, without the key
	Advice string // what the operator can do
	Err    error  // the cause, or nil
}

func (e *KeyError) Error() string {
	if e.Err != nil {
		return e.What + ": " + e.Err.Error()
	}
	return e.What
}

// Hint is what the operator can do.
func (e *KeyError) Hint() string { return e.Advice }

func (e *KeyError) Unwrap() error { return e.Err }

// Open gives the vault of the data directory dir. The master key is given, if
// that is not empty: 32 bytes in base64 or hexadecimal. Else it is read from
// dir/master.key, which is made if it is missing: a new random key, readable by
// its owner alone. Errors are of type [*KeyError].
func Open(dir, given string) (*Vault, error) {
	if given != "" {
		key, err := parseKey(given)
		if err != nil {
			return nil, &KeyError{What: "the given master key is unusable", Err: err, Advice: keyAdvice}
		}
		return New(key), nil
	}
	path := filepath.Join(dir, FileName)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path); err != nil {
			return nil, &KeyError{What: "cannot make the master key " + path, Err: cause(err),
				Advice: "check that the data directory exists and that this user may write to it"}
		}
		key, err = readKey(path) // of two first starts at once, both get the key that won
	}
	if err != nil {
		return nil, err
	}
	return New(key), nil
}

const keyAdvice = "give 32 random bytes in base64, as `openssl rand -base64 32` prints them"

// parseKey accepts hexadecimal and all four alphabets of base64.
func parseKey(text string) (key [KeySize]byte, err error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil {
		unpadded := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
		if raw, err = base64.RawStdEncoding.DecodeString(unpadded); err != nil {
			// The decoder's error would quote a part of the key.
			return key, errors.New("neither base64 nor hexadecimal")
		}
	}
	if len(raw) != KeySize {
		return key, fmt.Errorf("%d bytes where %d are needed", len(raw), KeySize)
	}
	if isConstant(raw) {
		return key, errors.New("all its bytes are the same")
	}
	return [KeySize]byte(raw), nil
}

func isConstant(b []byte) bool {
	return strings.Count(string(b), string(b[:1])) == len(b)
}

// readKey reads and checks the file; an error that it is missing is passed on.
func readKey(path string) (key [KeySize]byte, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err != nil {
		return key, &KeyError{What: "cannot read the master key " + path, Err: cause(err), Advice: "check the permissions of the data directory"}
	}
	if !info.Mode().IsRegular() {
		return key, &KeyError{What: "the master key " + path + " is no file", Advice: "restore the file from your backup, or move away what has its name"}
	}
	// Windows keeps access in lists, which these bits do not show.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return key, &KeyError{What: fmt.Sprintf("others may read the master key %s (mode %04o)", path, mode), Advice: "chmod 600 " + path}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return key, &KeyError{What: "cannot read the master key " + path, Err: cause(err), Advice: "start Postern as the user who owns the file"}
	}
	if key, err = parseKey(string(text)); err != nil {
		return key, &KeyError{What: "the master key " + path + " is unusable", Err: err,
			Advice: "restore the file from your backup: without it, what it encrypted cannot be read"}
	}
	return key, nil
}

// makeKey writes a new key so that the file is complete the moment it has its
// name, and never replaces a file.
func makeKey(path string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), FileName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()

	var key [KeySize]byte
	rand.Read(key[:])
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name durable. Windows cannot, and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// cause takes the path off an error that will be shown beside it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
