package authn

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/postern-id/postern/core"
)

// Bounds of a password (NIST SP 800-63B section 3.1.1.2). All of it counts:
// nothing is cut off.
const (
	MinCharacters = 8
	MaxBytes      = 1024
)

// RuleError says that a password breaks the rules.
type RuleError struct {
	problem string
	kind    core.FieldProblemKind
	limit   int
}

func (e *RuleError) Error() string { return "password refused: " + e.problem }

// PasswordProblem says what is wrong, in lower case and without a full stop.
func (e *RuleError) PasswordProblem() string { return e.problem }

// FieldProblem says it for a page, which has words of its own.
func (e *RuleError) FieldProblem() core.FieldProblem {
	return core.FieldProblem{Field: "password", Kind: e.kind, Limit: e.limit}
}

var errUnpreparable = errors.New("not a password")

// Check says whether a password may be set.
func Check(password string) error {
	_, err := check(password)
	return err
}

func check(password string) (prepared string, err error) {
	if len(password) > MaxBytes {
		return "", &RuleError{fmt.Sprintf("the password is longer than %d bytes", MaxBytes), core.FieldLong, MaxBytes}
	}
	// Length first: nothing at all is too short rather than malformed.
	if utf8.RuneCountInString(password) < MinCharacters {
		return "", tooShort()
	}
	prepared, err = prepare(password)
	if err != nil {
		return "", &RuleError{"the password has characters that cannot be typed reliably, such as control characters", core.FieldText, 0}
	}
	if utf8.RuneCountInString(prepared) < MinCharacters {
		return "", tooShort()
	}
	return prepared, nil
}

func tooShort() error {
	return &RuleError{fmt.Sprintf("the password has fewer than %d characters", MinCharacters), core.FieldShort, MinCharacters}
}

// prepare gives the form in which a password is hashed: one password that two
// keyboards compose differently is the same (RFC 8265 section 4, OpaqueString).
// Control characters, NUL among them, are in no password.
func prepare(password string) (string, error) {
	// Package precis would replace what is not UTF-8 and so make passwords equal
	// that are not.
	if password == "" || len(password) > MaxBytes || !utf8.ValidString(password) {
		return "", errUnpreparable
	}
	prepared, err := precis.OpaqueString.String(password)
	if err != nil {
		return "", errUnpreparable
	}
	return prepared, nil
}
