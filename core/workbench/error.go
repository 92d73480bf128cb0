package workbench

import (
	"errors"
	"fmt"
	"io/fs"
)

// Error says what is wrong, and what to do about it.
type Error struct {
	What   string
	Advice string
	Err    error // may be nil
}

func (e *Error) Error() string { return e.What }

func (e *Error) Unwrap() error { return e.Err }

// Hint is the advice.
func (e *Error) Hint() string { return e.Advice }

func wrong(advice, format string, args ...any) error {
	return &Error{What: fmt.Sprintf(format, args...), Advice: advice}
}

// bare takes the path off an error that is shown beside it.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
