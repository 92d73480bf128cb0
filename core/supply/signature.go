package supply

import (
	"strings"

	"aead.dev/minisign"
)

// MaxSignature is how long a signature may be, in bytes.
const MaxSignature = 4 << 10

// Signature is what a .minisig file says. Nothing of it is proven before [Verify].
type Signature struct {
	KeyID            string // of the key that made it, in 16 hexadecimal digits
	TrustedComment   string // signed with the module
	UntrustedComment string // signed by nobody
	Hashed           bool   // of the module's BLAKE2b hash ("ED"), not of its bytes ("Ed", legacy)
}

// ParseSignature reads a .minisig file of up to [MaxSignature] bytes. Errors are
// of kind [Unsigned] if it is empty, else [MalformedSignature].
func ParseSignature(signature []byte) (Signature, error) {
	if len(signature) == 0 {
		return Signature{}, &Error{Kind: Unsigned, What: "the module is not signed",
			Advice: "get it from where its signature is too (the .minisig file beside it), or sign it yourself after you have checked it"}
	}
	var parsed minisign.Signature
	if len(signature) > MaxSignature || parsed.UnmarshalText(signature) != nil {
		return Signature{}, malformed()
	}
	// The comments are shown to people, on a terminal too.
	if !isPrintable(untab(parsed.TrustedComment)) || !isPrintable(untab(parsed.UntrustedComment)) {
		return Signature{}, malformed()
	}
	return Signature{
		KeyID: keyID(parsed.KeyID), TrustedComment: parsed.TrustedComment, UntrustedComment: parsed.UntrustedComment,
		Hashed: parsed.Algorithm == minisign.HashEdDSA,
	}, nil
}

func malformed() error {
	return &Error{Kind: MalformedSignature, What: "the signature is not in the format of minisign",
		Advice: "get the .minisig file again, byte for byte: it has four lines, of which the first begins with 'untrusted comment:'"}
}

func untab(text string) string { return strings.ReplaceAll(text, "\t", " ") }

// Verify says which of the trusted keys signed the module, and the comment that
// was signed with it. Both kinds of signatures of minisign are accepted: of the
// module's hash and, older, of its bytes.
//
// Errors are of kind [Unsigned], [MalformedSignature], [UnknownKey] or
// [WrongSignature]; the last two name the key's id.
func Verify(keys []Key, code, signature []byte) (signer Key, comment string, err error) {
	parsed, err := ParseSignature(signature)
	if err != nil {
		return Key{}, "", err
	}
	known := false
	for _, key := range keys {
		if key.ID() != parsed.KeyID {
			continue
		}
		known = true
		// Ids are not unique: another key may have the same one.
		if minisign.Verify(*key.public, code, signature) {
			return key, parsed.TrustedComment, nil
		}
	}
	if known {
		return Key{}, "", &Error{Kind: WrongSignature, KeyID: parsed.KeyID, What: "the signature of key " + parsed.KeyID + " is not of this module",
			Advice: "do not use the module: it or its signature was changed, or they belong to different versions; get both again from the signer"}
	}
	return Key{}, "", &Error{Kind: UnknownKey, KeyID: parsed.KeyID, What: "the module is signed with key " + parsed.KeyID + ", which is not trusted",
		Advice: "if you know the signer and have the public key from them, add it to the trusted keys; otherwise do not use the module"}
}
