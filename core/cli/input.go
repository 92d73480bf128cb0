package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// maxInput is more than any input of a command needs, in bytes.
const maxInput = 16 << 20

// readFile reads a file, or standard input for "-".
func (p *program) readFile(name string) ([]byte, error) { return p.readUpTo(name, maxInput) }

// readUpTo reads a file of at most so many bytes.
func (p *program) readUpTo(name string, most int64) ([]byte, error) {
	if name == "-" {
		return readSome("standard input", p.In, most)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	defer file.Close()
	return readSome(name, file, most)
}

func readSome(name string, r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case int64(len(text)) > most:
		return nil, failf("give less", "%s has more than %d MiB", name, most>>20)
	}
	return text, nil
}

func unreadable(err error) error {
	hint := "check its name, and that you may read it"
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Op == "read" {
		hint = "give a file, and not a folder"
	}
	return failf(hint, "%s", err)
}
