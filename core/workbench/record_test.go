package workbench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// TestRecord holds that a recorded call is a case that passes, and has no secret.
func TestRecord(t *testing.T) {
	m := open(t, asks, allOf("s3cret value"))
	r, err := m.Record(t.Context(), "a name", Call{Input: []byte(`{"settings":{"name":"s3cret value"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(r.Text), "s3cret") || !strings.Contains(string(r.Outcome.Output), "s3cret value") {
		t.Errorf("%s", r.Text)
	}
	if len(r.Warnings) != 2 || !strings.Contains(r.Warnings[0], "secrets were replaced") || !strings.Contains(r.Warnings[1], "read the case") {
		t.Errorf("%q", r.Warnings)
	}
	c, err := replay.ParseCase(r.Text)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "a name" || c.Plugin != "" || len(c.Calls) != 3 || string(c.Calls[2].Request.AppendJSON(nil)) != `{"op":"set","key":"k","ttl":60,"value":"masked-api"}` ||
		string(c.Input.AppendJSON(nil)) != `{"settings":{"name":"masked-api"}}` {
		t.Errorf("%s", r.Text)
	}
	if v := open(t, asks, nil).Test(t.Context(), fileWith(t, "c.json", string(r.Text)), false); !v.OK {
		t.Errorf("%+v", v)
	}
}

// TestRecordWithoutSecrets holds that nothing is replaced where there is nothing.
func TestRecordWithoutSecrets(t *testing.T) {
	world := allOf("")
	world.Secrets, world.Grants = nil, world.Grants[:2]
	r, err := open(t, asks, world).Record(t.Context(), "n", Call{Input: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(r.Text), `"code": "denied"`) || slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "replaced") }) {
		t.Errorf("%s %q", r.Text, r.Warnings)
	}
}

// TestRecordRefuses holds that nothing is written of a plugin that cannot be called
// without its secret.
func TestRecordRefuses(t *testing.T) {
	m := open(t, fickle, allOf("a secret that is longer than the other"))
	_, err := m.Record(t.Context(), "n", Call{Hook: "claims.map/v1", Input: []byte(`{}`)})
	wants(t, err, "with other words in the place of its secrets the plugin does something else, so nothing was written", "let the host put secrets in")
	_, err = m.Record(t.Context(), "n", Call{Hook: "claims.map/v1", Input: []byte(`1`)})
	wants(t, err, "the input is no JSON object", "")
	_, err = open(t, asks, &World{}).Record(t.Context(), "n", Call{Input: []byte(`{}`)})
	wants(t, err, "it reads the clock, which it may not", "--allow clock")
	// What is a number in the case cannot be told from a secret of digits.
	_, err = open(t, asks, allOf("17")).Record(t.Context(), "n", Call{Input: []byte(`{}`)})
	wants(t, err, "nothing was written", "http.fetch")
}

// TestRecordEvents holds that a hook without output is recorded.
func TestRecordEvents(t *testing.T) {
	r, err := open(t, fickle, allOf("short")).Record(t.Context(), "n", Call{Hook: "event.sink/v1", Input: []byte(`{"event":{"id":"e1"}}`)})
	if err != nil || !strings.Contains(string(r.Text), `"output": {}`) {
		t.Errorf("%s, %v", r.Text, err)
	}
}

// TestRecordOfTheWorld records what a plugin in Go asks a server, with a secret that
// the host puts in, and plays it when the server is gone.
func TestRecordOfTheWorld(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t0ken-value" {
			t.Errorf("authorization: %q", r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"team":"blue"}`))
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	module := fileWith(t, "directory.wasm", string(plugintest.GoModule(t, "../../examples/plugin-directory")))
	world := &World{
		Grants:  []core.PluginGrant{{Capability: "http.fetch", Target: address}},
		Secrets: map[string]string{"token": "t0ken-value"}, Private: []string{address},
	}
	m := open(t, module, world)
	input := `{"target":"id_token","settings":{"url":"` + server.URL + `/people/{name}","claims":{"team":"team"}},"user":{"name":"alice"}}`
	r, err := m.Record(t.Context(), "n", Call{Input: []byte(input)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`/people/alice"`, `"name": "token"`, `"output": {"set": {"team": "blue"}}`} {
		if !strings.Contains(string(r.Text), want) {
			t.Errorf("%q is not in\n%s", want, r.Text)
		}
	}
	if strings.Contains(string(r.Text), "t0ken") {
		t.Errorf("the secret is in\n%s", r.Text)
	}
	server.Close()
	if v := m.Test(context.Background(), fileWith(t, "c.json", string(r.Text)), false); !v.OK {
		t.Errorf("%+v", v)
	}
}
