package flow_test

import (
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// A page beside the sign-in knows which one it is beside, in its browser alone and as long
// as it waits.
func TestAsked(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	step := b.authorize("rp").at(flow.PathLogin).step()
	asked := func(step string, b *browser) (string, string) {
		t.Helper()
		request, client, err := b.Asked(t.Context(), step, b.from())
		if err != nil {
			t.Fatal(err)
		}
		if client == nil {
			return string(request), ""
		}
		return string(request), client.ID
	}
	request, client := asked(step, b)
	if _, err := core.ParseID(request); err != nil || client != "rp" {
		t.Fatalf("request %q of %q", request, client)
	}
	itself := w.browser()
	own := itself.got(itself.SignInHere(t.Context(), itself.from())).at(flow.PathLogin).step()
	if request, client := asked(own, itself); request == "" || client != "" {
		t.Errorf("of Postern itself: request %q of %q", request, client)
	}
	w.events()
	for name, c := range map[string]struct {
		step string
		b    *browser
	}{
		"no step": {"", b}, "nonsense": {"x.y", b}, "another browser": {step, w.browser()}, "another one's": {step, itself},
	} {
		if request, client := asked(c.step, c.b); request != "" || client != "" {
			t.Errorf("%s: request %q of %q", name, request, client)
		}
	}
	w.now = w.now.Add(31 * time.Minute)
	if request, client := asked(step, b); request != "" || client != "" {
		t.Errorf("when it is over: request %q of %q", request, client)
	}
	w.recorded() // nothing is refused for it
	w.now = w.now.Add(-31 * time.Minute)
	b.got(b.Cancel(t.Context(), step, b.from()))
	if request, client := asked(step, b); request != "" || client != "" {
		t.Errorf("when it is given up: request %q of %q", request, client)
	}
}
