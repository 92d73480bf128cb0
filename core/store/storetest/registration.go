package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func testInitialTokens(t *testing.T, w *world) {
	ctx := t.Context()
	twice := core.InitialToken{ID: w.id(), Hash: core.Hash{1}, Org: core.DefaultOrganisation, Name: "wiki", MaxUses: 2, CreatedAt: start, ExpiresAt: start.Add(time.Hour)}
	always := core.InitialToken{ID: w.id(), Hash: core.Hash{2}, Org: core.DefaultOrganisation, CreatedAt: start, ExpiresAt: start.Add(2 * time.Hour)}
	w.apply(core.AddInitial{Token: twice}, core.AddInitial{Token: always})
	w.refused(core.ErrNotFound, core.AddInitial{Token: core.InitialToken{ID: w.id(), Hash: core.Hash{1}, Org: "nowhere", CreatedAt: start, ExpiresAt: start}})
	got, err := w.store.InitialToken(ctx, twice.ID)
	same(w, got, err, &twice)
	all, err := w.store.InitialTokens(ctx, core.DefaultOrganisation)
	same(w, all, err, []core.InitialToken{twice, always})
	all, err = w.store.InitialTokens(ctx, "nowhere")
	same(w, all, err, nil)

	use := func(token core.InitialToken, at time.Time) core.UseInitial {
		return core.UseInitial{ID: token.ID, At: at}
	}
	w.refused(core.ErrConflict, use(twice, start.Add(time.Hour)))
	var won atomic.Int32
	var racers sync.WaitGroup
	for range 8 {
		racers.Go(func() {
			err := w.store.Apply(ctx, use(twice, start))
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, core.ErrConflict) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won.Load() != 2 {
		t.Errorf("%d uses of a token for two", won.Load())
	}
	w.apply(use(always, start), use(always, start), use(always, start))
	// A use that is not to be undoes what was to happen with it.
	w.refused(core.ErrConflict, core.CreateGroup{Group: core.Group{ID: w.id(), Org: core.DefaultOrganisation, Name: "lost", CreatedAt: start}}, use(twice, start))
	groups, err := w.store.Groups(ctx, core.DefaultOrganisation)
	same(w, groups, err, nil)
	twice.Uses, always.Uses = 2, 3
	all, err = w.store.InitialTokens(ctx, core.DefaultOrganisation)
	same(w, all, err, []core.InitialToken{twice, always})

	if _, err := w.store.Sweep(ctx, start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	swept, err := w.store.InitialToken(ctx, twice.ID)
	missing(w, swept, err)
	w.apply(core.DeleteInitial{ID: always.ID})
	w.refused(core.ErrNotFound, core.DeleteInitial{ID: always.ID})
	w.refused(core.ErrConflict, use(always, start))
}

// testHeldClient replaces a client only for whoever has the latest token.
func testHeldClient(t *testing.T, w *world) {
	client := w.client("registered")
	client.RegistrationHash = core.Hash{1}
	w.apply(core.UpdateClient{Client: client})
	other := client
	other.RegistrationHash, other.DisplayName = core.Hash{2}, "Renamed"
	w.refused(core.ErrConflict, core.UpdateClient{Client: other, Held: core.Hash{3}})
	w.apply(core.UpdateClient{Client: other, Held: core.Hash{1}})
	w.refused(core.ErrConflict, core.UpdateClient{Client: client, Held: core.Hash{1}})
	got, err := w.store.Client(t.Context(), client.ID)
	same(w, got, err, &other)
	w.apply(core.DeleteClient{ID: client.ID})
	w.refused(core.ErrConflict, core.UpdateClient{Client: other, Held: core.Hash{2}})
}

func testOrigins(t *testing.T, w *world) {
	has := func(store Store, want bool, origins ...string) {
		t.Helper()
		for _, origin := range origins {
			if got, err := store.HasOrigin(t.Context(), origin); err != nil || got != want {
				t.Errorf("%q: %v, %v", origin, got, err)
			}
		}
	}
	has(w.store, false, "https://rp.example", "")
	client := w.client("rp")
	client.RedirectURIs = []string{"https://rp.example/cb", "https://RP.example:8443/", "http://localhost:80/cb", "com.example.app:/cb", "https://other.example:443/cb"}
	w.apply(core.UpdateClient{Client: client})
	own := []string{"https://rp.example", "https://rp.example:8443", "http://localhost", "https://other.example"}
	has(w.store, true, own...)
	has(w.store, false, "", "null", "http://rp.example", "https://rp.example:443", "https://x.rp.example", "https://rp.example.evil.example", "com.example.app://", "*")
	// Another process disables it.
	other := w.handle()
	client.Disabled = true
	if err := other.Apply(t.Context(), core.UpdateClient{Client: client}); err != nil {
		t.Fatal(err)
	}
	has(w.store, false, own...)
	has(other, false, own...)
}
