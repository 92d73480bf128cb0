package oauth

import (
	"errors"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Limits of what a request may carry.
const (
	MaxParamsBytes = 64 << 10 // of a query or a form body
	maxParams      = 128
	maxParamName   = 128
)

// Params are the parameters of a request: each has one value, which is not
// empty, holds no NUL and is valid UTF-8. The zero Params has none.
type Params struct{ values url.Values }

// ParseQuery reads a raw query. Its error is an *[Error] with code
// invalid_request: a request that is not understood in full is not understood.
//
// A parameter without a value counts as omitted, and none may be there twice
// (RFC 6749 section 3.1, both MUST).
func ParseQuery(raw string) (Params, error) {
	if len(raw) > MaxParamsBytes {
		return Params{}, Refuse(CodeInvalidRequest, "parameters_too_large", "The request is too large.")
	}
	values := url.Values{}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, err := parsePair(pair)
		if err != nil {
			return Params{}, err
		}
		if seen[name] {
			return Params{}, Refuse(CodeInvalidRequest, "parameter_repeated", "A parameter is there more than once.")
		}
		if seen[name] = true; len(seen) > maxParams {
			return Params{}, Refuse(CodeInvalidRequest, "parameters_too_many", "The request has too many parameters.")
		}
		if value != "" {
			values[name] = []string{value}
		}
	}
	return Params{values}, nil
}

func parsePair(pair string) (name, value string, err error) {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, errName := url.QueryUnescape(rawName)
	value, errValue := url.QueryUnescape(rawValue)
	switch {
	case errName != nil || errValue != nil:
		return "", "", malformed("The request is not percent-encoded correctly.")
	case name == "" || len(name) > maxParamName:
		return "", "", malformed("A parameter has no name, or one that is too long.")
	case !isText(name) || !isText(value):
		return "", "", malformed("A parameter is not UTF-8 text.")
	}
	return name, value, nil
}

func malformed(description string) *Error {
	return Refuse(CodeInvalidRequest, "parameters_malformed", description)
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// ParseForm reads a form body of type application/x-www-form-urlencoded by the
// rules of [ParseQuery]. The status of its error is 413 for a body that is too
// large, else 400.
func ParseForm(contentType string, body []byte) (Params, error) {
	kind, options, err := mime.ParseMediaType(contentType)
	charset, named := options["charset"]
	if err != nil || kind != "application/x-www-form-urlencoded" || named && !strings.EqualFold(charset, "utf-8") {
		return Params{}, Refuse(CodeInvalidRequest, "content_type", "The body must be application/x-www-form-urlencoded.")
	}
	if len(body) > MaxParamsBytes {
		tooLarge := Refuse(CodeInvalidRequest, "body_too_large", "The body is too large.")
		tooLarge.Status = http.StatusRequestEntityTooLarge
		return Params{}, tooLarge
	}
	return ParseQuery(string(body))
}

// ParamsOf wraps values that were parsed before, as a stored authorization
// request has them. Of each name the first value counts, if it is not empty.
func ParamsOf(values url.Values) Params {
	p := Params{url.Values{}}
	for name, list := range values {
		if len(list) > 0 && list[0] != "" {
			p.values[name] = list[:1:1]
		}
	}
	return p
}

// Get returns the value, empty if the parameter was omitted.
func (p Params) Get(name string) string { return p.values.Get(name) }

// Has reports whether the parameter is there.
func (p Params) Has(name string) bool { return p.values.Has(name) }

// Values returns a copy.
func (p Params) Values() url.Values {
	if p.values == nil {
		return url.Values{}
	}
	return maps.Clone(p.values)
}

// AsError gives the *[Error] within err, or err as a server_error. It is nil for
// nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal
	}
	return Failed(err)
}
