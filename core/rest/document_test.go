package rest_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/rest"
)

// readDocument reads the document as a client does that knows nothing of huma.
var readDocument = sync.OnceValues(func() (*openapi3.T, error) {
	text, err := rest.Document()
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(text)
})

var newRouter = sync.OnceValues(func() (routers.Router, error) {
	document, err := readDocument()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(document)
})

func TestDocument(t *testing.T) {
	document, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || op.Summary == "" || len(op.Tags) == 0 || op.Responses.Default() == nil {
				t.Errorf("%s %s lacks a name, a summary, a tag or its problems", method, path)
			}
			for _, p := range op.Parameters {
				if p.Value.Description == "" {
					t.Errorf("%s: nothing is said about the parameter %s", op.OperationID, p.Value.Name)
				}
			}
			if method == http.MethodPost && !slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "Idempotency-Key" }) {
				t.Errorf("%s takes no Idempotency-Key", op.OperationID)
			}
		}
	}
}

// TestRoutes holds the document and what is answered together: every operation of it is
// there, and asks who calls.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	document, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			filled := strings.NewReplacer("{", "", "}", "").Replace(path)
			w.ask("", method+" "+filled, "").want(http.StatusUnauthorized)
		}
	}
	served := w.ask("", "GET /openapi.json", "").want(http.StatusOK)
	if text, err := rest.Document(); err != nil || string(served.body) != string(text) {
		t.Errorf("what is served is another document: %v", err)
	}
}

// TestDesk holds the operations to the desk: what they say that they are there is.
func TestDesk(t *testing.T) {
	d := reflect.TypeFor[*desk.Desk]()
	ids := map[string]bool{}
	for _, op := range rest.Operations() {
		if ids[op.ID] {
			t.Errorf("there are two operations %s", op.ID)
		}
		ids[op.ID] = true
		for _, name := range op.Desk {
			if _, ok := d.MethodByName(name); !ok {
				t.Errorf("%s: a desk has no method %s", op.ID, name)
			}
		}
	}
}

// conforms holds an answer, and the request if it was carried out, to the document.
func (w *world) conforms(r *http.Request, body string, a answer) {
	w.t.Helper()
	request := r.Clone(r.Context())
	request.Body = io.NopCloser(strings.NewReader(body))
	route, parameters, err := w.router.FindRoute(request)
	if err != nil {
		return // there is no such operation
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
			// Content types are the server's to judge.
			IncludeResponseStatus: true,
		},
	}
	if a.status < 300 {
		if body != "" && request.Header.Get("Content-Type") == "" {
			request.Header.Set("Content-Type", usualType(r.Method))
		}
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			w.t.Errorf("%s %s was carried out, but the document does not allow it: %v", r.Method, r.URL, err)
		}
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(string(a.body))), Options: input.Options,
	})
	if err != nil {
		w.t.Errorf("%s %s: the document does not allow the answer %d %s: %v", r.Method, r.URL, a.status, a.body, err)
	}
}

func usualType(method string) string {
	if method == http.MethodPatch {
		return "application/merge-patch+json"
	}
	return "application/json"
}
