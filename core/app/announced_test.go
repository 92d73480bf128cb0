package app_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/oauth"
)

// feature is what a server may be able to do, as its discovery document says it: a
// member that is true or there, or one of the values of a list.
type feature struct{ member, value string }

func (f feature) String() string {
	if f.value == "" {
		return f.member
	}
	return f.value + " among " + f.member
}

func responseType(name string) feature { return feature{"response_types_supported", name} }

func clientAuthentication(method string) feature {
	return feature{"token_endpoint_auth_methods_supported", method}
}

var (
	requestObjects = feature{member: "request_parameter_supported"}
	registration   = feature{member: "registration_endpoint"}
	backchannel    = feature{member: "backchannel_logout_supported"}
	frontchannel   = feature{member: "frontchannel_logout_supported"}
)

// announced reports whether discovery says that the server can do it.
func (w *world) announced(f feature) bool {
	w.t.Helper()
	document := w.resource(oauth.PathDiscovery, "")
	if document.status != http.StatusOK {
		w.t.Fatalf("discovery: status %d: %s", document.status, document.body)
	}
	switch said := document.json[f.member].(type) {
	case bool:
		return said && f.value == ""
	case string:
		return said != "" && f.value == ""
	case []any:
		return slices.Contains(said, any(f.value))
	}
	return false
}

// mustAnnounce holds the server to announcing what a test is about.
func (w *world) mustAnnounce(t *testing.T, features ...feature) {
	t.Helper()
	for _, f := range features {
		if !w.announced(f) {
			t.Fatalf("discovery does not announce %s", f)
		}
	}
}

// newServedWorld is a world whose server does in the background what servers do: it
// runs as the command runs it, with the settings of these variables, and the tests are
// beside it, as another process is.
func newServedWorld(t *testing.T, variables map[string]string) (*world, *running) {
	t.Helper()
	w := &world{t: t, private: []string{loopback}}
	r := serve(t, func(c *config.Config) {
		w.dir = c.Data
		given := map[string]string{"POSTERN_DATA": c.Data, "POSTERN_LISTEN": c.Listen, "POSTERN_OUTBOUND_ALLOW_PRIVATE": loopback}
		maps.Copy(given, variables)
		var err error
		if *c, err = config.Load(config.Input{Serve: true, Env: func(name string) (string, bool) { value, ok := given[name]; return value, ok }}); err != nil {
			t.Fatal(err)
		}
	})
	w.issuer, w.log = r.said(`^Postern serves (\S+)$`), r.log
	w.app = newOffice(t, w.dir).App
	t.Cleanup(r.stop)
	return w, r
}
