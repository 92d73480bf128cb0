package remote_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// What is declared is sent as it was said, and nothing that was not.
func TestApply(t *testing.T) {
	desk, sent := writes(t, api.Applied{
		Rows: []api.AppliedRow{{Kind: "client", Name: "Wiki", ID: "wiki", Result: "created"}}, Secrets: map[string]string{"wiki": "s"}, Failed: "the server failed, reference 7",
	})
	report, err := desk.Apply(t.Context(), []admin.Declaration{{
		Source: "f", File: "f.yaml",
		Groups:  []admin.DeclaredGroup{{Org: "acme", Name: "staff", Edit: func(g *core.Group) { g.DisplayName = "x" }}},
		Clients: []admin.DeclaredClient{{Name: "Wiki", Members: []string{"disabled", "jwks_uri", "scopes"}, Edit: func(c *core.Client) { c.Scopes, c.Name = []string{"openid"}, "no" }}},
		Connectors: []admin.DeclaredConnector{{Name: "idp", Disabled: new(false), Grants: &[]string{}, Secrets: map[string]string{"a": "b"},
			Edit: func(*core.Connector) {}}},
	}}, admin.ApplyOptions{Prune: true})
	want := `POST /api/v1/apply {"prune":true,"files":[{"source":"f","file":"f.yaml","groups":[{"organisation":"acme","name":"staff"}],` +
		`"clients":[{"name":"Wiki","settings":{"disabled":false,"jwks_uri":null,"scopes":["openid"]}}],` +
		`"connectors":[{"name":"idp","disabled":false,"grants":[],"secrets":{"a":"b"}}]}]}`
	if *sent != want {
		t.Errorf("sent %s\nwant %s", *sent, want)
	}
	if err == nil || err.Error() != "the server failed, reference 7" || len(report.Rows) != 1 || report.Rows[0].Secret != "s" || report.Rows[0].Kind != core.ManagedClient {
		t.Errorf("%+v, %v", report, err)
	}
}

// That a file manages something is told with the file.
func TestManagedProblem(t *testing.T) {
	desk := at(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, api.Problem{Type: "/problems/managed", Status: 409, Detail: "words", Managed: &api.ManagedBy{Kind: "instance", Name: "claims", Source: "acme", File: "etc/acme.yaml"}})
	})
	err := desk.Release(t.Context(), core.ManagedGroup, "1")
	held, ok := errors.AsType[*admin.ManagedError](err)
	if !ok || held.Error() != `the plugin instance "claims" is managed by acme (etc/acme.yaml)` {
		t.Errorf("%v", err)
	}
}
