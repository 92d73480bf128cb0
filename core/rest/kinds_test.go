package rest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/rest"
)

func explain(t *testing.T, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	rest.Problems().ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder
}

// TestProblemsExplained reads which kinds there are where clients do.
func TestProblemsExplained(t *testing.T) {
	source, err := os.ReadFile("../../sdk/api/object.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`Problem\w+ += "([a-z-]+)"`).FindAllSubmatch(source, -1)
	if len(kinds) < 15 {
		t.Fatalf("found %d kinds", len(kinds))
	}
	for _, kind := range kinds {
		got := explain(t, http.MethodGet, "/problems/"+string(kind[1]))
		if got.Code != http.StatusOK || len(strings.Split(got.Body.String(), "\n\n")) != 2 || strings.Contains(got.Body.String(), "\n\n\n") {
			t.Errorf("%s: %d %q", kind[1], got.Code, got.Body)
		}
		if all := explain(t, http.MethodGet, "/problems").Body.String(); !strings.Contains(all, "/problems/"+string(kind[1])+":") {
			t.Errorf("%s is not among %s", kind[1], all)
		}
	}
	if got := explain(t, http.MethodGet, "/problems/none"); got.Code != http.StatusNotFound {
		t.Errorf("there is a problem none: %s", got.Body)
	}
	if got := explain(t, http.MethodPost, "/problems/stale"); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") == "" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}
