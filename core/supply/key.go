package supply

import (
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"aead.dev/minisign"
)

// KeySuffix ends the name of a file with a public key.
const KeySuffix = ".pub"

const (
	commentPrefix = "untrusted comment: "
	maxKey        = 4 << 10
	maxKeyName    = 100
	// maxComment fits into the 1024 bytes that the minisign program reads of a line.
	maxComment = 1000

	exampleKey = "the line of a .pub file that begins with RW, or the whole file"
)

// Key is a public key that is trusted, with the name that people know it by.
// [ParseKey] makes one; the zero value has signed nothing.
type Key struct {
	Name   string
	public *minisign.PublicKey
}

// ID is the key's id in 16 hexadecimal digits, as the minisign program prints it.
// It is a hint which key to try, not a fingerprint: anybody can make a key with a
// given id.
func (k Key) ID() string {
	if k.public == nil {
		return ""
	}
	return keyID(k.public.ID())
}

// String is the key as the line of a .pub file, which [ParseKey] reads.
func (k Key) String() string {
	if k.public == nil {
		return ""
	}
	return k.public.String()
}

// ParseKey reads a public key: the line in base64, or the whole .pub file with its
// comment, which is ignored. Errors are of kind [BadKey] and do not repeat the
// text, which may be a secret key.
func ParseKey(name, text string) (Key, error) {
	if name == "" || len(name) > maxKeyName || !isPrintable(name) || strings.TrimSpace(name) != name {
		return Key{}, &Error{Kind: BadKey, What: "the name of the key is empty, longer than 100 bytes, or has control characters or blanks around it",
			Advice: "give it a short name by which people know the signer"}
	}
	line, err := keyLine(text)
	if err != nil {
		return Key{}, err
	}
	var public minisign.PublicKey
	if err := public.UnmarshalText([]byte(line)); err != nil {
		return Key{}, notPublic(line)
	}
	return Key{Name: name, public: &public}, nil
}

// ReadKey reads a public key from its .pub file. Without a name it is known by that of
// the file. Errors are those of [ParseKey], and of kind [NotFound], [Unreadable] or
// [TooLarge].
func ReadKey(name, path string) (Key, error) {
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(path), KeySuffix)
	}
	text, err := readUpTo(path, maxKey)
	if err != nil {
		return Key{}, err
	}
	return ParseKey(name, string(text))
}

// keyLine gives the line of a key file that has the key.
func keyLine(text string) (string, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(text) > maxKey || len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[0], commentPrefix) {
		return "", &Error{Kind: BadKey, What: "this is no key of minisign", Advice: "give " + exampleKey}
	}
	return strings.TrimSpace(lines[len(lines)-1]), nil
}

// notPublic says what is given in place of a public key.
func notPublic(line string) error {
	if raw, err := base64.StdEncoding.DecodeString(line); err == nil && len(raw) == secretSize {
		return &Error{Kind: BadKey, What: "this is a secret key, which no one else may see", Advice: "give the public one: " + exampleKey}
	}
	return &Error{Kind: BadKey, What: "this is no public key of minisign", Advice: "give " + exampleKey}
}

// GenerateKeys makes a key pair and gives the content of its two files as the
// minisign program writes them. The secret key is encrypted with the password,
// which may not be empty: that takes a few seconds and 1 GiB of memory, for
// whoever guesses as well. The comment goes into the public file; if it is empty,
// the key's id does. Randomness is for the key; the salt of its encryption comes
// from the operating system.
//
// Errors are of kind [WrongPassword] or [BadComment], or those of the randomness.
func GenerateKeys(randomness io.Reader, comment string, password []byte) (public, secret []byte, err error) {
	if len(password) == 0 {
		return nil, nil, &Error{Kind: WrongPassword, What: "the password is empty",
			Advice: "give a password: without one, whoever reads the secret key can sign modules"}
	}
	if !isComment(comment) {
		return nil, nil, badComment()
	}
	publicKey, secretKey, err := minisign.GenerateKey(randomness)
	if err != nil {
		return nil, nil, fmt.Errorf("supply: no randomness for a key: %w", err)
	}
	if comment == "" {
		comment = "minisign public key " + keyID(publicKey.ID())
	}
	if secret, err = minisign.EncryptKey(string(password), secretKey); err != nil {
		return nil, nil, fmt.Errorf("supply: cannot encrypt the secret key: %w", err)
	}
	return []byte(commentPrefix + comment + "\n" + publicKey.String() + "\n"), append(secret, '\n'), nil
}

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

// isComment accepts what the minisign program accepts: one line of printable
// ASCII and tabs.
func isComment(text string) bool {
	return len(text) <= maxComment && !strings.ContainsFunc(text, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') })
}

func badComment() error {
	return &Error{Kind: BadComment, What: "the comment is longer than 1000 bytes, or has other characters than printable ASCII and tabs",
		Advice: "write one short line in plain letters"}
}

// isPrintable keeps out what would not stay on its line of a terminal or a log.
func isPrintable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
