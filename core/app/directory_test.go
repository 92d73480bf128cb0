package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk/hook"
)

// TestDirectory takes a plugin that asks an HTTP directory from its module to a claim:
// it cannot be bound before it has what it needs, asks with a secret that it never
// sees, and is denied another host.
func TestDirectory(t *testing.T) {
	const token = "s3cret-of-the-directory"
	var asked atomic.Pointer[http.Request]
	directory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		_, _ = w.Write([]byte(`{"unit":{"name":"R&D"},"title":"Dr"}`))
	}))
	defer directory.Close()
	host := strings.TrimPrefix(directory.URL, "http://")
	w := newWorld(t)
	w.stop()
	w.private = []string{host}
	w.start()
	ctx := context.Background()
	if _, err := w.app.Admin.InstallPlugin(ctx, cli, admin.Install{Code: plugintest.GoModule(t, "../../examples/plugin-directory"), Source: "directory.wasm"}); err != nil {
		t.Fatal(err)
	}
	alice, rp := w.user("alice"), w.registerPreset("web", "web", nil)
	settings := `{"url":"` + directory.URL + `/people/{name}","claims":{"department":"unit.name"}}`
	if _, err := w.app.Admin.CreateInstance(ctx, cli, "directory", "directory", []byte(settings)); err != nil {
		t.Fatal(err)
	}
	bind := admin.Bind{Plugin: "directory", ClientID: rp.client.ID}
	_, err := w.app.Admin.BindPlugin(ctx, cli, bind)
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok || len(wrong.Problems) != 2 {
		t.Fatalf("bound without what it needs: %v", err)
	}
	if err := w.app.Admin.Grant(ctx, cli, "directory", hook.HTTPFetch, "elsewhere.example", false); err != nil {
		t.Fatal(err)
	}
	if err := w.app.Admin.SetSecret(ctx, cli, "directory", "token", []byte(token), false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.app.Admin.BindPlugin(ctx, cli, bind); err != nil {
		t.Fatal(err)
	}
	explanation, err := w.app.Admin.Explain(ctx, admin.Inquiry{User: alice, Client: rp.client})
	if err != nil || asked.Load() != nil || !strings.Contains(explanation.Decision.Failure, "postern plugin grant directory http.fetch "+host) {
		t.Errorf("another host was granted: %+v, %v", explanation, err)
	}
	events, err := w.app.Store.Events(ctx, core.EventFilter{Type: core.EventPluginDenied})
	if err != nil || len(events) != 1 || events[0].Detail["capability"] != hook.HTTPFetch {
		t.Errorf("recorded %+v, %v", events, err)
	}

	if err := w.app.Admin.Grant(ctx, cli, "directory", hook.HTTPFetch, host, false); err != nil {
		t.Fatal(err)
	}
	explanation, err = w.app.Admin.Explain(ctx, admin.Inquiry{User: alice, Client: rp.client})
	if err != nil || !strings.Contains(string(explanation.UserInfo.JSON), `"department":"R&D"`) {
		t.Fatalf("%v", err)
	}
	if r := asked.Load(); r.URL.Path != "/people/alice" || r.Header.Get("Authorization") != "Bearer "+token {
		t.Errorf("asked %s %s", r.URL, r.Header)
	}
	if strings.Contains(w.log.String(), token) || strings.Contains(string(explanation.UserInfo.JSON), token) {
		t.Error("the secret is told")
	}
	if err := w.app.Admin.Revoke(ctx, cli, "directory", hook.HTTPFetch, host); err != nil {
		t.Fatal(err)
	}
	explanation, err = w.app.Admin.Explain(ctx, admin.Inquiry{User: alice, Client: rp.client})
	if err != nil || explanation.Decision.Failure == "" || explanation.Given != nil {
		t.Errorf("a grant that was withdrawn serves: %+v, %v", explanation, err)
	}
}
