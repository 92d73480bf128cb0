package api

// Prefix is where the paths of the API begin.
const Prefix = "/api/v1"

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items" doc:"At most as many as were asked for."`
	// Next is empty at the end of the list.
	Next string `json:"next,omitempty" doc:"Give it as after for the next page; absent on the last one."`
}

// Problem says why a request was not carried out (RFC 9457). It is an error.
type Problem struct {
	Type     string       `json:"type" doc:"A path with words about the kind of problem: /problems/NAME."`
	Title    string       `json:"title" doc:"The kind of problem in a few words."`
	Status   int          `json:"status" doc:"The status of the answer."`
	Detail   string       `json:"detail,omitempty" doc:"What is wrong this time."`
	Instance string       `json:"instance,omitempty" doc:"The reference of the request, as in the server's log."`
	Errors   []FieldError `json:"errors,omitempty" doc:"What is wrong with which member."`
	Version  string       `json:"version,omitempty" doc:"Of 412: the version that the object has now, if it is known."`
	Managed  *ManagedBy   `json:"managed,omitempty" doc:"Which file manages what was to be changed."`
}

// ManagedBy says which file manages an object.
type ManagedBy struct {
	Kind   string `json:"kind,omitempty"`
	Name   string `json:"name,omitempty"`
	Source string `json:"source" doc:"How the file is known."`
	File   string `json:"file,omitempty" doc:"What it was called."`
}

// FieldError is one mistake of a request.
type FieldError struct {
	Field  string `json:"field" doc:"The member: profile.phone, redirect_uris; empty where it is the whole."`
	Detail string `json:"detail" doc:"What is wrong with it."`
	Hint   string `json:"hint,omitempty" doc:"What to do."`
}

// Kinds of problems: the last part of [Problem.Type].
const (
	ProblemInvalid      = "invalid"       // 422: the request says what cannot be
	ProblemMalformed    = "malformed"     // 400: the request cannot be read
	ProblemUnauthorized = "unauthorized"  // 401: there is no token that is worth anything
	ProblemDenied       = "denied"        // 403: the token's holder may not
	ProblemMissing      = "missing"       // 404
	ProblemMethod       = "method"        // 405
	ProblemConflict     = "conflict"      // 409
	ProblemStale        = "stale"         // 412: somebody else changed it since
	ProblemLarge        = "too-large"     // 413
	ProblemType         = "type"          // 415: the body is of another type than the operation takes
	ProblemManaged      = "managed"       // 409: a file manages it
	ProblemLimit        = "limit"         // 409: there are as many as there may be
	ProblemCarriedOut   = "carried-out"   // 409: a request with the same Idempotency-Key was carried out, but its answer is lost
	ProblemBusy         = "in-progress"   // 409: a request with the same Idempotency-Key is not yet answered
	ProblemReused       = "key-reused"    // 422: the Idempotency-Key was used for another request
	ProblemThrottled    = "throttled"     // 429
	ProblemFailed       = "failed"        // 500
	ProblemUnavailable  = "unavailable"   // 503
	ProblemSlow         = "body-too-slow" // 408
)

// Error gives what is wrong, with what belongs to which member.
func (p *Problem) Error() string {
	switch {
	case p.Detail != "":
		return p.Detail
	case len(p.Errors) > 0:
		return p.Errors[0].Field + ": " + p.Errors[0].Detail
	}
	return p.Title
}
