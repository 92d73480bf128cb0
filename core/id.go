package core

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"
)

// ID identifies a row. It is a UUID version 7 in its canonical lower-case text
// form (RFC 9562 section 5.7): it begins with the time, so rows are inserted in
// key order, and its remaining 74 bits are random.
type ID string

// NewID returns an identifier for a row made at now. It panics if random fails,
// which the operating system's generator never does.
func NewID(now time.Time, random io.Reader) ID {
	var b [16]byte
	mustRead(random, b[6:])
	putTime(&b, now)
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return formatID(b)
}

// FirstID gives the identifier that comes before all of rows made at now or later, and
// behind all of those made before; no row has it.
func FirstID(now time.Time) ID {
	var b [16]byte
	putTime(&b, now)
	return formatID(b)
}

// putTime puts the milliseconds at the beginning.
func putTime(b *[16]byte, now time.Time) {
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
}

// Time is when the row was made, to the millisecond; the zero time for what is no
// identifier. Whoever made up an identifier chose its time too.
func (id ID) Time() time.Time {
	b, ok := id.bytes()
	if !ok {
		return time.Time{}
	}
	var ms int64
	for _, part := range b[:6] {
		ms = ms<<8 | int64(part)
	}
	return time.UnixMilli(ms)
}

// ParseID accepts the canonical form alone.
func ParseID(s string) (ID, error) {
	b, ok := ID(s).bytes()
	if !ok || string(formatID(b)) != s {
		return "", errors.New("not an identifier")
	}
	return ID(s), nil
}

func formatID(b [16]byte) ID {
	var dst [36]byte
	hex.Encode(dst[0:8], b[0:4])
	hex.Encode(dst[9:13], b[4:6])
	hex.Encode(dst[14:18], b[6:8])
	hex.Encode(dst[19:23], b[8:10])
	hex.Encode(dst[24:36], b[10:16])
	dst[8], dst[13], dst[18], dst[23] = '-', '-', '-', '-'
	return ID(dst[:])
}

func (id ID) bytes() (b [16]byte, ok bool) {
	if len(id) != 36 {
		return b, false
	}
	compact := make([]byte, 0, 32)
	compact = append(compact, id[0:8]...)
	compact = append(compact, id[9:13]...)
	compact = append(compact, id[14:18]...)
	compact = append(compact, id[19:23]...)
	compact = append(compact, id[24:36]...)
	_, err := hex.Decode(b[:], compact)
	return b, err == nil
}

func mustRead(r io.Reader, b []byte) {
	if _, err := io.ReadFull(r, b); err != nil {
		panic(fmt.Sprintf("core: no randomness: %v", err))
	}
}
