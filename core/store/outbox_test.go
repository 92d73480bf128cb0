package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func recording(id string) core.Change {
	return core.Record{Event: core.Event{ID: core.ID(id), At: time.UnixMilli(1), Type: "x"}}
}

func bindingTo(instance string) core.AddBinding {
	return core.AddBinding{Binding: core.PluginBinding{ID: core.ID("binding of " + instance), Instance: instance, Hook: core.HookEvents}}
}

// together applies the lists in one transaction, in their order.
func together(t *testing.T, s *Store, lists ...[]core.Change) []error {
	t.Helper()
	release := block(t, s)
	defer release()
	outcomes := make([]chan error, len(lists))
	for i, list := range lists {
		outcomes[i] = make(chan error, 1)
		go func() { outcomes[i] <- s.Apply(context.Background(), list...) }()
		for len(s.writer.jobs) <= i {
			time.Sleep(time.Millisecond)
		}
	}
	release()
	var told []error
	for _, outcome := range outcomes {
		told = append(told, <-outcome)
	}
	return told
}

func queueOf(t *testing.T, s *Store, instance string) (ids []string) {
	t.Helper()
	claimed, err := s.ClaimEvents(t.Context(), bindingTo(instance).Binding.ID, time.UnixMilli(1), time.UnixMilli(2), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range claimed {
		ids = append(ids, string(d.Event.ID))
	}
	return ids
}

// A transaction in which a plugin is bound is undone because another list fails, and
// begins anew: what comes before the binding then is not laid out.
func TestOutboxForgetsWhatWasUndone(t *testing.T) {
	s := openTest(t)
	instance := core.SaveInstance{Instance: core.PluginInstance{Name: "a", Settings: []byte("{}")}}
	if err := s.Apply(t.Context(), instance); err != nil {
		t.Fatal(err)
	}
	told := together(t, s,
		[]core.Change{recording("before")},
		[]core.Change{bindingTo("a"), recording("with")},
		[]core.Change{recording("failed"), core.FinishRequest{ID: "gone"}},
		[]core.Change{recording("after")},
	)
	for i, want := range []error{nil, nil, core.ErrConflict, nil} {
		if !errors.Is(told[i], want) {
			t.Errorf("list %d: %v", i, told[i])
		}
	}
	if got := queueOf(t, s, "a"); !slices.Equal(got, []string{"with", "after"}) {
		t.Errorf("it has %q", got)
	}
	if got := <-s.Queued(); got != struct{}{} || s.outbox.added {
		t.Error("nobody was told")
	}
}

// A list that unbinds and fails, before and after others.
func TestOutboxKeepsWhatWasNotUnbound(t *testing.T) {
	s := openTest(t)
	instance := core.SaveInstance{Instance: core.PluginInstance{Name: "a", Settings: []byte("{}")}}
	if err := s.Apply(t.Context(), instance, bindingTo("a")); err != nil {
		t.Fatal(err)
	}
	together(t, s,
		[]core.Change{recording("one")},
		[]core.Change{core.RemoveBinding{ID: bindingTo("a").Binding.ID}, recording("failed"), core.FinishRequest{ID: "gone"}},
		[]core.Change{recording("two")},
	)
	if got := queueOf(t, s, "a"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("it has %q", got)
	}
}

// Only a transaction that changes the configuration reads the bindings each time.
func TestOutboxRemembers(t *testing.T) {
	s := openTest(t)
	for i, changes := range [][]core.Change{
		{recording("1")},
		{core.SaveInstance{Instance: core.PluginInstance{Name: "a", Settings: []byte("{}")}}, bindingTo("a"), recording("2")},
		{recording("3")},
	} {
		if err := s.Apply(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
		if want := i != 1; s.outbox.checked != want {
			t.Errorf("list %d: remembered %v", i+1, s.outbox.checked)
		}
	}
	if len(s.outbox.bindings) != 1 {
		t.Errorf("it remembers %q", s.outbox.bindings)
	}
	// While nothing was bound or unbound, what is remembered is not read again.
	s.outbox.bindings = nil
	if err := s.Apply(t.Context(), recording("4")); err != nil {
		t.Fatal(err)
	}
	if got := queueOf(t, s, "a"); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("it has %q", got)
	}
}
