package rest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/api"
)

// Answers keeps the answers to requests with an Idempotency-Key. A row that does not exist is
// [core.ErrNotFound].
type Answers interface {
	Answered(ctx context.Context, key core.Hash) (*core.Answered, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

const (
	headerOnce     = "Idempotency-Key"
	headerReplayed = "Idempotency-Replayed"
	// answeredFor is how long an answer is kept.
	answeredFor = 24 * time.Hour
)

// kept are the headers that an answer is kept with.
func kept() []string { return []string{"Content-Type", "ETag"} }

// once has a request carried out unless one with its key was: then that one's answer is
// given again, without what was secret in it. What was refused was not carried out, and may
// be sent again. Of what the server failed at nobody knows, so it is not.
func (r *routes) once(w http.ResponseWriter, c *call, operation string, carryOut func(http.ResponseWriter)) error {
	s := r.server
	pending, err := s.pending(c)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.request.Context())
	switch err := s.Answers.Apply(ctx, core.BeginAnswer{Answered: *pending}); {
	case errors.Is(err, core.ErrConflict):
		return s.again(ctx, w, pending)
	case err != nil:
		return err
	}
	record := &recorder{ResponseWriter: w}
	carryOut(record)
	var change core.Change = core.EndAnswer{Answered: r.answered(pending, record, operation)}
	if record.status >= 400 && record.status < 500 {
		change = core.DropAnswer{Key: pending.Key}
	}
	if err := s.Answers.Apply(ctx, change); err != nil {
		s.Logger.Error("answer not kept", slog.Any("cause", err), slog.String("correlation", reference(ctx)))
	}
	return nil
}

// pending gives what is kept of a request that is being carried out. Bodies may have a
// password in them, so what is kept of one is nothing that guesses can be tried on.
func (s *Server) pending(c *call) (*core.Answered, error) {
	key := c.request.Header.Get(headerOnce)
	if key == "" || len(key) > 255 || len(c.request.Header.Values(headerOnce)) > 1 || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, malformed(headerOnce + " is no key: give one of 1 to 255 visible characters")
	}
	now := s.Now()
	named := strings.Join([]string{c.who.Caller.Actor.Name, narrowed(c.who.Caller.Only), c.request.Method, c.request.URL.RequestURI(), key}, "\x00")
	return &core.Answered{
		Key: s.sealed("idempotency-key", []byte(named)), Body: s.sealed("idempotency-body", c.body), CreatedAt: now, ExpiresAt: now.Add(answeredFor),
	}, nil
}

// narrowed tells tokens of one holder apart: what was answered to one that may more is not
// for one that may less.
func narrowed(only []core.Permission) string {
	if only == nil {
		return "everything"
	}
	return fmt.Sprint(slices.Sorted(slices.Values(only)))
}

func (s *Server) sealed(purpose string, text []byte) (h core.Hash) {
	mac := hmac.New(sha256.New, s.CursorKey[:])
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(text)
	copy(h[:], mac.Sum(nil))
	return h
}

// again answers a request whose key is there.
func (s *Server) again(ctx context.Context, w http.ResponseWriter, pending *core.Answered) error {
	before, err := s.Answers.Answered(ctx, pending.Key)
	switch {
	case errors.Is(err, core.ErrNotFound): // refused at this moment
		return inProgress()
	case err != nil:
		return err
	case !before.Body.Matches(pending.Body):
		return &failure{Problem: problem(http.StatusUnprocessableEntity, api.ProblemReused, "the body is another one than that of the request that had the key first")}
	case before.Status == 0:
		return inProgress()
	}
	for name, value := range before.Header {
		w.Header().Set(name, value)
	}
	w.Header().Set(headerReplayed, "true")
	w.WriteHeader(before.Status)
	_, _ = w.Write(before.Answer) // if nobody reads any more, there is nobody to tell
	return nil
}

func inProgress() error {
	return &failure{Problem: problem(http.StatusConflict, api.ProblemBusy, "wait for its answer; if it was broken off, see whether it was carried out, and use another key")}
}

// answered gives what is kept of an answer.
func (r *routes) answered(pending *core.Answered, record *recorder, operation string) core.Answered {
	done := *pending
	done.Status, done.Header, done.Answer = record.status, map[string]string{}, record.body.Bytes()
	for _, name := range kept() {
		if value := record.Header().Get(name); value != "" {
			done.Header[name] = value
		}
	}
	if hidden := r.secretsOf[operation]; len(hidden) > 0 {
		done.Answer = without(done.Answer, hidden)
	}
	return done
}

// recorder keeps what is answered.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write keeps the body.
func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Unwrap is for [http.ResponseController].
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// secretMembers lists the members of an answer's body that are shown once. They are at its
// top.
func secretMembers(output reflect.Type) (names []string) {
	body, ok := output.FieldByName("Body")
	if !ok {
		return nil
	}
	fields := fieldsOf(body.Type)
	for _, name := range sortedNames(fields) {
		if fields[name].Tag.Get("secret") == "true" {
			names = append(names, name)
		}
	}
	return names
}

// without takes members away from an object. What is no object is not kept at all.
func without(text []byte, names []string) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return nil
	}
	for _, name := range names {
		delete(members, name)
	}
	left, err := json.Marshal(members)
	if err != nil {
		return nil
	}
	return append(left, '\n')
}
