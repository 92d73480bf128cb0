package console_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// faults are what is wrong with a page whatever it is about.
func (b *tab) faults() (found []string) {
	ids, labelled, headings, title := map[string]bool{}, map[string]bool{}, 0, ""
	for node := range b.page.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if id := attr(node, "id"); id != "" {
			if ids[id] {
				found = append(found, "two elements "+id)
			}
			ids[id] = true
		}
		switch node.Data {
		case "h1":
			headings++
		case "title":
			if node.Parent.Data == "head" {
				title = text(node)
			}
		case "label":
			labelled[attr(node, "for")] = true
		}
	}
	if headings != 1 {
		found = append(found, "not one heading")
	}
	if !strings.HasSuffix(title, " – Postern administration") {
		found = append(found, "the title "+title)
	}
	for node := range b.page.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		words := strings.TrimSpace(text(node))
		switch node.Data {
		case "a":
			if words == "" || attr(node, "href") == "" && attr(node, "id") != "account" { // which httpd fills in
				found = append(found, "an empty link to "+attr(node, "href"))
			}
			if target, local := strings.CutPrefix(attr(node, "href"), "#"); local && !ids[target] && target != "" {
				found = append(found, "a link to #"+target+", which is not there")
			}
		case "button":
			if words == "" {
				found = append(found, "an empty button")
			}
		case "input", "select", "textarea":
			silent := slices.Contains([]string{"hidden", "submit"}, attr(node, "type"))
			if !silent && attr(node, "aria-label") == "" && !labelled[attr(node, "id")] {
				found = append(found, "no label for "+attr(node, "name"))
			}
			if form := attr(node, "form"); form != "" && !ids[form] {
				found = append(found, "no form "+form)
			}
		case "form":
			if strings.EqualFold(attr(node, "method"), "post") && filled(node).Get("step") == "" && attr(node, "action") != "" && !strings.Contains(attr(node, "action"), "logout") {
				found = append(found, "a form without a step to "+attr(node, "action"))
			}
		case "th":
			if words == "" && attr(node, "class") != "pick" && !has(node, "hidden") {
				found = append(found, "an empty head of a column")
			}
		}
		for _, described := range strings.Fields(attr(node, "aria-describedby")) {
			if !ids[described] {
				found = append(found, "described by "+described+", which is not there")
			}
		}
	}
	return found
}

// Every page is whole for everybody who may see it, and every form that is sent empty, too
// long or with signs of all kinds comes back as a page that is, or leads on with a note.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	robot, err := w.admin.CreateServiceAccount(t.Context(), tester, admin.NewServiceAccount{Name: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.admin.CreateGroup(t.Context(), tester, "built-in", "x", ""); err != nil {
		t.Fatal(err)
	}
	w.happens(core.Event{Type: core.EventSignInFailed, UserID: w.users["ben"].ID})
	event := w.event(core.EventSignInFailed)
	seen := map[string]bool{}
	for _, route := range w.Routes() {
		if route.Path == "/admin/try/return" {
			continue // a sign-in that is tried needs a server, see package app
		}
		id := string(w.users["ben"].ID)
		switch {
		case strings.HasPrefix(route.Path, "/admin/accounts/"):
			id = string(robot.ID)
		case strings.HasPrefix(route.Path, "/admin/audit/"):
			id = string(event.ID)
		}
		path := strings.NewReplacer(":id", id, ":org", "built-in", ":name", "x", ":format", "csv").Replace(route.Path)
		for _, who := range []string{"owner", "administrator", "help_desk", "auditor", "administrator-of-partners"} {
			b := w.as(who).get(path)
			if b.err != nil {
				t.Errorf("%s for %s: %v", path, who, b.err)
				continue
			}
			if b.answer.Page == nil {
				continue
			}
			seen[route.Path] = seen[route.Path] || b.answer.Status < http.StatusBadRequest
			if wrong := b.faults(); len(wrong) > 0 {
				t.Errorf("%s for %s: %s", path, who, strings.Join(wrong, "; "))
			}
		}
		for action := range route.Actions {
			if action == "rotate" {
				continue // so do keys
			}
			for kind, value := range map[string]string{"empty": "", "long": strings.Repeat("long ", 4000), "odd": " \u202e<b>\x00\ufeff'; DROP TABLE \U0001f600 "} {
				form := url.Values{"step": {"signed"}, "action": {action}}
				if kind != "empty" {
					for _, name := range []string{"name", "display_name", "email", "login", "group", "org", "description", "website_url", "q", "attributes", "to", "subject", "connector", "role", "days", "reach", "id"} {
						form.Set(name, value)
					}
				}
				b := w.as("owner").visit(path, form)
				switch {
				case b.err != nil:
					t.Errorf("%s, %s, %s: %v", path, action, kind, b.err)
				case b.answer.Page == nil:
					if b.answer.File == nil && (!strings.HasPrefix(b.answer.To, "/admin") || b.answer.Note == "") {
						t.Errorf("%s, %s, %s leads to %+v", path, action, kind, b.answer)
					}
				default:
					if wrong := b.faults(); len(wrong) > 0 {
						t.Errorf("%s, %s, %s: %s", path, action, kind, strings.Join(wrong, "; "))
					}
				}
			}
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d pages were seen", len(seen))
	}
}
