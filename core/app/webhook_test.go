package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk/hook"
)

// receiver takes events over HTTP, each at the second attempt.
type receiver struct {
	t      *testing.T
	header string // Authorization, of the last request

	mu    sync.Mutex
	asked map[string]int    // by id
	took  map[string]string // types by id
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var event struct{ ID, Type string }
	if err := json.NewDecoder(request.Body).Decode(&event); err != nil || request.Method != http.MethodPost {
		r.t.Errorf("%s: %v", request.Method, err)
	}
	r.header = request.Header.Get("Authorization")
	if r.asked[event.ID]++; r.asked[event.ID] == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.took[event.ID] = event.Type
	w.WriteHeader(http.StatusNoContent)
}

// count gives how many events of a type it took.
func (r *receiver) count(kind core.EventType) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, took := range r.took {
		if took == string(kind) {
			n++
		}
	}
	return n
}

// TestWebhook takes a plugin that posts events from its module to a receiver. It
// loses nothing while it is not granted what it needs, or while the receiver does not
// take it; that it was denied something is recorded, and is no event for it.
func TestWebhook(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and compiles a plugin")
	}
	const token = "s3cret-of-the-receiver"
	ctx := context.Background()
	there := &receiver{t: t, asked: map[string]int{}, took: map[string]string{}}
	server := httptest.NewServer(there)
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	data := freshData(t)
	r := serve(t, func(c *config.Config) { c.Data, c.OutboundAllowPrivate = data, []string{host} })
	r.said(`^Postern serves (\S+)$`)
	o := newOffice(t, data)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := o.Admin.InstallPlugin(ctx, cli, admin.Install{Code: plugintest.GoModule(t, "../../examples/plugin-webhook"), Source: "webhook.wasm"})
	check(err)
	_, err = o.Admin.CreateInstance(ctx, cli, "webhook", "webhook", []byte(`{"url":"`+server.URL+`/events","types":["user","plugin"]}`))
	check(err)
	check(o.Admin.SetSecret(ctx, cli, "webhook", "token", []byte(token), false))
	check(o.Admin.Grant(ctx, cli, "webhook", hook.HTTPFetch, "elsewhere.example", false))
	_, err = o.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "webhook"})
	check(err)
	o.createUsers("ann", "bob")
	r.eventually("it was denied the host", func() bool {
		events, err := o.Store.Events(ctx, core.EventFilter{Type: core.EventPluginDenied})
		check(err)
		return len(events) == 1 && events[0].Detail["hook"] == hook.EventSink
	})
	check(o.Admin.Grant(ctx, cli, "webhook", hook.HTTPFetch, host, false))
	r.eventually("it has everything", func() bool { return there.count(core.EventUserCreated) == 2 && o.waiting()["webhook"] == 0 })
	recorded := o.recorded()
	r.stop()
	if there.count(core.EventPluginBound) != 1 || there.count(core.EventPluginGranted) != 1 || there.count(core.EventPluginDenied) != 0 {
		t.Errorf("it took %v", there.took)
	}
	for id, kind := range there.took {
		if recorded[id] != kind || there.asked[id] != 2 {
			t.Errorf("%s %s was posted %d times, recorded %q", kind, id, there.asked[id], recorded[id])
		}
	}
	if there.header != "Bearer "+token {
		t.Errorf("the header is %q", there.header)
	}
	if log := r.log.String(); strings.Contains(log, token) || strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}
