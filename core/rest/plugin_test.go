package rest_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const bytesType = "Content-Type: application/octet-stream"

func TestPlugin(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "GET /plugins", "").want(http.StatusOK).has(map[string]any{"items.0.id": "oidc", "items.0.presets.0.settings.scopes": []string{"openid"}, "items.1": nil})
	w.ask("auditor", "GET /plugins", "").want(http.StatusForbidden)
	w.ask("auditor", "GET /sign-in-plugins", "").want(http.StatusOK).has(map[string]any{"items.0.id": "oidc"})

	w.ask("owner", "POST /plugins", moduleText).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "signature"})
	w.ask("owner", "POST /plugins?signature=%25", moduleText, bytesType).want(http.StatusBadRequest)
	forged := url.QueryEscape(base64.RawURLEncoding.EncodeToString([]byte("forged")))
	w.ask("owner", "POST /plugins?signature="+forged, moduleText, bytesType).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "signature"})
	w.ask("owner", "POST /plugins?allow_unsigned=true", "\x00asm other", bytesType).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "module"})
	w.ask("owner", "POST /plugins?allow_unsigned=true", moduleText, "Content-Type: application/json").want(http.StatusUnsupportedMediaType)
	signature := base64.RawURLEncoding.EncodeToString([]byte("signed"))
	made := w.ask("owner", "POST /plugins?source=mapper.wasm&signature="+signature, moduleText, bytesType).want(http.StatusOK)
	made.has(map[string]any{"plugins.0.id": "mapper", "plugins.0.signer": "us", "unchanged": false, "wishes.0.capability": "clock", "replaced": []any{}})

	w.ask("owner", "GET /plugins/mapper", "").want(http.StatusOK).has(map[string]any{"version": "2.1.0", "module": made.at("digest")})
	w.ask("owner", "GET /plugins/mapper/releases", "").want(http.StatusOK).has(map[string]any{"items.0.running": true, "items.0.source": "mapper.wasm", "items.0.size": len(moduleText)})
	w.ask("owner", "POST /plugins/mapper/rollback", "{}").want(http.StatusUnprocessableEntity)
	w.ask("owner", "GET /plugin-config", "").want(http.StatusOK).has(map[string]any{"modules.0.digest": made.at("digest"), "releases.0.plugin": "mapper", "bindings": []any{}})
	w.ask("owner", "POST /plugins/reload", "").want(http.StatusNoContent)
	w.ask("owner", "POST /instances", `{"plugin":"mapper"}`).want(http.StatusCreated)
	w.ask("owner", "DELETE /plugins/mapper", "").want(http.StatusUnprocessableEntity)
	w.ask("owner", "DELETE /plugins/mapper?force=true", "").want(http.StatusOK).has(map[string]any{"instances": []string{"mapper"}})
	w.ask("owner", "GET /plugins/mapper", "").want(http.StatusNotFound)
}

func TestInstance(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /instances", `{"name":"work","plugin":"oidc","settings":{"issuer":"https://idp.example","deep":{"a":1,"b":2}}}`).want(http.StatusCreated)
	tag := made.header.Get("ETag")
	changed := w.ask("owner", "PATCH /instances/work", `{"settings":{"deep":{"a":null}},"limits":{"memory":64}}`, "If-Match: "+tag).want(http.StatusOK)
	changed.has(map[string]any{"settings": map[string]any{"deep": map[string]any{"b": 2}, "issuer": "https://idp.example"}, "limits": map[string]any{"memory": 64, "cpu": 0, "wait": 0}})
	w.ask("owner", "PATCH /instances/work", `{"settings":{}}`, "If-Match: "+tag).want(http.StatusPreconditionFailed)
	for body, field := range map[string]string{
		`{"settings":{"wrong":1}}`: "settings", `{"settings":null}`: "settings", `{"limits":{"memory":9999}}`: "limits.memory", `{"limits":{"disk":1}}`: "limits.disk",
		`{"plugin":"other"}`: "plugin", `{"grants":[{"capability":"clock"}]}`: "grants",
	} {
		w.ask("owner", "PATCH /instances/work", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("owner", "POST /instances", `{"name":"W","plugin":"oidc"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "name"})

	w.ask("owner", "PUT /instances/work/secrets/client_secret", `{"value":"hunter2"}`).want(http.StatusNoContent)
	w.ask("owner", "PUT /instances/work/secrets/client_secret", `{"base64":"aHVudGVyMw=="}`).want(http.StatusNoContent)
	w.ask("owner", "PUT /instances/work/secrets/client_secret", `{"base64":"aHVudGVyMw==","value":"x"}`).want(http.StatusUnprocessableEntity)
	w.ask("owner", "PUT /instances/work/secrets/client_secret", `{"base64":"%"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "base64"})
	w.ask("owner", "PUT /instances/work/secrets/other", `{"value":"hunter2"}`).want(http.StatusUnprocessableEntity)
	w.ask("owner", "POST /instances/work/grants", `{"capability":"ldap","target":"x"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "capability"})
	w.ask("owner", "POST /instances/work/grants", `{"capability":"oidc.exchange","target":"idp.example"}`).want(http.StatusOK).has(map[string]any{"grants.0.target": "idp.example", "asked.0.given": true})
	shown := w.ask("owner", "GET /instances/work", "").want(http.StatusOK)
	shown.has(map[string]any{"secrets.0.name": "client_secret", "asked.1.given": true, "release": "1.0.0"})
	if strings.Contains(string(shown.body), "hunter") || strings.Contains(string(shown.body), "sealed") {
		t.Errorf("there is a secret in %s", shown.body)
	}
	w.ask("owner", "DELETE /instances/work/grants?capability=oidc.exchange&target=idp.example", "").want(http.StatusNoContent)
	w.ask("owner", "DELETE /instances/work/secrets/client_secret", "").want(http.StatusNoContent)
	w.ask("owner", "GET /instances", "").want(http.StatusOK).has(map[string]any{"items.0.name": "work", "items.0.secrets": []any{}, "items.0.grants": []any{}})
	w.ask("owner", "DELETE /instances/work", "").want(http.StatusNoContent)
	w.ask("owner", "GET /instances/work", "").want(http.StatusNotFound)
}

func TestInstallWithSettings(t *testing.T) {
	w := newWorld(t)
	install := func(settings string) answer {
		t.Helper()
		return w.ask("owner", "POST /plugins?allow_unsigned=true&settings="+url.QueryEscape(settings), moduleText, bytesType)
	}
	for settings, status := range map[string]int{
		`{"mapper":[]`: 400, `{},"settings":{}`: 400, "[]": 422, `{},"x":1`: 422, "null": 422, `{"nobody":{}}`: 422, "{}}": 400,
	} {
		install(settings).want(status)
	}
	install("{}").want(http.StatusOK).has(map[string]any{"unchanged": false})
	w.ask("owner", "POST /instances", `{"plugin":"mapper","settings":{"a":1}}`).want(http.StatusCreated)
	install(`{"mapper":{"wrong":1}}`).want(http.StatusUnprocessableEntity)
	w.ask("owner", "GET /instances/mapper", "").has(map[string]any{"settings": map[string]any{"a": 1}})
	install(`{"mapper":{"a":2}}`).want(http.StatusOK)
	w.ask("owner", "GET /instances/mapper", "").has(map[string]any{"settings": map[string]any{"a": 2}})
}

func TestBinding(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /plugins?allow_unsigned=true", moduleText, bytesType).want(http.StatusOK)
	w.ask("owner", "POST /bindings", `{"plugin":"mapper","client":"nobody"}`).want(http.StatusNotFound)
	w.ask("owner", "POST /bindings", `{"plugin":"mapper","hooks":["claims.map/v1"],"shadow":true,"position":7}`).want(http.StatusCreated).has(map[string]any{
		"items.0.hook": "claims.map/v1", "items.0.instance": "mapper", "items.0.shadow": true, "items.0.position": 7, "items.0.client": nil,
	})
	w.ask("owner", "GET /instances/mapper", "").want(http.StatusOK).has(map[string]any{"bindings.0.hook": "claims.map/v1"})
	w.ask("owner", "DELETE /bindings?hook=claims.map/v1", "").want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "instance"})
	w.ask("owner", "DELETE /bindings?instance=mapper&all_clients=true", "").want(http.StatusOK).has(map[string]any{"items.0.hook": "claims.map/v1"})
	w.ask("owner", "DELETE /bindings?instance=mapper", "").want(http.StatusUnprocessableEntity)
}

func TestConnector(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /connectors", `{"name":"work","plugin":"oidc","preset":"okta","settings":{"issuer":"https://idp.example"},"connector":{"create_users":true,"domains":["b.example","a.example"]}}`).want(http.StatusCreated)
	made.has(map[string]any{
		"display_name": "Okta", "create_users": true, "domains": []string{"a.example", "b.example"}, "disabled": true, "clients": []any{}, "position": 100,
		"settings": map[string]any{"issuer": "https://idp.example", "scopes": []string{"openid"}}, "redirect_uri": "https://id.example/callback/work",
		"missing.0.capability": "oidc.exchange", "missing.1.secret": "client_secret",
	})
	client := w.ask("owner", "POST /clients", `{"name":"wiki","settings":{"redirect_uris":["https://wiki.example/cb"]}}`).want(http.StatusCreated).at("client.id").(string)
	tag := made.header.Get("ETag")
	changed := w.ask("owner", "PATCH /connectors/work", `{"settings":{"scopes":null,"hint":"x"},"clients":["`+client+`"],"hidden":true,"domains":null}`, "If-Match: "+tag).want(http.StatusOK)
	changed.has(map[string]any{
		"settings": map[string]any{"issuer": "https://idp.example", "hint": "x"}, "clients": []string{client}, "hidden": true, "domains": []any{}, "create_users": true,
	})
	w.ask("owner", "PATCH /connectors/work", `{"hidden":false}`, "If-Match: "+tag).want(http.StatusPreconditionFailed)
	w.ask("owner", "PATCH /connectors/work", `{"clients":[],"position":3}`).want(http.StatusOK).has(map[string]any{"clients": []any{}, "position": 3, "hidden": true})
	for body, field := range map[string]string{
		`{"disabled":false}`: "disabled", `{"icon":"nothing such"}`: "icon", `{"settings":{"wrong":1}}`: "settings", `{"position":"x"}`: "position",
	} {
		w.ask("owner", "PATCH /connectors/work", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("owner", "POST /connectors", `{"name":"more","plugin":"oidc","connector":{"icon":"nothing such"}}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "connector.icon"})
	w.ask("owner", "POST /connectors", `{"name":"more","plugin":"oidc","connector":{"disabled":true}}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "connector.disabled"})

	w.ask("owner", "POST /connectors/work/enable", "").want(http.StatusUnprocessableEntity)
	w.ask("owner", "POST /instances/work/grants", `{"capability":"oidc.exchange","target":"idp.example"}`).want(http.StatusOK)
	w.ask("owner", "PUT /instances/work/secrets/client_secret", `{"value":"hunter2"}`).want(http.StatusNoContent)
	w.ask("owner", "POST /connectors/work/enable", "").want(http.StatusNoContent)
	w.ask("auditor", "GET /connectors", "").want(http.StatusOK).has(map[string]any{"items.0.disabled": false, "items.0.missing": []any{}})
	w.ask("owner", "POST /connectors/work/disable", "").want(http.StatusNoContent)
	w.ask("auditor", "DELETE /connectors/work", "").want(http.StatusForbidden)
	w.ask("owner", "DELETE /connectors/work?forget=true", "", "If-Match: \"x\"").want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE /connectors/work?forget=true", "").want(http.StatusNoContent)
	w.ask("owner", "GET /instances/work", "").want(http.StatusNotFound)
}
