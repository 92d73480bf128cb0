package authn

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	stdhash "hash"
	"strconv"
	"strings"
)

// Bounds of what was made by crypt elsewhere.
const (
	cryptRounds = 5000 // where the hash does not say how many
	cryptLeast  = 1000
	// cryptMost takes about a second.
	cryptMost = 1_000_000
	cryptSalt = 16 // bytes
)

// cryptHash is SHA-crypt as glibc writes it into /etc/shadow, and directories after {CRYPT}:
// $6$rounds=5000$<salt>$<digest> by SHA-512, $5$ by SHA-256 (Ulrich Drepper, "Unix crypt
// using SHA-256 and SHA-512", version 0.6).
type cryptHash struct {
	scheme string // "5" or "6"
	rounds int
	said   bool // whether the hash says how many rounds
	salt   string
	tag    string
}

// cryptAlphabet are the digits of crypt's base64, in their order.
const cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func parseCrypt(s string) (kept, error) {
	parts := strings.Split(s, "$")
	malformed := fmt.Errorf("the SHA-crypt hash is malformed")
	if len(parts) < 4 || len(parts) > 5 || parts[0] != "" {
		return nil, malformed
	}
	h := cryptHash{scheme: parts[1], rounds: cryptRounds, salt: parts[len(parts)-2], tag: parts[len(parts)-1]}
	if len(parts) == 5 {
		text, is := strings.CutPrefix(parts[2], "rounds=")
		rounds, err := strconv.Atoi(text)
		if !is || err != nil {
			return nil, malformed
		}
		h.rounds, h.said = rounds, true
	}
	length := map[string]int{"5": 43, "6": 86}[h.scheme]
	switch {
	case h.rounds < cryptLeast || h.rounds > cryptMost:
		return nil, fmt.Errorf("the SHA-crypt hash has %d rounds, and %d to %d are accepted", h.rounds, cryptLeast, cryptMost)
	case len(h.salt) > cryptSalt || len(h.tag) != length || strings.Trim(h.tag, cryptAlphabet) != "" || h.String() != s:
		return nil, malformed
	}
	return h, nil
}

func (h cryptHash) String() string {
	rounds := ""
	if h.said {
		rounds = "rounds=" + strconv.Itoa(h.rounds) + "$"
	}
	return "$" + h.scheme + "$" + rounds + h.salt + "$" + h.tag
}

func (h cryptHash) matches(password string) bool {
	return subtle.ConstantTimeCompare([]byte(h.compute([]byte(password))), []byte(h.tag)) == 1
}

// compute gives the digest of a password, by the steps of the document.
func (h cryptHash) compute(password []byte) string {
	makeHash := sha256.New
	if h.scheme == "6" {
		makeHash = sha512.New
	}
	salt := []byte(h.salt)
	digest := cryptStart(makeHash, password, salt)
	p := cryptStretched(makeHash, password, len(password), len(password))
	s := cryptStretched(makeHash, salt, 16+int(digest[0]), len(salt))
	for round := range h.rounds {
		digest = cryptRound(makeHash(), round, digest, p, s)
	}
	return cryptText(digest)
}

// cryptStart gives the digest that the rounds begin with: steps 1 to 12.
func cryptStart(makeHash func() stdhash.Hash, password, salt []byte) []byte {
	b := makeHash()
	for _, part := range [][]byte{password, salt, password} {
		b.Write(part)
	}
	other := b.Sum(nil)
	a := makeHash()
	a.Write(password)
	a.Write(salt)
	a.Write(repeated(other, len(password)))
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			a.Write(other)
		} else {
			a.Write(password)
		}
	}
	return a.Sum(nil)
}

// cryptStretched digests the text so many times, and repeats the digest to the length: steps
// 13 to 20.
func cryptStretched(makeHash func() stdhash.Hash, text []byte, times, length int) []byte {
	d := makeHash()
	for range times {
		d.Write(text)
	}
	return repeated(d.Sum(nil), length)
}

// cryptRound is step 21.
func cryptRound(c stdhash.Hash, round int, digest, p, s []byte) []byte {
	first, last := digest, p
	if round&1 == 1 {
		first, last = p, digest
	}
	c.Write(first)
	if round%3 != 0 {
		c.Write(s)
	}
	if round%7 != 0 {
		c.Write(p)
	}
	c.Write(last)
	return c.Sum(nil)
}

// repeated gives so many bytes of a digest that is written again and again.
func repeated(digest []byte, length int) []byte {
	return bytes.Repeat(digest, length/len(digest)+1)[:length]
}

// cryptText writes a digest in crypt's base64, three bytes at a time in an order of its own:
// step 22.
func cryptText(digest []byte) string {
	var b strings.Builder
	write := func(value uint32, digits int) {
		for range digits {
			b.WriteByte(cryptAlphabet[value&0x3f])
			value >>= 6
		}
	}
	third := len(digest) / 3
	x, y, z := 0, third, 2*third
	for range third {
		write(uint32(digest[x])<<16|uint32(digest[y])<<8|uint32(digest[z]), 4)
		if len(digest) == sha512.Size {
			x, y, z = y+1, z+1, x+1
		} else {
			x, y, z = z+1, x+1, y+1
		}
	}
	if len(digest) == sha512.Size {
		write(uint32(digest[63]), 2)
	} else {
		write(uint32(digest[31])<<8|uint32(digest[30]), 3)
	}
	return b.String()
}
