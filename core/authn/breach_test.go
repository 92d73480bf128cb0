package authn

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// breachLines gives the lines of a list, in order.
func breachLines(passwords ...string) []string {
	var lines []string
	for i, password := range passwords {
		lines = append(lines, fmt.Sprintf("%X:%d", sha1.Sum([]byte(password)), i*i*1000))
	}
	slices.Sort(lines)
	return lines
}

func breachFile(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "breached.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func openBreachList(t testing.TB, text string) *BreachList {
	t.Helper()
	list, err := OpenBreachList(breachFile(t, text))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { list.Close() })
	return list
}

func TestBreachList(t *testing.T) {
	var passwords []string
	for i := range 1000 {
		passwords = append(passwords, fmt.Sprint("password", i))
	}
	for name, text := range map[string]string{
		"as downloaded":      strings.Join(breachLines(passwords...), "\r\n") + "\r\n",
		"without line break": strings.Join(breachLines(passwords...), "\n"),
		"in lower case":      strings.ToLower(strings.Join(breachLines(passwords...), "\n")) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			list := openBreachList(t, text)
			for _, password := range passwords {
				if has, err := list.Has(password); !has || err != nil {
					t.Errorf("%s: %v, %v", password, has, err)
				}
				if has, err := list.Has(password + "!"); has || err != nil {
					t.Errorf("%s!: %v, %v", password, has, err)
				}
			}
		})
	}
	for _, few := range [][]string{{"only"}, {"one", "two"}, {"one", "two", "three"}} {
		list := openBreachList(t, strings.Join(breachLines(few...), "\n"))
		for _, password := range few {
			if has, err := list.Has(password); !has || err != nil {
				t.Errorf("%s of %v: %v, %v", password, few, has, err)
			}
		}
		if has, err := list.Has("none of them"); has || err != nil {
			t.Errorf("%v has another: %v", few, err)
		}
	}
	bare := openBreachList(t, breachLines("bare")[0][:40]+"\n")
	if has, err := bare.Has("bare"); !has || err != nil {
		t.Errorf("without a count: %v, %v", has, err)
	}
}

func TestBreachListRefuses(t *testing.T) {
	many := breachLines(slices.Repeat([]string{"a", "b", "c", "d", "e", "f", "g", "h"}, 20)...)
	slices.Reverse(many)
	good := strings.Join(breachLines("a", "b", "c"), "\n")
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "is empty"},
		"words":              {"password\n123456\nqwerty\n", "a line that is no SHA-1 hash at byte 0"},
		"NTLM":               {"32ED87BDB5FDC5E9CBA88547376818D4:24230577\n", "no SHA-1 hash at byte 0"},
		"ordered by count":   {strings.Join(many, "\n"), "not in the order of its hashes"},
		"a zip":              {"PK\x03\x04" + strings.Repeat("\x00", 5000), "no SHA-1 hash"},
		"one long line":      {strings.Repeat("A", 5000), "no SHA-1 hash"},
		"a count of letters": {good + "x", "no SHA-1 hash at byte"},
		"an empty line":      {good + "\n\n", "no SHA-1 hash at byte"},
		"a header":           {"hash,count\n" + good, "no SHA-1 hash at byte 0"},
	} {
		if _, err := OpenBreachList(breachFile(t, c.text)); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "breached.txt") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenBreachList(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no file") {
		t.Errorf("a folder: %v", err)
	}
	if _, err := OpenBreachList(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What goes wrong while the list is in use is an error, not an answer.
func TestBreachListFails(t *testing.T) {
	text := strings.Join(breachLines("a", "b", "c"), "\n")
	list := openBreachList(t, text)
	list.Close()
	if _, err := list.Has("a"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	list = &BreachList{name: "list", file: strings.NewReader(text[:60]), size: int64(len(text))}
	if _, err := list.Has("zzz"); err == nil {
		t.Error("a list that became shorter answers")
	}
	p := New(newWorld(t), Options{Params: cheap(), Breached: list})
	if _, err := p.Hash(t.Context(), "correct horse"); err == nil || !strings.Contains(err.Error(), "list") {
		t.Errorf("a password is set: %v", err)
	}
}

// counting counts what is read.
type counting struct {
	io.ReaderAt
	reads, bytes int
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	c.reads++
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, at)
}

// endless is a list of as many lines as fit into its size: hash number i is i, in order.
type endless struct{ size int64 }

const endlessLine = 41

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		if at+int64(i) >= e.size {
			return i, io.EOF
		}
		line, column := (at+int64(i))/endlessLine, (at+int64(i))%endlessLine
		p[i] = '\n'
		if column < 40 {
			p[i] = fmt.Sprintf("%015X%s", line<<20, strings.Repeat("0", 25))[column]
		}
	}
	return len(p), nil
}

// The size of the list costs next to nothing.
func TestBreachListIsBounded(t *testing.T) {
	file := &counting{ReaderAt: endless{60 << 30 / endlessLine * endlessLine}}
	list := &BreachList{name: "endless", file: file, size: file.ReaderAt.(endless).size}
	for _, password := range []string{"a", "b", "c"} {
		if has, err := list.Has(password); has || err != nil {
			t.Errorf("%s: %v, %v", password, has, err)
		}
	}
	if file.reads > 3*40 || file.bytes > 3*40*2*breachLine {
		t.Errorf("three searches read %d times, %d bytes", file.reads, file.bytes)
	}
}

func FuzzBreachList(f *testing.F) {
	f.Add([]byte(strings.Join(breachLines("a", "b", "c"), "\r\n")), "a")
	f.Add([]byte("\n\n\n"), "b")
	f.Fuzz(func(t *testing.T, text []byte, password string) {
		list := &BreachList{name: "fuzz", file: bytes.NewReader(text), size: int64(len(text))}
		has, err := list.Has(password)
		want := fmt.Sprintf("%X", sha1.Sum([]byte(password)))
		if has && err == nil && !strings.Contains(strings.ToUpper(string(text)), want) {
			t.Errorf("%q is said to have %q", text, password)
		}
		_ = list.look()
	})
}
