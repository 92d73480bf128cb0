package rest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
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
// given again, without what was secret in it. That it is carried out is noted with its
// changes, in one transaction. So of what was refused, and of what broke off, it is known
// whether anything was done: if nothing was, it may be sent again.
func (r *routes) once(w http.ResponseWriter, c *call, operation string, carryOut func(http.ResponseWriter)) error {
	pending, err := r.server.pending(c)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.request.Context())
	if _, runs := r.running.LoadOrStore(pending.Key, true); runs {
		before, err := r.server.Answers.Answered(ctx, pending.Key)
		return again(w, pending, before, err, true)
	}
	defer r.running.Delete(pending.Key)
	before, err := r.begin(ctx, pending)
	if err != nil || before != nil {
		return again(w, pending, before, err, false)
	}
	c.desk = c.desk.Alongside(core.CarryOut{Key: pending.Key, Claim: pending.Claim})
	record := &recorder{ResponseWriter: w}
	carryOut(record)
	r.end(ctx, pending, record, operation)
	return nil
}

// begin claims the request. That of a server that is gone, or of this one before it failed,
// is taken over if nothing of it was done: its claim is worth nothing then, so that of the
// two only this one can be carried out, whoever still lives. Else it gives the one that is
// there.
func (r *routes) begin(ctx context.Context, pending *core.Answered) (before *core.Answered, err error) {
	answers := r.server.Answers
	err = answers.Apply(ctx, core.BeginAnswer{Answered: *pending})
	if !errors.Is(err, core.ErrConflict) {
		return nil, err
	}
	before, err = answers.Answered(ctx, pending.Key)
	if err != nil || before.Status != core.AnswerBegun || !before.Body.Matches(pending.Body) {
		return before, err
	}
	err = answers.Apply(ctx, core.TakeAnswer{Key: pending.Key, Was: before.Claim, Claim: pending.Claim, At: pending.CreatedAt})
	if errors.Is(err, core.ErrConflict) {
		return before, nil // another one was faster
	}
	return nil, err
}

// end keeps the answer, unless it is that nothing was done.
func (r *routes) end(ctx context.Context, pending *core.Answered, record *recorder, operation string) {
	answers := r.server.Answers
	if record.status == 0 || record.status >= http.StatusBadRequest {
		err := answers.Apply(ctx, core.DropAnswer{Key: pending.Key, Claim: pending.Claim})
		if !errors.Is(err, core.ErrNotFound) { // else a part of it was done
			r.unkept(ctx, err)
			return
		}
	}
	err := answers.Apply(ctx, core.EndAnswer{Answered: r.answered(pending, record, operation)})
	if !errors.Is(err, core.ErrNotFound) { // else another one took it over
		r.unkept(ctx, err)
	}
}

func (r *routes) unkept(ctx context.Context, err error) {
	if err != nil {
		r.server.Logger.Error("answer not kept", slog.Any("cause", err), slog.String("correlation", reference(ctx)))
	}
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
		Key: s.sealed("idempotency-key", []byte(named)), Body: s.sealed("idempotency-body", c.body), Claim: core.ID(rand.Text()),
		CreatedAt: now, ExpiresAt: now.Add(answeredFor),
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

// again answers a request whose key is there, with what was read of it; runs says that this
// server carries it out now.
func again(w http.ResponseWriter, pending, before *core.Answered, err error, runs bool) error {
	switch {
	case errors.Is(err, core.ErrNotFound): // refused at this moment
		return inProgress()
	case err != nil:
		return err
	case !before.Body.Matches(pending.Body):
		return &failure{Problem: problem(http.StatusUnprocessableEntity, api.ProblemReused, "the body is another one than that of the request that had the key first")}
	case before.Status == core.AnswerDone && !runs:
		return &failure{Problem: problem(http.StatusConflict, api.ProblemCarriedOut, "the server stopped before it answered; read what is there now")}
	case before.Status <= core.AnswerDone:
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

func inProgress() *failure {
	f := &failure{Problem: problem(http.StatusConflict, api.ProblemBusy, "wait for its answer, and send it again with the same key"), header: http.Header{}}
	f.header.Set("Retry-After", "1")
	return f
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
	if r.status == 0 {
		r.status = http.StatusOK
	}
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
