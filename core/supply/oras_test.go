package supply

import (
	"bytes"
	"net/http"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/file"
	"oras.land/oras-go/v2/registry/remote"
)

// orasRepository is the repository as the oras program sees it: the program is a
// thin cover over this library.
func orasRepository(t *testing.T, host string) *remote.Repository {
	t.Helper()
	r, err := remote.NewRepository(host + "/" + repository)
	if err != nil {
		t.Fatal(err)
	}
	r.PlainHTTP = true
	return r
}

func fileStore(t *testing.T, dir string) *file.Store {
	t.Helper()
	store, err := file.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// `oras pull` writes the module and its signature beside each other, as the
// minisign program wants them.
func TestOrasPullsOurs(t *testing.T) {
	host := debianRegistry(t, "")
	p := signed(t)
	r := &Registry{Client: &http.Client{}, PlainHTTP: true}
	if _, err := r.Push(t.Context(), reference(t, host, ":"+tag), p); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := oras.Copy(t.Context(), orasRepository(t, host), tag, fileStore(t, dir), tag, oras.DefaultCopyOptions); err != nil {
		t.Fatal(err)
	}
	if got := read(t, dir, "department.wasm"); !bytes.Equal(got, p.Code) {
		t.Errorf("the module is %q", got)
	}
	if got := read(t, dir, "department.wasm.minisig"); !bytes.Equal(got, p.Signature) {
		t.Errorf("the signature is %q", got)
	}
}

// What `oras push HOST/REPOSITORY:TAG department.wasm:application/wasm
// department.wasm.minisig:application/vnd.postern.minisig` pushes is pulled here.
func TestOursPullsOras(t *testing.T) {
	host := debianRegistry(t, "")
	p := signed(t)
	dir := t.TempDir()
	write(t, dir, "department.wasm", p.Code)
	write(t, dir, "department.wasm.minisig", p.Signature)
	store := fileStore(t, dir)
	var layers []ocispec.Descriptor
	for name, mediaType := range map[string]string{"department.wasm": moduleType, "department.wasm.minisig": signatureType} {
		layer, err := store.Add(t.Context(), name, mediaType, "")
		if err != nil {
			t.Fatal(err)
		}
		layers = append(layers, layer)
	}
	packed, err := oras.PackManifest(t.Context(), store, oras.PackManifestVersion1_1, "application/vnd.unknown.artifact.v1", oras.PackManifestOptions{Layers: layers})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Tag(t.Context(), packed, tag); err != nil {
		t.Fatal(err)
	}
	if _, err := oras.Copy(t.Context(), store, tag, orasRepository(t, host), tag, oras.DefaultCopyOptions); err != nil {
		t.Fatal(err)
	}
	r := &Registry{Client: &http.Client{}, PlainHTTP: true}
	got, err := r.Pull(t.Context(), reference(t, host, ":"+tag))
	if err != nil || !bytes.Equal(got.Code, p.Code) || !bytes.Equal(got.Signature, p.Signature) || got.ManifestDigest != packed.Digest.String() {
		t.Errorf("%+v, %v", got, err)
	}
}
