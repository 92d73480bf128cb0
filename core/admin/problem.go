package admin

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// Problem is one mistake in an input.
type Problem struct {
	// Field names the input: "name", "email", "redirect_uris", ...; empty where
	// the whole is refused.
	Field string
	// Text says what is wrong and Hint what to do, both in lower case without a
	// full stop. Hint may be empty.
	Text string
	Hint string
	// Taken says that the value is right, but somebody else has it.
	Taken bool
	// Kind and Limit say the same for a page, which has words of its own. Kind is empty
	// where no page asks for such a field.
	Kind  core.FieldProblemKind
	Limit int // as of [core.FieldProblem]
}

// Sentence gives the problem as it is shown beside a form's field.
func (p Problem) Sentence() string {
	text := sentence(p.Text)
	if p.Hint != "" {
		text += " " + sentence(p.Hint)
	}
	return text
}

func sentence(s string) string { return Capital(s) + "." }

// Capital begins a sentence with a capital, unless it begins with the name of something,
// like a file or a claim.
func Capital(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(strings.TrimRight(word, ":"), "._/:=") {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// InvalidError holds every mistake of an input, at least one. Nothing was
// changed. It is a [core.ErrConflict] if one of them is that a name is taken.
type InvalidError struct{ Problems []Problem }

func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		texts[i] = p.Text
	}
	return strings.Join(texts, "; ")
}

// Is reports whether target is [core.ErrConflict] and a name is taken.
func (e *InvalidError) Is(target error) bool {
	if target != core.ErrConflict {
		return false
	}
	for _, p := range e.Problems {
		if p.Taken {
			return true
		}
	}
	return false
}

// MissingError says that what was named does not exist. It is a
// [core.ErrNotFound].
type MissingError struct {
	What string // "user", "group", "client", "organisation", "plugin", "plugin instance", "connector", "session", ...
	Name string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("there is no %s %q", e.What, e.Name)
}

// Is reports whether target is [core.ErrNotFound].
func (e *MissingError) Is(target error) bool { return target == core.ErrNotFound }

// problems gathers the mistakes of one input.
type problems []Problem

func (p *problems) add(field, hint, format string, args ...any) *Problem {
	*p = append(*p, Problem{Field: field, Text: fmt.Sprintf(format, args...), Hint: hint})
	return &(*p)[len(*p)-1]
}

// join adds those of another check.
func (p *problems) join(err error) {
	if wrong, ok := errors.AsType[*InvalidError](err); ok {
		*p = append(*p, wrong.Problems...)
	}
}

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return &InvalidError{Problems: p}
}

func invalid(field, hint, format string, args ...any) error {
	var p problems
	p.add(field, hint, format, args...)
	return p.err()
}

// taken says that what ("user name") is somebody else's.
func taken(field, what, value string) error {
	return &InvalidError{Problems: []Problem{{
		Field: field, Text: fmt.Sprintf("the %s %q is taken", what, value), Hint: "choose another one", Taken: true, Kind: core.FieldTaken,
	}}}
}
