package workbench

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/core/outbound"
)

// allOf allows everything that the guests of testdata ask for.
func allOf(text string) *World {
	return &World{
		Grants: []core.PluginGrant{
			{Capability: "clock"}, {Capability: "kv"}, {Capability: "secret.get", Target: "api"}, {Capability: "http.fetch", Target: "127.0.0.1:1"},
		},
		Secrets: map[string]string{"api": text},
	}
}

// TestValues holds that what is kept in memory is kept as the store keeps it.
func TestValues(t *testing.T) {
	v := &values{kept: map[[2]string]value{}}
	now := time.Unix(1000, 0)
	put := func(value string, ifAbsent bool) error {
		return v.Apply(t.Context(), core.PutValue{Instance: "i", Key: "k", Value: value, At: now, ExpiresAt: now.Add(time.Minute), IfAbsent: ifAbsent})
	}
	get := func(instance string) string {
		text, found, err := v.PluginValue(context.Background(), instance, "k", now)
		if err != nil || found != (text != "") {
			t.Fatalf("%q, %v, %v", text, found, err)
		}
		return text
	}
	if err := put("a", true); err != nil || get("i") != "a" || get("j") != "" {
		t.Errorf("%v, %q, %q", err, get("i"), get("j"))
	}
	if err := put("b", true); !errors.Is(err, core.ErrConflict) || get("i") != "a" {
		t.Errorf("%v, %q", err, get("i"))
	}
	if err := put("b", false); err != nil || get("i") != "b" {
		t.Errorf("%v, %q", err, get("i"))
	}
	now = now.Add(time.Minute)
	if get("i") != "" {
		t.Error("a value does not expire")
	}
	if err := put("c", true); err != nil || get("i") != "c" {
		t.Errorf("after it expired: %v, %q", err, get("i"))
	}
	if err := v.Apply(t.Context(), core.DeleteValue{Instance: "i", Key: "k"}); err != nil || get("i") != "" {
		t.Errorf("deleted: %v, %q", err, get("i"))
	}
	if err := v.Apply(t.Context(), core.DeleteInstance{Name: "i"}); err == nil {
		t.Error("any change is accepted")
	}
}

func TestWorldThatCannotBe(t *testing.T) {
	_, err := Open(t.Context(), asks, &World{Private: []string{"everywhere"}})
	if _, ok := errors.AsType[*outbound.EntryError](err); !ok {
		t.Errorf("got %v", err)
	}
}

// TestAssembled holds that the committed modules are what their texts say.
func TestAssembled(t *testing.T) {
	assemble := needs.Program(t, "wat2wasm")
	for _, file := range []string{"floor", "testdata/asks", "testdata/fickle"} {
		output := filepath.Join(t.TempDir(), "assembled.wasm")
		if text, err := exec.Command(assemble, file+".wat", "-o", output).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", file, err, text)
		}
		assembled, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(file + ".wasm")
		if err != nil || string(assembled) != string(committed) {
			t.Errorf("%s.wasm is not what %s.wat says: %v", file, file, err)
		}
	}
}
