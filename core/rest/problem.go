package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/sdk/api"
)

// PathProblems is where the kinds of problems are explained.
const PathProblems = "/problems"

const typeProblem = "application/problem+json"

// failure is a problem as an error, with what belongs into the answer's header.
type failure struct {
	api.Problem
	header http.Header
}

// GetStatus, GetHeaders and ContentType are what huma asks for.
func (f *failure) GetStatus() int                 { return f.Status }
func (f *failure) GetHeaders() http.Header        { return f.header }
func (f *failure) ContentType(asks string) string { return typeProblem }

func problem(status int, kind, detail string, wrong ...api.FieldError) api.Problem {
	return api.Problem{Type: PathProblems + "/" + kind, Title: titles()[kind], Status: status, Detail: detail, Errors: wrong}
}

func malformed(detail string, wrong ...api.FieldError) error {
	return &failure{Problem: problem(http.StatusBadRequest, api.ProblemMalformed, detail, wrong...)}
}

func invalid(wrong ...api.FieldError) error {
	details := make([]string, len(wrong))
	for i, w := range wrong {
		details[i] = w.Detail
	}
	return &failure{Problem: problem(http.StatusUnprocessableEntity, api.ProblemInvalid, strings.Join(details, "; "), wrong...)}
}

// titles say what the kinds of problems are, in a few words.
func titles() map[string]string {
	return map[string]string{
		api.ProblemInvalid:      "The request says what cannot be",
		api.ProblemMalformed:    "The request cannot be read",
		api.ProblemUnauthorized: "There is no token that is worth anything",
		api.ProblemDenied:       "The holder of the token may not do this",
		api.ProblemMissing:      "There is no such thing",
		api.ProblemMethod:       "The path does not take this method",
		api.ProblemConflict:     "It is not as the request takes it to be",
		api.ProblemStale:        "Somebody else changed it since it was read",
		api.ProblemManaged:      "A file manages it",
		api.ProblemLarge:        "The body is too large",
		api.ProblemType:         "The body is of another type than the operation takes",
		api.ProblemLimit:        "There are as many as there may be",
		api.ProblemCarriedOut:   "The request was carried out, but its answer is lost",
		api.ProblemBusy:         "A request with the same Idempotency-Key is not answered yet",
		api.ProblemReused:       "The Idempotency-Key was used for another request",
		api.ProblemThrottled:    "There are too many requests",
		api.ProblemFailed:       "The server failed",
		api.ProblemUnavailable:  "The server is busy",
		api.ProblemSlow:         "The body did not arrive in full and in time",
	}
}

// problemOf says what is wrong, in words that may be told. ok is false for failures of the
// server.
func problemOf(err error) (f *failure, ok bool) {
	var (
		wrong   *admin.InvalidError
		missing *admin.MissingError
		stale   *admin.StaleError
		denied  *desk.DeniedError
		refused *bearer.Refused
		held    *admin.ManagedError
	)
	switch {
	case errors.As(err, &f):
		return f, true
	case errors.As(err, &refused):
		return refusedProblem(refused), refused.Refusal.Status < http.StatusInternalServerError
	case errors.As(err, &wrong):
		return &failure{Problem: problem(http.StatusUnprocessableEntity, api.ProblemInvalid, wrong.Error(), fieldErrors(wrong)...)}, true
	case errors.As(err, &missing):
		return &failure{Problem: problem(http.StatusNotFound, api.ProblemMissing, missing.Error())}, true
	case errors.As(err, &denied):
		return &failure{Problem: problem(http.StatusForbidden, api.ProblemDenied, denied.Error())}, true
	case errors.As(err, &stale):
		return staleProblem(stale), true
	case errors.Is(err, core.ErrTaken):
		return inProgress(), true
	case errors.As(err, &held):
		return managedProblem(held), true
	case errors.Is(err, core.ErrLimit):
		return &failure{Problem: problem(http.StatusConflict, api.ProblemLimit, "")}, true
	case errors.Is(err, core.ErrConflict):
		return &failure{Problem: problem(http.StatusConflict, api.ProblemConflict, "")}, true
	case errors.Is(err, core.ErrNotFound):
		return &failure{Problem: problem(http.StatusNotFound, api.ProblemMissing, "")}, true
	}
	return &failure{Problem: problem(http.StatusInternalServerError, api.ProblemFailed, "")}, false
}

// staleProblem says what the version is now, also as the ETag that it is.
func staleProblem(stale *admin.StaleError) *failure {
	f := &failure{Problem: problem(http.StatusPreconditionFailed, api.ProblemStale, stale.Error()), header: http.Header{}}
	if f.Version = string(stale.Current); f.Version != "" {
		f.header.Set("ETag", entityTag(f.Version))
	}
	return f
}

// managedProblem says which file has to be changed instead.
func managedProblem(held *admin.ManagedError) *failure {
	told := problem(http.StatusConflict, api.ProblemManaged, held.Error(), api.FieldError{Detail: held.Error(), Hint: held.Hint()})
	told.Managed = &api.ManagedBy{Kind: string(held.Kind), Name: held.Name, Source: held.Source, File: held.File}
	return &failure{Problem: told}
}

func refusedProblem(refused *bearer.Refused) *failure {
	status, kind := refused.Refusal.Status, api.ProblemDenied
	switch {
	case status == http.StatusUnauthorized:
		kind = api.ProblemUnauthorized
	case status == http.StatusBadRequest:
		kind = api.ProblemMalformed
	case status == http.StatusTooManyRequests:
		kind = api.ProblemThrottled
	case status >= http.StatusInternalServerError:
		return &failure{Problem: problem(status, api.ProblemFailed, "")}
	}
	f := &failure{Problem: problem(status, kind, refused.Refusal.Description), header: http.Header{}}
	refused.WriteHeaders(f.header)
	return f
}

func fieldErrors(wrong *admin.InvalidError) []api.FieldError {
	errs := make([]api.FieldError, len(wrong.Problems))
	for i, p := range wrong.Problems {
		errs[i] = api.FieldError{Field: p.Field, Detail: p.Text, Hint: p.Hint}
	}
	return errs
}

// within says of members that a desk names that they are those of an object inside the
// request.
func within(err error, prefix string, members ...string) error {
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		return err
	}
	moved := &admin.InvalidError{Problems: slices.Clone(wrong.Problems)}
	for i := range moved.Problems {
		p := &moved.Problems[i]
		if first, _, _ := strings.Cut(p.Field, "."); slices.Contains(members, first) {
			p.Field = prefix + "." + p.Field
		}
	}
	return moved
}

// below says the same of all members that this package found wrong.
func below(err error, prefix string) error {
	wrong, ok := errors.AsType[*failure](err)
	if !ok {
		return err
	}
	moved := *wrong
	moved.Errors = slices.Clone(wrong.Errors)
	for i := range moved.Errors {
		moved.Errors[i].Field = prefix + "." + moved.Errors[i].Field
	}
	return &moved
}

// tell turns an error into one that huma may answer with; failures are logged.
func (s *Server) tell(r *http.Request, err error) *failure {
	f, known := problemOf(err)
	f.Instance = reference(r.Context())
	if !known {
		s.Logger.Error("request failed", slog.String("path", r.Pattern), slog.Any("cause", err), slog.String("correlation", f.Instance))
	}
	return f
}

func reference(ctx context.Context) string { return bearer.OriginOf(ctx).Correlation }

// refuse answers what no operation answered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := s.tell(r, err)
	for name, values := range f.header {
		w.Header()[name] = values
	}
	writeJSON(w, typeProblem, f.Status, f.Problem)
}

// plain is a [huma.Transformer] that takes care that nothing but problems of this package is
// answered: what huma finds wrong with parameters becomes one, without the values that it
// would repeat.
func plain(ctx huma.Context, _ string, value any) (any, error) {
	switch e := value.(type) {
	case *failure:
		return e.Problem, nil
	case *huma.ErrorModel:
		return parameterProblem(ctx, e), nil
	}
	return value, nil
}

func parameterProblem(ctx huma.Context, e *huma.ErrorModel) api.Problem {
	kind := api.ProblemInvalid
	switch e.Status {
	case http.StatusUnprocessableEntity:
	case http.StatusInternalServerError:
		kind = api.ProblemFailed
	default:
		kind = api.ProblemMalformed
	}
	told := problem(e.Status, kind, "")
	if kind != api.ProblemFailed {
		var details []string
		for _, one := range e.Errors {
			_, field, _ := strings.Cut(one.Location, ".")
			field = short(field)
			told.Errors = append(told.Errors, api.FieldError{Field: field, Detail: one.Message})
			details = append(details, field+": "+one.Message)
		}
		told.Detail = strings.Join(details, "; ")
	}
	told.Instance = reference(ctx.Context())
	return told
}

// renamed says of a member that it has another name here than where it was found wrong.
func renamed(err error, from, to string) error {
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		return err
	}
	moved := &admin.InvalidError{Problems: slices.Clone(wrong.Problems)}
	for i := range moved.Problems {
		if moved.Problems[i].Field == from {
			moved.Problems[i].Field = to
		}
	}
	return moved
}
