package rest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const declaring = `"files":[{"source":"acme.yaml","file":"etc/acme.yaml",
	"organisations":[{"name":"acme","settings":{"display_name":"ACME"}}],
	"groups":[{"organisation":"acme","name":"staff"}],
	"clients":[{"organisation":"acme","id":"wiki","name":"Wiki","client_secret":"0123456789abcdef0123456789","settings":{"redirect_uris":["https://wiki.example/cb"]}},
		{"organisation":"acme","id":"new","name":"New","settings":{"redirect_uris":["https://new.example/cb"]}}],
	"connectors":[{"organisation":"acme","name":"work","plugin":"oidc","settings":{"issuer":"https://idp.example"},"secrets":{"client_secret":"hunter2"},"connector":{"hidden":true}}]}]`

// turning seals by turning round what it gets, and opens so too.
type turning struct{}

func (turning) Seal(plain []byte, _ string) []byte {
	sealed := slices.Clone(plain)
	slices.Reverse(sealed)
	return sealed
}

func (t turning) Unseal(sealed []byte, purpose string) ([]byte, error) {
	return t.Seal(sealed, purpose), nil
}

// What is declared is made, managed, and refused to everybody else, with the file that it is.
func TestApply(t *testing.T) {
	w := newWorld(t)
	w.admin.Sealer = turning{}
	w.ask("auditor", "POST /apply", "{"+declaring+"}").want(http.StatusForbidden)
	w.ask("owner", "POST /apply", `{"dry_run":true,`+declaring+"}").want(http.StatusOK).has(map[string]any{"dry_run": true, "rows.0.result": "created", "rows.4.kind": "connector", "secrets": nil})
	w.ask("owner", "GET /organisations/acme", "").want(http.StatusNotFound)
	done := w.ask("owner", "POST /apply", "{"+declaring+"}").want(http.StatusOK)
	done.has(map[string]any{"dry_run": false, "rows.2.name": "Wiki", "rows.2.id": "wiki", "rows.2.result": "created", "rows.5": nil, "secrets.wiki": nil, "failed": nil})
	if secret, _ := done.at("secrets.new").(string); len(secret) < 30 {
		t.Errorf("no secret was made in %s", done.body)
	}
	for _, secret := range []string{"hunter2", "0123456789abcdef0123456789"} {
		if strings.Contains(string(done.body)+w.log.String(), secret) {
			t.Errorf("there is a secret in %s", done.body)
		}
	}
	w.ask("owner", "GET /connectors/work", "").want(http.StatusOK).has(map[string]any{"hidden": true})
	w.ask("owner", "POST /apply", "{"+declaring+"}").want(http.StatusOK).has(map[string]any{"rows.0.result": "unchanged", "rows.4.result": "unchanged", "secrets": nil})

	w.ask("owner", "GET /managed?kind=client", "").want(http.StatusOK).has(map[string]any{"items.0.name": "New", "items.1.source": "acme.yaml", "items.1.organisation": "acme", "items.2": nil})
	for _, change := range [][2]string{
		{"PATCH /clients/wiki", `{"display_name":"W"}`}, {"DELETE /clients/wiki", ""}, {"PATCH /organisations/acme", `{"display_name":"A"}`},
		{"DELETE /organisations/acme", ""}, {"PATCH /connectors/work", `{"hidden":false}`}, {"DELETE /connectors/work", ""},
	} {
		w.ask("owner", change[0], change[1]).want(http.StatusConflict).has(map[string]any{"type": "/problems/managed", "managed.source": "acme.yaml", "managed.file": "etc/acme.yaml"})
	}
	by := map[string]any{"managed_by.source": "acme.yaml", "managed_by.file": "etc/acme.yaml"}
	for _, path := range []string{"/clients/wiki", "/organisations/acme", "/connectors/work", "/instances/work"} {
		w.ask("owner", "GET "+path, "").want(http.StatusOK).has(by)
	}
	w.ask("owner", "GET /groups?organisation=acme", "").want(http.StatusOK).has(map[string]any{"items.0.managed_by.source": "acme.yaml"})
	w.ask("owner", "GET /organisations", "").want(http.StatusOK).has(map[string]any{"items.0.managed_by.source": "acme.yaml", "items.1.managed_by": nil})
	w.ask("auditor", "DELETE /managed/client/wiki", "").want(http.StatusForbidden)
	w.ask("owner", "DELETE /managed/client/wiki", "").want(http.StatusNoContent)
	w.ask("owner", "DELETE /managed/client/wiki", "").want(http.StatusNotFound)
	w.ask("owner", "DELETE /managed/thing/wiki", "").want(http.StatusUnprocessableEntity)
	w.ask("owner", "PATCH /clients/wiki", `{"display_name":"W"}`).want(http.StatusOK)
	w.ask("owner", "POST /apply", `{"prune":true,"files":[{"source":"acme.yaml","organisations":[{"name":"acme"}]}]}`).want(http.StatusOK).has(map[string]any{
		"rows.0.result": "unchanged", "rows.1.kind": "connector", "rows.1.result": "deleted", "rows.2.name": "New", "rows.3.kind": "group", "rows.4": nil,
	})
}

// Whatever is wrong is told at once, with the member, and nothing is done.
func TestApplyRefuses(t *testing.T) {
	w := newWorld(t)
	for body, field := range map[string]string{
		`{}`: "files",
		`{"files":[{"source":"x","groups":[{"name":"a","members":[]}]}]}`:                                                                                 "files[0].groups[0].members",
		`{"files":[{"source":"x","clients":[{"name":"a","settings":{"scope":[]}}]}]}`:                                                                     "files[0].clients[0].settings.scope",
		`{"files":[{"source":"x","connectors":[{"name":"a","connector":{"hidden":7}}]}]}`:                                                                 "files[0].connectors[0].connector.hidden",
		`{"files":[{"source":"x","organisations":[{"name":"a","settings":{"password_min":"7"}}]}]}`:                                                       "files[0].organisations[0].settings.password_min",
		`{"files":[{"source":"x","groups":[{"name":"a","settings":{"name":"b"}}]}]}`:                                                                      "files[0].groups[0].settings.name",
		`{"files":[{"source":" ","groups":[]}]}`:                                                                                                          "files[0].source",
		`{"files":[{"source":"x","clients":[{"name":"a","settings":{"redirect_uris":["nowhere"]}}],"organisations":[{"name":"made in the same file"}]}]}`: "files[0].organisations[0].name",
	} {
		w.ask("owner", "POST /apply", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("owner", "GET /managed", "").want(http.StatusOK).has(map[string]any{"items": []any{}})
}
