package capability

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// bindResponse says yes to the message 1.
const bindResponse = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"

func sequence(content string) string {
	return string([]byte{0x30, 0x84, byte(len(content) >> 24), byte(len(content) >> 16), byte(len(content) >> 8), byte(len(content))}) + content
}

func TestReadMessage(t *testing.T) {
	nested := "\x04\x00"
	for range 20 {
		nested = sequence(nested)
	}
	for name, test := range map[string]struct {
		text string
		err  error // nil: the whole text is one message
	}{
		"bind response":           {bindResponse, nil},
		"long form":               {sequence("\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"), nil},
		"empty":                   {"\x30\x00", nil},
		"many":                    {sequence(strings.Repeat("\x04\x00", 19_000)), nil},
		"nothing":                 {"", io.EOF},
		"a tag":                   {"\x30", io.ErrUnexpectedEOF},
		"cut short":               {bindResponse[:8], io.ErrUnexpectedEOF},
		"HTTP":                    {"HTTP/1.1 400 Bad Request\r\n", errBER},
		"TLS":                     {"\x15\x03\x01\x00\x02\x02\x46", errBER},
		"SSH":                     {"SSH-2.0-x", errBER},
		"indefinite":              {"\x30\x80\x00\x00", errBER},
		"length of 5 bytes":       {"\x30\x85\x00\x00\x00\x00\x00", errBER},
		"length ff":               {"\x30\xff\x00", errBER},
		"2 GiB":                   {"\x30\x84\x7f\xff\xff\xff", errTooLarge},
		"4 GiB":                   {"\x30\x84\xff\xff\xff\xff", errTooLarge},
		"1 MiB and a byte":        {"\x30\x83\x10\x00\x01", errTooLarge},
		"inner one is longer":     {"\x30\x03\x04\x05a", errBER},
		"inner one is indefinite": {"\x30\x04\x30\x80\x00\x00", errBER},
		"inner one of 4 GiB":      {"\x30\x06\x04\x84\xff\xff\xff\xff", errBER},
		"inner head is cut":       {"\x30\x01\x04", errBER},
		"long tag":                {"\x30\x03\x1f\x01\x00", errBER},
		"too many":                {sequence(strings.Repeat("\x04\x00", 20_001)), errTooLarge},
		"too deep":                {nested, errTooLarge},
	} {
		in := strings.NewReader(test.text + "behind")
		if test.err == io.EOF || test.err == io.ErrUnexpectedEOF {
			in = strings.NewReader(test.text)
		}
		got, err := readMessage(in)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: %v, want %v", name, err, test.err)
		}
		if rest, _ := io.ReadAll(in); test.err == nil && (string(got) != test.text || string(rest) != "behind") {
			t.Errorf("%s: %x, and %q is left", name, got, rest)
		}
	}
}

// TestGuardedConn hands on what is good until it is not, byte by byte too.
func TestGuardedConn(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		io.WriteString(server, bindResponse+sequence("\x02\x01\x02")+"\x30\x80")
		server.Close()
	}()
	g := guard(client)
	var got []byte
	for {
		b := make([]byte, 1)
		n, err := g.Read(b)
		if got = append(got, b[:n]...); err != nil {
			break
		}
	}
	if string(got) != bindResponse+sequence("\x02\x01\x02") || g.wrong.Load() == nil || !errors.Is(*g.wrong.Load(), errBER) {
		t.Errorf("%x, %v", got, g.wrong.Load())
	}
}

func TestGuardedConnIsBounded(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	message := sequence("\x04\x84\x00\x0f\x00\x00" + strings.Repeat("x", 0xf0000))
	go func() {
		for {
			if _, err := io.WriteString(server, message); err != nil {
				return
			}
		}
	}()
	n, err := io.Copy(io.Discard, guard(client))
	if !errors.Is(err, errTooLarge) || n > maxLDAPTotal || n < maxLDAPTotal-maxLDAPMessage {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestStartTLSCode(t *testing.T) {
	for text, want := range map[string]int{
		"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00":                                 0,
		"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00": 0, // as Active Directory writes it
		"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00":                                 52,
		"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x00\x04\x00\x04\x00":                                 -1, // an unsolicited notice
		"\x30\x0c\x02\x01\x02\x78\x07\x0a\x01\x00\x04\x00\x04\x00":                                 -1,
		bindResponse: -1,
		"\x30\x0c\x02\x01\x01\x78\x07\x02\x01\x00\x04\x00\x04\x00": -1,
		"\x30\x05\x02\x01\x01\x78\x00":                             -1,
		"\x30\x07\x02\x01\x01\x78\x02\x0a\x00":                     -1,
		"\x30\x03\x02\x01\x01":                                     -1,
		"\x30\x00":                                                 -1,
	} {
		message, err := readMessage(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%x: %v", text, err)
		}
		code, ok := startTLSCode(message)
		if ok != (want >= 0) || ok && int(code) != want {
			t.Errorf("%x: %d, %v, want %d", text, code, ok, want)
		}
	}
}

// FuzzReadMessage: whatever passes, the library reads as one packet of that size.
func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(bindResponse))
	f.Add([]byte(sequence("\x02\x01\x01\x64\x05\x04\x01a\x30\x00")))
	f.Add([]byte("\x30\x80\x00\x00"))
	f.Add([]byte("\x30\x09\x02\x01\x01\x78\x04\x0a\x02\x00\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		message, err := readMessage(bytes.NewReader(text))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(text, message) {
			t.Fatalf("%x is not the beginning of %x", message, text)
		}
		startTLSCode(message)
		packet, err := ber.ReadPacket(bytes.NewReader(append(message, text...)))
		if err != nil {
			return // a value that is no such value
		}
		if elements(packet) > maxLDAPElements {
			t.Errorf("%d elements in %x", elements(packet), message)
		}
	})
}

func elements(p *ber.Packet) int {
	n := 1
	for _, child := range p.Children {
		n += elements(child)
	}
	return n
}
