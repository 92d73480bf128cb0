package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/postern-id/postern/core/strict"
	"github.com/postern-id/postern/sdk/api"
)

// admit lets a request through to its operation: whoever calls must be known before anything
// of the body is read.
func (r *routes) admit(ctx huma.Context, next func(huma.Context)) {
	req, w := humago.Unwrap(ctx)
	op := ctx.Operation()
	c, err := r.admitted(w, req, op.OperationID)
	if err != nil {
		r.server.refuse(w, req, err)
		return
	}
	carryOut := func(w http.ResponseWriter) {
		next(humago.NewContext(op, req.WithContext(context.WithValue(req.Context(), callKey{}, c)), w))
	}
	if req.Method != http.MethodPost || req.Header.Get(headerOnce) == "" {
		carryOut(w)
		return
	}
	if err := r.once(w, c, op.OperationID, carryOut); err != nil {
		r.server.refuse(w, req, err)
	}
}

func (r *routes) admitted(w http.ResponseWriter, req *http.Request, operation string) (*call, error) {
	for _, values := range req.URL.Query() {
		if len(values) > 1 {
			return nil, malformed("a parameter is there twice")
		}
	}
	who, err := r.server.Callers.Bearer(req)
	if err != nil {
		return nil, err
	}
	c := &call{request: req, who: who, desk: r.server.Office.For(who.Caller)}
	read, reads := r.bodies[operation]
	if !reads {
		return c, nil
	}
	if err := checkType(req, read.types); err != nil {
		return nil, err
	}
	c.body, err = readAll(w, req, read.most)
	return c, err
}

// checkType refuses a body of another type. One that says nothing is of the usual type.
func checkType(req *http.Request, types []string) error {
	given := req.Header.Get("Content-Type")
	if given == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(types, kind) {
		return &failure{Problem: problem(http.StatusUnsupportedMediaType, api.ProblemType, "send "+strings.Join(types, " or "))}
	}
	return nil
}

func readAll(w http.ResponseWriter, req *http.Request, most int64) ([]byte, error) {
	if req.ContentLength > most {
		// Else net/http would read what it announced before it answers.
		w.Header().Set("Connection", "close")
		return nil, tooLarge()
	}
	read, err := io.ReadAll(http.MaxBytesReader(w, req.Body, most))
	if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, &failure{Problem: problem(http.StatusRequestTimeout, api.ProblemSlow, "")}
	}
	return read, nil
}

func tooLarge() error {
	return &failure{Problem: problem(http.StatusRequestEntityTooLarge, api.ProblemLarge, "")}
}

// decodePatch reads a merge patch: an object that can be read in one way only.
func decodePatch(text []byte, into *api.Patch) error {
	if _, err := strict.Members(text); err != nil {
		return malformed("the body is no JSON object that can be read: " + unnamed(err))
	}
	*into = bytes.Clone(text)
	return nil
}
