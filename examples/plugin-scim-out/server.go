package main

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// server is a SCIM server (RFC 7644).
type server struct {
	url    string // without a slash at its end
	secret string // name of the secret that is its access token
}

// get reads a resource; nil if it is not there.
func (s server) get(path string) (hook.Object, error) {
	answer, err := s.ask("GET", path, nil, "")
	if isRefused(err, statusNotFound) {
		return nil, nil
	}
	if err == nil && answer.body == nil {
		return hook.Object{}, nil // nil is what is not there
	}
	return answer.body, err
}

// named is get for what has a name: an answer without one is no resource, and does not say
// that it is gone.
func (s server) named(path, name string) (hook.Object, error) {
	found, err := s.get(path)
	if err == nil && found != nil && text(found, name) == "" {
		return nil, errors.New("the answer is no resource")
	}
	return found, err
}

// find gives the resource of which an attribute is the value; nil if there is none. A server
// that takes no notice of the filter gives others too, so each is looked at.
func (s server) find(path, attribute, value string) (hook.Object, error) {
	filter := attribute + " eq " + string(hook.String(value).AppendJSON(nil))
	answer, err := s.ask("GET", path+"?excludedAttributes=members&filter="+url.QueryEscape(filter), nil, "")
	if err != nil {
		return nil, err
	}
	found, _ := answer.body.Get("Resources")
	for _, element := range found.List() {
		have := text(element.Object(), attribute)
		if have == value || attribute != externalID && strings.EqualFold(have, value) {
			return element.Object(), nil
		}
	}
	return nil, nil
}

// send changes a resource, and gives what came back. With a version it is changed only if it
// still has that one. To delete what is gone is no failure.
func (s server) send(method, path string, body hook.Object, version string) (hook.Object, error) {
	answer, err := s.ask(method, path, body, version)
	if method == "DELETE" && isRefused(err, statusNotFound) {
		return nil, nil
	}
	return answer.body, err
}

const (
	statusBadRequest     = 400
	statusForbidden      = 403
	statusNotFound       = 404
	statusNoSuchMethod   = 405
	statusConflict       = 409
	statusTooMany        = 429
	statusNotImplemented = 501
	statusUnavailable    = 503
)

// refused is the error of a status that is no success. What the server says about it may
// repeat what was sent, so it is not repeated.
type refused struct {
	method, kind string
	status       int
	after        string // Retry-After, in seconds; empty: the server does not say
}

func (r *refused) Error() string {
	text := r.method + " " + r.kind + " is answered with status " + strconv.Itoa(r.status)
	if r.after != "" {
		text += ", to be tried again after " + r.after + " seconds"
	}
	return text
}

// isRefused reports whether the error is one of the statuses.
func isRefused(err error, statuses ...int) bool {
	r, is := errors.AsType[*refused](err)
	return is && slices.Contains(statuses, r.status)
}

// refusal gives the error of the status; nil if it is a success.
func refusal(method, path string, response *hook.FetchResponse) error {
	if response.Status >= 200 && response.Status <= 299 {
		return nil
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	kind, _, _ = strings.Cut(kind, "?")
	r := &refused{method: method, kind: kind, status: response.Status}
	if response.Status == statusTooMany || response.Status == statusUnavailable {
		for _, header := range response.Headers {
			// A date is not repeated either.
			if _, err := strconv.ParseUint(header.Value.Text(), 10, 32); err == nil && strings.EqualFold(header.Name, "Retry-After") {
				r.after = header.Value.Text()
			}
		}
	}
	return r
}

// answered is what came back.
type answered struct{ body hook.Object } // nil: nothing

func (s server) ask(method, path string, body hook.Object, version string) (answered, error) {
	fetch := hook.Fetch{
		Method: method, URL: s.url + path, TimeoutMS: 3000,
		Headers: hook.Object{{Name: "accept", Value: hook.String(contentType)}},
		Secrets: []hook.FetchSecret{{Header: "authorization", Name: s.secret, Prefix: "Bearer "}},
	}
	if version != "" {
		fetch.Headers.Set("if-match", hook.String(version))
	}
	if body != nil {
		fetch.Headers.Set("content-type", hook.String(contentType))
		fetch.Body = string(body.AppendJSON(nil))
	}
	response, err := postern.Fetch(fetch)
	if err != nil {
		return answered{}, err
	}
	if err := refusal(method, path, response); err != nil || response.Body == "" {
		return answered{}, err
	}
	found, err := hook.ParseObject([]byte(response.Body))
	if err != nil {
		return answered{}, errors.New("the answer is no JSON")
	}
	return answered{found}, nil
}

const contentType = "application/scim+json"

// patch makes a request to change a part of a resource.
func patch(op, path string, value hook.Value) hook.Object {
	operation := hook.Object{{Name: "op", Value: hook.String(op)}}
	if path != "" {
		operation.Set("path", hook.String(path))
	}
	if op != "remove" {
		operation.Set("value", value)
	}
	return hook.Object{
		{Name: "schemas", Value: hook.Strings([]string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"})},
		{Name: "Operations", Value: hook.Array(hook.FromObject(operation))},
	}
}

func text(o hook.Object, name string) string {
	v, _ := o.Get(name)
	return v.Text()
}
