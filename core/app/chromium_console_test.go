package app_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// shoot keeps a picture of the page where POSTERN_TEST_SHOTS names a folder, to be looked
// at.
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("POSTERN_TEST_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) goes(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("#content")))
}

// press clicks a button or link, and waits for the page behind it.
func (b *tab) press(id string) {
	b.t.Helper()
	b.clicks("#" + id)
}

// clicks is press for any selector.
func (b *tab) clicks(selector string) {
	b.t.Helper()
	b.runs(`document.body.dataset.old = "yes"; true`)
	b.do(chromedp.Click(chromedp.CSS(selector)), chromedp.WaitReady(chromedp.CSS("body.console:not([data-old]) #content")))
}

// types replaces what is in a field.
func (b *tab) types(id, text string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(`[id="`+id+`"]`), text))
}

// says checks what people read on the page.
func (b *tab) says(texts ...string) {
	b.t.Helper()
	page, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("#content")))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.t.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
}

// A real browser adds Confluence, follows the guide and tries it; makes a connector; and
// installs, grants, configures, binds, reorders, tries and rolls back a plugin.
func TestChromiumConsole(t *testing.T) {
	b := newTab(t)
	w := newWorld(t)
	w.user("root", func(u *admin.NewUser) { u.Admin = true; u.Profile.DisplayName = "Ada Lovelace" })
	b.do(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(w.issuer+"/admin/clients"))
	b.signIn("root")
	b.press("new")
	b.shoot("client-choose")
	b.goes(w.issuer + "/admin/clients/new?preset=confluence")
	b.types("address", "https://wiki.example.org")
	b.shoot("client-new")
	b.press("create")
	b.says("Confluence was added.", "It is shown this once", "https://wiki.example.org/plugins/servlet/oauth/callback")
	b.shoot("client-guide")
	client, err := w.app.Admin.FindClient(t.Context(), "", "confluence")
	if err != nil {
		t.Fatal(err)
	}
	b.goes(w.issuer + "/admin/clients/" + client.ID + "/try")
	b.shoot("client-try")
	b.press("begin")
	b.says("The sign-in works", "preferred_username", "plugin miniorange")
	b.shoot("client-tried")
	b.goes(w.issuer + "/admin/clients/" + client.ID)
	b.says("The application got tokens.")
	b.goes(w.issuer + "/admin/clients/" + client.ID + "/edit")
	b.shoot("client-edit")
	b.goes(w.issuer + "/admin/clients")
	b.shoot("clients")
	b.goes(w.issuer + "/admin/explain?client=" + client.ID + "&user=root")
	b.says("The application gets tokens")
	b.shoot("explain")
	b.walkConnector(w)
	b.walkPlugin(w, t)
}

func (b *tab) walkConnector(w *world) {
	b.t.Helper()
	b.goes(w.issuer + "/admin/connectors/new")
	b.shoot("connector-choose")
	b.goes(w.issuer + "/admin/connectors/new?plugin=oidc&preset=keycloak")
	b.types("settings.client_id", "postern")
	b.types("settings.issuer", "https://login.example.org/realms/staff")
	b.shoot("connector-new")
	b.press("create")
	b.says("The connector was added.", "It is not ready yet", w.issuer+"/callback/keycloak")
	b.shoot("connector")
	b.goes(w.issuer + "/admin/connectors")
	b.shoot("connectors")
	b.goes(w.issuer + "/admin/connectors/keycloak/rules")
	b.shoot("connector-rules")
}

func (b *tab) walkPlugin(w *world, t *testing.T) {
	b.t.Helper()
	file := func(name string) string {
		path, err := filepath.Abs("../cli/testdata/plugins/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	install := func(name, version string) {
		b.goes(w.issuer + "/admin/plugins/install")
		b.do(chromedp.SetUploadFiles(chromedp.CSS("#module-module"), []string{file(name)}), chromedp.Click(chromedp.CSS("#module-unsigned")))
		b.press("install")
		b.says("The plugin tour " + version)
	}
	b.goes(w.issuer + "/admin/plugins/install")
	b.shoot("plugin-install")
	install("tour-1.wasm", "1.0.0")
	b.press("new")
	b.types("name", "office")
	b.types("settings.level", "7")
	b.press("create")
	b.says("The instance was made.")
	b.press("bind-it")
	b.says("office takes part in claims.map/v1")
	b.shoot("instance")
	b.goes(w.issuer + "/admin/instances/miniorange")
	b.shoot("instance-asked")
	b.goes(w.issuer + "/admin/instances/miniorange/settings")
	b.shoot("instance-settings")
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "miniorange", Instance: "second", Hooks: []string{core.HookClaims}}); err != nil {
		t.Fatal(err)
	}
	b.goes(w.issuer + "/admin/plugins/order")
	b.shoot("plugin-order")
	before := w.bound(core.HookClaims)
	b.drags("section:has(li + li + li) li:last-child", "section:has(li + li + li) li:first-child")
	b.says(before[len(before)-1] + " runs in place 1 now.")
	if after := w.bound(core.HookClaims); after[0] != before[len(before)-1] || len(after) != len(before) {
		t.Errorf("the order was %v, is %v", before, after)
	}
	b.goes(w.issuer + "/admin/instances/miniorange/try")
	b.press("run")
	b.says("It answered", "What it gave")
	b.shoot("instance-try")
	b.goes(w.issuer + "/admin/instances/miniorange/log")
	b.says("Calls")
	b.shoot("instance-log")
	b.goes(w.issuer + "/admin/plugins")
	b.shoot("plugins")
	b.unbinds(w, "office")
	install("tour-2.wasm", "2.0.0")
	b.says("Run this one")
	b.shoot("plugin")
	b.clicks(`#releases button[value="rollback"]`)
	b.says("Version 1.0.0 runs.")
	b.goes(w.issuer + "/admin/keys")
	b.shoot("keys")
}

// unbinds takes an instance out of where it takes part.
func (b *tab) unbinds(w *world, instance string) {
	b.t.Helper()
	b.goes(w.issuer + "/admin/instances/" + instance)
	b.clicks(`#bindings button[value="unbind"]`)
	b.says(instance + " takes no part in")
}

// bound names who serves a hook, in their order.
func (w *world) bound(hook string) (names []string) {
	w.t.Helper()
	config, err := w.app.Admin.PluginConfig(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range config.Bindings {
		if b.Hook == hook {
			names = append(names, b.Instance)
		}
	}
	return names
}

// drags drops an item of a list on another, as a person does with a mouse.
func (b *tab) drags(from, onto string) {
	b.t.Helper()
	b.runs(`document.body.dataset.old = "yes"; (() => {
  const [from, onto] = [document.querySelector("` + from + `"), document.querySelector("` + onto + `")];
  const dataTransfer = new DataTransfer();
  const event = (kind) => new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer });
  from.dispatchEvent(event("dragstart"));
  onto.dispatchEvent(event("dragover"));
  onto.dispatchEvent(event("drop"));
  return true;
})()`)
	b.do(chromedp.WaitReady(chromedp.CSS("body.console:not([data-old]) #content")))
}

// runs a script that gives true.
func (b *tab) runs(script string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err != nil || !done {
		b.t.Fatalf("%s: %v, %v", script, done, err)
	}
}
