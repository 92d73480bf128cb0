package console_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/console"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/web"
)

// world is a console on a directory of its own, with two organisations.
type world struct {
	*console.Console
	t     *testing.T
	store *store.Store
	admin *admin.Service
	pages *web.Pages
	now   time.Time
	users map[string]*core.User
}

var tester = admin.Actor{Name: "cli:tester"}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), users: map[string]*core.User{}}
	clock := func() time.Time { w.now = w.now.Add(time.Second); return w.now }
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	if w.pages, err = web.New(); err != nil {
		t.Fatal(err)
	}
	w.store = opened
	w.admin = &admin.Service{Store: opened, Hasher: hasher{}, Factors: factors{}, Issuer: "https://id.example", Now: clock, Rand: rand.Reader}
	w.Console = &console.Console{Office: &desk.Office{Admin: w.admin, Store: opened}, Store: opened, Issuer: "https://id.example", Now: clock}
	if _, err := w.admin.CreateOrganisation(t.Context(), tester, core.Organisation{Name: "partners", DisplayName: "Partners"}); err != nil {
		t.Fatal(err)
	}
	w.user("built-in", "olga", core.RoleOwner, "")
	return w
}

// hasher hashes without the work, and wants eight characters.
type hasher struct{}

type weak struct{}

func (weak) Error() string           { return "refused" }
func (weak) PasswordProblem() string { return "the password is too weak" }
func (weak) FieldProblem() core.FieldProblem {
	return core.FieldProblem{Kind: core.FieldShort, Limit: 8}
}

func (hasher) HashUnder(_ context.Context, _ core.OrgRules, _ *core.User, password string) (string, error) {
	if len(password) < 8 {
		return "", weak{}
	}
	return "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$" + strings.Repeat("x", 43), nil
}

func (hasher) Renews(string) (bool, error) { return false, nil }

func (hasher) Foreign(hash string) (string, error) { return hash, nil }

type factors struct{}

func (factors) NewRecoveryCodes(user *core.User) ([]string, core.Change) {
	return []string{"code-one", "code-two"}, core.ClearFailures{Key: "factor:" + string(user.ID)}
}

// user makes a user, with a role if one is named.
func (w *world) user(org, name string, role core.Role, of string) *core.User {
	w.t.Helper()
	made, err := w.admin.CreateUser(w.t.Context(), tester, admin.NewUser{
		Org: org, Name: name, Email: name + "@example.com", Password: "long enough", Profile: core.Profile{DisplayName: strings.ToUpper(name[:1]) + name[1:]},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.users[name] = &made.User
	if role != "" {
		w.apply(core.GrantRole{Grant: core.RoleGrant{Holder: made.User.ID, Org: of, Role: role, CreatedAt: w.now}})
	}
	return &made.User
}

func (w *world) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// tab is a browser of somebody: what they see.
type tab struct {
	*world
	who    string
	answer *console.Answer
	err    error
	page   *html.Node
}

func (w *world) as(name string) *tab { return &tab{world: w, who: name} }

// route finds the row of a path.
func (w *world) route(path string) (console.Route, map[string]string) {
	w.t.Helper()
	var best console.Route
	var params map[string]string
	for _, route := range w.Routes() {
		if got, fits := match(route.Path, path); fits && (best.Path == "" || strings.Count(route.Path, ":") < strings.Count(best.Path, ":")) {
			best, params = route, got
		}
	}
	if best.Path == "" {
		w.t.Fatalf("there is no page %s", path)
	}
	return best, params
}

func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	params := map[string]string{}
	for i, part := range want {
		name, is := strings.CutPrefix(part, ":")
		value, err := url.PathUnescape(got[i])
		if err != nil || !is && part != got[i] || is && value == "" {
			return nil, false
		}
		if is {
			params[name] = value
		}
	}
	return params, true
}

// visit asks for a page, or sends a form to it.
func (b *tab) visit(address string, form url.Values, files ...console.Upload) *tab {
	b.t.Helper()
	path, query, _ := strings.Cut(address, "?")
	route, params := b.route(path)
	asked, err := url.ParseQuery(query)
	if err != nil {
		b.t.Fatal(err)
	}
	asked.Del("step")
	r := console.Request{Route: route, User: b.users[b.who].ID, IP: "192.0.2.7", Ref: "ref-1", Params: params, Query: asked, Here: path, Files: files}
	if form != nil {
		r.Form, r.Action = form, form.Get("action")
		if _, known := route.Actions[r.Action]; !known {
			b.t.Fatalf("%s has no action %q", route.Path, r.Action)
		}
	}
	b.answer, b.err = b.Visit(b.t.Context(), r)
	b.page = nil
	if b.err == nil && b.answer.Page != nil {
		page := *b.answer.Page
		page.Step = "signed"
		var document bytes.Buffer
		if err := b.pages.Render(&document, page, web.Look{}); err != nil {
			b.t.Fatal(err)
		}
		if b.page, err = html.Parse(&document); err != nil {
			b.t.Fatal(err)
		}
	}
	return b
}

func (b *tab) get(address string) *tab { b.t.Helper(); return b.visit(address, nil) }

// press sends the form of the button with this id, with the fields that are given in place
// of what stands there; "-" leaves a box unticked.
func (b *tab) press(id string, fields ...string) *tab {
	b.t.Helper()
	button := b.find(id)
	if button == nil {
		b.t.Fatalf("no button %s on the page: %s", id, b.text())
	}
	owner := button.Parent
	for owner != nil && owner.Data != "form" {
		owner = owner.Parent
	}
	if owner == nil {
		b.t.Fatalf("%s is in no form", id)
	}
	form := filled(owner)
	form.Set("action", attr(button, "value"))
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
		if fields[i+1] == "-" {
			form.Del(fields[i])
		}
	}
	if form.Get("step") != "signed" {
		b.t.Errorf("the form of %s has no step", id)
	}
	return b.visit(attr(owner, "action"), form)
}

// sure says yes to the question of the page.
func (b *tab) sure(fields ...string) *tab { b.t.Helper(); return b.press("sure", fields...) }

// filled is what a browser sends of a form.
func filled(form *html.Node) url.Values {
	values := url.Values{}
	for node := range form.Descendants() {
		name := attr(node, "name")
		switch node.Data {
		case "input":
			boxed := attr(node, "type") == "checkbox" || attr(node, "type") == "radio"
			if (!boxed || has(node, "checked")) && !has(node, "disabled") && attr(node, "value") != "" {
				values.Set(name, attr(node, "value"))
			}
		case "textarea":
			values.Set(name, strings.TrimPrefix(text(node), "\n"))
		case "option":
			if has(node, "selected") {
				values.Set(attr(node.Parent, "name"), attr(node, "value"))
			}
		}
	}
	return values
}

// wants checks the status and the words of a page.
func (b *tab) wants(status int, words ...string) *tab {
	b.t.Helper()
	if b.err != nil || b.answer.Page == nil {
		b.t.Fatalf("no page: %v, %+v", b.err, b.answer)
	}
	if got := max(b.answer.Status, http.StatusOK); got != status {
		b.t.Errorf("status %d, want %d: %s", got, status, b.text())
	}
	for _, word := range words {
		if !strings.Contains(b.text(), word) {
			b.t.Errorf("the page does not say %q: %s", word, b.text())
		}
	}
	return b
}

// lacks checks that the page says none of the words.
func (b *tab) lacks(words ...string) *tab {
	b.t.Helper()
	for _, word := range words {
		if strings.Contains(b.text(), word) {
			b.t.Errorf("the page says %q: %s", word, b.text())
		}
	}
	return b
}

// leads checks that it goes on to a path, with a note that has the words.
func (b *tab) leads(to, note string) *tab {
	b.t.Helper()
	if b.err != nil || b.answer.Page != nil || b.answer.To != to || !strings.Contains(b.answer.Note, note) {
		page := ""
		if b.page != nil {
			page = b.text()
		}
		b.t.Fatalf("leads to %+v (%v), want %s with %q: %s", b.answer, b.err, to, note, page)
	}
	return b
}

// follow goes on.
func (b *tab) follow() *tab { b.t.Helper(); return b.get(b.answer.To) }

func (b *tab) text() string { return strings.Join(strings.Fields(text(b.page)), " ") }

func (b *tab) find(id string) *html.Node {
	b.t.Helper()
	if b.page == nil {
		b.t.Fatalf("there is no page: %+v, %v", b.answer, b.err)
	}
	for node := range b.page.Descendants() {
		if node.Type == html.ElementNode && attr(node, "id") == id {
			return node
		}
	}
	return nil
}

// buttons gives what can be done on the page: where links that look like buttons lead, and
// the actions of the others, without those that every page has.
func (b *tab) buttons() (list []string) {
	for node := range b.page.Descendants() {
		if node.Type != html.ElementNode || !slices.Contains(strings.Fields(attr(node, "class")), "button") || slices.Contains([]string{"account", "logout", "open-menu"}, attr(node, "id")) {
			continue
		}
		if node.Data == "a" {
			list = append(list, attr(node, "href"))
		} else if attr(node, "type") == "submit" && attr(node, "name") != "" {
			list = append(list, attr(node, "value"))
		}
	}
	return list
}

func attr(node *html.Node, key string) string {
	for _, a := range node.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, key string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == key })
}

func text(node *html.Node) string {
	var words strings.Builder
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			words.WriteString(inner.Data)
		}
	}
	return words.String()
}

// event gives the newest event of a type.
func (w *world) event(kind core.EventType) core.Event {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind, Limit: 1})
	if err != nil || len(events) == 0 {
		w.t.Fatalf("no event %s: %v", kind, err)
	}
	return events[0]
}

func (w *world) stored(name string) *core.User {
	w.t.Helper()
	user, err := w.store.User(w.t.Context(), w.users[name].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

func (w *world) path(name string, more ...string) string {
	return strings.Join(append([]string{"/admin/users", string(w.users[name].ID)}, more...), "/")
}

// Nobody is shown anything without a role.
func TestNoRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("built-in", "ann", "", "")
	for _, route := range w.Routes() {
		r := console.Request{Route: route, User: w.users["ann"].ID, Here: route.Path}
		if answer, err := w.Visit(t.Context(), r); !errors.Is(err, console.ErrNoRole) || answer != nil {
			t.Errorf("%s: %v, %v", route.Path, answer, err)
		}
		r.User = core.NewID(w.now, rand.Reader)
		if _, err := w.Visit(t.Context(), r); !errors.Is(err, console.ErrNoRole) {
			t.Errorf("%s, somebody who is gone: %v", route.Path, err)
		}
	}
	for name, want := range map[string]bool{"ann": false, "olga": true} {
		if got, err := w.Administers(t.Context(), w.users[name].ID); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
