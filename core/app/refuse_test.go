package app_test

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
)

// refusal is a numbered thing that must be refused. The number is the first word
// of its name, so a search for it finds what proves it.
type refusal struct {
	name string // "031_code_reused"
	run  func(t *testing.T, w *world)
}

// TestRefuse runs what must be refused, each on a server of its own. No secret
// that was seen in a test may be in the log or in the audit log afterwards.
func TestRefuse(t *testing.T) {
	all := slices.Concat(authorizeRefusals(), tokenRefusals(), refreshRefusals(), revocationRefusals(), joseRefusals(), signInRefusals(), upstreamRefusals(), frontRefusals(), logoutRefusals(), dynamicRefusals(), originRefusals(), ownAccountRefusals(), deviceRefusals(), bearerRefusals(), scimRefusals(), adminRefusals())
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r.run(t, w)
			w.checkSecrets()
		})
	}
}

// recorded runs something that must be refused and checks that exactly one audit
// event tells of it: of that type, and with that reason unless it is empty.
func (w *world) recorded(kind core.EventType, reason string, refused func()) {
	w.t.Helper()
	everything := core.EventFilter{Limit: 100_000}
	before := map[core.ID]bool{}
	for _, e := range w.events(everything) {
		before[e.ID] = true
	}
	refused()
	var fresh []core.Event
	for _, e := range w.events(everything) {
		if !before[e.ID] {
			fresh = append(fresh, e)
		}
	}
	switch {
	case len(fresh) != 1:
		w.t.Errorf("%d audit events, want one: %v", len(fresh), fresh)
	case fresh[0].Type != kind:
		w.t.Errorf("audit event %s, want %s", fresh[0].Type, kind)
	case reason != "" && fresh[0].Detail["reason"] != reason:
		w.t.Errorf("audit event with reason %q, want %q", fresh[0].Detail["reason"], reason)
	}
}
