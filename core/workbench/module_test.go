package workbench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	asks   = "testdata/asks.wasm"
	fickle = "testdata/fickle.wasm"
)

// open opens a module for the time of a test.
func open(t *testing.T, file string, world *World) *Module {
	t.Helper()
	m, err := Open(t.Context(), file, world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func TestInspect(t *testing.T) {
	i := open(t, asks, nil).Inspect()
	if i.File != asks || len(i.Digest) != 64 || i.Size != 1253 || i.Metered <= i.Size || i.Memory != 4<<16 || i.Rate < 10 || i.Signature != nil {
		t.Errorf("%+v", i)
	}
	if !slices.Contains(i.Imports, "postern.secret_get") || len(i.Plugins) != 1 {
		t.Fatalf("%+v", i)
	}
	got, err := json.Marshal(i.Plugins[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":"asks","version":"1.0.0","description":"Keeps a secret, for tests.","host_api":1,"hooks":["claims.map/v1"],` +
		`"capabilities":[{"name":"secret.get","targets":["api"],"reason":"To keep it.","optional":false},` +
		`{"name":"kv","targets":[],"reason":"To keep the secret.","optional":true},{"name":"clock","targets":[],"reason":"To say the time.","optional":false}],` +
		`"secrets":[{"name":"api","description":"Any text.","optional":false}],` +
		`"settings":{"type":"object","properties":{"name":{"type":"string"}},"additionalProperties":false},"presets":[],"samples":1}`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestInspectPresets(t *testing.T) {
	got, err := json.Marshal(open(t, fickle, nil).Inspect().Plugins[0].Presets)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"name":"often","title":"Often","icon":"key","settings":{"every":1},"targets":["a.example"]},` +
		`{"name":"seldom","title":"Seldom","icon":"","settings":{},"targets":[]}]`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// signature is one of asks.wasm, by a key that nobody has.
const signature = `untrusted comment: signature of key 1EFE928DB6D59D28
RUQondW2jZL+HlbOmqzsHJX00Qcr17ptgHHp5rz5TfQC7dtjvHCWDRABmWmva/MAlUFClugr9LsjZaQG6H2I712dWQYxLGH62Qg=
trusted comment: version 1
7qKSWcDo56BYj9F6v7Xu75/pgaCdkO2JPiJs5EJdvl4ZzjGxiqgsjZIoalBwHShaHGy3FWXPDKmOQfwhYYPXCw==
`

func TestSignatureBeside(t *testing.T) {
	code, err := os.ReadFile(asks)
	if err != nil {
		t.Fatal(err)
	}
	file := fileWith(t, "p.wasm", string(code))
	for text, want := range map[string]SignatureBeside{
		signature:                 {KeyID: "1EFE928DB6D59D28", Comment: "version 1"},
		"no signature":            {Problem: "not in the format of minisign"},
		strings.Repeat("a", 5000): {Problem: "more than"},
	} {
		if err := os.WriteFile(file+".minisig", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got := open(t, file, nil).Inspect().Signature
		if got == nil || got.Comment != want.Comment || !strings.Contains(got.Problem, want.Problem) || got.KeyID != want.KeyID ||
			filepath.Base(got.File) != "p.wasm.minisig" {
			t.Errorf("%.20q: %+v", text, got)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := Open(t.Context(), "testdata/none.wasm", nil)
	wants(t, err, "there is no module testdata/none.wasm", "postern plugin build")
	_, err = Open(t.Context(), "testdata", nil)
	wants(t, err, "cannot read testdata: is a directory", "not a folder")
	_, err = Open(t.Context(), fileWith(t, "p.wasm", "\x00asm\x0d\x00\x01\x00"), nil)
	wants(t, err, "p.wasm is refused: not a WebAssembly module, but a component", "core module")
	large := filepath.Join(t.TempDir(), "large.wasm")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxModule+1); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), large, nil)
	wants(t, err, "has more than 32 MiB", "smaller")
}
