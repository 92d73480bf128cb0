package admin_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestMoveBinding(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"a", "b", "c"} {
		if _, err := w.BindPlugin(t.Context(), actor, admin.Bind{Plugin: "miniorange", Instance: name, Position: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	order := func(hook string) (names []string, ids map[string]core.ID) {
		t.Helper()
		config, err := w.PluginConfig(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ids = map[string]core.ID{}
		for _, b := range config.Bindings {
			if b.Hook == hook {
				names, ids[b.Instance] = append(names, b.Instance), b.ID
			}
		}
		return names, ids
	}
	before, ids := order(core.HookClaims)
	if !slices.Equal(before, []string{"a", "b", "c"}) {
		t.Fatalf("%v", before)
	}
	for _, tt := range []struct {
		move  string
		place int
		want  []string
	}{
		{"c", 1, []string{"c", "a", "b"}}, {"c", 2, []string{"a", "c", "b"}}, {"a", 9, []string{"c", "b", "a"}},
		{"a", 0, []string{"a", "c", "b"}}, {"a", 1, []string{"a", "c", "b"}},
	} {
		got, err := w.MoveBinding(t.Context(), actor, ids[tt.move], tt.place)
		if err != nil || got[slices.Index(tt.want, tt.move)].ID != ids[tt.move] {
			t.Errorf("%s to %d: %v, %v", tt.move, tt.place, got, err)
		}
		now, same := order(core.HookClaims)
		if !slices.Equal(now, tt.want) {
			t.Errorf("%s to %d: %v, want %v", tt.move, tt.place, now, tt.want)
		}
		for name, id := range ids {
			if same[name] != id {
				t.Errorf("the binding of %s is another one", name)
			}
		}
	}
	if other, _ := order(core.HookAccount); !slices.Equal(other, []string{"a", "b", "c"}) {
		t.Errorf("another hook: %v", other)
	}
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventPluginBound})
	moves := slices.DeleteFunc(events, func(e core.Event) bool { return e.Detail["moved"] == "" })
	if err != nil || len(moves) != 4 || slices.ContainsFunc(moves, func(e core.Event) bool { return e.Detail["hook"] != core.HookClaims }) {
		t.Errorf("%+v, %v", moves, err)
	}
	if _, err := w.MoveBinding(t.Context(), actor, "nobody", 1); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func TestExaminePlugin(t *testing.T) {
	w := newWorld(t)
	w.modules["good"] = []admin.Plugin{{ID: "mine", Version: "1.0.0", Hooks: []string{core.HookClaims}}}
	digest, plugins, err := w.ExaminePlugin(t.Context(), []byte("good"))
	if err != nil || len(digest) != 64 || len(plugins) != 1 || plugins[0].ID != "mine" {
		t.Errorf("%s %+v %v", digest, plugins, err)
	}
	config, err := w.PluginConfig(t.Context())
	if err != nil || len(config.Modules)+len(config.Releases) > 0 {
		t.Errorf("it was installed: %+v, %v", config, err)
	}
	for _, code := range [][]byte{nil, []byte("bad"), make([]byte, 32<<20+1)} {
		if _, _, err := w.ExaminePlugin(t.Context(), code); !slices.Equal(problems(t, err), []string{"module"}) {
			t.Errorf("%d bytes: %v", len(code), err)
		}
	}
}
