package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/console"
)

// pageRow is what becomes of a page of the console, and of its buttons. The columns of By
// are: of acme help desk, auditor, administrator and owner; an administrator of another
// organisation; an owner of the server. In them "x" is 403, "." that there is no such page,
// and "k" neither: what a button does with a form that says little is told elsewhere. Who is not signed in,
// and who has no role, gets at nothing: see httpd's own test.
type pageRow struct {
	Page    string // "/users/:id" below the console
	Actions string // with blanks between them; empty: the page itself
	Query   string // or, with actions, the form
	By      string
}

// consoleMatrix says by hand who may what. It is not made of the table of pages.
func consoleMatrix() []pageRow {
	return []pageRow{
		{"", "", "", "kkkkkk"},
		{"/organisations", "", "", "kkkkkk"},
		{"/organisations/new", "", "", "xxxxxk"},
		{"/organisations/new", "create", "name=made&display_name=Made", "xxxxxk"},
		{"/organisations/:org", "", "", "kkkk.k"},
		{"/organisations/:org", "enable", "", "xxkk.k"},
		{"/organisations/:org", "disable", "", "xx    "}, // it would sign out everybody here
		{"/organisations/:org/edit", "", "", "xxkk.k"},
		{"/organisations/:org/edit", "save", "display_name=Acme", "xxkk.k"},
		{"/organisations/:org/rules", "", "", "xxkk.k"},
		{"/organisations/:org/rules", "save", "remember_days=many", "xxkk.k"},
		{"/organisations/:org/look", "", "", "xxkk.k"},
		{"/organisations/:org/look", "save", "accent=red", "xxkk.k"},
		{"/organisations/:org/delete", "", "", "xxxx.k"},
		{"/organisations/:org/delete", "delete", "confirm=other", "xxxx.k"},

		{"/users", "", "org=acme", "kkkk.k"},
		{"/users", "disable_many enable_many sign_out_many", "org=acme&user=:id", "kxkkxk"},
		{"/users", "join_many leave_many", "org=acme&user=:id&group=:group", "xxkkxk"},
		{"/users/new", "", "", "xxkkkk"},
		{"/users/new", "create", "name=made&org=acme", "xxkk.k"},
		{"/users/invite", "", "", "xxkkkk"},
		{"/users/invite", "invite", "name=asked&org=acme&by_hand=on", "xxkk.k"},
		{"/users/:id", "", "", "kkkk.k"},
		{"/users/:id", "disable enable invite_mail invite_hand", "", "kxkk.k"},
		{"/users/:id", "add_group remove_group", "group=:group", "xxkk.k"},
		{"/users/:id/edit", "", "", "xxkk.k"},
		{"/users/:id/edit", "save", "name=a b", "xxkk.k"},
		{"/users/:id/security", "", "", "kkkk.k"},
		{"/users/:id/security", "reset_mail reset_hand reset codes", "", "kxkk.k"},
		{"/users/:id/security", "forget_all", "", "kxkk.k"},
		{"/users/:id/security", "remove forget revoke unlink", "id=none&connector=:connector&subject=none", "kxkk.k"},
		{"/users/:id/password", "", "", "xxkk.k"},
		{"/users/:id/password", "set", "password=x", "xxkk.k"},
		{"/users/:id/link", "", "", "xxkk.k"},
		{"/users/:id/link", "link", "connector=:connector&subject=", "xxkk.k"},
		{"/users/:id/sessions", "", "", "kkkk.k"},
		{"/users/:id/sessions", "end", "session=none", "kxkk.k"},
		{"/users/:id/sessions", "end_all", "", "kxkk.k"},
		{"/users/:id/applications", "", "", "kkkk.k"},
		{"/users/:id/applications", "withdraw", "client=:client", "kxkk.k"},
		{"/users/:id/activity", "", "", "kkkk.k"},
		{"/users/:id/delete", "", "", "xxkk.k"},
		{"/users/:id/delete", "delete", "confirm=other", "xxkk.k"},
		{"/sessions", "", "org=acme", "kkkk.k"},
		{"/sessions", "end", "user=:id&id=none", "kxkk.k"},

		{"/groups", "", "org=acme", "kkkk.k"},
		{"/groups/new", "", "", "xxkkkk"},
		{"/groups/new", "create", "name=made&org=acme", "xxkk.k"},
		{"/groups/:org/:name", "", "", "kkkk.k"},
		{"/groups/:org/:name", "add remove", "login=:id&id=:id", "xxkk.k"},
		{"/groups/:org/:name/edit", "", "", "xxkk.k"},
		{"/groups/:org/:name/edit", "save", "display_name=x", "xxkk.k"},
		{"/groups/:org/:name/delete", "", "", "xxkk.k"},
		{"/groups/:org/:name/delete", "delete", "confirm=other", "xxkk.k"},

		{"/roles", "", "org=acme", "xkkk.k"},
		{"/roles", "revoke", "holder=:holder&org=acme", "xxxk.k"},
		{"/roles/new", "", "", "xxxkxk"},
		{"/roles/new", "grant", "holder=:holder&org=acme&role=auditor", "xxxkxk"},
		{"/accounts", "", "org=acme", "xkkk.k"},
		{"/accounts/new", "", "", "xxkkkk"},
		{"/accounts/new", "create", "name=made&org=acme", "xxkk.k"},
		{"/accounts/:id", "", "", "xkkk.k"},
		{"/accounts/:id", "disable enable", "", "xxkk.k"},
		{"/accounts/:id", "revoke", "token=none", "xxkk.k"},
		{"/accounts/:id/edit", "", "", "xxkk.k"},
		{"/accounts/:id/edit", "save", "name=", "xxkk.k"},
		{"/accounts/:id/token", "", "", "xxkk.k"},
		{"/accounts/:id/token", "create", "name=x&days=1&reach=all", "xxkk.k"},
		{"/accounts/:id/delete", "", "", "xxkk.k"},
		{"/accounts/:id/delete", "delete", "confirm=other", "xxkk.k"},
		// One's own.
		{"/tokens", "", "", "kkkkkk"},
		{"/tokens", "revoke", "token=none", "kkkkkk"},
		{"/tokens/new", "", "", "kkkkkk"},
		{"/tokens/new", "create", "name=", "kkkkkk"},

		{"/audit", "", "org=acme", "kkkk.k"},
		{"/audit/export/:format", "", "org=acme", "kkkk.k"},
		{"/audit/:id", "", "", "kkkk.k"},
		{"/explain", "", "org=acme", "kkkk.k"},

		{"/clients", "", "org=acme", "kkkk.k"},
		{"/clients/new", "", "", "xxkkkk"},
		{"/clients/new", "create", "preset=web&name=a b&org=acme", "xxkk.k"},
		{"/clients/:id", "", "", "kkkk.k"},
		{"/clients/:id", "disable enable", "", "xxkk.k"},
		{"/clients/:id/edit", "", "", "xxkk.k"},
		{"/clients/:id/edit", "save", "name=", "xxkk.k"},
		{"/clients/:id/secret", "", "", "xxkk.k"},
		{"/clients/:id/secret", "rotate", "", "xxkk.k"},
		{"/clients/:id/delete", "", "", "xxkk.k"},
		{"/clients/:id/delete", "delete", "", "xxkk.k"},
		{"/clients/:id/try", "", "", "xxkk.k"},
		{"/clients/:id/try", "begin", "", "xxkk.k"},
		{"/clients-registration", "", "org=acme", "kkkk.k"},
		{"/clients-registration", "revoke", "id=:initial", "xxkk.k"},
		{"/clients-registration/new", "", "org=acme", "xxkk.k"},
		{"/clients-registration/new", "create", "name=&org=acme", "xxkkxk"},
		{"/try/return", "", "state=made-up", "kkkkkk"}, // is over

		{"/connectors", "", "org=acme", "kkkk.k"},
		{"/connectors/new", "", "", "xxkkkk"},
		{"/connectors/new", "create", "plugin=oidc&name=a b&org=acme", "xxkk.k"},
		{"/connectors/:name", "", "", "kkkk.k"},
		{"/connectors/:name", "enable disable", "", "xxkk.k"},
		{"/connectors/:name", "grant revoke", "capability=clock", "xxkkxk"},
		{"/connectors/:name", "secret", "value.client_secret=x", "xxkk.k"},
		{"/connectors/:name/settings", "", "", "xxkk.k"},
		{"/connectors/:name/settings", "save", "settings.issuer=nowhere", "xxkk.k"},
		{"/connectors/:name/rules", "", "", "xxkk.k"},
		{"/connectors/:name/rules", "save", "domains=a b", "xxkk.k"},
		{"/connectors/:name/delete", "", "", "xxkk.k"},
		{"/connectors/:name/delete", "delete", "", "xxkk.k"},

		// What is the server's.
		{"/mail", "", "", "xxxxxk"},
		{"/mail", "retry retry_all", "mail=none", "xxxxxk"},
		{"/mail", "test", "to=nobody", "xxxxxk"},
		{"/import", "", "", "xxxxxk"},
		{"/import", "import rehearse", "source=csv", "xxxxxk"},
		{"/settings", "", "", "xxxxxk"},
		{"/managed", "", "", "kkkkkk"},
		{"/managed/:kind/:id", "", "", "xxxxx."}, // no file manages it
		{"/managed/:kind/:id", "release", "", "xxxxx."},
		{"/plugins", "", "", "xxxxxk"},
		{"/plugins", "reload", "", "xxxxxk"},
		{"/plugins/install", "", "", "xxxxxk"},
		{"/plugins/install", "inspect install", "", "xxxxxk"},
		{"/plugins/order", "", "", "xxxxxk"},
		{"/plugins/order", "move", "item=:binding&position=1", "xxxxxk"},
		{"/plugins/:id", "", "", "xxxxxk"},
		{"/plugins/:id", "rollback", "to=none", "xxxxxk"},
		{"/plugins/:id/remove", "", "", "xxxxxk"},
		{"/plugins/:id/remove", "remove", "", "xxxxxk"},
		{"/instances/new", "", "plugin=miniorange", "xxxxxk"},
		{"/instances/new", "create", "plugin=miniorange&name=a b", "xxxxxk"},
		{"/instances/:name", "", "", "xxxxxk"},
		{"/instances/:name", "grant revoke", "capability=clock", "xxxxxk"},
		{"/instances/:name", "secret forget-secret", "secret=word", "xxxxxk"},
		{"/instances/:name", "bind unbind", "hook=" + core.HookClaims, "xxxxxk"},
		{"/instances/:name/settings", "", "", "xxxxxk"},
		{"/instances/:name/settings", "save", "", "xxxxxk"},
		{"/instances/:name/limits", "", "", "xxxxxk"},
		{"/instances/:name/limits", "save", "memory=9999", "xxxxxk"},
		{"/instances/:name/log", "", "", "xxxxxk"},
		{"/instances/:name/try", "", "", "xxxxxk"},
		{"/instances/:name/try", "try", "input={", "xxxxxk"},
		{"/instances/:name/delete", "", "", "xxxxxk"},
		{"/instances/:name/delete", "delete", "", "xxxxxk"},
		{"/keys", "", "", "xxxxxk"},
		{"/keys", "rotate", "alg=none", "xxxxxk"},
		{"/keys/:kid/delete", "", "", "xxxxxk"},
		{"/keys/:kid/delete", "delete", "", "xxxxxk"},
	}
}

// names fills in what a page of the console is about: things of acme, and the server's.
func (o *offices) names(path string) string {
	ids := map[string]string{
		":org": "acme", ":kid": o.at["kid"], ":format": "json", ":group": o.at["groupName"], ":holder": o.at["holder"], ":connector": o.at["connector"],
		":client": o.at["client"], ":kind": "group", ":binding": o.at["binding"], ":initial": o.at["token"],
		"/users/:id": "/users/" + o.at["user"], "/accounts/:id": "/accounts/" + o.at["account"], "/clients/:id": "/clients/" + o.at["client"], "/audit/:id": "/audit/" + o.at["event"],
		"/plugins/:id": "/plugins/miniorange", "/groups/:org/:name": "/groups/acme/" + o.at["groupName"], "/connectors/:name": "/connectors/" + o.at["connector"],
		"/instances/:name": "/instances/" + o.at["instance"], ":id": o.at["user"],
	}
	longest := func(a, b string) int { return len(b) - len(a) }
	for _, name := range slices.SortedFunc(maps.Keys(ids), longest) {
		path = strings.ReplaceAll(path, name, ids[name])
	}
	return path
}

// refuseByRoleAtConsole opens every page, and presses every button, as everybody.
func refuseByRoleAtConsole(t *testing.T, w *world) {
	o := newOffices(w)
	group, err := w.app.Admin.GroupByID(t.Context(), core.ID(o.at["group"]))
	w.must(err)
	keys, err := w.app.Admin.Keys(t.Context())
	w.must(err)
	o.at["groupName"], o.at["kid"] = group.Name, keys[0].ID
	o.at["event"] = string(w.events(core.EventFilter{Org: "acme", Limit: 1})[0].ID)
	var browsers []*browser
	for _, user := range o.people[1:] {
		browsers = append(browsers, o.signedIn(user))
	}
	done := map[string]bool{}
	for _, row := range consoleMatrix() {
		for i, b := range browsers {
			if row.By[i] == ' ' {
				continue
			}
			for action := range strings.SplitSeq(row.Actions, " ") {
				done[row.Page+" "+action] = true
				p := o.pressed(b, row, action)
				if want := row.By[i]; !isOutcome(p, want) {
					t.Errorf("%s %q %s by column %d: %d, want %c: %s", row.Page, action, row.Query, i, p.status, want, p.words())
				}
			}
		}
	}
	for _, route := range (&console.Console{}).Routes() {
		for _, action := range append(slices.Sorted(maps.Keys(route.Actions)), "") {
			if !done[strings.TrimPrefix(route.Path, console.Path)+" "+action] {
				t.Errorf("there is no row for %s %q", route.Path, action)
			}
		}
	}
}

// signedIn gives a browser of the user, who signs in at an application of their
// organisation.
func (o *offices) signedIn(user *core.User) *browser {
	o.t.Helper()
	o.made++
	client, err := o.app.Admin.CreateClient(o.t.Context(), cli, admin.NewClient{
		Org: user.Org, Name: fmt.Sprintf("door-%d", o.made), Edit: func(c *core.Client) { c.RedirectURIs, c.SkipConsent = []string{theCallback}, true },
	})
	o.must(err)
	b := newBrowser(o.t, o.issuer)
	b.get((&relyingParty{w: o.world, client: &client.Client}).authorizeURL()).signIn(user.Name, thePassword)
	if p := b.get("/account"); p.status != http.StatusOK {
		o.t.Fatalf("%s is at %s: %d", user.Name, p.url, p.status)
	}
	o.hide(b.cookies[sessionCookie])
	return b
}

func (o *offices) pressed(b *browser, row pageRow, action string) *page {
	o.t.Helper()
	path := console.Path + o.names(row.Page)
	if action == "" {
		return b.get(path + "?" + o.names(row.Query))
	}
	form, err := url.ParseQuery(strings.ReplaceAll(o.names(row.Query), " ", "+"))
	o.must(err)
	form.Set("action", action)
	form.Set("step", b.get("/account").field("step"))
	return b.post(path, form)
}

// isOutcome reports whether the page is what a column says.
func isOutcome(p *page, want byte) bool {
	switch {
	case want == 'x':
		return p.status == http.StatusForbidden
	case want == '.':
		return p.status == http.StatusNotFound
	case p.status == http.StatusNotFound: // of something that the form names
		return !strings.Contains(p.words(), "There is no such page")
	}
	return p.status != http.StatusForbidden && p.status < 500 && !strings.HasPrefix(p.header.Get("Location"), "/login")
}
