package app_test

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// A preview runs the plugin as it is installed, with the settings that are tried.
func TestPreview(t *testing.T) {
	w := newWorld(t)
	if _, err := w.app.Admin.CreateInstance(t.Context(), cli, "mine", "miniorange", []byte(`{"rename_groups":{"a":"b"}}`)); err != nil {
		t.Fatal(err)
	}
	message := []byte(`{"target":"id_token","user":{"id":"1","name":"alice","groups":["a"]},"scopes":["openid","profile"]}`)
	for settings, want := range map[string]string{"": `"groups":["b"]`, `{}`: `"groups":["a"]`} {
		input := admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: message}
		if settings != "" {
			input.Settings = []byte(settings)
		}
		made, err := w.app.Admin.PreviewPlugin(t.Context(), cli, input)
		if err != nil || made.Failure != "" || !strings.Contains(string(made.Output), want) || made.Fuel <= 0 || made.Memory <= 0 {
			t.Errorf("%s: %+v %s, %v", settings, made, made.Output, err)
		}
	}
	// What is wrong with the settings is told, and no reason to fail.
	made, err := w.app.Admin.PreviewPlugin(t.Context(), cli, admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: message, Settings: []byte(`{"x":1}`)})
	if err != nil || !strings.Contains(made.Failure, "settings.x is unknown") || made.Output != nil {
		t.Errorf("%+v, %v", made, err)
	}
	for _, input := range []admin.Preview{
		{Instance: "mine", Hook: core.HookClaims, Input: []byte(`{"a":`)}, {Instance: "mine", Hook: core.HookClaims, Input: message, Settings: []byte(`x`)},
	} {
		if _, err := w.app.Admin.PreviewPlugin(t.Context(), cli, input); err == nil || !strings.Contains(err.Error(), "no JSON object") {
			t.Errorf("%s: %v", input.Input, err)
		}
	}
}

// TestPreviewHasNoWorld holds item 138: whatever the instance was granted, a preview reaches
// nobody and tells no secret, and the instance is as before.
func TestPreviewHasNoWorld(t *testing.T) {
	reached := make(chan struct{}, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := listener.Accept(); err == nil {
			c.Close()
			reached <- struct{}{}
		}
	}()
	w := newWorld(t)
	address := listener.Addr().String()
	if _, err := w.app.Admin.CreateConnector(t.Context(), cli, admin.NewConnector{
		Name: "door", Plugin: "httppassword", Settings: [][]byte{[]byte(`{"url":"https://` + address + `/check"}`)}, Grants: []string{"http.fetch=" + address},
	}); err != nil {
		t.Fatal(err)
	}
	made, err := w.app.Admin.PreviewPlugin(t.Context(), cli, admin.Preview{
		Instance: "door", Hook: core.HookPassword, Input: []byte(`{"name":"alice","password":"hunter2"}`),
	})
	if err != nil || len(made.Calls) != 1 || made.Calls[0].Capability != "http.fetch" {
		t.Fatalf("%+v, %v", made, err)
	}
	var request struct{ Requests []struct{ URL string } }
	if json.Unmarshal(made.Calls[0].Request, &request) != nil || request.Requests[0].URL != "https://"+address+"/check" {
		t.Errorf("it wanted %s", made.Calls[0].Request)
	}
	select {
	case <-reached:
		t.Error("the preview reached a server")
	case <-time.After(50 * time.Millisecond):
	}
	w.hide("hunter2")
	w.checkSecrets()
	if n, err := w.app.Admin.PluginNumbers(t.Context(), "door"); err != nil || len(n.Hooks)+len(n.HostCalls) > 0 {
		t.Errorf("a preview is counted as a call: %+v, %v", n, err)
	}
}

// What plugins do can be looked at, and what they write.
func TestWatchPlugins(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.registerPreset("wiki", "confluence", nil)
	rp.redeem(rp.code(newBrowser(t, w.issuer), "alice"))
	n, err := w.app.Admin.PluginNumbers(t.Context(), "miniorange")
	if err != nil || len(n.Hooks) != 1 || n.Hooks[0].Hook != core.HookClaims || n.Hooks[0].Calls < 1 || n.Hooks[0].Failed != 0 || n.Hooks[0].Average <= 0 || n.MemoryPeak <= 0 {
		t.Errorf("%+v, %v", n, err)
	}
	if lines, err := w.app.Admin.PluginLog(t.Context(), "miniorange", 0); err != nil || len(lines) != 0 {
		t.Errorf("it wrote %+v, %v", lines, err)
	}
}
