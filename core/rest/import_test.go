package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

const moving = `"source":"elsewhere",
	"organisations":[{"name":"acme"}],
	"groups":[{"organisation":"acme","name":"staff"}],
	"connectors":[{"organisation":"acme","name":"work","plugin":"oidc","settings":{"issuer":"https://idp.example"},"secrets":{"client_secret":"hunter2"}}],
	"clients":[{"organisation":"acme","client_id":"wiki","client_secret":"0123456789abcdef0123456789","redirect_uris":["https://wiki.example/cb"],"access_ttl":600}],
	"users":[{"organisation":"acme","id":"7","name":"alice","password":"of her own","groups":["staff"],"profile":{"display_name":"Alice"},"totp":[{"seed":"MDEyMzQ1Njc4OWFiY2RlZg=="}],
		"links":[{"connector":"work","subject":"alice@idp"}]},{"organisation":"acme","id":"8","name":"bad name"}],
	"left":[{"kind":"permission","name":"p","reason":"there are none here"}]`

func TestImport(t *testing.T) {
	w := newWorld(t)
	w.ask("auditor", "POST /imports", "{"+moving+"}").want(http.StatusForbidden)
	w.ask("owner", "POST /imports", `{"dry_run":true,`+moving+"}").want(http.StatusOK).has(map[string]any{"dry_run": true, "rows.0.result": "created", "rows.4.result": "created"})
	w.ask("owner", "GET /organisations/acme", "").want(http.StatusNotFound)
	done := w.ask("owner", "POST /imports", "{"+moving+"}").want(http.StatusOK)
	done.has(map[string]any{
		"source": "elsewhere", "dry_run": false, "rows.0.kind": "organisation", "rows.1.kind": "group", "rows.2.result": "created", "rows.3.result": "created",
		"rows.4.name": "alice", "rows.4.result": "created", "rows.5.result": "refused", "rows.6.kind": "permission", "rows.6.reason": "there are none here",
	})
	for _, secret := range []string{"hunter2", "0123456789abcdef0123456789", "of her own", "MDEyMzQ1"} {
		if strings.Contains(string(done.body)+w.log.String(), secret) {
			t.Errorf("there is a secret in %s", done.body)
		}
	}
	alice := w.ask("owner", "GET /users?organisation=acme&login=alice", "").want(http.StatusOK)
	alice.has(map[string]any{"items.0.has_password": true, "items.0.groups": []string{"staff"}, "items.0.profile.display_name": "Alice", "items.0.attributes.imported_id": "7"})
	w.ask("owner", "GET /clients/wiki", "").want(http.StatusOK).has(map[string]any{"access_ttl": 600, "organisation": "acme"})
	w.ask("owner", "GET /connectors/work", "").want(http.StatusOK).has(map[string]any{"disabled": true})
	w.ask("owner", "POST /imports", "{"+moving+"}").want(http.StatusOK).has(map[string]any{"rows.0.result": "unchanged", "rows.3.result": "unchanged", "rows.4.result": "unchanged"})
}

func TestImportRefuses(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /imports", `{"source":"two words"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "source"})
	w.ask("owner", "POST /imports", `{"source":"x","into":"nowhere"}`).want(http.StatusNotFound)
	w.ask("owner", "POST /imports", `{"source":"x","users":[{"id":"1","name":"ann","admin":true}]}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "users[0].admin"})
	w.ask("owner", "POST /imports", `{"source":"x","users":[{"id":"1"}]}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "users[0].name"})
	w.ask("owner", "POST /imports", `{"source":"x","left":[{"kind":"`+strings.Repeat("x", 8<<20)+`"}]}`).want(http.StatusRequestEntityTooLarge)
}
