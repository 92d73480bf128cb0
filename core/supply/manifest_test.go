package supply

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// The layout is a promise to other tools and other versions.
func TestLayout(t *testing.T) {
	both := signed(t)
	for name, p := range map[string]Package{"signed": both, "unsigned": {Code: both.Code}} {
		sent, err := newArtifact(repository, p)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		for _, document := range [][]byte{sent.manifest.content, sent.blobs[0].content} {
			if err := json.Indent(&got, document, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
		}
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got.Bytes(), want)
		}
	}
}

func TestParseManifest(t *testing.T) {
	p := signed(t)
	sent, err := newArtifact(repository, p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseManifest(sent.manifest.content, Limits{}.orDefault())
	if err != nil {
		t.Fatal(err)
	}
	if got.module.Size != int64(len(p.Code)) || string(got.module.Digest) != "sha256:"+Digest(p.Code) {
		t.Errorf("the module is %+v", got.module)
	}
	if got.signature == nil || string(got.signature.Digest) != "sha256:"+Digest(p.Signature) {
		t.Errorf("the signature is %+v", got.signature)
	}
	if got.annotations["org.opencontainers.image.version"] != "1.2.0" {
		t.Errorf("the annotations are %v", got.annotations)
	}
}

// What other tools push: `oras push` with its empty config, a layer more.
func TestParseManifestOfOthers(t *testing.T) {
	digest := "sha256:" + Digest(nil)
	for name, manifest := range map[string]string{
		"oras": `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.unknown.artifact.v1",
			"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},
			"layers":[{"mediaType":"application/wasm","digest":"` + digest + `","size":9}]}`,
		"no media type, a readme": `{"schemaVersion":2,"config":{"mediaType":"application/vnd.wasm.config.v0+json"},
			"layers":[{"mediaType":"text/markdown","digest":"md5:0","size":-1},{"mediaType":"application/wasm","digest":"` + digest + `","size":9}]}`,
	} {
		got, err := parseManifest([]byte(manifest), Limits{}.orDefault())
		if err != nil || got.module.Size != 9 || got.signature != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	for _, name := range []string{"signed", "unsigned"} {
		seed, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			f.Fatal(err)
		}
		manifest, _, _ := strings.Cut(string(seed), "\n}\n")
		f.Add([]byte(manifest + "}"))
	}
	f.Add([]byte(`{"schemaVersion":2,"manifests":[]}`))
	limits := Limits{}.orDefault()
	f.Fuzz(func(t *testing.T, manifest []byte) {
		got, err := parseManifest(manifest, limits)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Advice == "" {
				t.Errorf("%q: %#v", manifest, err)
			}
			return
		}
		if got.module.Size <= 0 || got.module.Size > limits.Module || !isDigest(string(got.module.Digest)) {
			t.Errorf("%q: %+v", manifest, got.module)
		}
		if s := got.signature; s != nil && (s.Size <= 0 || s.Size > limits.Signature || !isDigest(string(s.Digest))) {
			t.Errorf("%q: %+v", manifest, s)
		}
	})
}
