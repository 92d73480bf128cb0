package main

import (
	"errors"
	"net/url"
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
	status, body, err := s.ask("GET", path, nil)
	if err != nil || status == statusNotFound {
		return nil, err
	}
	if body == nil {
		body = hook.Object{} // nil is what is not there
	}
	return body, refusal("GET", path, status)
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

// find gives the first resource of which an attribute is the value; nil if there is none.
func (s server) find(path, attribute, value string) (hook.Object, error) {
	filter := attribute + " eq " + string(hook.String(value).AppendJSON(nil))
	status, body, err := s.ask("GET", path+"?excludedAttributes=members&filter="+url.QueryEscape(filter), nil)
	if err != nil {
		return nil, err
	}
	found, _ := body.Get("Resources")
	if list := found.List(); len(list) > 0 {
		return list[0].Object(), refusal("GET", path, status)
	}
	return nil, refusal("GET", path, status)
}

// send changes a resource, and gives what came back. To delete what is gone is no failure.
func (s server) send(method, path string, body hook.Object) (hook.Object, error) {
	status, answer, err := s.ask(method, path, body)
	if err != nil || method == "DELETE" && status == statusNotFound {
		return nil, err
	}
	return answer, refusal(method, path, status)
}

const statusNotFound = 404

// refusal is the error of a status that is no success. What the server says about it may
// repeat what was sent, so it is not repeated.
func refusal(method, path string, status int) error {
	if status >= 200 && status <= 299 {
		return nil
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return errors.New(method + " " + kind + " is answered with status " + strconv.Itoa(status))
}

func (s server) ask(method, path string, body hook.Object) (status int, answer hook.Object, err error) {
	fetch := hook.Fetch{
		Method: method, URL: s.url + path, TimeoutMS: 3000,
		Headers: hook.Object{{Name: "accept", Value: hook.String(contentType)}},
		Secrets: []hook.FetchSecret{{Header: "authorization", Name: s.secret, Prefix: "Bearer "}},
	}
	if body != nil {
		fetch.Headers.Set("content-type", hook.String(contentType))
		fetch.Body = string(body.AppendJSON(nil))
	}
	response, err := postern.Fetch(fetch)
	if err != nil {
		return 0, nil, err
	}
	if response.Body == "" {
		return response.Status, nil, nil
	}
	answer, err = hook.ParseObject([]byte(response.Body))
	if err != nil && response.Status < 300 {
		return 0, nil, errors.New("the answer is no JSON")
	}
	return response.Status, answer, nil
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
