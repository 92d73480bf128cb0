package scim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/postern-id/postern/core/strict"
)

// readBody reads a JSON object of a request.
func readBody(w http.ResponseWriter, r *http.Request) (object, error) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, &Error{Status: http.StatusUnsupportedMediaType, Detail: "The body is to be of the type " + contentType + "."}
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, exceeded := errors.AsType[*http.MaxBytesError](err); exceeded {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Detail: "The body is larger than what this address takes."}
	}
	if err != nil {
		return nil, refuse(typeInvalidSyntax, "The body did not arrive in full and in time.")
	}
	return readJSON(data)
}

// isJSON reports whether a body of the type is read; one of no type is.
func isJSON(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	kind = strings.TrimSpace(kind)
	return kind == "" || strings.EqualFold(kind, contentType) || strings.EqualFold(kind, "application/json")
}

// readJSON reads a JSON object in which no member is there twice, in whatever capitals.
func readJSON(data []byte) (object, error) {
	if _, err := strict.Members(data); err != nil {
		return nil, refuse(typeInvalidSyntax, "The body is no JSON object as it should be: %s.", err)
	}
	var body object
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, refuse(typeInvalidSyntax, "The body is no JSON object as it should be: %s.", err)
	}
	return body, checkNames(body)
}

// checkNames refuses members whose names differ by their capitals alone: names of attributes
// compare without.
func checkNames(value any) error {
	switch value := value.(type) {
	case []any:
		for _, element := range value {
			if err := checkNames(element); err != nil {
				return err
			}
		}
	case object:
		seen := map[string]bool{}
		for name, part := range value {
			if seen[fold(name)] {
				return refuse(typeInvalidSyntax, "The member %q is there twice.", cut(name))
			}
			seen[fold(name)] = true
			if err := checkNames(part); err != nil {
				return err
			}
		}
	}
	return nil
}
