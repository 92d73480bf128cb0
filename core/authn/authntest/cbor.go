package authntest

import "encoding/binary"

// The major types of CBOR that a ceremony needs (RFC 8949 section 3.1).
const (
	majorUint  = 0
	majorNeg   = 1
	majorBytes = 2
	majorText  = 3
	majorMap   = 5
)

// head is the initial byte of an item and its argument.
func head(major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return []byte{major | byte(n)}
	case n < 1<<8:
		return []byte{major | 24, byte(n)}
	case n < 1<<16:
		return binary.BigEndian.AppendUint16([]byte{major | 25}, uint16(n))
	}
	return binary.BigEndian.AppendUint32([]byte{major | 26}, uint32(n))
}

func cborInt(n int) []byte {
	if n < 0 {
		return head(majorNeg, uint64(-1-n))
	}
	return head(majorUint, uint64(n))
}

func cborBytes(b []byte) []byte { return append(head(majorBytes, uint64(len(b))), b...) }
func cborText(s string) []byte  { return append(head(majorText, uint64(len(s))), s...) }

// cborMap takes keys and values in turn, in the order in which they are written.
func cborMap(items ...[]byte) []byte {
	encoded := head(majorMap, uint64(len(items)/2))
	for _, item := range items {
		encoded = append(encoded, item...)
	}
	return encoded
}
