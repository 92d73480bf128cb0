package console_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestCreateAndEditUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/users/new").press("create", "name", "", "email", "x").wants(422, "The user name is missing", "is no e-mail address")
	b.press("create", "name", "ada", "email", "ada@example.org", "display_name", "Ada Lovelace", "groups", "staff, wiki", "password", "short", "org", "partners").wants(422, "too weak")
	if strings.Contains(b.text(), "short") {
		t.Error("the password is on the page")
	}
	b.press("create", "password", "long enough", "org", "partners")
	id := strings.TrimPrefix(b.answer.To, "/admin/users/")
	w.users["ada"] = &core.User{ID: core.ID(id)}
	ada := w.stored("ada")
	if ada.Org != "partners" || ada.Profile.DisplayName != "Ada Lovelace" || !slices.Equal(ada.Groups, []string{"staff", "wiki"}) || ada.PasswordHash == "" || ada.EmailVerified {
		t.Errorf("%+v", ada)
	}
	b.follow().wants(200, "Ada Lovelace", "Not proved", "staff")
	b.get(w.path("ada", "edit")).press("save", "title", "Countess", "attributes", "department = research\r\nroom=12", "email_verified", "on").leads(w.path("ada"), "Ada Lovelace was changed")
	ada = w.stored("ada")
	if ada.Profile.Title != "Countess" || ada.Attributes["department"] != "research" || ada.Attributes["room"] != "12" || !ada.EmailVerified {
		t.Errorf("%+v", ada)
	}
	b.follow().wants(200, "Countess", "research")
	b.get(w.path("ada", "edit")).press("save", "attributes", "nonsense").wants(422, "Write each attribute once")
	b.press("save", "attributes", "", "website", "javascript:alert(1)").wants(422, "is no web address")
	b.get("/admin/users/new").press("create", "name", "ADA", "org", "partners").wants(422, "is taken")
}

// What nobody may set by a form stays, whatever is sent (security 120).
func TestUserFormTakesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("built-in", "ben", "", "")
	before := w.stored("ben")
	b := w.as("olga").get(w.path("ben", "edit"))
	b.press("save", "admin", "on", "Admin", "true", "password_hash", "x", "org", "partners", "disabled", "on", "groups", "admins", "id", "1", "title", "Mr")
	after := w.stored("ben")
	if after.Admin || after.Org != "built-in" || after.Disabled || len(after.Groups) > 0 || after.PasswordHash != before.PasswordHash || after.Profile.Title != "Mr" {
		t.Errorf("%+v", after)
	}
	b.get("/admin/users/new").press("create", "name", "cat", "admin", "on", "is_admin", "true")
	if event := w.event(core.EventUserCreated); event.Detail["admin"] == "true" {
		t.Errorf("%+v", event)
	}
}

func TestInviteUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("olga")
	b.get("/admin/users/invite").press("send", "name", "cleo", "email", "cleo@example.com", "by_hand", "on").wants(200, "An invitation for cleo", "Hand it over to nobody else", "https://id.example/")
	cleo, err := w.store.UserByLogin(t.Context(), "built-in", "cleo")
	if err != nil || cleo.PasswordHash != "" {
		t.Fatalf("%+v, %v", cleo, err)
	}
	w.users["cleo"] = cleo
	b.get(w.path("cleo")).wants(200, "Not signed in yet").press("invite-hand").wants(200, "An invitation for cleo")
	b.get(w.path("cleo", "password")).press("set", "password", "short").wants(422, "too weak")
	b.press("set", "password", "").wants(422, "Give a password.")
	b.press("set", "password", "long enough").leads(w.path("cleo", "security"), "is set")
	b.get(w.path("cleo")).wants(200).lacks("Not signed in yet")
	b.get(w.path("cleo", "security")).press("reset-hand").wants(200, "A link to choose another password for cleo")
}

func TestUserSecurity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ben := w.user("built-in", "ben", "", "")
	made := core.Authenticator{ID: core.NewID(w.now, strings.NewReader(strings.Repeat("r", 64))), UserID: ben.ID, Kind: core.AuthenticatorTOTP, Name: "Phone", Data: []byte("x"), CreatedAt: w.now}
	session := core.Session{ID: "01HSESSION0000000000000000", Hash: core.HashSecret("s"), UserID: ben.ID, AuthTime: w.now, ACR: core.ACRTwo, CreatedAt: w.now, ExpiresAt: w.now.Add(1e13), IP: "198.51.100.4"}
	device := core.Device{ID: "01HDEVICE00000000000000000", Hash: core.HashSecret("d"), UserID: ben.ID, CreatedAt: w.now, LastUsedAt: w.now, ExpiresAt: w.now.Add(1e13)}
	w.apply(core.AddAuthenticator{Authenticator: made}, core.StartSession{Session: session}, core.AddDevice{Device: device})
	b := w.as("olga")
	b.get(w.path("ben", "sessions")).wants(200, "198.51.100.4", "Two factors")
	b.get(w.path("ben", "security")).wants(200, "Phone", "Authenticator app", "Unknown browser")
	b.press("codes").wants(200, "New recovery codes for Ben").sure().wants(200, "code-one", "They are shown this once")
	b.get(w.path("ben", "security"))
	for _, step := range []struct{ words, button, note string }{{"Forget", "forget", "asked for the second factor again"}, {"Remove", "remove", "removed"}} {
		if b.get(w.path("ben", "security")).pressAbout(step.button); b.answer.Page != nil {
			b.sure()
		}
		b.leads(w.path("ben", "security"), step.note)
	}
	b.follow().wants(200).lacks("Phone", "Unknown browser")
	b.get(w.path("ben", "sessions")).pressAbout("end").leads(w.path("ben", "sessions"), "signed out there").follow().wants(200, "Nowhere.")
	b.get(w.path("ben", "activity")).wants(200, "Signed out", "by Olga", "192.0.2.7")
}

// pressAbout presses the first button of an action that has no id.
func (b *tab) pressAbout(action string) *tab {
	b.t.Helper()
	for node := range b.page.Descendants() {
		if node.Data == "button" && attr(node, "value") == action {
			form := filled(node.Parent)
			form.Set("action", action)
			return b.visit(attr(node.Parent, "action"), form)
		}
	}
	b.t.Fatalf("no button %s: %s", action, b.text())
	return nil
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("built-in", "ben", "", "")
	b := w.as("olga")
	b.get(w.path("ben")).wants(200)
	b.get("/admin/groups/new").press("create", "name", "wiki")
	b.follow().press("add", "login", "ben")
	b.get(w.path("ben", "delete")).wants(200, "What goes with it", "Group memberships1").press("delete", "confirm", "bill").wants(422, "another name")
	b.press("delete", "confirm", "BEN").leads("/admin/users?org=built-in", "Ben was deleted")
	b.get(w.path("ben")).wants(404, "There is no user")
	// The last owner stays, and the page says why.
	owner, err := w.admin.CreateUser(t.Context(), tester, admin.NewUser{Name: "last", Password: "long enough", Admin: true})
	if err != nil {
		t.Fatal(err)
	}
	w.users["last"] = &owner.User
	if err := w.store.Apply(t.Context(), core.RevokeRole{Holder: w.users["olga"].ID}); err != nil {
		t.Fatal(err)
	}
	w.as("last").get(w.path("last")).press("disable").wants(422, "is the last")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("built-in", "ben", "", "")
	b := w.as("olga")
	b.get("/admin/groups/new").press("create", "name", "a;b").wants(422, "is no group name")
	b.press("create", "name", "wiki/users & co", "display_name", "Wiki").leads("/admin/groups/built-in/wiki%2Fusers%20&%20co", "Wiki was created")
	b.follow().wants(200, "Nobody is in it.").press("add", "login", "nobody").wants(404, "There is no user \"nobody\"")
	b.get("/admin/groups/built-in/wiki%2Fusers%20&%20co").press("add", "login", "BEN@example.com").leads("/admin/groups/built-in/wiki%2Fusers%20&%20co", "Ben is a member")
	b.follow().wants(200, "Ben", "ben@example.com").pressAbout("remove").leads("/admin/groups/built-in/wiki%2Fusers%20&%20co", "no longer a member")
	b.get(w.path("ben")).press("add-group", "group", "wiki/users & co").leads(w.path("ben"), "Ben is in the group")
	b.follow().pressAbout("remove_group").leads(w.path("ben"), "no longer in the group")
	b.get("/admin/groups/built-in/wiki%2Fusers%20&%20co/edit").press("save", "display_name", "The wiki", "external_id", "g-1").leads("/admin/groups/built-in/wiki%2Fusers%20&%20co", "The wiki was changed")
	b.get("/admin/groups?q=WIKI").wants(200, "The wiki")
	b.get("/admin/groups?q=other").wants(200, "no group like this")
	b.get("/admin/groups/built-in/wiki%2Fusers%20&%20co/delete").press("delete", "confirm", "no").wants(422, "Nothing was deleted")
	b.press("delete").leads("/admin/groups?org=built-in", "was deleted")
	if _, err := w.store.Group(t.Context(), "built-in", "wiki/users & co"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}
func TestUsersList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 60 {
		w.user("partners", fmt.Sprintf("p%02d", i), "", "")
	}
	b := w.as("olga")
	b.get("/admin/users").wants(200, "Olga", "olga@example.com").lacks("p01")
	b.get("/admin/users?org=partners").wants(200, "P00", "P49").lacks("P50", "olga@example.com")
	next := attr(b.find("users-next"), "href")
	b.get(next).wants(200, "P50", "P59").lacks("P49")
	if b.find("users-next") != nil || attr(b.find("users-first"), "href") != "/admin/users?org=partners" {
		t.Error("pages lead elsewhere")
	}
	b.get("/admin/users?org=partners&q=P4").wants(200, "P40", "P49").lacks("P50", "P03")
	b.get("/admin/users?org=partners&q=%25").wants(200, "There is nobody like this.")
	b.get("/admin/users?org=elsewhere").wants(404)
	b.get(w.path("p07")).press("disable").leads(w.path("p07"), "P07 is disabled")
	b.get("/admin/users?org=partners&state=disabled").wants(200, "P07").lacks("P08")
	b.get("/admin/users?org=partners&state=active").wants(200, "P08").lacks("P07")
	b.get("/admin/users?state=administrators").wants(200, "Olga")
}
