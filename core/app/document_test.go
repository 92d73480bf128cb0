package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/outbound"
)

// TestDocument has what may be fetched for a client: JSON, of a bounded size, from where
// it was asked for.
func TestDocument(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		switch r.URL.Path {
		case "/html":
			w.Header().Set("Content-Type", "text/html")
		case "/missing":
			w.WriteHeader(http.StatusNotFound)
		case "/elsewhere":
			http.Redirect(w, r, "/good", http.StatusFound)
			return
		case "/large":
			fmt.Fprint(w, strings.Repeat(" ", 64<<10))
		}
		fmt.Fprint(w, `["x"]`)
	}))
	defer site.Close()
	client, err := outbound.New(outbound.Options{AllowPrivate: []string{strings.TrimPrefix(site.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for path, good := range map[string]bool{"/good": true, "/html": false, "/missing": false, "/elsewhere": false, "/large": false} {
		document, err := app.Document(t.Context(), client, site.URL+path)
		if (err == nil) != good || good && string(document) != `["x"]` {
			t.Errorf("%s: %q, %v", path, document, err)
		}
	}
	forbidden, err := outbound.New(outbound.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer forbidden.Close()
	if _, err := app.Document(t.Context(), forbidden, site.URL+"/good"); err == nil {
		t.Error("109: loopback was asked")
	}
}
