package app_test

import (
	"bytes"
	"context"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin"
)

// upload sends the form of the button with a file.
func (p *page) upload(button, field, name string, content []byte, fill map[string]string) *page {
	p.browser.t.Helper()
	return p.uploads(button, fill, sentFile{field, name, content})
}

// sentFile is a file of a form.
type sentFile struct {
	field, name string
	content     []byte
}

// uploads is upload with several files.
func (p *page) uploads(button string, fill map[string]string, files ...sentFile) *page {
	p.browser.t.Helper()
	target, values := p.submission(button, fill)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key := range values {
		if err := form.WriteField(key, values.Get(key)); err != nil {
			p.browser.t.Fatal(err)
		}
	}
	for _, file := range files {
		part, err := form.CreateFormFile(file.field, file.name)
		if err == nil {
			_, err = part.Write(file.content)
		}
		if err != nil {
			p.browser.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		p.browser.t.Fatal(err)
	}
	answer := p.browser.sendBody(http.MethodPost, target, form.FormDataContentType(), body.String())
	if answer.status == http.StatusSeeOther {
		return p.browser.get(answer.header.Get("Location"))
	}
	return answer
}

// A connector is made of the form of its plugin's settings; its secrets go in and never
// come out.
func TestConsoleConnector(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	b.get("/admin/connectors").press("new", nil).wants(200, "GitHub", "Keycloak")
	form := b.get("/admin/connectors/new?plugin=oidc&preset=keycloak").wants(200, "Our client id at the provider.")
	form.press("create", map[string]string{"settings.client_id": "postern", "settings.issuer": "nowhere"}).wants(422, "settings")
	// Each mistake is told, beside its field.
	wrong := form.press("create", map[string]string{"settings.client_id": "postern", "settings.issuer": "https://login.example.org", "settings.prompt": "maybe", "settings.scopes": strings.Repeat("x", 300)}).
		wants(422, "There are 2 problems", `Must be one of ["login"`)
	if !strings.Contains(wrong.body, `id="settings.prompt-problem"`) || !strings.Contains(wrong.body, strings.Repeat("x", 300)) {
		t.Errorf("not beside its field, or what was typed is lost: %s", wrong.words())
	}
	p := form.press("create", map[string]string{
		"name": "staff", "title": "Staff", "settings.client_id": "postern", "settings.issuer": "https://login.example.org/realms/staff", "create_users": "on",
	}).wants(200, "The connector was added.", "It is not ready yet", w.issuer+"/callback/staff")
	p = p.press("save-secrets", map[string]string{"value.client_secret": "hush hush"}).wants(200, "1 secret was saved.").lacks("hush hush")
	w.hide("hush hush")
	for _, capability := range []string{"oidc.exchange"} {
		p = p.press("grant-it", map[string]string{"capability": capability, "target": "login.example.org"}).wants(200, "may use "+capability+" login.example.org now.")
	}
	b.get("/admin/connectors/staff").press("enable", nil).wants(200, "The connector is on.", "In use")
	b.get("/admin/connectors/staff/settings").press("save", map[string]string{"settings.scopes": "email\ngroups"}).wants(200, "The settings were saved.")
	b.get("/admin/connectors/staff/rules").press("save", map[string]string{"domains": "acme.example", "link_by_email": "on"}).wants(200, "The connector was changed.")
	of, err := w.app.Admin.FindConnector(t.Context(), "staff")
	if err != nil || of.Disabled || !of.CreateUsers || !of.LinkByEmail || of.Domains[0] != "acme.example" || !strings.Contains(string(of.Plugin.Settings), `"scopes":["email","groups"]`) {
		t.Errorf("%+v %s, %v", of, of.Plugin.Settings, err)
	}
	b.get("/admin/connectors/staff").press("disable", nil).wants(200, "The connector is off")
	b.get("/admin/connectors/staff/delete").press("delete", map[string]string{"confirm": "on", "forget": "on"}).wants(200, `The connector "staff" was deleted.`)
	w.checkSecrets()
}

// A plugin from its file to its removal: looked at, installed, granted, configured, bound,
// moved, tried, replaced and put back.
func TestConsolePlugin(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	module := func(name string) []byte {
		t.Helper()
		code, err := os.ReadFile("../cli/testdata/plugins/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	first, second := module("tour-1.wasm"), module("tour-2.wasm")
	form := b.get("/admin/plugins").press("install", nil)
	form.upload("inspect", "module", "x.wasm", []byte("no module"), nil).wants(422, "The module cannot be used")
	looked := form.upload("inspect", "module", "tour.wasm", first, nil).wants(200, "tour", "What it asks for", "No trusted key signed it", "Choose tour.wasm again")
	looked.upload("install", "module", "tour.wasm", second, map[string]string{"unsigned": "on"}).wants(422, "The module is not the one that was asked for")
	looked.upload("install", "module", "tour.wasm", first, nil).wants(422, "Tick the box if you trust it.")
	looked.upload("install", "module", "tour.wasm", first, map[string]string{"unsigned": "on"}).wants(200, "The plugin tour 1.0.0 was installed.", "Not signed")

	b.get("/admin/plugins/tour").press("new", nil).press("create", map[string]string{"name": "office"}).wants(200, "The instance was made.", "It is not bound")
	p := b.get("/admin/instances/office")
	config, err := w.app.Admin.FindInstance(t.Context(), "office")
	if err != nil {
		t.Fatal(err)
	}
	for _, asked := range config.Asked {
		if asked.Capability != "" && !asked.Given {
			target := asked.Target
			if target == "" && asked.Capability != "clock" && asked.Capability != "kv" {
				target = "ldap.example.org:636"
				if !strings.HasPrefix(asked.Capability, "ldap") {
					target = "api.example.org"
				}
			}
			p = p.press("grant-it", map[string]string{"capability": asked.Capability, "target": target})
		}
		if asked.Secret != "" {
			p = p.press("save-secrets", map[string]string{"value." + asked.Secret: "hush"})
		}
	}
	p.press("bind-it", map[string]string{"hook": config.Hooks[0]}).wants(200, "office takes part in "+config.Hooks[0]+" for all applications.")
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "tour", Instance: "other", Hooks: config.Hooks[:1]}); err != nil {
		t.Log(err) // it needs what the first one was given: one is enough for an order then
	}
	b.get("/admin/plugins/order").wants(200, config.Hooks[0], "office")
	b.get("/admin/instances/office/settings?as=json").wants(200, "As JSON")
	b.get("/admin/instances/office/limits").press("save", map[string]string{"memory": "9999"}).wants(422)
	b.get("/admin/instances/office/limits").press("save", map[string]string{"memory": "64"}).wants(200, "The limits were saved.")
	b.get("/admin/instances/office/try").press("run", map[string]string{"input": "{"}).wants(422, "The message is no JSON object")
	b.get("/admin/instances/office/try").press("run", nil).wants(200, "In ")
	b.get("/admin/instances/office/log").wants(200, "Calls", "It wrote nothing")

	// A version that needs more than the instance has does not take its place.
	update := b.get("/admin/plugins/install")
	update.upload("install", "module", "tour.wasm", second, map[string]string{"unsigned": "on"}).wants(422, "ldap.search")
	step := stepOf(b.get("/admin/instances/office"))
	for _, instance := range []string{"office", "other"} {
		b.follow(http.MethodPost, "/admin/instances/"+instance, url.Values{"action": {"unbind"}, "hook": {config.Hooks[0]}, "step": {step}}).wants(200, "takes no part in")
	}
	update.upload("install", "module", "tour.wasm", second, map[string]string{"unsigned": "on"}).wants(200, "The plugin tour 2.0.0 was installed")
	b.get("/admin/plugins/tour").wants(200, "2.0.0", "1.0.0", "Run this one")
	b.follow(http.MethodPost, "/admin/plugins/tour", url.Values{"action": {"rollback"}, "to": {plugin.Digest(first)}, "step": {step}}).wants(200, "Version 1.0.0 runs.")
	b.get("/admin/instances/office/delete").wants(200, "What goes with it", "no settings").press("delete-it", map[string]string{"confirm": "on"}).wants(200, "The instance office was deleted.")
	b.get("/admin/plugins/tour/remove").press("remove", map[string]string{"confirm": "on"}).wants(200, "The plugin tour was removed.")
}

func stepOf(p *page) string {
	_, after, _ := strings.Cut(p.body, `name="step" value="`)
	step, _, _ := strings.Cut(after, `"`)
	return html.UnescapeString(step)
}

// Places are changed by number, as a script does by dragging.
func TestConsoleOrder(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	for i, name := range []string{"first", "second", "third"} {
		if _, err := w.app.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "miniorange", Instance: name, Hooks: []string{core.HookClaims}, Position: i + 1}); err != nil {
			t.Fatal(err)
		}
	}
	p := b.get("/admin/plugins/order").wants(200, "first", "third")
	config, err := w.app.Admin.PluginConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.follow(http.MethodPost, "/admin/plugins/order", url.Values{"action": {"move"}, "item": {string(config.Bindings[2].ID)}, "position": {"1"}, "step": {stepOf(p)}}).
		wants(200, "third runs in place 1 now.")
	if config, err = w.app.Admin.PluginConfig(t.Context()); err != nil || config.Bindings[0].Instance != "third" || config.Bindings[1].Instance != "first" {
		t.Errorf("%+v, %v", config.Bindings, err)
	}
	// The buttons do so without a number, and end where the list does.
	p = b.get("/admin/plugins/order")
	if up := "order-0-" + string(config.Bindings[0].ID) + "-up"; strings.Contains(p.body, up) {
		t.Error("the first one can be moved up")
	}
	p.press("order-0-"+string(config.Bindings[0].ID)+"-down", nil).wants(200, "third runs in place 2 now.")
	b.get("/admin/plugins/order").press("order-0-"+string(config.Bindings[2].ID)+"-up", nil).wants(200, config.Bindings[2].Instance+" runs in place 2 now.")
	b.get("/admin/instances/third/log").wants(200, "Calls")
}

// Keys are rotated, and deleted with a warning.
func TestConsoleKeys(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	w.register("wiki", nil)
	w.register("board", func(c *core.Client) { c.IDTokenAlg = "ES256" })
	p := b.get("/admin/keys").wants(200, "RS256", "Signs", "ID tokens of 1 application", "no application now", "not by themselves")
	p.press("rotate-keys", map[string]string{"alg": "ES256"}).wants(200, "They sign after 10 minutes.", "Next")
	keys, err := w.app.Admin.Keys(t.Context())
	if err != nil || len(keys) != 5 {
		t.Fatalf("%+v, %v", keys, err)
	}
	b.get("/admin/keys/"+keys[0].ID+"/delete").press("delete", map[string]string{"confirm": "on"}).wants(200, "The key was deleted.").lacks(keys[0].ID)
}
