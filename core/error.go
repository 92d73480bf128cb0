package core

import (
	"errors"
	"fmt"
)

// What a store reports. Compare with errors.Is.
var (
	// ErrNotFound says that the row does not exist.
	ErrNotFound = errors.New("not found")
	// ErrAmbiguous is an [ErrNotFound]: two organisations have the login, one of them
	// for somebody with a password here, and nobody said which is meant.
	ErrAmbiguous = fmt.Errorf("%w: it is the login of several", ErrNotFound)
	// ErrConflict says that the row exists already, or that a condition of the
	// change no longer holds: a code was used, a refresh token was rotated. None
	// of the changes applied with it has happened.
	ErrConflict = errors.New("conflict")
	// ErrTaken says that another one carries a request out: see [CarryOut].
	ErrTaken = errors.New("another request with the same key carries it out")
	// ErrStale is an [ErrConflict]: somebody else changed the row since it was read.
	ErrStale = fmt.Errorf("%w: it was changed since", ErrConflict)
	// ErrLimit says that there are as many as there may be.
	ErrLimit = errors.New("limit reached")
)

// TakenAssertion is what a [ConflictError] of [UseAssertion] names.
const TakenAssertion = "client assertion"

// ConflictError names what is taken. It is an [ErrConflict].
type ConflictError struct {
	What string // "user name", "e-mail address", "client name", ...
}

func (e *ConflictError) Error() string        { return e.What + " is taken" }
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }
