package capability_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// The plugin host asks a set.
var _ plugin.Capabilities = (*capability.Set)(nil)

func TestCallRefuses(t *testing.T) {
	w := newWorld(t)
	caller := w.caller()
	w.refuses(caller, "clock", `{}`, hook.CodeInvalidRequest, `there is no capability \"clock\"`)
	w.refuses(caller, "http.fetch/../", `{}`, hook.CodeInvalidRequest, "there is no capability")
	for _, name := range hook.Capabilities[1:] {
		w.refuses(caller, name, ``, hook.CodeInvalidRequest, "the request cannot be read")
		w.refuses(caller, name, `[]`, hook.CodeInvalidRequest, "the request cannot be read: byte 0: an object is expected")
		w.refuses(caller, name, `{"unknown":1}`, hook.CodeInvalidRequest, "an unknown member")
		w.refuses(caller, name, `{}{}`, hook.CodeInvalidRequest, "text after the value")
		w.refuses(caller, name, `{"x":"`+strings.Repeat("x", 256<<10)+`"}`, hook.CodeTooLarge, "262144 bytes")
	}
}

func TestCallAfterTheDeadline(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, name := range hook.Capabilities[1:] {
		if answer, code := w.set.Call(ctx, w.caller(), name, []byte(`{}`)); code != hook.CodeTimeout || !strings.Contains(string(answer), "is over") {
			t.Errorf("%s: %s (%s)", name, answer, code)
		}
	}
}

// TestCallHidesTheHost: what failed inside is for the host's log alone.
func TestCallHidesTheHost(t *testing.T) {
	w := newWorld(t)
	w.store.fail = errors.New("/var/lib/postern is full")
	w.refuses(w.caller("kv"), hook.KV, `{"op":"get","key":"k"}`, hook.CodeUnavailable, "the host failed; its log says why")
	answer, _ := w.call(w.caller("kv"), hook.KV, `{"op":"get","key":"k"}`)
	if strings.Contains(answer, "/var/lib") {
		t.Errorf("the guest gets %s", answer)
	}
	if log := w.log.String(); !strings.Contains(log, "/var/lib/postern is full") || !strings.Contains(log, "instance=directory") || !strings.Contains(log, "capability=kv") {
		t.Errorf("the log has %s", log)
	}
}
