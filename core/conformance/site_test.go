package conformance_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// site is the web server of the relying parties: documents that the server fetches,
// and what it is sent.
type site struct {
	server *httptest.Server

	mu        sync.Mutex
	documents map[string]published // by path
	received  []received
	arrived   chan struct{}
}

type published struct{ contentType, content string }

// received is a request that came in.
type received struct {
	request *http.Request
	body    string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{documents: map[string]published{}, arrived: make(chan struct{}, 100)}
	s.server = httptest.NewUnstartedServer(s)
	s.server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	return s
}

func (s *site) host() string { return strings.TrimPrefix(s.server.URL, "https://") }

// publish puts a document at a path, and gives its address.
func (s *site) publish(path, contentType, content string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.documents[path] = published{contentType, content}
	return s.server.URL + path
}

// ServeHTTP keeps what comes in, and answers with what is published.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	document, found := s.documents[r.URL.Path]
	s.received = append(s.received, received{r, string(body)})
	s.mu.Unlock()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", document.contentType)
	io.WriteString(w, document.content)
}

// at gives what came to a path so far.
func (s *site) at(path string) []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []received
	for _, r := range s.received {
		if r.request.URL.Path == path {
			found = append(found, r)
		}
	}
	return found
}
