package supply

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// SignatureSuffix is where the minisign program puts a file's signature.
const SignatureSuffix = ".minisig"

// Package is what travels: a module with its signature.
type Package struct {
	Code           []byte
	Signature      []byte            // the .minisig file, or nil if there is none
	Annotations    map[string]string // of the manifest; nobody signed them
	ManifestDigest string            // sha256:..., set by a pull, not looked at by a push
}

// Digest of the bytes of a module: its SHA-256 in lower-case hexadecimal.
func Digest(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}

// ReadFile gives the module of a reference that is a file, and the signature
// beside it (department.wasm.minisig), if there is one. Errors are of kind
// [NotFound], [Unreadable] or [TooLarge], or [BadReference] if it is no file.
func ReadFile(ref Reference, limits Limits) (Package, error) {
	if !ref.IsFile() {
		return Package{}, &Error{Kind: BadReference, What: "the reference is no file", Advice: "name a file like " + exampleFile}
	}
	limits = limits.orDefault()
	code, err := readUpTo(ref.Path, limits.Module)
	if err != nil {
		return Package{}, err
	}
	signature, err := readUpTo(ref.Path+SignatureSuffix, limits.Signature)
	if err != nil && !errors.Is(err, NotFound) {
		return Package{}, err
	}
	return Package{Code: code, Signature: signature}, nil
}

// ReadSignature gives a signature that is not beside its module. Errors are of kind
// [NotFound], [Unreadable] or [TooLarge].
func ReadSignature(path string) ([]byte, error) {
	return readUpTo(path, MaxSignature)
}

// readUpTo reads a file of up to limit bytes.
func readUpTo(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: NotFound, What: "there is no file " + path, Advice: "check the path; it counts from the current directory"}
	}
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	if int64(len(content)) > limit {
		return nil, tooLarge(path, limit)
	}
	return content, nil
}

func unreadable(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err // the path is in the text already
	}
	return &Error{Kind: Unreadable, What: "cannot read " + path, Err: err, Advice: "check that it is a file and that this user may read it"}
}

func tooLarge(what string, limit int64) error {
	return &Error{Kind: TooLarge, What: what + " is larger than " + strconv.FormatInt(limit, 10) + " bytes",
		Advice: "check that it is the right one; a module gets smaller when it is built without debug information"}
}
