package core

import (
	"cmp"
	"slices"
	"time"
)

// SigningKey is a key pair that signs ID tokens. The private half is encrypted
// under the master key before it gets here.
type SigningKey struct {
	ID        string // kid
	Alg       string // RS256, ES256, EdDSA, PS256
	Sealed    []byte // PKCS #8, encrypted; associated data is "signing-key:" + ID
	PublicJWK []byte // JSON, RFC 7517
	CreatedAt time.Time
	// RetiredAt is when it ends to sign, which may be ahead; zero while no successor is
	// made. A retired key is still published for [KeyKept].
	RetiredAt time.Time
}

const (
	// KeyLead is how long a key is published before it signs, where it has a predecessor:
	// longer than anybody may keep the key set without reading it anew.
	KeyLead = 10 * time.Minute
	// KeyKept is how long a key is published after it signed for the last time: longer
	// than anything that it signed is valid, which is a day.
	KeyKept = 25 * time.Hour
)

// Signs reports whether the key may sign at now; of several for an algorithm one does.
func (k *SigningKey) Signs(now time.Time) bool {
	return k.RetiredAt.IsZero() || now.Before(k.RetiredAt)
}

// Published reports whether others are told of the key at now.
func (k *SigningKey) Published(now time.Time) bool {
	return k.RetiredAt.IsZero() || now.Before(k.RetiredAt.Add(KeyKept))
}

// SortKeys gives the keys that may sign, for each algorithm first the one that does, then
// those that are published besides, in the order in which they were made. Of those that
// may sign the one does whose time ends first: its successor waits until it is known.
func SortKeys(keys []SigningKey, now time.Time) (signing, retired []SigningKey) {
	for _, key := range keys {
		switch {
		case key.Signs(now):
			signing = append(signing, key)
		case key.Published(now):
			retired = append(retired, key)
		}
	}
	slices.SortStableFunc(signing, func(a, b SigningKey) int {
		if a.RetiredAt.IsZero() != b.RetiredAt.IsZero() {
			return cmp.Compare(b.RetiredAt.Unix(), a.RetiredAt.Unix()) // the zero time is before all
		}
		return a.RetiredAt.Compare(b.RetiredAt)
	})
	return signing, retired
}
