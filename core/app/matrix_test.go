package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/rest"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/sdk/api"
)

// The matrix of routes by roles: [matrix] has a row for everything that the server mounts,
// and says what becomes of it by each caller. The rows of the REST API, of the console and of
// SCIM are in the tables beside, which say more of their requests; a route without a row in
// any of them fails [TestMatrix].

// siteRow is what becomes of a route of pages and protocols by each caller. The columns of
// By are, with the session of a browser: nobody; of acme a user without a role, help desk,
// auditor, administrator, owner; an administrator of another organisation; an owner of the
// server. The last two have a token of the API and no session: of the owner, for mails
// alone, and of the administrator of the other organisation. In them "l" is led to the
// sign-in, "-" 401, "x" 403, "." 404, "r" refused for what the request is, and "k" done.
//
// Requests are bare: forms without fields, no parameters. What a right one does for whom is
// told where the flows are; here it is that no role opens a door that it should not.
type siteRow struct {
	Route string // "GET /users/:id" as it is mounted
	By    string
}

func siteMatrix() []siteRow {
	return []siteRow{
		{"GET /", "kkkkkkkkkk"},
		{"GET /.well-known/jwks", "kkkkkkkkkk"},
		{"HEAD /.well-known/jwks", "kkkkkkkkkk"},
		{"GET /.well-known/oauth-authorization-server", "kkkkkkkkkk"},
		{"HEAD /.well-known/oauth-authorization-server", "kkkkkkkkkk"},
		{"GET /.well-known/openid-configuration", "kkkkkkkkkk"},
		{"HEAD /.well-known/openid-configuration", "kkkkkkkkkk"},
		{"GET /.well-known/webfinger", "rrrrrrrrrr"},
		{"HEAD /.well-known/webfinger", "rrrrrrrrrr"},
		{"GET /account", "lkkkkkkkll"},
		{"POST /account", "xxxxxxxxxx"},
		{"GET /account/activity", "lkkkkkkkll"},
		{"GET /account/applications", "lkkkkkkkll"},
		{"POST /account/applications", "xxxxxxxxxx"},
		{"GET /account/data", "lkkkkkkkll"},
		{"POST /account/data", "xxxxxxxxxx"},
		{"GET /account/data/delete", "lkkkkkkrll"}, // nobody deletes the last owner
		{"POST /account/data/delete", "xxxxxxxxxx"},
		{"GET /account/security", "lkkkkkkkll"},
		{"POST /account/security", "xxxxxxxxxx"},
		{"GET /account/security/app", "lkkkkkkkll"},
		{"POST /account/security/app", "xxxxxxxxxx"},
		{"GET /account/security/passkey", "lrrrrrrrll"}, // not without a name that passkeys can be bound to
		{"POST /account/security/passkey", "xxxxxxxxxx"},
		{"GET /account/security/password", "lkkkkkkkll"},
		{"POST /account/security/password", "xxxxxxxxxx"},
		{"GET /account/sessions", "lkkkkkkkll"},
		{"POST /account/sessions", "xxxxxxxxxx"},
		{"OPTIONS /api/device-auth", "kkkkkkkkkk"},
		{"POST /api/device-auth", "----------"},
		{"GET /api/get-account", "----------"},
		{"POST /api/get-account", "----------"},
		{"OPTIONS /api/login/oauth/access_token", "kkkkkkkkkk"},
		{"POST /api/login/oauth/access_token", "rrrrrrrrrr"},
		{"OPTIONS /api/login/oauth/refresh_token", "kkkkkkkkkk"},
		{"POST /api/login/oauth/refresh_token", "rrrrrrrrrr"},
		{"OPTIONS /api/login/oauth/revoke", "kkkkkkkkkk"},
		{"POST /api/login/oauth/revoke", "----------"},
		{"GET /api/logout", "kkkkkkkkkk"},
		{"POST /api/logout", "kkkkkkkkkk"},
		{"POST /api/oauth/register", "rrrrrrrrrr"},
		{"DELETE /api/oauth/register/:client", "----------"},
		{"GET /api/oauth/register/:client", "----------"},
		{"PUT /api/oauth/register/:client", "rrrrrrrrrr"},
		{"GET /api/userinfo", "----------"},
		{"OPTIONS /api/userinfo", "kkkkkkkkkk"},
		{"POST /api/userinfo", "----------"},
		{"GET /assets/*", ".........."},
		{"HEAD /assets/*", ".........."},
		{"GET /avatar/:id", ".........."},
		{"HEAD /avatar/:id", ".........."},
		{"GET /callback/:connector", "rrrrrrrrrr"},
		{"POST /callback/:connector", "rrrrrrrrrr"},
		{"GET /consent", "rrrrrrrrrr"},
		{"POST /consent", "xxxxxxxxxx"},
		{"GET /email", "llllllllll"},
		{"POST /email", "rrrrrrrrrr"},
		{"GET /enrol", "rrrrrrrrrr"},
		{"POST /enrol", "xxxxxxxxxx"},
		{"GET /factor", "rrrrrrrrrr"},
		{"POST /factor", "xxxxxxxxxx"},
		{"GET /invite", ".........."},
		{"POST /invite", "rrrrrrrrrr"},
		{"POST /language", "rrrrrrrrrr"},
		{"POST /link", "xxxxxxxxxx"},
		{"GET /livez", "kkkkkkkkkk"},
		{"HEAD /livez", "kkkkkkkkkk"},
		{"GET /login", "lkkkkkkkll"},
		{"POST /login", "xxxxxxxxxx"},
		{"GET /login/link", "rrrrrrrrrr"},
		{"POST /login/link", "rrrrrrrrrr"},
		{"GET /login/mail", "rrrrrrrrrr"},
		{"POST /login/mail", "xxxxxxxxxx"},
		{"GET /login/oauth/authorize", "rrrrrrrrrr"},
		{"POST /login/oauth/authorize", "kkkkkkkkkk"},
		{"GET /login/oauth/check-session", "kkkkkkkkkk"},
		{"GET /login/oauth/device", "lkkkkkkkll"},
		{"POST /login/oauth/device", "xxxxxxxxxx"},
		{"GET /logout/return", "kkkkkkkkkk"},
		{"GET /mailbox", "kkkkkkkkkk"},
		{"GET /mailbox/:mail", ".........."},
		{"GET /readyz", "kkkkkkkkkk"},
		{"HEAD /readyz", "kkkkkkkkkk"},
		{"GET /recover", "kkkkkkkkkk"},
		{"POST /recover", "rrrrrrrrrr"},
		{"GET /register", ".........."},
		{"POST /register", ".........."},
		{"GET /register/confirm", ".........."},
		{"POST /register/confirm", "rrrrrrrrrr"},
		{"GET /reset", ".........."},
		{"POST /reset", "rrrrrrrrrr"},
		{"GET /select", "rrrrrrrrrr"},
		{"POST /select", "xxxxxxxxxx"},
		{"GET /setup", "xxxxxxxxxx"},
		{"POST /setup", "xxxxxxxxxx"},
		{"POST /unlink", "xxxxxxxxxx"},
		{"GET /verify", ".........."},
		{"POST /verify", "rrrrrrrrrr"},
	}
}

// surface is a part of what is mounted, with the rows that there are for it.
type surface struct {
	name string
	has  func(path string) bool
	rows map[string]bool // "METHOD PATH" as it is mounted
	run  func(*testing.T, *world)
}

// matrix is the whole of it.
func matrix() []surface {
	below := func(prefix string) func(string) bool {
		return func(path string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	}
	pages := map[string]bool{}
	for _, row := range consoleMatrix() {
		pages[http.MethodGet+" "+console.Path+row.Page] = true
		if row.Actions != "" {
			pages[http.MethodPost+" "+console.Path+row.Page] = true
		}
	}
	site := map[string]bool{}
	for _, row := range siteMatrix() {
		site[row.Route] = true
	}
	return []surface{
		{"REST", below(api.Prefix), nil, restHasRows}, // they are asked by 119_api_by_role
		{"SCIM", below(scim.Prefix), nil, refuseByRoleAtSCIM},
		{"problems", below(rest.PathProblems), nil, nil}, // words for everybody
		{"console", below(console.Path), pages, refuseOutsidersAtConsole},
		{"site", func(string) bool { return true }, site, refuseByRoleAtSite},
	}
}

// TestMatrix looks for the row of every route, and asks for everything as everybody.
func TestMatrix(t *testing.T) {
	w := newWorld(t)
	w.watched = true
	w.openRegistration()
	handler, err := w.app.Handler(t.Context())
	w.must(err)
	mounted, isEcho := handler.(*echo.Echo)
	if !isEcho {
		t.Fatalf("the handler is a %T", handler)
	}
	all := map[string]bool{}
	for _, route := range mounted.Routes() {
		line := route.Method + " " + route.Path
		all[line] = true
		i := slices.IndexFunc(matrix(), func(s surface) bool { return s.has(route.Path) })
		if rows := matrix()[i].rows; rows != nil && !rows[line] {
			t.Errorf("there is no row for %s", line)
		}
	}
	for _, s := range matrix() {
		for line := range s.rows {
			if !all[line] {
				t.Errorf("there is a row for %s, which is not mounted", line)
			}
		}
	}
	for _, s := range matrix() {
		if s.run != nil {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.watched = true
				w.openRegistration()
				s.run(t, w)
				w.checkSecrets()
			})
		}
	}
}

// visitor is one column of a row.
type visitor struct {
	cookies map[string]string
	token   string
}

// visitors gives those of a [siteRow].
func (o *offices) visitors() []visitor {
	o.t.Helper()
	all := []visitor{{}}
	for _, user := range o.people {
		all = append(all, visitor{cookies: o.signedIn(user).cookies})
	}
	narrow, foreign := o.apiToken(o.people[6].ID, core.WriteMails), o.apiToken(o.people[5].ID)
	o.hide(narrow, foreign)
	return append(all, visitor{token: narrow}, visitor{token: foreign})
}

// visit sends a bare request, and gives what it was answered with: see [siteRow].
func (o *offices) visit(v visitor, method, path string, form url.Values) (class byte, told string) {
	o.t.Helper()
	body := ""
	if method != http.MethodGet && method != http.MethodHead {
		body = form.Encode()
	} else if len(form) > 0 {
		path += "?" + form.Encode()
	}
	r, err := http.NewRequest(method, o.issuer+path, strings.NewReader(body))
	o.must(err)
	if body != "" || method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	a := o.do(r)
	told = fmt.Sprintf("%d to %q: %.200s", a.status, a.header.Get("Location"), a.body)
	to := strings.TrimPrefix(a.header.Get("Location"), o.issuer)
	switch {
	case a.status >= 500:
		o.t.Errorf("%s %s: %s", method, path, told)
		return '!', told
	case a.status >= 300 && a.status < 400 && (to == "/login" || strings.HasPrefix(to, "/login?")):
		return 'l', told
	case a.status == http.StatusUnauthorized:
		return '-', told
	case a.status == http.StatusForbidden:
		return 'x', told
	case a.status == http.StatusNotFound:
		return '.', told
	case a.status >= 400:
		return 'r', told
	}
	return 'k', told
}

// refuseByRoleAtSite asks for every page and endpoint as everybody.
func refuseByRoleAtSite(t *testing.T, w *world) {
	o := newOffices(w)
	visitors := o.visitors()
	for _, row := range siteMatrix() {
		method, path, _ := strings.Cut(row.Route, " ")
		path = strings.NewReplacer(":connector", o.at["connector"], ":client", o.at["client"], ":mail", o.at["session"], ":id", o.at["user"], "*", "nothing.css").Replace(path)
		for i, v := range visitors {
			w.clock.advance(time.Second)
			if class, told := o.visit(v, method, path, nil); class != row.By[i] {
				t.Errorf("%s by column %d: %c, want %c: %s", row.Route, i, class, row.By[i], told)
			}
		}
	}
}

// refuseOutsidersAtConsole has those come to every page of the console, and press every
// button, who have no business there: nobody, who is led to the sign-in, people without a
// role, and tokens, which are no sessions.
func refuseOutsidersAtConsole(t *testing.T, w *world) {
	o := newOffices(w)
	o.at["groupName"], o.at["kid"], o.at["event"] = "staff", "none", o.at["session"]
	all := o.visitors()
	for _, row := range consoleMatrix() {
		form, err := url.ParseQuery(strings.ReplaceAll(o.names(row.Query), " ", "+"))
		o.must(err)
		for action := range strings.SplitSeq(row.Actions, " ") {
			method, want := http.MethodGet, map[int]byte{0: 'l', 1: 'x', 8: 'l', 9: 'l'}
			if action != "" {
				method, want = http.MethodPost, map[int]byte{0: 'x', 1: 'x', 8: 'x', 9: 'x'}
				form.Set("action", action)
			}
			for i, class := range want {
				if got, told := o.visit(all[i], method, console.Path+o.names(row.Page), form); got != class {
					t.Errorf("%s %s %q by column %d: %c, want %c: %s", method, row.Page, action, i, got, class, told)
				}
			}
		}
	}
}

// refuseByRoleAtSCIM asks for what there is, so that nothing lacks a row of [scimMatrix].
func refuseByRoleAtSCIM(t *testing.T, w *world) {
	s := newSCIMWorld(w)
	rows := map[string]bool{}
	for _, row := range scimMatrix(s) {
		path, _, _ := strings.Cut(row.path, "?")
		rows[row.method+" "+strings.NewReplacer(s.anna, "ID", s.stranger, "ID", s.group, "ID").Replace(path)] = true
	}
	token := s.serviceToken("acme", "acme", core.RoleAdministrator)
	paths := []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "/.search", "/Bulk", "/Me"}
	_, types := s.scim(http.MethodGet, "/acme/ResourceTypes", token, "")
	resources, _ := types["Resources"].([]any)
	if len(resources) < 2 {
		t.Fatalf("there are %v", types)
	}
	for _, kind := range resources {
		endpoint := kind.(map[string]any)["endpoint"].(string)
		paths = append(paths, endpoint, endpoint+"/ID", endpoint+"/.search")
	}
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			status, _ := s.scim(method, "/acme"+strings.ReplaceAll(path, "ID", "01890000-0000-7000-8000-00000000abcd"), token, "")
			if taken := status != http.StatusMethodNotAllowed && status != http.StatusNotImplemented; taken != rows[method+" "+path] {
				t.Errorf("%s %s: status %d, and a row: %v", method, path, status, rows[method+" "+path])
			}
		}
	}
}

// restHasRows looks for the row of every operation.
func restHasRows(t *testing.T, _ *world) {
	asked := map[string]bool{}
	for _, row := range restMatrix() {
		asked[row.Operation] = true
	}
	for _, op := range rest.Operations() {
		if !asked[op.Method+" "+strings.TrimPrefix(op.Path, api.Prefix)] {
			t.Errorf("there is no row for %s %s", op.Method, op.Path)
		}
	}
}
