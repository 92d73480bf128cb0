package supply

import (
	"bytes"
	"encoding/base64"
	"io"

	"aead.dev/minisign"
)

// secretSize is the size of a secret key in its file, decoded: algorithms, salt,
// costs, and the encrypted key with its checksum.
const secretSize = 158

// Sign signs a module with the secret key of a file that [GenerateKeys] or the
// minisign program made, and gives the content of the .minisig file. The
// signature is of the BLAKE2b hash of the module ("ED", what minisign makes by
// default). The trusted comment is signed too; convention has it say when and
// what: "timestamp:1767225600 file:department.wasm".
//
// The password is that of the secret key; it is not looked at if the key has
// none. Opening a key with a password takes a few seconds and up to 1 GiB of
// memory. Errors are of kind [BadKey], [WrongPassword] or [BadComment].
func Sign(secret, password, code []byte, trustedComment string) (signature []byte, err error) {
	if trustedComment == "" || !isComment(trustedComment) {
		return nil, badComment()
	}
	key, err := openSecret(secret, password)
	if err != nil {
		return nil, err
	}
	hasher := minisign.NewReader(bytes.NewReader(code))
	if _, err := io.Copy(io.Discard, hasher); err != nil {
		return nil, err // a bytes.Reader never fails
	}
	return hasher.SignWithComments(key, trustedComment, "signature of key "+keyID(key.ID())), nil
}

// ReadSecret gives the content of a file with a secret key. Errors are of kind
// [NotFound], [Unreadable] or [TooLarge].
func ReadSecret(path string) ([]byte, error) { return readUpTo(path, maxKey) }

// NeedsPassword reports whether a secret key is encrypted. What is no secret key needs
// none: [Sign] says what it is.
func NeedsPassword(secret []byte) bool {
	line, err := keyLine(string(secret))
	return err == nil && minisign.IsEncrypted([]byte(line))
}

func openSecret(secret, password []byte) (key minisign.PrivateKey, err error) {
	line, err := keyLine(string(secret))
	if err != nil {
		return key, err
	}
	raw, err := base64.StdEncoding.DecodeString(line)
	if err != nil || len(raw) != secretSize {
		return key, badSecret()
	}
	if !minisign.IsEncrypted([]byte(line)) {
		if err := key.UnmarshalText([]byte(line)); err != nil {
			return key, badSecret()
		}
		return key, nil
	}
	if key, err = minisign.DecryptKey(string(password), []byte(line)); err != nil {
		return key, &Error{Kind: WrongPassword, What: "the password does not open the secret key",
			Advice: "type the password that was set when the key was made; if that is lost, make a new key and have it trusted"}
	}
	return key, nil
}

func badSecret() error {
	return &Error{Kind: BadKey, What: "this is no secret key of minisign",
		Advice: "give the content of the secret key's file, not of the .pub file"}
}
