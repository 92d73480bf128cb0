package console_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// catalogue has one plugin, with which people sign in and that maps claims.
type catalogue struct{}

func (catalogue) Plugins(context.Context) ([]admin.Plugin, error) {
	return []admin.Plugin{{
		ID: "oidc", Version: "1.0.0", Module: core.BuiltinModule, HostAPI: 1, Hooks: []string{core.HookLogin, core.HookClaims},
		Secrets:  []core.PluginSecretWish{{Name: "client_secret", Optional: true}},
		Settings: []byte(`{"type":"object","properties":{"issuer":{"type":"string"},"hint":{"type":"string"},"strict":{"type":"boolean"}}}`),
	}}, nil
}

func (catalogue) ValidateSettings(_ context.Context, _, _ string, settings []byte) error {
	if strings.Contains(string(settings), "wrong") {
		return errors.New("settings.hint is wrong")
	}
	return nil
}

func (catalogue) Examine(context.Context, []byte) ([]admin.Plugin, error) { return nil, nil }

func (catalogue) Preview(context.Context, *admin.Plugin, admin.Preview, core.PluginLimits) (*admin.Previewed, error) {
	return nil, errors.ErrUnsupported
}

// connected gives two administrators of the server in a world with a connector and an
// instance beside it.
func connected(t *testing.T) (w *world, first, second *tab) {
	t.Helper()
	w = newWorld(t)
	w.user("built-in", "adam", core.RoleAdministrator, "")
	w.admin.Plugins = catalogue{}
	input := admin.NewConnector{Name: "idp", Plugin: "oidc", Settings: [][]byte{[]byte(`{"issuer":"https://idp.example","hint":"a"}`)}}
	if _, err := w.admin.CreateConnector(t.Context(), tester, input); err != nil {
		t.Fatal(err)
	}
	if _, err := w.admin.CreateInstance(t.Context(), tester, "work", "oidc", []byte(`{"hint":"a"}`)); err != nil {
		t.Fatal(err)
	}
	return w, w.as("olga"), w.as("adam")
}

func (w *world) connector() *admin.Connector {
	w.t.Helper()
	of, err := w.admin.FindConnector(w.t.Context(), "idp")
	if err != nil {
		w.t.Fatal(err)
	}
	return of
}

func (w *world) instance() *admin.Instance {
	w.t.Helper()
	i, err := w.admin.FindInstance(w.t.Context(), "work")
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// Two who change the rules of a connector at once lose nothing.
func TestConnectorRulesConflict(t *testing.T) {
	t.Parallel()
	w, first, second := connected(t)
	const rules = "/admin/connectors/idp/rules"
	first.get(rules)
	second.get(rules)
	first.press("save", "title", "Ours", "link_by_email", "on").leads("/admin/connectors/idp", "changed")
	second.press("save", "title", "Theirs", "hidden", "on").wants(409, "Somebody else changed this", "Ours", "Theirs")
	if of := w.connector(); of.DisplayName != "Ours" || of.Hidden {
		t.Fatalf("%+v", of.Connector)
	}
	second.press("save", "choose.title", "theirs", "choose.link_by_email", "theirs").leads("/admin/connectors/idp", "changed")
	if of := w.connector(); of.DisplayName != "Ours" || !of.Hidden || !of.LinkByEmail {
		t.Errorf("%+v", of.Connector)
	}
	// What is typed wrong says nothing of what others did: it is still found afterwards.
	second.get(rules).press("save", "icon", "nothing such").wants(422)
	first.get(rules).press("save", "domains", "b.example").leads("/admin/connectors/idp", "changed")
	second.press("save", "icon", "").wants(409, "b.example")
	// Its instance is a part of it.
	second.get(rules)
	if err := w.admin.Grant(t.Context(), tester, "idp", "clock", "", true); err != nil {
		t.Fatal(err)
	}
	second.press("save", "hidden", "-").wants(409)
	second.press("save").leads("/admin/connectors/idp", "changed")
}

// Settings of plugins are told field by field too, as a form and as JSON, of connectors and
// of other instances.
func TestSettingsConflict(t *testing.T) {
	t.Parallel()
	w, first, second := connected(t)
	for _, c := range []struct {
		page, to string
		settings func() string
	}{
		{"/admin/connectors/idp/settings", "/admin/connectors/idp", func() string { return string(w.connector().Plugin.Settings) }},
		{"/admin/instances/work/settings", "/admin/instances/work/settings", func() string { return string(w.instance().Settings) }},
	} {
		first.get(c.page)
		second.get(c.page)
		first.press("save", "settings.issuer", "https://new.example").leads(c.to, "saved")
		second.press("save", "settings.hint", "b", "settings.strict", "on").wants(409, "Somebody else changed this", "https://new.example")
		if strings.Contains(c.settings(), `"b"`) {
			t.Fatalf("%s: what was not seen is overwritten: %s", c.page, c.settings())
		}
		second.press("save").leads(c.to, "saved")
		if got := c.settings(); !strings.Contains(got, "https://new.example") || !strings.Contains(got, `"hint":"b"`) || !strings.Contains(got, `"strict":true`) {
			t.Errorf("%s: %s", c.page, got)
		}
		second.get(c.page).press("save", "settings.hint", "wrong").wants(422, "wrong")
		second.get(c.page + "?as=json")
		first.get(c.page).press("save", "settings.hint", "c").leads(c.to, "saved")
		second.press("save", "settings", `{"issuer":"https://json.example"}`).wants(409, "https://json.example", `"c"`)
		if strings.Contains(c.settings(), "json.example") {
			t.Errorf("%s: %s", c.page, c.settings())
		}
	}
}

func TestLimitsConflict(t *testing.T) {
	t.Parallel()
	w, first, second := connected(t)
	const page = "/admin/instances/work/limits"
	first.get(page)
	second.get(page)
	first.press("save", "memory", "64").leads("/admin/instances/work", "saved")
	second.press("save", "memory", "32", "cpu", "20").wants(409, "64", "32")
	second.press("save", "choose.memory", "theirs").leads("/admin/instances/work", "saved")
	if limits := w.instance().Limits; limits.MemoryMiB != 64 || limits.CPU.Milliseconds() != 20 {
		t.Errorf("%+v", limits)
	}
	second.get(page).press("save", "memory", "x").wants(422, "memory")
	second.get(page).press("save", "memory", "").leads("/admin/instances/work", "saved")
	if limits := w.instance().Limits; limits.MemoryMiB != 0 {
		t.Errorf("%+v", limits)
	}
}

// Nobody deletes what somebody else has made something else of: they look at it again.
func TestDeleteConflict(t *testing.T) {
	t.Parallel()
	w, first, second := connected(t)
	for _, c := range []struct{ edit, field, page, button, confirm, to string }{
		{"/admin/connectors/idp/rules", "title", "/admin/connectors/idp/delete", "delete", "confirm", "/admin/connectors"},
		{"/admin/instances/work/settings", "settings.hint", "/admin/instances/work/delete", "delete-it", "confirm", "/admin/plugins"},
		{"/admin/organisations/partners/edit", "display_name", "/admin/organisations/partners/delete", "delete", "confirm", "/admin/organisations"},
	} {
		word := "on"
		if strings.Contains(c.page, "partners") {
			word = "partners"
		}
		second.get(c.page)
		first.get(c.edit).press("save", c.field, "another")
		second.press(c.button, c.confirm, word).wants(409, "Somebody else changed this")
		second.press(c.button, c.confirm, word)
		if second.answer.To != c.to {
			t.Errorf("%s, once more: %s", c.page, second.text())
		}
	}
	if len(mustList(w.admin.Connectors(t.Context(), ""))(t))+len(mustList(w.admin.Instances(t.Context()))(t)) > 1 {
		t.Error("something is left")
	}
}

func mustList[T any](all []T, err error) func(*testing.T) []T {
	return func(t *testing.T) []T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
}

// The order in which plugins run is that which somebody saw when they move one.
func TestOrderConflict(t *testing.T) {
	t.Parallel()
	w, first, second := connected(t)
	var ids []string
	for _, name := range []string{"a", "b", "c"} {
		made, err := w.admin.BindPlugin(t.Context(), tester, admin.Bind{Plugin: "oidc", Instance: name, Hooks: []string{core.HookClaims}})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(made[0].ID))
	}
	const page = "/admin/plugins/order"
	move := func(b *tab, id, place string) *tab {
		t.Helper()
		var owner *html.Node
		for node := range b.page.Descendants() {
			if node.Data == "input" && attr(node, "name") == "item" && attr(node, "value") == id {
				owner = node.Parent
			}
		}
		if owner == nil {
			t.Fatalf("%s is not on the page: %s", id, b.text())
		}
		form := filled(owner)
		form.Set("action", "move")
		form.Set("position", place)
		return b.visit(page, form)
	}
	first.get(page)
	second.get(page)
	move(first, ids[2], "1").leads(page, "c runs in place 1 now")
	move(second, ids[1], "1").wants(409, "Somebody else changed this")
	move(second, ids[1], "1").leads(page, "b runs in place 1 now")
}
