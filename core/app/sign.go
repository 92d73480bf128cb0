package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/postern-id/postern/core/supply"
)

// secretSuffix ends the name of a file with a secret key.
const secretSuffix = ".key"

// KeyPair is a pair of keys in two files, as the minisign program writes them.
type KeyPair struct {
	Public string // name of the file
	Secret string // name of the file
	Key    string // the public key, as plugin_keys lists it
	ID     string
}

// GenerateKeys makes a pair of keys in new files NAME.pub and NAME.key. The secret key
// is encrypted with the password: that takes a few seconds and 1 GiB of memory.
func GenerateKeys(name string, password []byte) (*KeyPair, error) {
	pair := &KeyPair{Public: name + supply.KeySuffix, Secret: name + secretSuffix}
	for _, file := range []string{pair.Public, pair.Secret} {
		if _, err := os.Lstat(file); err == nil {
			return nil, existing(file)
		}
	}
	public, secret, err := supply.GenerateKeys(rand.Reader, "", password)
	if err != nil {
		return nil, err
	}
	key, err := supply.ParseKey(filepath.Base(name), string(public))
	if err != nil {
		return nil, err
	}
	pair.Key, pair.ID = key.String(), key.ID()
	if err := writeNew(pair.Secret, secret, 0o600); err != nil {
		return nil, err
	}
	if err := writeNew(pair.Public, public, 0o644); err != nil {
		return nil, errors.Join(err, os.Remove(pair.Secret))
	}
	return pair, nil
}

// Signing is a module that is to be signed.
type Signing struct {
	File    string // the module's
	Secret  []byte // content of the secret key's file
	Comment string // signed with the module; empty: time and name of the file
	Now     time.Time
}

// Signed is what came of it.
type Signed struct {
	Signature string // name of the file
	KeyID     string
	Comment   string
	Digest    string // of the module: SHA-256 in hexadecimal
}

// OpenSigning reads a secret key from its file.
func OpenSigning(file, key string) (*Signing, error) {
	secret, err := supply.ReadSecret(key)
	if err != nil {
		return nil, err
	}
	return &Signing{File: file, Secret: secret}, nil
}

// NeedsPassword reports whether the secret key is encrypted.
func (s *Signing) NeedsPassword() bool { return supply.NeedsPassword(s.Secret) }

// Sign writes the signature beside the module, in place of one that is there.
func (s *Signing) Sign(password []byte) (*Signed, error) {
	ref, err := supply.ParseReference(s.File)
	if err != nil {
		return nil, err
	}
	p, err := supply.ReadFile(ref, supply.Limits{})
	if err != nil {
		return nil, err
	}
	comment := s.Comment
	if comment == "" {
		comment = fmt.Sprintf("timestamp:%d\tfile:%s", s.Now.Unix(), plain(filepath.Base(s.File)))
	}
	signature, err := supply.Sign(s.Secret, password, p.Code, comment)
	if err != nil {
		return nil, err
	}
	parsed, err := supply.ParseSignature(signature)
	if err != nil {
		return nil, err
	}
	done := &Signed{Signature: s.File + supply.SignatureSuffix, KeyID: parsed.KeyID, Comment: comment, Digest: supply.Digest(p.Code)}
	return done, writeOver(done.Signature, signature)
}

// plain keeps to what a comment may have.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, name)
}

// Save writes module and signature into new files, and gives their names.
func (m *Module) Save(file string) (names []string, err error) {
	signature := file + supply.SignatureSuffix
	for _, name := range []string{file, signature} {
		if _, err := os.Lstat(name); err == nil {
			return nil, existing(name) // an old signature would stand beside a new module
		}
	}
	if err := writeNew(file, m.Code, 0o644); err != nil {
		return nil, err
	}
	if m.Signature == nil {
		return []string{file}, nil
	}
	if err := writeNew(signature, m.Signature, 0o644); err != nil {
		return nil, errors.Join(err, os.Remove(file))
	}
	return []string{file, signature}, nil
}

// FileError says what is wrong with a file, and what to do.
type FileError struct {
	What   string
	Advice string
	Err    error // the cause, or nil
}

func (e *FileError) Error() string { return e.What }

func (e *FileError) Unwrap() error { return e.Err }

// Hint is what can be done.
func (e *FileError) Hint() string { return e.Advice }

func existing(file string) error {
	return &FileError{What: "there is a file " + file + " already", Advice: "delete it, or choose another name with --out", Err: fs.ErrExist}
}

func unwritable(file string, err error) error {
	cause := err
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		cause = path.Err
	}
	return &FileError{What: fmt.Sprintf("cannot write %s: %s", file, cause), Advice: "check that its folder exists, that this user may write there, and that there is room", Err: err}
}

// writeNew makes a file, or leaves none behind.
func writeNew(name string, content []byte, mode fs.FileMode) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		return existing(name)
	}
	if err != nil {
		return unwritable(name, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(unwritable(name, err), os.Remove(name))
	}
	return nil
}

// writeOver replaces a file in one step.
func writeOver(name string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return unwritable(name, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(unwritable(name, err), os.Remove(file.Name()))
	}
	return nil
}
