package httpd

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

// roles is a store in which people have the roles that the test gives them.
type roles struct {
	*world
	of map[core.ID][]core.RoleGrant
}

func (r roles) User(ctx context.Context, id core.ID) (*core.User, error) {
	return r.store.User(ctx, id)
}
func (r roles) Client(ctx context.Context, id string) (*core.Client, error) {
	return r.store.Client(ctx, id)
}
func (r roles) InitialToken(ctx context.Context, id core.ID) (*core.InitialToken, error) {
	return r.store.InitialToken(ctx, id)
}
func (r roles) Roles(_ context.Context, id core.ID) ([]core.RoleGrant, error) { return r.of[id], nil }
func (r roles) HolderOf(ctx context.Context, id core.ID) (*core.APIHolder, error) {
	user, err := r.store.User(ctx, id)
	if err != nil {
		return nil, err
	}
	org, err := r.store.Organisation(ctx, user.Org)
	return &core.APIHolder{User: user, Org: *org, Roles: r.of[id]}, err
}

// administered is a world with a console, in which ada has the role.
func administered(t *testing.T, role core.Role, org string) *world {
	t.Helper()
	w := newWorld(t)
	known := roles{w, map[core.ID][]core.RoleGrant{}}
	if role != "" {
		known.of[w.ada.ID] = []core.RoleGrant{{Holder: w.ada.ID, Role: role, Org: org}}
	}
	w.server.Console = &console.Console{
		Office: &desk.Office{Admin: w.server.Admin, Store: known}, Store: known, Issuer: issuer, Now: w.server.Now,
	}
	w.handler = w.server.Handler()
	return w
}

// anyStep is the signed link in a form of the page.
func (b *tab) anyStep() string {
	b.t.Helper()
	for node := range b.page.Descendants() {
		if node.Data == "input" && attr(node, "name") == "step" {
			return attr(node, "value")
		}
	}
	b.t.Fatalf("no form with a step:\n%s", b.body)
	return ""
}

// Every page of the console is for nobody but administrators, whoever asks, and however.
func TestConsoleIsForAdministrators(t *testing.T) {
	t.Parallel()
	w := administered(t, "", "")
	b, stranger := w.tab(), w.tab()
	b.home()
	step := b.anyStep()
	for _, route := range w.server.Console.Routes() {
		path := strings.NewReplacer(":id", "01JDD2V7Q8M4RZ", ":org", "built-in", ":name", "x").Replace(route.Path)
		stranger.get(path)
		if at := stranger.last.Header.Get("Location"); stranger.last.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, pathLogin) {
			t.Errorf("%s shows a stranger %d, %s", path, stranger.last.StatusCode, at)
		}
		if b.get(path); b.last.StatusCode != http.StatusForbidden && !(route.Fresh && b.last.StatusCode == http.StatusSeeOther) {
			t.Errorf("%s shows a person without a role %d", path, b.last.StatusCode)
		}
		for action := range route.Actions {
			form := url.Values{"action": {action}, "step": {step}}
			if b.post(path, form); b.last.StatusCode != http.StatusForbidden && b.last.StatusCode != http.StatusSeeOther {
				t.Errorf("%s does %s for a person without a role: %d", path, action, b.last.StatusCode)
			}
			if stranger.post(path, form); stranger.last.StatusCode < 400 {
				t.Errorf("%s does %s for a stranger: %d", path, action, stranger.last.StatusCode)
			}
			if b.send(http.MethodPost, path, formType, form.Encode(), "cross-site"); b.last.StatusCode != http.StatusForbidden {
				t.Errorf("%s takes %s from another site: %d", path, action, b.last.StatusCode)
			}
		}
	}
}

// Who is not signed in comes back to the page that they wanted, with what it was asked.
func TestConsoleLeadsBack(t *testing.T) {
	t.Parallel()
	w := administered(t, core.RoleOwner, "")
	b := w.tab()
	b.get("/admin?x=1").follow().press("upstream-hub", nil)
	b.get("/callback/hub?code=c&state=" + b.state())
	if at := b.last.Header.Get("Location"); at != "/admin?x=1" {
		t.Fatalf("comes to %q", at)
	}
	b.follow().wants(http.StatusOK, "Overview", "Owner of the server")
	for header, want := range map[string]string{"X-Frame-Options": "DENY", "Cache-Control": noStore} {
		if got := b.last.Header.Get(header); got != want {
			t.Errorf("%s is %q", header, got)
		}
	}
	if policy := b.last.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	if b.get("/account"); b.find("console") == nil || attr(b.find("console"), "href") != "/admin" {
		t.Error("the account does not lead to the administration")
	}
}

func TestAccountOfNoAdministrator(t *testing.T) {
	t.Parallel()
	b := administered(t, "", "").tab()
	if b.home(); b.find("console") != nil {
		t.Error("the account leads to the administration, which is not for them")
	}
}

// withTrial has a page more.
type withTrial struct {
	Console
	route console.Route
}

func (w withTrial) Routes() []console.Route { return append(w.Console.Routes(), w.route) }

// trial is a browser of an administrator, for whom there is a page /admin/trial.
func trial(w *world, route console.Route) *tab {
	w.t.Helper()
	route.Path, route.Show = "/admin/trial", func(*console.Visit) (*console.Answer, error) {
		return &console.Answer{Page: &web.Console{Title: "Trial", Blocks: []web.Block{web.Form{}}}}, nil
	}
	w.server.Console = withTrial{w.server.Console, route}
	w.handler = w.server.Handler()
	b := w.tab()
	b.get(pathLogin).follow().press("upstream-hub", nil)
	b.get("/callback/hub?code=c&state=" + b.state()).follow()
	return b
}

// What was done is told once, on the page that comes next, and by nobody else.
func TestConsoleNotes(t *testing.T) {
	t.Parallel()
	w := administered(t, core.RoleOwner, "")
	b := trial(w, console.Route{Actions: map[string]console.Action{
		"do": {Do: func(v *console.Visit) (*console.Answer, error) {
			return &console.Answer{To: "/admin?q=1", Note: "Ünsinn & <b>: " + v.Said("text")}, nil
		}},
	}})
	step := b.get("/admin/trial").anyStep()
	b.post("/admin/trial", url.Values{"action": {"do"}, "step": {step}, "text": {" a\r\nb "}})
	if at := b.last.Header.Get("Location"); !strings.HasPrefix(at, "/admin?step=") || !strings.HasSuffix(at, "&q=1") {
		t.Fatalf("leads to %q", at)
	}
	b.follow().wants(http.StatusOK, "Ünsinn & <b>: a b")
	if b.get("/admin?step=forged").find("notice") != nil {
		t.Error("a forged note is told")
	}
	b.post("/admin/trial", url.Values{"action": {"other"}, "step": {step}}).wants(http.StatusBadRequest)
}

// Files come to the page that takes any, up to its limit, and nowhere else.
func TestConsoleTakesFiles(t *testing.T) {
	t.Parallel()
	w := administered(t, core.RoleOwner, "")
	var got []console.Upload
	b := trial(w, console.Route{Upload: 100_000, Actions: map[string]console.Action{
		"take": {Do: func(v *console.Visit) (*console.Answer, error) {
			got = v.Files
			return &console.Answer{File: &console.File{Name: "copy.txt", Type: "text/plain", Write: func(to io.Writer) error {
				_, err := to.Write(v.File("file").Content)
				return err
			}}}, nil
		}},
	}})
	step := b.get("/admin/trial").anyStep()
	send := func(path string, size int, fields ...string) *tab {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for _, field := range append([]string{"action=take"}, fields...) {
			name, value, _ := strings.Cut(field, "=")
			_ = form.WriteField(name, value)
		}
		file, _ := form.CreateFormFile("file", "users.csv")
		_, _ = file.Write(bytes.Repeat([]byte("a"), size))
		_ = form.Close()
		return b.send(http.MethodPost, path, form.FormDataContentType(), body.String(), "same-origin")
	}
	send("/admin/trial", 90_000, "step="+step).wants(http.StatusOK)
	if len(got) != 1 || got[0].Name != "users.csv" || len(b.body) != 90_000 || !strings.Contains(b.last.Header.Get("Content-Disposition"), "copy.txt") {
		t.Errorf("got %d files, gave %d bytes", len(got), len(b.body))
	}
	send("/admin/trial", 100_001, "step="+step).wants(http.StatusRequestEntityTooLarge)
	send("/admin/trial", 10).wants(http.StatusForbidden)
	send("/admin/trial", 10, "step="+step, "step="+step).wants(http.StatusBadRequest)
	send("/account/security", 90_000, "step="+step).wants(http.StatusRequestEntityTooLarge)
}

// A page that is for who proved lately who they are leads to a sign-in first.
func TestConsoleAsksAgain(t *testing.T) {
	t.Parallel()
	w := administered(t, core.RoleOwner, "")
	done := 0
	b := trial(w, console.Route{Actions: map[string]console.Action{
		"do": {Fresh: true, Do: func(*console.Visit) (*console.Answer, error) { done++; return &console.Answer{To: "/admin"}, nil }},
	}})
	step := b.get("/admin/trial").anyStep()
	b.post("/admin/trial", url.Values{"action": {"do"}, "step": {step}})
	if done != 1 {
		t.Fatalf("done %d times right after the sign-in", done)
	}
	later := w.server.Now().Add(6 * time.Minute)
	w.server.Flow.Now = func() time.Time { return later }
	b.post("/admin/trial", url.Values{"action": {"do"}, "step": {step}})
	if at := b.last.Header.Get("Location"); done != 1 || !strings.HasPrefix(at, pathLogin) {
		t.Errorf("done %d times, leads to %q", done, at)
	}
}
