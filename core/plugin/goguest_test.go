package plugin_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk/hook"
)

// TestGoGuest runs one guest in Go through all that Go offers to misbehave with;
// after each the next call must find nothing of it.
func TestGoGuest(t *testing.T) {
	const fresh = `{"calls":"0","last":"","cached":"0"}`
	source := &fakeSource{}
	var log bytes.Buffer
	o := options(plugintest.GoModule(t, "./testdata/guest"), source, sharedCache)
	o.Instances = 1
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	call := func(do string) (hook.Object, error) {
		config := configOf("guest")
		config.Bindings = config.Bindings[:1]
		config.Instances[0].Settings = hook.FromObject(hook.Object{{Name: "do", Value: hook.String(do)}}).AppendJSON(nil)
		source.config = config
		in := inputFor("c")
		in.User.ID, in.User.Email = "u-"+do, "secret@example.com"
		claims, _, err := h.MapClaims(t.Context(), in)
		return claims, err
	}
	for _, test := range []struct {
		do     string
		reason plugin.Reason // empty: it is served
		more   string        // of the answer
	}{
		{"nothing", "", ""},
		{"panic", plugin.ReasonTrap, ""},
		{"nil", plugin.ReasonTrap, ""},
		{"exit", plugin.ReasonExit, ""},
		{"deadlock", plugin.ReasonTrap, ""},
		{"sleep", "", ""},
		{"sleep forever", plugin.ReasonFuel, ""},
		{"goroutine", "", ""},
		{"memory", plugin.ReasonTrap, ""},
		{"environment", "", `"environment":"0","file":false`},
		{"log", "", ""},
	} {
		for range 3 {
			claims, err := call(test.do)
			if reasonOf(err) != test.reason {
				t.Fatalf("%s: %v, want reason %q", test.do, err, test.reason)
			}
			want := fresh
			if test.more != "" {
				want = strings.TrimSuffix(fresh, "}") + "," + test.more + "}"
			}
			if got := string(claims.AppendJSON(nil)); test.reason == "" && got != want {
				t.Fatalf("%s: %s, want %s", test.do, got, want)
			}
			claims, err = call("nothing")
			if got := string(claims.AppendJSON(nil)); err != nil || got != fresh {
				t.Fatalf("the call after %s: %s, %v", test.do, got, err)
			}
		}
	}
	for _, want := range []string{`hello\nfrom u-log`, "panic: no more"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not have %q", want)
		}
	}
	if strings.Contains(log.String(), "secret@example.com") {
		t.Error("the host itself logs what is in messages")
	}
}

// TestSmallestPlugin holds that the plugin of the README is one that the host
// loads, with what the SDK fills in.
func TestSmallestPlugin(t *testing.T) {
	h := newHost(t, plugintest.GoModule(t, "../../examples/plugin-department"), &fakeSource{config: configOf("department")})
	in := claimsInput()
	in.Claims = nil
	claims, _, err := h.MapClaims(t.Context(), in)
	if got := string(claims.AppendJSON(nil)); err != nil || got != `{"department":"R&D"}` {
		t.Errorf("%s, %v", got, err)
	}
	if err := h.ValidateSettings(t.Context(), "department", []byte(`{"a":1}`)); err == nil {
		t.Error("a plugin without settings takes some")
	}
}
