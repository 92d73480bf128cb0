package rest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/rest"
	"github.com/postern-id/postern/core/store"
)

const onceKey = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324"

func TestOnce(t *testing.T) {
	w := newWorld(t)
	const body = `{"name":"wiki","settings":{"redirect_uris":["https://wiki.example/cb"]}}`
	first := w.ask("owner", "POST /clients", body, onceKey).want(http.StatusCreated)
	if first.at("secret") == nil || first.header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("%s", first.body)
	}
	again := w.ask("owner", "POST /clients", body, onceKey).want(http.StatusCreated)
	again.has(map[string]any{"client": first.at("client"), "secret": nil})
	if again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("ETag") != first.header.Get("ETag") || again.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", again.header)
	}
	w.ask("owner", "POST /clients", strings.Replace(body, "wiki", "blog", 1), onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/key-reused"})

	// Another path, another caller and another day are other requests.
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
	w.callers["other"] = desk.Everything(admin.Actor{Name: "user:other"})
	w.ask("other", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/invalid"})
	w.now = w.now.Add(24*time.Hour + time.Second)
	w.ask("owner", "POST /clients", body, onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/invalid", "errors.0.field": "name"})
}

// What a token is narrowed to holds for answers that were given before, too.
func TestOnceOfNarrowedTokens(t *testing.T) {
	w := newWorld(t)
	narrowed := func(only ...core.Permission) desk.Caller {
		who := desk.Everything(admin.Actor{Name: "user:owner"})
		who.Only = only
		return who
	}
	w.callers["reader"], w.callers["writer"] = narrowed(core.ReadGroups), narrowed(core.WriteGroups, core.ReadGroups)
	w.callers["same"] = narrowed(core.ReadGroups, core.WriteGroups)
	const body = `{"name":"board","display_name":"Those who decide"}`
	w.ask("writer", "POST /groups", body, onceKey).want(http.StatusCreated)
	w.ask("reader", "POST /groups", body, onceKey).want(http.StatusForbidden)
	w.ask("owner", "POST /groups", body, onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/invalid"})
	if again := w.ask("same", "POST /groups", body, onceKey).want(http.StatusCreated); again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%v", again.header)
	}
}

func TestOnceRefused(t *testing.T) {
	w := newWorld(t)
	// What was refused was not carried out, so the key is free.
	w.ask("owner", "POST /groups", `{"name":"a;b"}`, onceKey).want(http.StatusUnprocessableEntity)
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
	w.ask("owner", "POST /groups", `{"name":"more"}`, "Idempotency-Key: "+strings.Repeat("k", 256)).want(http.StatusBadRequest)
	w.ask("owner", "POST /groups", `{"name":"more"}`, "Idempotency-Key: a\tb").want(http.StatusBadRequest)
	w.ask("nobody", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusUnauthorized)
	w.ask("owner", "GET /groups", "", onceKey).want(http.StatusOK)
}

// Of requests with one key that come at once, one is carried out.
func TestOnceAtOnce(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	answers := make([]answer, 8)
	for i := range answers {
		group.Go(func() { answers[i] = w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey) })
	}
	group.Wait()
	fresh := 0
	for _, a := range answers {
		switch {
		case a.status == http.StatusCreated && a.header.Get("Idempotency-Replayed") == "":
			fresh++
		case a.status != http.StatusCreated && a.status != http.StatusConflict:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if fresh != 1 {
		t.Errorf("it was carried out %d times", fresh)
	}
}

// What is kept for a day has no secrets in it, nor anything that guesses can be tried on.
func TestOnceKeepsNoSecret(t *testing.T) {
	w := newWorld(t)
	const body = `{"name":"anna","password":"correct horse"}`
	w.ask("owner", "POST /users", body, onceKey).want(http.StatusCreated)
	const codes = `{"name":"ci","ttl":3600}`
	text, _ := w.ask("owner", "POST /initial-tokens", codes, onceKey).want(http.StatusCreated).at("token").(string)
	spy := &answersSpy{Answers: w.store}
	server := w.server()
	server.Answers = spy
	w.handler = server.Handler()
	again := w.ask("owner", "POST /initial-tokens", codes, onceKey).want(http.StatusCreated)
	w.ask("owner", "POST /users", body, onceKey).want(http.StatusCreated)
	if len(spy.rows) != 2 || text == "" || strings.Contains(string(again.body), text) {
		t.Fatalf("%d rows, %s", len(spy.rows), again.body)
	}
	for _, row := range spy.rows {
		if strings.Contains(string(row.Answer), text) || row.Body == core.HashSecret(body) || row.Body == core.HashSecret(codes) {
			t.Errorf("%+v", row)
		}
	}
}

// brokenOff sends a request as one that the server did not live to answer: it is carried out
// as far as the changes go, or not at all.
func (w *world) brokenOff(line, body string, done bool) {
	w.t.Helper()
	server := w.server()
	server.Answers = &deaf{Answers: w.store}
	if !done {
		office := *server.Office
		service := *w.admin
		service.Store = fails{w.store}
		office.Admin = &service
		server.Office = &office
	}
	old := w.handler
	w.handler = server.Handler()
	w.ask("owner", line, body, onceKey)
	w.handler = old
}

// deaf begins answers and keeps none: the server is gone before.
type deaf struct{ rest.Answers }

func (d *deaf) Apply(ctx context.Context, changes ...core.Change) error {
	switch changes[0].(type) {
	case core.BeginAnswer, core.TakeAnswer:
		return d.Answers.Apply(ctx, changes...)
	}
	return errors.New("the server is gone")
}

// fails is a store that changes nothing any more.
type fails struct{ *store.Store }

func (fails) Apply(context.Context, ...core.Change) error { return errors.New("the server is gone") }

// A request that broke off before anything was done is carried out when it comes again, and
// one that broke off behind its changes never is: whoever sends it is told so.
func TestOnceBrokenOff(t *testing.T) {
	w := newWorld(t)
	w.brokenOff("POST /groups", `{"name":"staff"}`, false)
	w.ask("owner", "POST /groups", `{"name":"other"}`, onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/key-reused"})
	made := w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
	if again := w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated); again.at("id") != made.at("id") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%v %s", again.header, again.body)
	}

	w.brokenOff("POST /service-accounts", `{"name":"ci"}`, true)
	for range 2 {
		w.ask("owner", "POST /service-accounts", `{"name":"ci"}`, onceKey).want(http.StatusConflict).has(map[string]any{"type": "/problems/carried-out"})
	}
	w.ask("owner", "POST /service-accounts", `{"name":"robot"}`, onceKey).want(http.StatusUnprocessableEntity).has(map[string]any{"type": "/problems/key-reused"})
	w.ask("owner", "GET /service-accounts", "").want(http.StatusOK).has(map[string]any{"items.0.name": "ci", "items.1": nil})
}

// slow holds the changes of a service up until somebody lets them go.
type slow struct {
	*store.Store
	reached, leave chan struct{}
}

func (s *slow) Apply(ctx context.Context, changes ...core.Change) error {
	close(s.reached)
	<-s.leave
	return s.Store.Apply(ctx, changes...)
}

// Two servers at one database carry a request out once: the one from which it was taken
// changes nothing any more.
func TestOnceAtTwoServers(t *testing.T) {
	w := newWorld(t)
	held := &slow{w.store, make(chan struct{}), make(chan struct{})}
	server := w.server()
	service := *w.admin
	service.Store = held
	server.Office = &desk.Office{Admin: &service, Store: w.store}
	first := &world{t: t, now: w.now, store: w.store, admin: w.admin, callers: w.callers, handler: server.Handler(), router: w.router}
	answers := make(chan answer)
	go func() { answers <- first.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey) }()
	<-held.reached
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
	close(held.leave)
	late := <-answers
	late.want(http.StatusConflict).has(map[string]any{"type": "/problems/in-progress"})
	if late.header.Get("Retry-After") == "" {
		t.Error("nobody says when to ask again")
	}
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
	if events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventGroupCreated, Limit: 9}); err != nil || len(events) != 1 {
		t.Errorf("%d groups were made, %v", len(events), err)
	}
}

// What the server failed at changed nothing, so it may be sent again.
func TestOnceFailed(t *testing.T) {
	w := newWorld(t)
	old := w.handler
	server := w.server()
	service := *w.admin
	service.Store = fails{w.store}
	server.Office = &desk.Office{Admin: &service, Store: w.store}
	w.handler = server.Handler()
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusInternalServerError)
	w.handler = old
	w.ask("owner", "POST /groups", `{"name":"staff"}`, onceKey).want(http.StatusCreated)
}
