package rest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestPreview(t *testing.T) {
	w := newWorld(t)
	made := w.ask("owner", "POST /previews", `{"plugin":"oidc","hook":"connector.login/v1","input":{"a":1}}`).want(http.StatusOK)
	made.has(map[string]any{"plugin": "oidc", "output": map[string]any{"a": 1}, "log": "hello", "took": 1500, "calls.0.capability": "clock", "failure": nil})
	for body, field := range map[string]string{
		`{"plugin":"oidc","hook":"claims.map/v1","input":{}}`:               "hook",
		`{"plugin":"oidc","hook":"connector.login/v1","input":{"wrong":1}}`: "input",
		`{"plugin":"oidc","hook":"connector.login/v1"}`:                     "input",
	} {
		w.ask("owner", "POST /previews", body).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": field})
	}
	w.ask("auditor", "POST /previews", `{"plugin":"oidc","hook":"connector.login/v1","input":{}}`).want(http.StatusForbidden)
	w.ask("owner", "POST /plugins/examine", moduleText, bytesType).want(http.StatusOK).has(map[string]any{"plugins.0.id": "mapper"})
	w.ask("owner", "GET /plugin-config", "").want(http.StatusOK).has(map[string]any{"modules": []any{}})
}

// watcher counted something and kept a line.
type watcher struct{}

func (watcher) PluginNumbers(string) admin.PluginNumbers {
	return admin.PluginNumbers{
		Hooks:     []admin.HookNumbers{{Hook: core.HookLogin, Calls: 3, Failed: 1, Reasons: []admin.ReasonNumber{{Reason: "trap", Calls: 1}}, Average: 2500e3, Half: 2000, Slowest: 9e6}},
		Minutes:   []admin.MinuteNumbers{{Calls: 3, Failed: 1}},
		HostCalls: []admin.HostCallNumbers{{Capability: "clock", Result: "ok", Calls: 2, Average: 1e3}}, MemoryPeak: 1 << 20, ShadowSame: 4,
	}
}

func (watcher) PluginLog(_ string, after uint64) []admin.LogLine {
	all := []admin.LogLine{{Number: 1, Level: "info", Text: "one"}, {Number: 2, Level: "warn", Text: "two"}}
	return all[min(int(after), 2):]
}

func TestWatch(t *testing.T) {
	w := newWorld(t)
	w.admin.Watch = watcher{}
	w.ask("owner", "POST /instances", `{"name":"work","plugin":"oidc"}`).want(http.StatusCreated)
	w.ask("owner", "GET /instances/work/numbers", "").want(http.StatusOK).has(map[string]any{
		"hooks.0.calls": 3, "hooks.0.reasons.0.reason": "trap", "hooks.0.average": 2500, "hooks.0.half": 2, "hooks.0.slowest": 9000, "minutes.0.calls": 3, "minutes.0.failed": 1, "host_calls.0.average": 1, "memory_peak": 1 << 20, "shadow_same": 4, "suspended": false,
	})
	w.ask("owner", "GET /instances/work/log", "").want(http.StatusOK).has(map[string]any{"items.0.text": "one", "items.1.level": "warn"})
	w.ask("owner", "GET /instances/work/log?behind=1", "").want(http.StatusOK).has(map[string]any{"items.0.text": "two", "items.1": nil})
	w.ask("owner", "GET /instances/work/log?behind=-1", "").want(http.StatusUnprocessableEntity)
	w.ask("owner", "GET /instances/none/log", "").want(http.StatusNotFound)
}

func TestMoveBinding(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /plugins?allow_unsigned=true", moduleText, bytesType).want(http.StatusOK)
	var ids []string
	for _, name := range []string{"one", "two"} {
		made := w.ask("owner", "POST /bindings", `{"plugin":"mapper","instance":"`+name+`"}`).want(http.StatusCreated)
		ids = append(ids, made.at("items.0.id").(string))
	}
	w.ask("owner", "POST /bindings/"+ids[1]+"/move", `{"place":1}`).want(http.StatusOK).has(map[string]any{"items.0.instance": "two", "items.1.instance": "one"})
	w.ask("owner", "POST /bindings/"+string(w.newID())+"/move", `{"place":1}`).want(http.StatusNotFound)
}

// explainer answers what it was asked.
type explainer struct{}

func (explainer) Explain(_ context.Context, q admin.Inquiry) (*admin.Explanation, error) {
	e := &admin.Explanation{Decision: admin.Decision{GrantType: q.GrantType, At: q.At, Asked: q.Scopes, SignIn: &admin.SignIn{Steps: []admin.SignInStep{{Ask: admin.AskFactor}}}}}
	if q.User != nil {
		claim := admin.Claim{Name: "sub", Value: []byte(`"` + q.User.Name + `"`), Origin: admin.OriginOf("standard", "", "", "", "standard")}
		e.Given = &admin.Given{Scopes: q.Scopes, IDToken: &admin.Document{JSON: []byte(`{}`), Claims: []admin.Claim{claim}}}
	}
	return e, nil
}

func TestExplain(t *testing.T) {
	w := newWorld(t)
	w.admin.Explainer = explainer{}
	user := strings.TrimPrefix(w.person(`{"name":"anna"}`), "/users/")
	client := w.ask("owner", "POST /clients", `{"name":"wiki","settings":{"redirect_uris":["https://wiki.example/cb"],"allowed_groups":["none"]}}`).want(http.StatusCreated).at("client.id").(string)
	w.ask("auditor", "POST /explanations", `{"client":"`+client+`","user":"`+user+`","scopes":["openid"],"at":"2026-11-25T13:00:00+01:00"}`).want(http.StatusOK).has(map[string]any{
		"decision.asked": []string{"openid"}, "decision.at": "2026-11-25T12:00:00Z", "decision.sign_in.steps.0.ask": "factor", "given.id_token.claims.0.value": "anna",
		"given.id_token.claims.0.origin.text": "standard", "given.userinfo": nil,
	})
	w.ask("auditor", "POST /explanations", `{"client":"`+client+`"}`).want(http.StatusOK).has(map[string]any{"given": nil})
	w.ask("auditor", "POST /explanations", `{"client":"none"}`).want(http.StatusNotFound)
	w.ask("auditor", "POST /explanations", `{"client":"`+client+`","at":"now"}`).want(http.StatusUnprocessableEntity).has(map[string]any{"errors.0.field": "at"})
	w.ask("auditor", "GET /clients/"+client+"/missing-groups", "").want(http.StatusOK).has(map[string]any{"groups": []string{"none"}})
	w.ask("auditor", "GET /clients/"+client+"/guide", "").want(http.StatusOK).has(map[string]any{"checks.0.name": "redirect_uris"})
}
