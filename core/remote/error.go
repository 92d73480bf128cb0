package remote

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/remote/login"
	"github.com/postern-id/postern/sdk/api"
)

// Error says why a server did not do something, and what can be done.
type Error struct {
	What   string
	Advice string
	Err    error // the cause: an [api.Problem], perhaps with one of core's errors
}

func (e *Error) Error() string { return e.What }

func (e *Error) Unwrap() error { return e.Err }

// Hint is what can be done.
func (e *Error) Hint() string { return e.Advice }

// missing is how a [admin.MissingError] reads.
var missing = regexp.MustCompile(`^there is no ([a-z ]+) (".*")$`)

// told turns an error of a request into the one that a desk here would give.
func (d *Desk) told(err error) error {
	if err == nil {
		return nil
	}
	problem, ok := errors.AsType[*api.Problem](err)
	if !ok {
		return d.unanswered(err)
	}
	switch kind(problem) {
	case api.ProblemInvalid:
		if len(problem.Errors) > 0 {
			return invalid(problem)
		}
	case api.ProblemMissing:
		if parts := missing.FindStringSubmatch(problem.Detail); parts != nil {
			if name, err := strconv.Unquote(parts[2]); err == nil {
				return &admin.MissingError{What: parts[1], Name: name}
			}
		}
		return &Error{d.words(problem), "the server may be of another version than this command", errors.Join(problem, core.ErrNotFound)}
	case api.ProblemUnauthorized:
		return d.unauthorized(problem)
	case api.ProblemDenied:
		return &Error{d.words(problem), "an owner of the server gives roles: see 'postern role grant'", problem}
	case api.ProblemStale:
		return &Error{d.words(problem), "look at how it is now, and do it again", errors.Join(problem, core.ErrStale)}
	case api.ProblemManaged:
		if by := problem.Managed; by != nil {
			kind := core.ManagedKind(by.Kind)
			return &admin.ManagedError{What: kind.Noun(), Name: by.Name, Kind: kind, Source: by.Source, File: by.File}
		}
	case api.ProblemConflict, api.ProblemBusy, api.ProblemCarriedOut:
		return &Error{d.words(problem), "look at how it is now, and do it again", errors.Join(problem, core.ErrConflict)}
	case api.ProblemLimit:
		return &Error{d.words(problem), "", errors.Join(problem, core.ErrLimit)}
	case api.ProblemThrottled:
		return &Error{d.words(problem), "wait a minute, and do it again", problem}
	case api.ProblemFailed, api.ProblemUnavailable:
		return d.failed(problem)
	}
	return d.other(problem)
}

func kind(problem *api.Problem) string {
	_, name, _ := strings.Cut(problem.Type, "/problems/")
	return name
}

// words gives what the server said, as a message of a command line.
func (d *Desk) words(problem *api.Problem) string {
	if problem.Detail != "" {
		return problem.Detail
	}
	return strings.ToLower(problem.Title[:min(len(problem.Title), 1)]) + problem.Title[min(len(problem.Title), 1):]
}

func invalid(problem *api.Problem) error {
	wrong := &admin.InvalidError{}
	for _, e := range problem.Errors {
		wrong.Problems = append(wrong.Problems, admin.Problem{Field: e.Field, Text: e.Detail, Hint: e.Hint})
	}
	return wrong
}

func (d *Desk) unauthorized(problem *api.Problem) error {
	if d.token {
		return &Error{d.server + " does not take the token", "it may have expired or have been revoked; 'postern token create' makes another", problem}
	}
	return login.Over(d.server, problem)
}

func (d *Desk) failed(problem *api.Problem) error {
	e := &Error{d.server + " failed", "look into its log", problem}
	if problem.Instance != "" {
		e.What += ", reference " + problem.Instance
		e.Advice = "look for the reference in its log"
	}
	return e
}

// other is a problem of no kind that is known: most likely no Postern answered.
func (d *Desk) other(problem *api.Problem) error {
	if problem.Detail == "" && problem.Type == "about:blank" {
		return &Error{"there is no REST API at " + d.server + ": " + d.words(problem), "check the address, and that nothing before the server keeps " + api.Prefix + " away", problem}
	}
	return &Error{d.words(problem), "", problem}
}

// unanswered is the error of a request that got no answer, or one that nobody can read.
func (d *Desk) unanswered(err error) error {
	if known, ok := errors.AsType[*login.Error](err); ok {
		return known
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return login.Reach(d.server, err)
	}
	return err
}
