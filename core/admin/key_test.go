package admin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// keys makes keys without the work. Each is a millisecond later than the last.
type keys struct{ w *world }

func (k keys) NewKey(_ context.Context, alg string) (*core.SigningKey, error) {
	k.w.made++
	return &core.SigningKey{
		ID: fmt.Sprintf("%s-%d", alg, k.w.made), Alg: alg, Sealed: []byte("sealed"), PublicJWK: []byte(`{}`), CreatedAt: k.w.now,
	}, nil
}

// has wants the keys that are published, as "ID state".
func (w *world) has(want ...string) {
	w.t.Helper()
	keys, err := w.Keys(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, k := range keys {
		got = append(got, k.ID+" "+string(k.State))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("keys %q, want %q", got, want)
	}
}

func (w *world) rotate(atOnce bool, algs ...string) {
	w.t.Helper()
	if _, err := w.RotateKeys(w.t.Context(), actor, algs, atOnce); err != nil {
		w.t.Fatal(err)
	}
}

func TestRotateKeys(t *testing.T) {
	w := newWorld(t)
	w.has()
	w.rotate(false) // the first sign at once: nobody knows others
	w.has("RS256-1 signs", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")
	w.now = w.now.Add(time.Hour)
	w.rotate(false, "RS256")
	w.has("RS256-1 signs", "RS256-5 next", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")
	w.now = w.now.Add(core.KeyLead - time.Millisecond)
	w.has("RS256-1 signs", "RS256-5 next", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")
	w.now = w.now.Add(time.Millisecond)
	w.has("RS256-5 signs", "RS256-1 retired", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")
	retired := w.now
	w.now = retired.Add(core.KeyKept - time.Millisecond)
	w.has("RS256-5 signs", "RS256-1 retired", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")
	w.now = retired.Add(core.KeyKept)
	w.has("RS256-5 signs", "ES256-2 signs", "EdDSA-3 signs", "PS256-4 signs")

	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventKeyRetired})
	if err != nil || len(events) != 1 || events[0].Actor != actor.Name || events[0].Detail["kid"] != "RS256-1" || events[0].Detail["alg"] != "RS256" ||
		events[0].Detail["at"] != "2026-11-23T13:10:00Z" {
		t.Errorf("%+v, %v", events, err)
	}
	if events, err = w.store.Events(t.Context(), core.EventFilter{Type: core.EventKeyCreated}); err != nil || len(events) != 5 {
		t.Errorf("%+v, %v", events, err)
	}
}

// TestRotateKeysNow: whoever cannot wait need not, also after a rotation that waits.
func TestRotateKeysNow(t *testing.T) {
	w := newWorld(t)
	w.rotate(false, "ES256")
	w.now = w.now.Add(time.Second)
	w.rotate(false, "ES256")
	w.has("ES256-1 signs", "ES256-2 next")
	w.now = w.now.Add(time.Second)
	w.rotate(true, "ES256")
	w.has("ES256-3 signs", "ES256-1 retired", "ES256-2 retired")
}

// TestRotateKeysAtOnce: of two that rotate one does.
func TestRotateKeysTwice(t *testing.T) {
	w := newWorld(t)
	w.rotate(false, "ES256")
	other := *w.Service
	other.Store = stale{w.store, must(w.store.SigningKeys(t.Context()))}
	w.rotate(false, "ES256")
	if _, err := other.RotateKeys(t.Context(), actor, []string{"ES256"}, false); !errors.Is(err, core.ErrConflict) {
		t.Error(err)
	}
	w.has("ES256-1 signs", "ES256-2 next")
}

// stale reads the keys as they were.
type stale struct {
	admin.Store
	keys []core.SigningKey
}

func (s stale) SigningKeys(context.Context) ([]core.SigningKey, error) { return s.keys, nil }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestDeleteKey(t *testing.T) {
	w := newWorld(t)
	w.rotate(false, "RS256", "ES256")
	w.rotate(false, "RS256")
	w.has("RS256-1 signs", "RS256-3 next", "ES256-2 signs")
	remove := func(kid string) {
		t.Helper()
		if err := w.DeleteKey(t.Context(), actor, kid); err != nil {
			t.Fatal(err)
		}
	}
	remove("RS256-1") // its successor need not be made, and waits no more
	w.has("RS256-3 signs", "ES256-2 signs")
	remove("ES256-2") // there is always one
	w.has("RS256-3 signs", "ES256-4 signs")
	w.rotate(false, "RS256")
	remove("RS256-5") // without its successor the old one would end
	w.now = w.now.Add(core.KeyLead)
	w.has("RS256-6 signs", "RS256-3 retired", "ES256-4 signs")
	remove("RS256-3")
	w.has("RS256-6 signs", "ES256-4 signs")
	if err := w.DeleteKey(t.Context(), actor, "RS256-3"); !errors.Is(err, core.ErrNotFound) || !strings.Contains(err.Error(), `no key "RS256-3"`) {
		t.Error(err)
	}
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventKeyDeleted})
	if err != nil || len(events) != 4 {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestRotateKeysInput(t *testing.T) {
	w := newWorld(t)
	for _, algs := range [][]string{{"none"}, {"HS256"}, {"RS256", "RS256"}, {""}} {
		_, err := w.RotateKeys(t.Context(), actor, algs, false)
		if got := problems(t, err); !slices.Equal(got, []string{"alg"}) {
			t.Errorf("%q: %v", algs, got)
		}
	}
	w.KeyMaker = nil
	if _, err := w.RotateKeys(t.Context(), actor, nil, false); err == nil {
		t.Error("keys were made by nothing")
	}
	w.has()
}

func TestDueKeys(t *testing.T) {
	w := newWorld(t)
	w.rotate(false)
	w.now = w.now.Add(24 * time.Hour)
	w.rotate(false, "ES256")
	for every, want := range map[time.Duration][]string{
		24 * time.Hour: {"RS256", "EdDSA", "PS256"}, 24*time.Hour + 1: nil, 1: {"RS256", "EdDSA", "PS256"},
	} {
		due, err := w.DueKeys(t.Context(), every)
		if err != nil || !slices.Equal(due, want) {
			t.Errorf("%s: %q, %v; want %q", every, due, err, want)
		}
	}
}
