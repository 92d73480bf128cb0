package console_test

import (
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
)

func (w *world) org(name string) *core.Organisation {
	w.t.Helper()
	org, err := w.store.Organisation(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return org
}

func TestOrganisations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/organisations").wants(200, "Partners", "Password, passkey, authenticator app, another provider")
	b.get("/admin/organisations/new").press("create", "name", "No Good", "display_name", "x").wants(422, "lower-case letters", "There is a problem")
	b.press("create", "name", "lab", "display_name", "The Lab").leads("/admin/organisations/lab", "The Lab was added").follow().wants(200, "The Lab", "lab")
	b.press("disable").wants(200, "Disable The Lab").sure().leads("/admin/organisations/lab", "nobody of it can sign in")
	if !w.org("lab").Disabled {
		t.Error("it is not disabled")
	}
	b.follow().wants(200, "Disabled").press("enable").leads("/admin/organisations/lab", "enabled again")
	b.get("/admin/organisations/nowhere").wants(404, "There is no organisation")
	if event := w.event(core.EventOrgCreated); event.Actor != "user:"+string(w.users["olga"].ID) || event.IP != "192.0.2.7" || event.Correlation != "ref-1" {
		t.Errorf("%+v", event)
	}
}

func TestRulesOfAnOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/organisations/partners/rules").press("save").leads("/admin/organisations/partners", "")
	if rules := w.org("partners").Rules; rules.SignIn.Methods != nil {
		t.Errorf("the default became %q", rules.SignIn.Methods)
	}
	b.get("/admin/organisations/partners/rules")
	b.press("save", "sign_in_methods.totp", "-", "sign_in_methods.passkey", "-", "sign_in_methods.email", "on", "require_sign_in", "", "remember_days", "30",
		"registration_open", "on", "registration_domains", "example.org\r\n\r\nexample.net", "registration_groups", "guests", "keep_email", "on").leads("/admin/organisations/partners", "Partners was changed")
	got := w.org("partners").Rules
	if !slices.Equal(got.SignIn.Methods, []string{"password", "email", "upstream"}) || got.RememberDays != 30 || !got.Registration.Open || !got.KeepEmail || got.KeepProfile ||
		!slices.Equal(got.Registration.Domains, []string{"example.org", "example.net"}) || !slices.Equal(got.Registration.Groups, []string{"guests"}) {
		t.Errorf("%+v", got)
	}
	b.follow().wants(200, "For 30 days", "Open to example.org, example.net", "link or code by e-mail")
	b.get("/admin/organisations/partners/rules").press("save", "require_sign_in", "2").wants(422, "second factor")
	b.press("save", "require_sign_in", "", "remember_days", "many").wants(422, "Give a whole number.")
	for _, method := range []string{"password", "email", "upstream"} {
		b.press("save", "sign_in_methods."+method, "-")
		b.get("/admin/organisations/partners/rules")
	}
	b.press("save", "sign_in_methods.password", "-", "sign_in_methods.passkey", "-", "sign_in_methods.totp", "-", "sign_in_methods.email", "-", "sign_in_methods.upstream", "-").wants(422, "at least one way")
	b.get("/admin/organisations/partners/look").press("save", "accent", "#eeeeee").wants(422, "cannot be read")
	b.press("save", "accent", "#1f6feb").leads("/admin/organisations/partners", "changed")
}

// Two who change the same at once lose nothing: the second one sees what the first one
// saved, field by field, and chooses.
func TestConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("built-in", "adam", core.RoleAdministrator, "")
	first, second := w.as("olga").get("/admin/organisations/partners/edit"), w.as("adam").get("/admin/organisations/partners/edit")
	first.press("save", "display_name", "Friends", "website_url", "https://friends.example").leads("/admin/organisations/partners", "Friends was changed")
	second.press("save", "display_name", "Allies").wants(409, "Somebody else changed this", "Keep what is stored now", "Friends", "Allies", "https://friends.example")
	if w.org("partners").DisplayName != "Friends" {
		t.Fatal("the first change is lost")
	}
	for id, want := range map[string]bool{"display_name-mine": true, "display_name-theirs": false, "website_url-theirs": true, "website_url-mine": false} {
		if node := second.find(id); node == nil || has(node, "checked") != want {
			t.Errorf("%s: %v", id, node)
		}
	}
	second.press("save").leads("/admin/organisations/partners", "Allies was changed")
	if org := w.org("partners"); org.DisplayName != "Allies" || org.WebsiteURL != "https://friends.example" {
		t.Errorf("%+v", org)
	}
	// Once more, and the other way.
	second.get("/admin/organisations/partners/edit")
	first.get("/admin/organisations/partners/edit").press("save", "display_name", "Foes").leads("/admin/organisations/partners", "")
	second.press("save", "display_name", "Neighbours", "website_url", "").wants(409, "Foes", "Neighbours")
	if second.find("website_url-theirs") != nil {
		t.Error("what one alone changed is no conflict")
	}
	second.press("save", "choose.display_name", "theirs").leads("/admin/organisations/partners", "Foes was changed")
	if org := w.org("partners"); org.DisplayName != "Foes" || org.WebsiteURL != "" {
		t.Errorf("%+v", org)
	}
}

func TestDeleteOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("partners", "pia", "", "")
	b := w.as("olga")
	b.get("/admin/organisations/partners/delete").wants(200, "What goes with it", "Users1").press("delete", "confirm", "partner").wants(422, "another key")
	b.press("delete", "confirm", "partners").leads("/admin/organisations", "Partners was deleted")
	b.get("/admin/organisations/partners").wants(404)
	b.get(w.path("pia")).wants(404)
}

func TestOverview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.administrators()
	b := w.as("owner").get("/admin").wants(200, "Next steps", "Protect your own account", "Users11", "Lately", "2 organisations")
	b.get("/admin/organisations/built-in/edit").press("save", "display_name", "Northwind").follow()
	b.get("/admin").wants(200, "Name your organisation: done")
	w.as("auditor").get("/admin").wants(200, "Users11").lacks("Next steps")
	w.as("help_desk-of-partners").get("/admin").wants(200, "What happens in Partners", "Users5").lacks("Next steps", "built-in")
}

// What is made is made in the organisation that one came from.
func TestMadeWhereOneIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.admin.CreateOrganisation(t.Context(), tester, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	b := w.as("olga")
	for _, path := range []string{"/admin/users/new", "/admin/users/invite", "/admin/groups/new", "/admin/accounts/new"} {
		for query, want := range map[string]string{"": "built-in", "?org=partners": "partners"} {
			b.get(path + query).wants(200)
			if got := filled(b.find("org").Parent.Parent).Get("org"); got != want {
				t.Errorf("%s%s begins with %q", path, query, got)
			}
		}
	}
}
