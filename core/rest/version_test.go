package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// object is something that has a version, where it is, and what is done to it.
type object struct {
	name, path string
	// change is a patch, with %d for another one each time; read is where that is.
	change, read string
	// actions are other changes of it.
	actions []string
}

// objects makes one of each kind.
func (w *world) objects() []object {
	w.t.Helper()
	made := func(line, body, at string) string {
		w.t.Helper()
		return w.ask("owner", line, body).want(http.StatusCreated).at(at).(string)
	}
	w.ask("owner", "POST /organisations", `{"name":"acme"}`).want(http.StatusCreated)
	user := made("POST /users", `{"name":"anna"}`, "user.id")
	group := made("POST /groups", `{"name":"staff"}`, "id")
	account := made("POST /service-accounts", `{"name":"ci"}`, "id")
	client := made("POST /clients", `{"name":"wiki","settings":{"redirect_uris":["https://wiki.example/cb"]}}`, "client.id")
	w.ask("owner", "POST /instances", `{"name":"work","plugin":"oidc"}`).want(http.StatusCreated)
	w.ask("owner", "POST /connectors", `{"name":"idp","plugin":"oidc","settings":{"issuer":"https://idp.example"}}`).want(http.StatusCreated)
	for _, capability := range []string{`{"capability":"oidc.exchange","target":"idp.example"}`, `{"capability":"clock"}`} {
		w.ask("owner", "POST /instances/work/grants", capability)
	}
	return []object{
		{"organisation", "/organisations/acme", `{"display_name":"%d"}`, "display_name", nil},
		{"user", "/users/" + user, `{"profile":{"nickname":"%d"}}`, "profile.nickname", []string{
			"POST /disable", "POST /enable", `PUT /password {"password":"correct horse"}`,
		}},
		{"group", "/groups/" + group, `{"display_name":"%d"}`, "display_name", nil},
		{"service account", "/service-accounts/" + account, `{"description":"%d"}`, "description", nil},
		{"client", "/clients/" + client, `{"display_name":"%d"}`, "display_name", []string{"POST /secret"}},
		{"plugin instance", "/instances/work", `{"limits":{"memory":%d}}`, "limits.memory", []string{
			`PUT /secrets/client_secret {"value":"hunter2"}`, "DELETE /secrets/client_secret",
			`POST /grants {"capability":"oidc.exchange","target":"other.example"}`, "DELETE /grants?capability=oidc.exchange&target=other.example",
		}},
		{"connector", "/connectors/idp", `{"display_name":"%d"}`, "display_name", []string{"POST /disable"}},
	}
}

// do sends an action of an object: "POST /secret {}".
func (w *world) do(o object, action string, headers ...string) answer {
	w.t.Helper()
	line, body, _ := strings.Cut(action, " {")
	if body != "" {
		body = "{" + body
	}
	method, rest, _ := strings.Cut(line, " ")
	return w.ask("owner", method+" "+o.path+rest, body, headers...)
}

// What is not as it was seen is not changed and not deleted, whatever is asked, and the
// answer says which version there is now.
func TestConditions(t *testing.T) {
	w := newWorld(t)
	for _, o := range w.objects() {
		seen := w.ask("owner", "GET "+o.path, "").want(http.StatusOK)
		old, is := seen.header.Get("ETag"), seen.at("version")
		if old != fmt.Sprintf("%q", is) {
			t.Fatalf("%s: the ETag is %s, the version %v", o.name, old, is)
		}
		tag := w.ask("owner", "PATCH "+o.path, fmt.Sprintf(o.change, 11), "If-Match: "+old).want(http.StatusOK).header.Get("ETag")
		if tag == old {
			t.Fatalf("%s: the version stays %s", o.name, tag)
		}
		for _, action := range append([]string{"DELETE ", "PATCH  " + fmt.Sprintf(o.change, 12)}, o.actions...) {
			refused := w.do(o, action, "If-Match: "+old).want(http.StatusPreconditionFailed)
			refused.has(map[string]any{"type": "/problems/stale", "version": strings.Trim(tag, `"`)})
			if refused.header.Get("ETag") != tag {
				t.Errorf("%s: %s is told that the version is %s, which is %s", o.name, action, refused.header.Get("ETag"), tag)
			}
		}
		now := w.ask("owner", "GET "+o.path, "").want(http.StatusOK)
		if got := fmt.Sprint(now.at(o.read)); got != "11" {
			t.Errorf("%s: %s is %s", o.name, o.read, got)
		}
		if now.header.Get("ETag") != tag {
			t.Errorf("%s: what was refused left the version %s, which was %s", o.name, now.header.Get("ETag"), tag)
		}
		for _, action := range o.actions {
			if a := w.do(o, action, "If-Match: "+tag); a.status >= 300 {
				t.Errorf("%s: %s in the state that was seen: %d %s", o.name, action, a.status, a.body)
			}
			after := w.ask("owner", "GET "+o.path, "").want(http.StatusOK).header.Get("ETag")
			if after == tag && !strings.Contains(action, "/password") && !strings.Contains(action, "/disable") {
				t.Errorf("%s: %s leaves the version as it was", o.name, action)
			}
			tag = after
		}
		w.ask("owner", "DELETE "+o.path, "", "If-Match: "+tag).want(http.StatusNoContent)
		w.ask("owner", "DELETE "+o.path, "", "If-Match: "+tag).want(http.StatusNotFound)
	}
}

// Of those who change or delete the same state at once one does, and the others learn that.
func TestConditionsAtOnce(t *testing.T) {
	w := newWorld(t)
	for _, o := range w.objects() {
		old := w.ask("owner", "GET "+o.path, "").want(http.StatusOK).header.Get("ETag")
		answers := make([]answer, 6)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				answers[i] = w.ask("owner", "PATCH "+o.path, fmt.Sprintf(o.change, 21+i), "If-Match: "+old)
			})
		}
		deleted := answer{}
		group.Go(func() { deleted = w.ask("owner", "DELETE "+o.path, "", "If-Match: "+old) })
		group.Wait()
		done := 0
		for _, a := range append(answers, deleted) {
			switch a.status {
			case http.StatusOK, http.StatusNoContent:
				done++
			case http.StatusPreconditionFailed, http.StatusNotFound:
			default:
				t.Errorf("%s: %d %s", o.name, a.status, a.body)
			}
		}
		if done != 1 {
			t.Errorf("%s: %d changes of one state were made", o.name, done)
		}
	}
}

// Who says nothing of a state changes what is there: nobody's change of something else is
// lost.
func TestPatchesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.objects()
	for path, patches := range map[string][]string{
		"/connectors/idp": {
			`{"display_name":"Ours"}`, `{"hidden":true}`, `{"domains":["a.example"]}`, `{"settings":{"hint":"x"}}`, `{"create_users":true}`, `{"position":7}`,
		},
		"/instances/work": {`{"limits":{"memory":64}}`, `{"limits":{"cpu":20}}`, `{"limits":{"wait":50}}`, `{"settings":{"hint":"x"}}`, `{"settings":{"issuer":"https://x.example"}}`},
	} {
		var group sync.WaitGroup
		for _, patch := range patches {
			group.Go(func() {
				if a := w.ask("owner", "PATCH "+path, patch); a.status != http.StatusOK {
					t.Errorf("%s: %d %s", patch, a.status, a.body)
				}
			})
		}
		group.Wait()
		for _, patch := range patches {
			before := w.ask("owner", "GET "+path, "").want(http.StatusOK).header.Get("ETag")
			after := w.ask("owner", "PATCH "+path, patch).want(http.StatusOK).header.Get("ETag")
			if before != after {
				t.Errorf("%s was lost", patch)
			}
		}
	}
}

// What has no version is not as anybody saw it.
func TestConditionOnNothing(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /groups", `{"name":"staff"}`, `If-Match: "x"`).want(http.StatusPreconditionFailed).has(map[string]any{"type": "/problems/stale"})
	w.ask("owner", "POST /groups", `{"name":"staff"}`, "If-Match: *").want(http.StatusCreated)
	w.ask("owner", "GET /groups", "", `If-Match: "x"`).want(http.StatusOK)
	user := w.ask("owner", "POST /users", `{"name":"anna"}`).want(http.StatusCreated).at("user.id").(string)
	w.ask("owner", "POST /users/"+user+"/sign-out", "", `If-Match: "x"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "PATCH /users/"+user, `{"name":"hanna"}`, `If-Match: "x", "y"`).want(http.StatusBadRequest)
}

// The version of a role is what it is.
func TestConditionOfRole(t *testing.T) {
	w := newWorld(t)
	user := w.ask("owner", "POST /users", `{"name":"anna"}`).want(http.StatusCreated).at("user.id").(string)
	path := "/holders/" + user + "/roles?organisation=built-in"
	w.ask("owner", "PUT "+path, `{"role":"help_desk"}`, `If-Match: "auditor"`).want(http.StatusPreconditionFailed).has(map[string]any{"version": "none"})
	w.ask("owner", "PUT "+path, `{"role":"help_desk"}`, `If-Match: "none"`).want(http.StatusNoContent)
	w.ask("owner", "GET /holders/"+user+"/roles", "").want(http.StatusOK).has(map[string]any{"items.0.role": "help_desk", "items.0.version": "helpdesk"})
	w.ask("owner", "PUT "+path, `{"role":"owner"}`, `If-Match: "none"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE "+path, "", `If-Match: "owner"`).want(http.StatusPreconditionFailed)
	w.ask("owner", "DELETE "+path, "", `If-Match: "helpdesk"`).want(http.StatusNoContent)
}

// The order of a hook has a version of its own.
func TestConditionOfOrder(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /plugins?allow_unsigned=true", moduleText, bytesType).want(http.StatusOK)
	ids := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		ids[name] = w.ask("owner", "POST /bindings", `{"plugin":"mapper","instance":"`+name+`","hooks":["claims.map/v1"]}`).want(http.StatusCreated).at("items.0.id").(string)
		w.now = w.now.Add(time.Millisecond)
	}
	orders := func() string {
		versions := w.ask("owner", "GET /plugin-config", "").want(http.StatusOK).at("orders").(map[string]any)
		return `"` + versions[core.HookClaims].(string) + `"`
	}
	seen := orders()
	moved := w.ask("owner", "POST /bindings/"+ids["c"]+"/move", `{"place":1}`, "If-Match: "+seen).want(http.StatusOK)
	if moved.has(map[string]any{"items.0.instance": "c", "items.1.instance": "a"}); moved.header.Get("ETag") != orders() {
		t.Errorf("the answer has the version %s of the order, which is %s", moved.header.Get("ETag"), orders())
	}
	w.ask("owner", "POST /bindings/"+ids["b"]+"/move", `{"place":1}`, "If-Match: "+seen).want(http.StatusPreconditionFailed)
	w.ask("owner", "POST /bindings/"+ids["b"]+"/move", `{"place":2}`, "If-Match: "+orders()).want(http.StatusOK).has(map[string]any{"items.1.instance": "b", "items.2.instance": "a"})
	// A binding that is gone is gone from the order.
	seen = orders()
	w.ask("owner", "DELETE /bindings?instance=a", "").want(http.StatusOK)
	w.ask("owner", "POST /bindings/"+ids["b"]+"/move", `{"place":1}`, "If-Match: "+seen).want(http.StatusPreconditionFailed)
}
