package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

//go:generate go run github.com/postern-id/postern/core/cmd/apigen -dir .

// Caller calls the REST API of one server. Server must be set. Its methods have the names of
// the operations; an error of the server is a *[Problem].
type Caller struct {
	Server string // its address, the issuer: "https://id.example.org"
	// Token gives the bearer token of each request; nil sends none.
	Token func(context.Context) (string, error)
	HTTP  *http.Client // nil is [http.DefaultClient]
	// Retries is how often a request is sent again that the server was too busy for, after the
	// time that it said, of at most a minute. It is so with what may be sent twice: GET, PUT,
	// DELETE, and POST with [Once]. Zero: never.
	Retries int
	// Wait waits for that, or until ctx ends; nil does.
	Wait func(ctx context.Context, d time.Duration) error
}

// Option says more about a request.
type Option func(http.Header)

// IfMatch makes a change conditional on the version that somebody saw: with another one the
// error is a [Problem] of the status 412. The empty version is any.
func IfMatch(version string) Option {
	return func(h http.Header) {
		if version != "" {
			h.Set("If-Match", `"`+version+`"`)
		}
	}
}

// Once gives a request a key, so that it is not carried out twice, however often it is sent.
func Once(key string) Option {
	return func(h http.Header) { h.Set("Idempotency-Key", key) }
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// request is what an operation sends.
type request struct {
	method, path string
	query        url.Values
	body         io.Reader // nil: none
	kind         string    // media type of the body
	options      []Option
}

func jsonBody(value any) (io.Reader, error) {
	text, err := json.Marshal(value)
	return bytes.NewReader(text), err
}

// do sends a request and reads the answer into an out, or nothing if that is nil.
func (c *Caller) do(ctx context.Context, r request, out any) error {
	for attempt := 0; ; attempt++ {
		sent, err := c.request(ctx, r)
		if err != nil {
			return err
		}
		answer, text, err := c.send(sent)
		switch {
		case err != nil:
			return err
		case answer.StatusCode >= 300:
			repeat, err := c.again(ctx, attempt, sent, answer)
			if err != nil {
				return err
			}
			if repeat {
				continue
			}
			return problemOf(answer, text)
		case out == nil:
			return nil
		}
		if err := json.Unmarshal(text, out); err != nil {
			return fmt.Errorf("read the answer of %s: %w", c.Server, err)
		}
		return nil
	}
}

// send gives the answer and its body.
func (c *Caller) send(sent *http.Request) (*http.Response, []byte, error) {
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(sent)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer of %s: %w", c.Server, err)
	}
	if len(text) > maxAnswer {
		return nil, nil, fmt.Errorf("the answer of %s is larger than %d MiB", c.Server, maxAnswer>>20)
	}
	return answer, text, nil
}

func (c *Caller) request(ctx context.Context, r request) (*http.Request, error) {
	address := strings.TrimSuffix(c.Server, "/") + Prefix + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	if err := rewind(r.body); err != nil {
		return nil, err
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, address, r.body)
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Accept", "application/json")
	if r.body != nil {
		sent.Header.Set("Content-Type", r.kind)
	}
	for _, option := range r.options {
		option(sent.Header)
	}
	if c.Token == nil {
		return sent, nil
	}
	token, err := c.Token(ctx)
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	return sent, nil
}

// problemOf reads why a request was refused. What is no problem of the API, such as the page
// of a proxy, is told by its status alone.
func problemOf(answer *http.Response, text []byte) error {
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	told := &Problem{}
	if kind != "application/problem+json" || json.Unmarshal(text, told) != nil {
		told = &Problem{Type: "about:blank", Title: "the server answered " + answer.Status}
	}
	told.Status = answer.StatusCode
	return told
}

// IsProblem reports whether an error is a problem of that kind: [ProblemStale], ...
func IsProblem(err error, kind string) bool {
	told, ok := errors.AsType[*Problem](err)
	return ok && strings.HasSuffix(told.Type, "/problems/"+kind)
}

// All gives the items of all pages of a list, one after another. List gets the page behind a
// cursor, which is empty for the first one. After an error there is no more.
func All[T any](list func(after string) (*Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			page, err := list(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if after = page.Next; after == "" {
				return
			}
		}
	}
}

// query gathers parameters that are not empty.
type query url.Values

func (q query) text(name, value string) {
	if value != "" {
		url.Values(q).Set(name, value)
	}
}

func (q query) number(name string, value int) {
	if value != 0 {
		url.Values(q).Set(name, strconv.Itoa(value))
	}
}

func (q query) flag(name string, value bool) {
	if value {
		url.Values(q).Set(name, "true")
	}
}

func (q query) time(name string, value time.Time) {
	if !value.IsZero() {
		url.Values(q).Set(name, value.UTC().Format(time.RFC3339Nano))
	}
}

func (q query) list(name string, values []string) {
	q.text(name, strings.Join(values, ","))
}
