package authn

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// BreachList is a file of passwords that are known to thieves: a line for each, the
// SHA-1 of the password in hexadecimal, with a colon and a count or without, in the order
// of the hashes. It is what Have I Been Pwned calls "ordered by hash". It may have many
// gigabytes: a search reads a few hundred bytes at some forty places, and keeps nothing.
//
// Its methods may be called at once.
type BreachList struct {
	name string
	file io.ReaderAt
	size int64
	done func() error
}

const (
	breachHash = 2 * sha1.Size // characters
	// breachLine is more than a line can have: the hash, a colon, a count, a line break.
	breachLine = 96
	// breachSamples are looked at when the list is opened.
	breachSamples = 64
)

// OpenBreachList opens the file, and looks whether it is such a list.
func OpenBreachList(name string) (*BreachList, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the list of breached passwords: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", name)
	}
	list := &BreachList{name: name, file: file, done: file.Close}
	if err == nil {
		list.size = info.Size()
		err = list.look()
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open the list of breached passwords: %w", err)
	}
	return list, nil
}

// Close closes the file.
func (l *BreachList) Close() error { return l.done() }

// look checks lines from all over the file, the first and the last among them.
func (l *BreachList) look() error {
	if l.size == 0 {
		return fmt.Errorf("%s is empty", l.name)
	}
	var before []byte
	for i := range int64(breachSamples) {
		hash, _, _, err := l.lineAt(0, (l.size-1)/(breachSamples-1)*i)
		if i == breachSamples-1 {
			hash, _, _, err = l.lineAt(0, l.size-1)
		}
		if err != nil {
			return err
		}
		if bytes.Compare(before, hash) > 0 {
			return fmt.Errorf("%s is not in the order of its hashes: download the list that is ordered by hash, or sort it with LC_ALL=C sort", l.name)
		}
		before = hash
	}
	return nil
}

// Has reports whether the password is on the list.
func (l *BreachList) Has(password string) (bool, error) {
	want := sha1.Sum([]byte(password))
	low, high := int64(0), l.size // where a line begins, and where one ends
	for low < high {
		hash, begin, end, err := l.lineAt(low, low+(high-low)/2)
		if err != nil {
			return false, err
		}
		switch order := bytes.Compare(hash, want[:]); {
		case order == 0:
			return true, nil
		case order < 0:
			low = end
		default:
			high = begin
		}
	}
	return false, nil
}

// lineAt reads the line that has the byte at offset, from a place low where a line begins,
// or in front of which nothing is looked at. It ends where the next one begins.
func (l *BreachList) lineAt(low, offset int64) (hash []byte, begin, end int64, err error) {
	from := max(low, offset-breachLine)
	buffer := make([]byte, 2*breachLine)
	n, err := l.file.ReadAt(buffer, from)
	if err != nil && err != io.EOF {
		return nil, 0, 0, fmt.Errorf("read %s: %w", l.name, err)
	}
	buffer = buffer[:n]
	at := int(offset - from)
	if at >= n {
		return nil, 0, 0, fmt.Errorf("%s became shorter", l.name)
	}
	start := bytes.LastIndexByte(buffer[:at], '\n') + 1
	if start == 0 && from != low {
		return nil, 0, 0, l.noHash(from)
	}
	line, _, ended := bytes.Cut(buffer[start:], []byte{'\n'})
	begin = from + int64(start)
	end = begin + int64(len(line)) + 1
	if !ended && end < l.size {
		return nil, 0, 0, l.noHash(begin)
	}
	hash, ok := readBreach(line)
	if !ok {
		return nil, 0, 0, l.noHash(begin)
	}
	return hash, begin, min(end, l.size), nil
}

// readBreach reads the hash of a line.
func readBreach(line []byte) (hash []byte, ok bool) {
	text, count, counted := bytes.Cut(bytes.TrimSuffix(line, []byte{'\r'}), []byte{':'})
	if len(text) != breachHash || counted && (len(count) == 0 || len(bytes.Trim(count, "0123456789")) > 0) {
		return nil, false
	}
	hash = make([]byte, sha1.Size)
	_, err := hex.Decode(hash, text)
	return hash, err == nil
}

func (l *BreachList) noHash(at int64) error {
	return fmt.Errorf("%s has a line that is no SHA-1 hash at byte %d: download the list of SHA-1 hashes that is ordered by hash", l.name, at)
}
