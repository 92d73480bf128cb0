package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
)

// administrators makes one of each role, of the server and of an organisation.
func (w *world) administrators() {
	w.t.Helper()
	for _, role := range core.Roles() {
		w.user("built-in", string(role), role, "")
		w.user("partners", string(role)+"-of-partners", role, "partners")
	}
	w.user("built-in", "ben", "", "")
	w.user("partners", "pia", "", "")
}

// What a role does not allow is not offered (and TestRefused: not accepted).
func TestOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	for _, test := range []struct{ who, path, want string }{
		{"owner", "/admin/users", "/admin/users/invite?org=built-in /admin/users/new?org=built-in"},
		{"help_desk", "/admin/users", ""},
		{"auditor", "/admin/users", ""},
		{"administrator-of-partners", "/admin/users", "/admin/users/invite?org=partners /admin/users/new?org=partners"},
		{"owner", w.path("ben"), w.path("ben", "edit") + " disable " + w.path("ben", "delete")},
		{"administrator", w.path("ben"), w.path("ben", "edit") + " disable " + w.path("ben", "delete")},
		{"help_desk", w.path("ben"), "disable"},
		{"auditor", w.path("ben"), ""},
		// Nobody touches who may more than they do.
		{"administrator", w.path("owner"), ""},
		{"administrator", w.path("help_desk"), w.path("help_desk", "edit") + " disable " + w.path("help_desk", "delete")},
		{"help_desk-of-partners", w.path("administrator-of-partners"), ""},
		{"owner-of-partners", w.path("administrator-of-partners"), w.path("administrator-of-partners", "edit") + " disable " + w.path("administrator-of-partners", "delete")},
		{"administrator", "/admin/organisations", "/admin/organisations/new"},
		{"owner-of-partners", "/admin/organisations", ""},
		{"auditor", "/admin/organisations/partners", ""},
		{"help_desk", "/admin/organisations/partners", ""},
		{"auditor", "/admin/groups", ""},
		{"administrator", "/admin/groups", "/admin/groups/new?org=built-in"},
	} {
		b := w.as(test.who).get(test.path).wants(http.StatusOK)
		if got := strings.Join(b.buttons(), " "); got != test.want {
			t.Errorf("%s at %s is offered %q, want %q", test.who, test.path, got, test.want)
		}
	}
}

// What is of an organisation in which somebody has no role is not there for them.
func TestOtherOrganisations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	for _, role := range core.Roles() {
		b := w.as(string(role) + "-of-partners")
		for _, path := range []string{w.path("ben"), w.path("ben", "security"), w.path("ben", "sessions"), w.path("ben", "activity"), "/admin/organisations/built-in", "/admin/users?org=built-in", "/admin/groups?org=built-in"} {
			b.get(path).wants(http.StatusNotFound)
		}
		b.get("/admin/organisations").wants(http.StatusOK, "Partners").lacks("Built-in")
		b.get("/admin/users").wants(http.StatusOK, "pia@example.com").lacks("ben@example.com")
		b.get("/admin").wants(http.StatusOK).lacks("ben@example.com")
	}
}

// TestRefused sends every action of every page as everybody: what comes of it is a refusal
// where the role does not allow it, whatever the page offered.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	fill := strings.NewReplacer(":id", string(w.users["ben"].ID), ":org", "built-in", ":name", "x")
	form := url.Values{"step": {"signed"}, "name": {"x"}, "org": {"built-in"}, "confirm": {"yes"}, "login": {"ben"}, "group": {"x"}, "id": {"x"}, "password": {"long enough"}, "version": {""}}
	for _, route := range w.Routes() {
		for action := range route.Actions {
			form.Set("action", action)
			for _, who := range []string{"auditor", "owner-of-partners", "help_desk-of-partners"} {
				b := w.as(who).visit(fill.Replace(route.Path), form)
				refused := b.err == nil && b.answer.Page != nil && slices.Contains([]int{http.StatusForbidden, http.StatusNotFound}, b.answer.Status)
				if _, denied := errors.AsType[*desk.DeniedError](b.err); !refused && !denied {
					t.Errorf("%s, %s by %s: %+v, %v", route.Path, action, who, b.answer, b.err)
				}
			}
		}
	}
	if ben := w.stored("ben"); ben.Disabled || ben.Name != "ben" || !ben.UpdatedAt.Equal(ben.CreatedAt) {
		t.Errorf("%+v", ben)
	}
}
