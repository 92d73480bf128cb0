package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// admit lets a request through to its operation: whoever calls must be known before anything
// of the body is read.
func (r *routes) admit(ctx huma.Context, next func(huma.Context)) {
	req, w := humago.Unwrap(ctx)
	op := ctx.Operation()
	if has := req.Header.Values("If-None-Match"); len(has) > 0 && (req.Method == http.MethodGet || req.Method == http.MethodHead) {
		w = &conditional{ResponseWriter: w, has: strings.Join(has, ",")}
	}
	c, err := r.admitted(w, req, op.OperationID)
	if err != nil {
		r.server.refuse(w, req, err)
		return
	}
	carryOut := func(w http.ResponseWriter) {
		next(humago.NewContext(op, req.WithContext(context.WithValue(req.Context(), callKey{}, c)), w))
	}
	if req.Method != http.MethodPost || len(req.Header.Values(headerOnce)) == 0 {
		carryOut(w)
		return
	}
	if err := r.once(w, c, op.OperationID, carryOut); err != nil {
		r.server.refuse(w, req, err)
	}
}

func (r *routes) admitted(w http.ResponseWriter, req *http.Request, operation string) (*call, error) {
	if err := checkQuery(req.URL.RawQuery); err != nil {
		return nil, err
	}
	who, err := r.server.Callers.Bearer(req)
	if err != nil {
		return nil, err
	}
	c := &call{request: req, who: who, desk: r.server.Office.For(who.Caller)}
	if c.was, err = r.condition(req, operation); err != nil {
		return nil, err
	}
	c.desk = c.desk.If(c.was)
	read, reads := r.bodies[operation]
	switch {
	case !reads && (req.Method == http.MethodGet || req.Method == http.MethodHead):
		return c, nil
	case !reads:
		return c, noBody(w, req)
	}
	if err := checkType(req, read.types); err != nil {
		return nil, err
	}
	c.body, err = readAll(w, req, read.most)
	return c, err
}

// checkQuery refuses a query that can be read in more than one way. What is in it is for the
// operation to say.
func checkQuery(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return malformed("the query of the address cannot be read: percent-encode what is in it")
	}
	for _, name := range sortedNames(values) {
		if len(values[name]) > 1 {
			return malformed("the parameter "+short(name)+" is there twice", api.FieldError{Field: short(name), Detail: "it is there twice"})
		}
	}
	return nil
}

// noBody refuses to leave unread what somebody means. Clients that always send an object may.
func noBody(w http.ResponseWriter, req *http.Request) error {
	text, err := readAll(w, req, maxBody)
	if err != nil {
		return err
	}
	if text = bytes.TrimSpace(text); len(text) > 0 && string(text) != "{}" {
		return malformed("this operation takes no body")
	}
	return nil
}

// condition gives the version that the request is made on. What has none cannot be as it
// was seen (RFC 9110 section 13.1.1).
func (r *routes) condition(req *http.Request, operation string) (admin.Version, error) {
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		return "", nil
	}
	was, err := version(strings.Join(req.Header.Values(headerIfMatch), ", "))
	if err == nil && was != "" && !r.conditional[operation] {
		return "", &failure{Problem: problem(http.StatusPreconditionFailed, api.ProblemStale, "what this operation changes has no version: leave If-Match out")}
	}
	return was, err
}

// checkType refuses a body of another type. One that says nothing is of the usual type.
func checkType(req *http.Request, types []string) error {
	if coding := req.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return wrongType("send the body as it is, without a Content-Encoding")
	}
	given := req.Header.Get("Content-Type")
	if given == "" {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(types, kind) {
		return wrongType("send " + strings.Join(types, " or "))
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return wrongType("send the body in UTF-8")
	}
	return nil
}

func wrongType(detail string) error {
	return &failure{Problem: problem(http.StatusUnsupportedMediaType, api.ProblemType, detail)}
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
	if err := readable(text); err != nil {
		return err
	}
	*into = bytes.Clone(text)
	return nil
}
