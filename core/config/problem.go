package config

import (
	"errors"
	"io/fs"
	"strings"
)

// Problem is one mistake, in lower case without a full stop.
type Problem struct {
	Where string // "--listen", "POSTERN_LISTEN", "postern.toml:3"
	Text  string
	Hint  string // what to do; may be empty
}

func (p Problem) String() string { return p.Where + ": " + p.Text }

// Error holds every mistake of a configuration, at least one.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.String()
	}
	return strings.Join(texts, "; ")
}

// reason gives the bare cause of a file error: its path stands beside it.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}
