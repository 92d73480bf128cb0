package app_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"
)

// registry is an OCI registry on this machine, in memory. It believes what it is told.
type registry struct {
	*httptest.Server
	mu    sync.Mutex
	blobs map[string][]byte // manifests too, by tag and by digest
	// answer, if it is set, answers first; true: it did.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{blobs: map[string][]byte{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ref is a reference into it.
func (r *registry) ref(version string) string {
	return "oci://" + strings.TrimPrefix(r.URL, "http://") + "/plugins/team" + version
}

func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answer != nil && r.answer(w, request) {
		return
	}
	name := path.Base(request.URL.Path)
	switch request.Method {
	case http.MethodPost:
		w.Header().Set("Location", request.URL.Path+"one")
		w.WriteHeader(http.StatusAccepted)
	case http.MethodPut:
		content, err := io.ReadAll(request.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.blobs[fmt.Sprintf("sha256:%x", sha256.Sum256(content))] = content
		if strings.Contains(request.URL.Path, "/manifests/") {
			r.blobs[name] = content
		}
		w.WriteHeader(http.StatusCreated)
	default:
		content, ok := r.blobs[name]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		if strings.Contains(request.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		}
		_, _ = w.Write(content)
	}
}
