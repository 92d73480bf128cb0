package supply

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	repository = "plugins/department"
	tag        = "1.2.0"
)

// signed is a package with everything in it.
func signed(t *testing.T) Package {
	t.Helper()
	code := []byte("\x00asm\x01\x00\x00\x00 and a bit more than nothing")
	return Package{
		Code: code, Signature: newSigner(t, "Anna", 1).sign(t, code),
		Annotations: map[string]string{"org.opencontainers.image.version": "1.2.0", "org.opencontainers.image.title": "Department"},
	}
}

// fake is an OCI registry with one repository, in memory. What a test handles
// itself is not handled by it.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	content map[string][]byte // by path
	handled map[string]http.HandlerFunc
	every   func(w http.ResponseWriter, r *http.Request) bool // true: it is handled
	logins  []string                                          // the Authorization headers that came
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{content: map[string][]byte{}, handled: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = quiet()
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// hold puts a package into it and gives the digest of its manifest.
func (f *fake) hold(t *testing.T, p Package) string {
	t.Helper()
	sent, err := newArtifact(repository, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range sent.blobs {
		f.content["/v2/"+repository+"/blobs/"+b.Digest.String()] = b.content
	}
	f.holdManifest(sent.manifest.content)
	return sent.manifest.Digest.String()
}

func (f *fake) holdManifest(manifest []byte) {
	for _, reference := range []string{tag, "sha256:" + Digest(manifest)} {
		f.content["/v2/"+repository+"/manifests/"+reference] = manifest
	}
}

// handle has a test answer itself: for the manifest, the module, the signature,
// or a path.
func (f *fake) handle(what string, handler http.HandlerFunc) {
	switch what {
	case "manifest":
		what = "/v2/" + repository + "/manifests/" + tag
	case "module", "signature":
		for path, content := range f.content {
			if strings.Contains(path, "/blobs/") && (strings.HasPrefix(string(content), "\x00asm") && what == "module" || strings.HasPrefix(string(content), "untrusted") && what == "signature") {
				f.handled[path] = handler
			}
		}
		return
	}
	f.handled[what] = handler
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	if login := r.Header.Get("Authorization"); login != "" {
		f.logins = append(f.logins, login)
	}
	f.mu.Unlock()
	if f.every != nil && f.every(w, r) {
		return
	}
	if handler, ok := f.handled[r.URL.Path]; ok {
		handler(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet:
		f.give(w, r)
	case http.MethodPost:
		w.Header().Set("Location", r.URL.Path+"one?state=1")
		w.WriteHeader(http.StatusAccepted)
	case http.MethodPut:
		f.take(w, r)
	}
}

func (f *fake) give(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	content, ok := f.content[r.URL.Path]
	f.mu.Unlock()
	if !ok {
		http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if strings.Contains(r.URL.Path, "/manifests/") {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	}
	w.Write(content)
}

func (f *fake) take(w http.ResponseWriter, r *http.Request) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if digest := r.URL.Query().Get("digest"); digest != "" {
		if digest != "sha256:"+Digest(content) {
			http.Error(w, `{"errors":[{"code":"DIGEST_INVALID"}]}`, http.StatusBadRequest)
			return
		}
		f.content["/v2/"+repository+"/blobs/"+digest] = content
	} else {
		f.holdManifest(content)
	}
	w.WriteHeader(http.StatusCreated)
}

func (f *fake) host() string { return strings.TrimPrefix(f.URL, "https://") }

func (f *fake) ref(t *testing.T, version string) Reference {
	t.Helper()
	ref, err := ParseReference("oci://" + f.host() + "/" + repository + version)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// registry is a client of it that has a login.
func (f *fake) registry() *Registry {
	return &Registry{
		Client: f.Client(), Timeout: time.Minute,
		Credentials: StaticLogin(f.host(), Login{User: "anna", Password: secretWord}),
	}
}

// paths are what it has.
func (f *fake) paths() []string { return slices.Sorted(maps.Keys(f.content)) }

// quiet keeps the server from telling of connections that were dropped on purpose.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
