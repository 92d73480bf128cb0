package authn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/postern-id/postern/core"
)

// Bounds of a password (NIST SP 800-63B section 3.1.1.2). All of it counts:
// nothing is cut off. An organisation may ask for more characters.
const (
	MinCharacters = 8
	MaxBytes      = 1024
)

// RuleError says that a password breaks the rules.
type RuleError struct {
	Kind  core.FieldProblemKind
	Limit int // characters, of core.FieldShort and core.FieldLong
}

func (e *RuleError) Error() string { return "password refused: " + e.PasswordProblem() }

// PasswordProblem says what is wrong, in English, in lower case and without a full stop.
func (e *RuleError) PasswordProblem() string {
	switch e.Kind {
	case core.FieldShort:
		return fmt.Sprintf("the password has fewer than %d characters", e.Limit)
	case core.FieldLong:
		return fmt.Sprintf("the password is longer than %d bytes", e.Limit)
	case core.FieldName:
		return "the password is the same as the name or the e-mail address"
	case core.FieldBreached:
		return "the password is on the list of breached passwords, so others try it"
	}
	return "the password has characters that cannot be typed reliably, such as control characters"
}

// FieldProblem says it for a page, which has words of its own.
func (e *RuleError) FieldProblem() core.FieldProblem {
	return core.FieldProblem{Field: "password", Kind: e.Kind, Limit: e.Limit}
}

var errUnpreparable = errors.New("not a password")

// Breached is a list of passwords that are known to thieves.
type Breached interface {
	// Has reports whether the password is on it.
	Has(password string) (bool, error)
}

// HashFor is [Passwords.Hash] of a password of the user, who need not be stored yet: the
// rules of the organisation hold, and what everybody knows of the user is no password.
func (p *Passwords) HashFor(ctx context.Context, user *core.User, password string) (string, error) {
	org, err := p.store.Organisation(ctx, user.Org)
	if err != nil {
		return "", fmt.Errorf("read the organisation: %w", err)
	}
	return p.HashUnder(ctx, org.Rules, user, password)
}

// HashUnder is [Passwords.HashFor] where the rules of the organisation are known, which
// need not be stored yet either.
func (p *Passwords) HashUnder(ctx context.Context, rules core.OrgRules, user *core.User, password string) (string, error) {
	prepared, err := p.check(password, LeastCharacters(rules))
	if err != nil {
		return "", err
	}
	if known(user, prepared) {
		return "", &RuleError{Kind: core.FieldName}
	}
	return p.hashPrepared(ctx, prepared)
}

// LeastCharacters is how many characters a password of the organisation must have.
func LeastCharacters(rules core.OrgRules) int { return max(MinCharacters, rules.PasswordMin) }

// known reports whether the password is what the person is called by.
func known(user *core.User, password string) bool {
	password = alike(password)
	local, _, _ := strings.Cut(user.Email, "@")
	for _, name := range []string{user.Name, user.Email, local, user.Profile.DisplayName} {
		if name != "" && alike(name) == password {
			return true
		}
	}
	return false
}

// check gives the form in which a password that breaks no rule is hashed.
func (p *Passwords) check(password string, least int) (prepared string, err error) {
	prepared, err = check(password, least)
	if err != nil || p.breached == nil {
		return prepared, err
	}
	has, err := p.breached.Has(prepared)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for a password among the known ones: %w", err)
	case has:
		return "", &RuleError{Kind: core.FieldBreached}
	}
	return prepared, nil
}

func check(password string, least int) (prepared string, err error) {
	if len(password) > MaxBytes {
		return "", &RuleError{Kind: core.FieldLong, Limit: MaxBytes}
	}
	// Length first: nothing at all is too short rather than malformed.
	if utf8.RuneCountInString(password) < least {
		return "", &RuleError{Kind: core.FieldShort, Limit: least}
	}
	prepared, err = prepare(password)
	if err != nil {
		return "", &RuleError{Kind: core.FieldText}
	}
	if utf8.RuneCountInString(prepared) < least {
		return "", &RuleError{Kind: core.FieldShort, Limit: least}
	}
	return prepared, nil
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
