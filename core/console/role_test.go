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
		{"owner", "/admin/users", "/admin/users/invite?org=built-in /admin/users/new?org=built-in " + manyOf("disable enable sign_out join leave")},
		{"help_desk", "/admin/users", manyOf("disable enable sign_out")},
		{"auditor", "/admin/users", ""},
		{"administrator-of-partners", "/admin/users", "/admin/users/invite?org=partners /admin/users/new?org=partners " + manyOf("disable enable sign_out join leave")},
		{"owner", w.path("ben"), w.path("ben", "edit") + " disable " + w.path("ben", "delete") + " /admin/roles/new?holder=" + string(w.users["ben"].ID)},
		{"administrator", w.path("ben"), w.path("ben", "edit") + " disable " + w.path("ben", "delete")},
		{"help_desk", w.path("ben"), "disable"},
		{"auditor", w.path("ben"), ""},
		// Nobody touches who may more than they do.
		{"administrator", w.path("owner"), ""},
		{"administrator", w.path("help_desk"), w.path("help_desk", "edit") + " disable " + w.path("help_desk", "delete")},
		{"help_desk-of-partners", w.path("administrator-of-partners"), ""},
		{"owner-of-partners", w.path("administrator-of-partners"), w.path("administrator-of-partners", "edit") + " disable " + w.path("administrator-of-partners", "delete") + " /admin/roles/new?holder=" + string(w.users["administrator-of-partners"].ID)},
		{"administrator", "/admin/organisations", "/admin/organisations/new"},
		{"owner-of-partners", "/admin/organisations", ""},
		{"auditor", "/admin/organisations/partners", ""},
		{"help_desk", "/admin/organisations/partners", ""},
		{"auditor", "/admin/roles", ""},
		{"administrator", "/admin/roles", ""},
		{"auditor", "/admin/accounts", ""},
		{"administrator-of-partners", "/admin/accounts", "/admin/accounts/new?org=partners"},
		{"owner-of-partners", "/admin/organisations/partners", "/admin/organisations/partners/edit disable /admin/organisations/partners/rules /admin/organisations/partners/look"},
		{"owner", "/admin/organisations/partners", "/admin/organisations/partners/edit disable /admin/organisations/partners/delete /admin/organisations/partners/rules /admin/organisations/partners/look"},
		{"owner", "/admin/organisations/built-in", "/admin/organisations/built-in/edit disable /admin/organisations/built-in/rules /admin/organisations/built-in/look"},
		{"auditor", "/admin/groups", ""},
		{"administrator", "/admin/groups", "/admin/groups/new?org=built-in"},
	} {
		b := w.as(test.who).get(test.path).wants(http.StatusOK)
		if got := strings.Join(b.buttons(), " "); got != test.want {
			t.Errorf("%s at %s is offered %q, want %q", test.who, test.path, got, test.want)
		}
	}
}

// manyOf are the actions for several users.
func manyOf(names string) string { return strings.ReplaceAll(names, " ", "_many ") + "_many" }

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
		if strings.HasPrefix(route.Path, "/admin/tokens") {
			continue // everybody's own
		}
		for action := range route.Actions {
			form.Set("action", action)
			form.Set("pick."+string(w.users["ben"].ID), "on")
			for i, who := range []string{"auditor", "owner-of-partners", "help_desk-of-partners", "auditor", "owner-of-partners", "help_desk-of-partners"} {
				if form.Del("sure"); i > 2 { // what is asked, and what is done
					form.Set("sure", "yes")
				}
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

// Rules and look of an organisation in which somebody may something elsewhere are not for
// its own administrators: by them they would become that person.
func TestGoverning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("partners", "paul", core.RoleAdministrator, "partners")
	b := w.as("paul").get("/admin/organisations/partners")
	if len(b.buttons()) != 4 {
		t.Errorf("%q", b.buttons())
	}
	w.user("partners", "rita", core.RoleHelpDesk, "")
	if got := strings.Join(b.get("/admin/organisations/partners").buttons(), " "); got != "/admin/organisations/partners/edit" {
		t.Errorf("is offered %s", got)
	}
	b.get("/admin/organisations/partners/rules").press("save", "remember_days", "7").wants(http.StatusForbidden, "somebody who may do more")
	b.get("/admin/organisations/partners/edit").press("save", "display_name", "Friends").leads("/admin/organisations/partners", "Friends was changed")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("partners", "pia", "", "")
	w.user("partners", "otto", core.RoleOwner, "partners")
	b := w.as("olga")
	b.get("/admin/roles").wants(200, "Olga", "Owner", "What the roles may").lacks("Otto")
	b.get("/admin/roles?org=partners").wants(200, "Otto").lacks("olga of")
	b.get("/admin/roles/new?org=partners").press("grant", "login", "nobody", "home", "partners").wants(422, "Nobody is called so there.")
	b.press("grant", "login", "pia@example.com", "home", "partners", "role", "king").wants(422, "There is no role")
	b.press("grant", "login", "pia@example.com", "home", "partners", "role", "help_desk", "org", "partners").leads("/admin/roles?org=partners", "Pia (pia) is now help desk of partners")
	b.follow().wants(200, "Pia", "Help desk")
	b.get(w.path("pia")).wants(200, "Help desk")
	b.get("/admin/roles/new?holder=" + string(w.users["pia"].ID)).wants(200)
	if who := attr(b.find("whom"), "value"); who != "Pia (pia)" {
		t.Errorf("it is for %q", who)
	}
	b.press("grant", "role", "auditor").leads("/admin/roles", "auditor of the server")
	b.get("/admin/roles").wants(200, "Pia")
	// An owner of an organisation gives roles of it, and no other.
	o := w.as("otto")
	o.get("/admin/roles").wants(200, "Otto", "Pia").lacks("Olga")
	o.get("/admin/roles/new").lacks("whole server").press("grant", "login", "pia", "org", "", "role", "auditor").wants(403)
	b.get("/admin/roles?org=partners").pressAbout("revoke").wants(200, "Take a role away", "Otto").sure().leads("/admin/roles?org=partners", "taken away from Otto")
	if len(w.held("otto")) != 0 || len(w.held("pia")) != 2 {
		t.Errorf("%+v, %+v", w.held("otto"), w.held("pia"))
	}
}

func (w *world) held(name string) []core.RoleGrant {
	w.t.Helper()
	grants, err := w.store.Roles(w.t.Context(), w.users[name].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return grants
}
