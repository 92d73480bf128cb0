package rest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
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
