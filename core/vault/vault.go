package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// KeySize is the size of the master key in bytes.
const KeySize = 32

// ErrSealed says that something sealed cannot be opened: it was sealed under
// another master key or for another purpose, or it was changed.
var ErrSealed = errors.New("vault: cannot be opened: another master key, another purpose, or changed data")

const (
	// version is the first byte of what is sealed: AES-256-GCM with a random
	// nonce of 96 bits, the purpose as associated data.
	version   = 1
	nonceSize = 12
	tagSize   = 16

	// sealingKey derives the key that seals, so that the master key itself is
	// never used with two algorithms.
	sealingKey = "seal"
)

// Vault seals and opens under one master key. It may be used by many goroutines
// at once.
type Vault struct {
	master [KeySize]byte
	sealer cipher.AEAD
}

// New makes a vault of a master key.
func New(master [KeySize]byte) *Vault {
	v := &Vault{master: master}
	key := v.derive("postern vault: " + sealingKey)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(fmt.Sprintf("vault: %v", err)) // the key has the right size
	}
	if v.sealer, err = cipher.NewGCM(block); err != nil {
		panic(fmt.Sprintf("vault: %v", err)) // AES has the right block size
	}
	return v
}

// Derive gives the key for a purpose (RFC 5869). Keys of different purposes tell
// nothing about each other, nor about the master key.
func (v *Vault) Derive(purpose string) [KeySize]byte {
	return v.derive("postern derived: " + purpose)
}

func (v *Vault) derive(info string) [KeySize]byte {
	key, err := hkdf.Key(sha256.New, v.master[:], nil, info, KeySize)
	if err != nil {
		panic(fmt.Sprintf("vault: %v", err)) // only a longer key can fail
	}
	return [KeySize]byte(key)
}

// Seal encrypts plaintext for a purpose, which must be named again to open it.
// It panics if random fails, which the operating system's generator never does.
func (v *Vault) Seal(plaintext []byte, purpose string, random io.Reader) []byte {
	sealed := make([]byte, 1+nonceSize, 1+nonceSize+len(plaintext)+tagSize)
	sealed[0] = version
	if _, err := io.ReadFull(random, sealed[1:]); err != nil {
		panic(fmt.Sprintf("vault: no randomness: %v", err))
	}
	return v.sealer.Seal(sealed, sealed[1:], plaintext, associated(purpose))
}

// Unseal opens what [Vault.Seal] made for the same purpose. It fails with
// [ErrSealed].
func (v *Vault) Unseal(sealed []byte, purpose string) ([]byte, error) {
	if len(sealed) < 1+nonceSize+tagSize || sealed[0] != version {
		return nil, ErrSealed
	}
	nonce, ciphertext := sealed[1:1+nonceSize], sealed[1+nonceSize:]
	plaintext, err := v.sealer.Open(nil, nonce, ciphertext, associated(purpose))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// associated binds the version and the purpose to the ciphertext.
func associated(purpose string) []byte { return append([]byte{version}, purpose...) }
