package httpd

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/bearer"
)

// A program answers below its prefix whatever the method is, is told where requests come
// from, and bounds bodies itself.
func TestPrograms(t *testing.T) {
	w := newWorld(t)
	w.server.Programs = map[string]http.Handler{"/scim/v2": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/panic") {
			panic(errors.New("broken"))
		}
		body, err := io.ReadAll(r.Body)
		from := bearer.OriginOf(r.Context())
		fmt.Fprintf(rw, "%s %s %d %v %s %v", r.Method, r.URL.Path, len(body), err, from.IP, from.Correlation == rw.Header().Get(headerCorrelation))
	})}
	w.handler = w.server.Handler()
	ask := func(method, path string, size int) (int, string) {
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(strings.Repeat("x", size))))
		return recorder.Code, recorder.Body.String()
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
		for _, path := range []string{"/scim/v2", "/scim/v2/Users", "/scim/v2/acme/Users/1"} {
			if status, text := ask(method, path, 2*maxBody); status != 200 || text != fmt.Sprintf("%s %s %d <nil> 192.0.2.1 true", method, path, 2*maxBody) {
				t.Errorf("%s %s: %d %s", method, path, status, text)
			}
		}
	}
	for _, path := range []string{"/scim/v3", "/scim", "/scim/v2x"} {
		if status, _ := ask("GET", path, 0); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, text := ask("GET", "/scim/v2/panic", 0); status != 500 || !strings.HasPrefix(text, `{"error":"server_error"`) {
		t.Errorf("a panic is answered with %d %s", status, text)
	}
}
