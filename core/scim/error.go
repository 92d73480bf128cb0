package scim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// Error is a refusal as the client gets it (RFC 7644 section 3.12).
type Error struct {
	Status int
	Type   string // scimType; empty where the standard has none
	Detail string // a sentence for the client's developer
	cause  error  // for the log; nil for what is the client's fault
	allow  string // methods that the address takes, with status 405
}

func (e *Error) Error() string { return e.Detail }

func (e *Error) Unwrap() error { return e.cause }

// Values of scimType (RFC 7644 section 3.12).
const (
	typeInvalidFilter = "invalidFilter"
	typeTooMany       = "tooMany"
	typeUniqueness    = "uniqueness"
	typeMutability    = "mutability"
	typeInvalidSyntax = "invalidSyntax"
	typeInvalidPath   = "invalidPath"
	typeNoTarget      = "noTarget"
	typeInvalidValue  = "invalidValue"
)

// refuse makes a refusal of status 400.
func refuse(kind, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Type: kind, Detail: fmt.Sprintf(format, args...)}
}

func missing(what, name string) *Error {
	return &Error{Status: http.StatusNotFound, Detail: fmt.Sprintf("There is no %s %q.", what, cut(name))}
}

func unchanged() *Error {
	return &Error{Status: http.StatusPreconditionFailed, Detail: "The resource was changed since it was read. Nothing was changed now."}
}

// errorOf says what a client is told of an error, most of which come from the desk.
func errorOf(err error) *Error {
	if refusal, is := errors.AsType[*Error](err); is {
		return refusal
	}
	if wrong, is := errors.AsType[*admin.InvalidError](err); is {
		return invalidInput(wrong)
	}
	if denied, is := errors.AsType[*desk.DeniedError](err); is {
		return &Error{Status: http.StatusForbidden, Detail: sentence(denied.Error())}
	}
	if held, is := errors.AsType[*admin.ManagedError](err); is {
		return &Error{Status: http.StatusConflict, Type: typeMutability, Detail: sentence(held.Error() + ": a file says what it is like. Who is in it, it does not say")}
	}
	switch {
	case errors.Is(err, core.ErrNotFound):
		return &Error{Status: http.StatusNotFound, Detail: sentence(err.Error())}
	case errors.Is(err, core.ErrStale):
		return unchanged()
	case errors.Is(err, core.ErrLimit):
		return &Error{Status: http.StatusConflict, Detail: "There are as many as there may be."}
	case errors.Is(err, core.ErrConflict):
		return &Error{Status: http.StatusConflict, Type: typeUniqueness, Detail: sentence(err.Error())}
	}
	return &Error{Status: http.StatusInternalServerError, Detail: "The server failed. Try again later.", cause: err}
}

func invalidInput(wrong *admin.InvalidError) *Error {
	texts := make([]string, len(wrong.Problems))
	for i, problem := range wrong.Problems {
		texts[i] = problem.Sentence()
	}
	refusal := refuse(typeInvalidValue, "%s", strings.Join(texts, " "))
	if errors.Is(wrong, core.ErrConflict) {
		refusal.Status, refusal.Type = http.StatusConflict, typeUniqueness
	}
	return refusal
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// document is the error as it is written.
func (e *Error) document() object {
	document := object{"schemas": []any{urnError}, "status": strconv.Itoa(e.Status), "detail": e.Detail}
	if e.Type != "" {
		document["scimType"] = e.Type
	}
	return document
}
