package capability_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/sdk/hook"
)

func TestKV(t *testing.T) {
	w := newWorld(t)
	w.testKV()
	if kept := w.store.kept["directory/k"]; kept.At != w.clock() || kept.ExpiresAt != w.clock().Add(2*time.Second) {
		t.Errorf("kept %+v", kept)
	}
}

// testKV is a conversation that leaves a key for two seconds.
func (w *world) testKV() {
	w.t.Helper()
	caller, other := w.caller("kv"), w.caller("kv")
	other.Instance = "other"
	for _, step := range [][2]string{
		{`{"op":"get","key":"k"}`, `{}`},
		{`{"op":"set","key":"k","value":"one","ttl":60}`, `{}`},
		{`{"op":"get","key":"k"}`, `{"found":true,"value":"one"}`},
		{`{"op":"add","key":"k","value":"two","ttl":60}`, `{"found":true}`},
		{`{"op":"get","key":"k"}`, `{"found":true,"value":"one"}`},
		{`{"op":"set","key":"k","value":"","ttl":1}`, `{"found":true}`},
		{`{"op":"get","key":"k"}`, `{"found":true}`},
		{`{"op":"delete","key":"k"}`, `{"found":true}`},
		{`{"op":"delete","key":"k"}`, `{}`},
		{`{"op":"add","key":"k","value":"é\u0000","ttl":2592000}`, `{}`},
		{`{"op":"get","key":"k"}`, `{"found":true,"value":"é\u0000"}`},
		{`{"op":"set","key":"k","value":"brief","ttl":1}`, `{"found":true}`},
	} {
		w.does(caller, hook.KV, step[0], step[1])
	}
	w.does(other, hook.KV, `{"op":"get","key":"k"}`, `{}`)
	w.later(time.Second)
	w.does(caller, hook.KV, `{"op":"get","key":"k"}`, `{}`)
	w.does(caller, hook.KV, `{"op":"add","key":"k","value":"again","ttl":2}`, `{}`)
}

func TestKVRefuses(t *testing.T) {
	w := newWorld(t)
	for request, want := range map[string]string{
		`{"key":"k"}`:            "op is get, set, add or delete",
		`{"op":"GET","key":"k"}`: "op is get, set, add or delete",
		`{"op":"get"}`:           "a key has 1 to 128 bytes",
		`{"op":"get","key":"` + strings.Repeat("k", 129) + `"}`: "a key has 1 to 128 bytes",
		`{"op":"set","key":"k"}`:                                "ttl is 1 to 2592000 seconds",
		`{"op":"set","key":"k","ttl":-1}`:                       "ttl is 1 to 2592000 seconds",
		`{"op":"add","key":"k","ttl":2592001}`:                  "ttl is 1 to 2592000 seconds",
		`{"op":"get","key":"k","ttl":1}`:                        "get has neither value nor ttl",
		`{"op":"delete","key":"k","value":"v"}`:                 "delete has neither value nor ttl",
	} {
		w.refuses(w.caller("kv"), hook.KV, request, hook.CodeInvalidRequest, want)
	}
	large := fmt.Sprintf(`{"op":"set","key":"k","ttl":1,"value":%q}`, strings.Repeat("v", 4097))
	w.refuses(w.caller("kv"), hook.KV, large, hook.CodeTooLarge, "4096 bytes")
	if len(w.store.kept) > 0 {
		t.Errorf("kept %v", w.store.kept)
	}
}

// TestKVInTheStore has the same conversation with the database, and its bounds.
func TestKVInTheStore(t *testing.T) {
	w := newWorld(t)
	database, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	w.set = capability.New(capability.Options{KV: database, Unseal: w.vault.Unseal, Now: w.clock})
	w.refuses(w.caller("kv"), hook.KV, `{"op":"set","key":"k","value":"v","ttl":60}`, hook.CodeUnavailable, `the instance \"directory\" was deleted`)
	save := core.SaveInstance{Instance: core.PluginInstance{
		Name: "directory", Plugin: "p", Module: core.BuiltinModule, Settings: []byte(`{}`), CreatedAt: w.clock(), UpdatedAt: w.clock(),
	}}
	if err := database.Apply(t.Context(), save); err != nil {
		t.Fatal(err)
	}
	w.testKV()
	w.fill(database, 999)
	w.refuses(w.caller("kv"), hook.KV, `{"op":"set","key":"one more","value":"v","ttl":60}`, hook.CodeLimit, "as many keys as it may have")
	w.does(w.caller("kv"), hook.KV, `{"op":"set","key":"k","value":"v","ttl":60}`, `{"found":true}`)
	w.later(time.Hour)
	w.does(w.caller("kv"), hook.KV, `{"op":"set","key":"one more","value":"v","ttl":60}`, `{}`)
}

func (w *world) fill(database *store.Store, n int) {
	w.t.Helper()
	var changes []core.Change
	for i := range n {
		changes = append(changes, core.PutValue{Instance: "directory", Key: fmt.Sprint(i), Value: "v", At: w.clock(), ExpiresAt: w.clock().Add(time.Minute)})
	}
	if err := database.Apply(context.WithoutCancel(w.t.Context()), changes...); err != nil {
		w.t.Fatal(err)
	}
}
