package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestClient(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /clients", `{"name":"wiki","preset":"web","settings":{"redirect_uris":["https://wiki.example/cb"],"access_ttl":600,"contacts":["a@example.org"],"jwks":null}}`).want(http.StatusCreated)
	made.has(map[string]any{
		"client.name": "wiki", "client.redirect_uris": []string{"https://wiki.example/cb"}, "client.access_ttl": 600, "client.grant_types": []string{"authorization_code", "refresh_token"},
		"client.contacts": []string{"a@example.org"}, "client.public": false, "client.lacks_secret": false, "client.registered": false, "client.allowed_groups": []any{},
	})
	secret, _ := made.at("secret").(string)
	if len(secret) < 20 {
		t.Fatalf("the secret is %q", secret)
	}
	path := "/clients/" + made.at("client.id").(string)
	read := w.ask("auditor", "GET "+path, "").want(http.StatusOK)
	if strings.Contains(string(read.body), secret) || read.header.Get("ETag") != made.header.Get("ETag") {
		t.Errorf("%s of version %s", read.body, read.header.Get("ETag"))
	}
	changed := w.ask("owner", "PATCH "+path, `{"name":"Wiki","contacts":null,"access_ttl":null,"jwks":{"keys":[]},"default_max_age":60,"scopes":["openid"]}`, "If-Match: "+read.header.Get("ETag"))
	changed.want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "jwks"})
	changed = w.ask("owner", "PATCH "+path, `{"name":"Wiki","contacts":null,"access_ttl":null,"default_max_age":60,"scopes":["openid"]}`, "If-Match: "+read.header.Get("ETag")).want(http.StatusOK)
	changed.has(map[string]any{"name": "Wiki", "contacts": nil, "access_ttl": 0, "default_max_age": 60, "scopes": []string{"openid"}, "redirect_uris": []string{"https://wiki.example/cb"}})
	w.ask("owner", "PATCH "+path, `{"scopes":["email"]}`, "If-Match: "+read.header.Get("ETag")).want(http.StatusPreconditionFailed)
	w.ask("owner", "PATCH "+path, `{"scopes":["email"]}`, `If-Match: W/"x"`).want(http.StatusBadRequest)
	w.ask("owner", "PATCH "+path, `{"scopes":["email"]}`, "If-Match: *").want(http.StatusOK)

	rotated := w.ask("owner", "POST "+path+"/secret", "").want(http.StatusOK)
	if rotated.at("secret") == secret {
		t.Error("the secret is the same one")
	}
	w.ask("auditor", "POST "+path+"/secret", "").want(http.StatusForbidden)
	w.ask("auditor", "GET /clients?name=WIKI", "").want(http.StatusOK).has(map[string]any{"items.0.name": "Wiki", "items.1": nil})
	w.ask("auditor", "GET /clients?name="+made.at("client.id").(string), "").want(http.StatusOK).has(map[string]any{"items.0.name": "Wiki"})
	w.ask("auditor", "GET /presets", "").want(http.StatusOK).has(map[string]any{"items.0.name": "confluence"})
	w.ask("owner", "DELETE "+path, "", `If-Match: "x"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNotFound)
}

func TestClientRefused(t *testing.T) {
	w := newWorld(t)
	for body, field := range map[string]string{
		`{"name":"wiki","preset":"none such"}`:                               "preset",
		`{"name":"wiki","settings":{"redirect_uris":["x"]}}`:                 "settings.redirect_uris",
		`{"name":"wiki","settings":{"redirect_uri":["https://a.example/"]}}`: "settings.redirect_uri",
		`{"name":"wiki","settings":{"secret":"x"}}`:                          "settings.secret",
		`{"name":"wiki","settings":{"access_ttl":"10m"}}`:                    "settings.access_ttl",
		`{"name":"wiki","settings":{"access_ttl":1.5}}`:                      "settings.access_ttl",
		`{"name":"wiki","settings":[]}`:                                      "settings",
		`{"name":"","settings":{"redirect_uris":["https://a.example/"]}}`:    "name",
	} {
		w.ask("owner", "POST /clients", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("owner", "GET /clients", "").want(http.StatusOK).has(map[string]any{"items.0.id": "postern-cli", "items.1": nil})
}

func TestInitialToken(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /initial-tokens", `{"name":"ci","ttl":3600,"max_uses":2}`).want(http.StatusCreated)
	made.has(map[string]any{"initial_token.name": "ci", "initial_token.max_uses": 2, "initial_token.expires_at": "2026-11-25T13:00:00Z"})
	text, _ := made.at("token").(string)
	listed := w.ask("auditor", "GET /initial-tokens", "").want(http.StatusOK).has(map[string]any{"items.0.name": "ci", "items.0.uses": 0})
	if text == "" || strings.Contains(string(listed.body), text) {
		t.Errorf("the token %q is in %s", text, listed.body)
	}
	w.ask("owner", "POST /initial-tokens", `{"name":"ci","ttl":3600,"max_uses":-1}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "max_uses"})
	path := "/initial-tokens/" + made.at("initial_token.id").(string)
	w.ask("auditor", "DELETE "+path, "").want(http.StatusForbidden)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path, "").want(http.StatusNotFound)
}
