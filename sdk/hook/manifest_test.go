package hook_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func fullManifest() hook.Manifest {
	var m hook.Manifest
	fill(reflect.ValueOf(&m).Elem(), "m")
	return m
}

func TestManifests(t *testing.T) {
	small := hook.Manifest{ID: "b", Version: "1", Description: "d", HostAPI: 1, Hooks: []string{hook.ClaimsMap}, Settings: hook.FromObject(hook.Object{})}
	list := []hook.Manifest{fullManifest(), small}
	text := hook.AppendManifests(nil, list)
	got, err := hook.ParseManifests(text)
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Errorf("got %+v, %v; want %+v", got, err, list)
	}
	parsed, err := hook.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	agreeWithTags(t, reflect.TypeFor[hook.Manifest](), parsed.List()[0].Object())
	want := `{"id":"b","version":"1","description":"d","host_api":1,"hooks":["claims.map/v1"],"settings":{}}`
	if got := string(parsed.List()[1].AppendJSON(nil)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := string(hook.AppendManifests(nil, nil)); got != `[]` {
		t.Errorf("no manifests are written as %s", got)
	}
}

func TestManifestsRefuse(t *testing.T) {
	for _, text := range []string{
		``, `{}`, `null`, `[null]`, `[[]]`, `[{}`, `[{},]`, `[{}]]`, `[{}] x`, `[{"host_api":1.5}]`, `[{"host_api":"1"}]`, `[{"id":"a","color":1}]`,
		`[{"id":"a","id":"a"}]`, `[{"hooks":"claims.map/v1"}]`, `[{"capabilities":["kv"]}]`, `[{"capabilities":[{"name":"kv","target":"a"}]}]`,
		`[{"secrets":[{"name":"a","value":"b"}]}]`, `[{"secrets":{"a":"b"}}]`, `[{"presets":["a"]}]`, `[{"presets":{}}]`, `[{"presets":[{"name":1}]}]`,
		`[{"presets":[{"secret":"a"}]}]`, `[{"presets":[{"targets":"a.example"}]}]`, `[{"samples":[{"hook":"a","output":{}}]}]`,
		`[{"samples":[{"calls":[{"capability":"kv","response":{}}]}]}]`, `[{"samples":[{"calls":{}}]}]`,
		`[` + strings.Repeat(`{"samples":[`, 70),
	} {
		if list, err := hook.ParseManifests([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, list)
		}
	}
}

func TestHostCalls(t *testing.T) {
	const text = `[{"capability":"kv","request":{"op":"get","key":"a"},"answer":{"found":true}},{"capability":"clock","request":{},"answer":{"now":1}}]`
	calls, err := hook.ParseHostCalls([]byte(text))
	if err != nil || len(calls) != 2 || calls[0].Capability != hook.KV || calls[1].Answer.Kind() != hook.KindObject {
		t.Fatalf("%+v, %v", calls, err)
	}
	if got := `[` + string(calls[1].AppendJSON(calls[0].AppendJSON(nil))) + `]`; strings.ReplaceAll(got, "}{", "},{") != text {
		t.Errorf("written as %s", got)
	}
	for _, text := range []string{``, `{}`, `[1]`, `[{"capability":1}]`, `[{"name":"kv"}]`, `[{"request":{"a":1,"a":1}}]`, `[{}`} {
		if _, err := hook.ParseHostCalls([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// FuzzManifests holds that what is accepted survives, for the parsers of arrays.
func FuzzManifests(f *testing.F) {
	f.Add(hook.AppendManifests(nil, []hook.Manifest{fullManifest(), {}}))
	f.Add([]byte(`[{"capability":"kv","request":{"op":"get"},"answer":{"found":true}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list, err := hook.ParseManifests(data); err == nil {
			written := hook.AppendManifests(nil, list)
			again, err := hook.ParseManifests(written)
			if err != nil || !bytes.Equal(hook.AppendManifests(nil, again), written) {
				t.Fatalf("%q, then %q: %v", data, written, err)
			}
		}
		calls, err := hook.ParseHostCalls(data)
		if err != nil {
			return
		}
		for _, call := range calls {
			text := append(call.AppendJSON([]byte{'['}), ']')
			if again, err := hook.ParseHostCalls(text); err != nil || len(again) != 1 {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
