package capability

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
)

// Bounds of what an LDAP server sends. The library that reads it makes a structure
// for each element, which may be as small as two bytes.
const (
	maxLDAPTotal    = 4 << 20 // bytes, of a whole connection
	maxLDAPMessage  = 1 << 20 // bytes
	maxLDAPElements = 20_000  // of a message
	maxLDAPDepth    = 16
)

var (
	errBER      = errors.New("what the server sent is no LDAP message")
	errTooLarge = errors.New("the server sent more than there is room for")
)

// guardedConn hands an LDAP message on when it is here as a whole and well formed.
type guardedConn struct {
	net.Conn
	left    int    // of maxLDAPTotal
	pending []byte // of the message at hand
	// wrong is why reading ended: the library keeps no more than the text of it.
	wrong atomic.Pointer[error]
}

func guard(conn net.Conn) *guardedConn { return &guardedConn{Conn: conn, left: maxLDAPTotal} }

// Read implements [net.Conn].
func (g *guardedConn) Read(p []byte) (int, error) {
	if len(g.pending) == 0 {
		message, err := readMessage(g.Conn)
		if g.left -= len(message); err == nil && g.left < 0 {
			err = errTooLarge
		}
		if err != nil {
			g.wrong.CompareAndSwap(nil, &err)
			return 0, err
		}
		g.pending = message
	}
	n := copy(p, g.pending)
	g.pending = g.pending[n:]
	return n, nil
}

// readMessage reads one LDAPMessage (RFC 4511 section 4.1.1), which is a sequence,
// and no byte beyond it.
func readMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 2, 6)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if more := int(head[1]) - 0x80; more > 0 && more <= 4 {
		head = head[:2+more]
		if _, err := io.ReadFull(r, head[2:]); err != nil {
			return nil, err
		}
	}
	e, ok := parseElement(head)
	if !ok || head[0] != 0x30 {
		return nil, errBER
	}
	if e.size > maxLDAPMessage {
		return nil, errTooLarge
	}
	message := append(head, make([]byte, e.size)...)
	if _, err := io.ReadFull(r, message[len(head):]); err != nil {
		return nil, err
	}
	elements := 0
	return message, checkElements(message, 0, &elements)
}

// element is the head of an element of BER.
type element struct {
	constructed bool
	head        int // bytes of tag and length
	size        int // bytes of the content
}

// parseElement reads a head with a tag of one byte and a definite length of up to
// four bytes: LDAP has no others (RFC 4511 section 5.1).
func parseElement(b []byte) (e element, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return element{}, false
	}
	e = element{constructed: b[0]&0x20 != 0, head: 2, size: int(b[1])}
	if e.size < 0x80 {
		return e, true
	}
	e.head += e.size - 0x80
	if e.head == 2 || e.head > 6 || len(b) < e.head {
		return element{}, false
	}
	var size uint64
	for _, digit := range b[2:e.head] {
		size = size<<8 | uint64(digit)
	}
	e.size = int(min(size, 1<<31-1))
	return e, true
}

// checkElements holds that the elements fill b exactly, at every depth.
func checkElements(b []byte, depth int, elements *int) error {
	for len(b) > 0 {
		if *elements++; *elements > maxLDAPElements || depth > maxLDAPDepth {
			return errTooLarge
		}
		e, ok := parseElement(b)
		if !ok || e.size > len(b)-e.head {
			return errBER
		}
		content := b[e.head : e.head+e.size]
		if e.constructed {
			if err := checkElements(content, depth+1, elements); err != nil {
				return err
			}
		}
		b = b[e.head+e.size:]
	}
	return nil
}
