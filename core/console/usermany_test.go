package console_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
)

// tick ticks rows of a list, and presses a button below it.
func (b *tab) tick(button string, names ...string) *tab {
	b.t.Helper()
	var ticks []string
	for _, name := range names {
		box := ""
		for node := range b.page.Descendants() {
			if node.Data == "input" && attr(node, "name") == "pick."+string(b.users[name].ID) && attr(node, "form") == "users-picked" {
				box = attr(node, "name")
			}
		}
		if box == "" {
			b.t.Fatalf("nobody can tick %s: %s", name, b.text())
		}
		ticks = append(ticks, box, "on")
	}
	return b.press(button, ticks...)
}

// Several users are dealt with at once, after a question, and the list comes again as it was.
func TestManyUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"ann", "bob", "cat"} {
		w.user("partners", name, "", "")
	}
	w.user("partners", "otto", core.RoleOwner, "partners")
	b := w.as("olga")
	const list = "/admin/users?org=partners&q=example"
	b.get(list).tick("disable-many").wants(422, "Tick whom it concerns first.", "Partners", "Ann")
	b.get(list).tick("disable-many", "ann", "bob").wants(200, "Disable 2 users", "Ann", "Bob").lacks("Cat")
	if w.stored("ann").Disabled {
		t.Error("disabled without an answer")
	}
	b.sure().leads("/admin/users?org=partners&q=example", "2 users are disabled.")
	if !w.stored("ann").Disabled || !w.stored("bob").Disabled || w.stored("cat").Disabled {
		t.Error("other users are disabled")
	}
	b.follow().tick("enable-many", "ann").sure().leads("/admin/users?org=partners&q=example", "1 user is enabled.")
	b.follow().tick("sign-out-many", "cat").sure().leads("/admin/users?org=partners&q=example", "1 user is signed out everywhere.")

	b.get("/admin/groups/new?org=partners").press("create", "name", "staff", "org", "partners")
	b.get(list).tick("join-many", "ann", "cat").wants(200, "2 users")
	b.sure("group", "nothing").wants(422, "There is no such group here", "Ann", "Cat")
	b.sure("group", "staff").leads("/admin/users?org=partners&q=example", "2 users are in the group staff.")
	if groups := w.stored("cat").Groups; len(groups) != 1 || groups[0] != "staff" {
		t.Errorf("%v", groups)
	}
	b.follow().tick("leave-many", "cat").sure("group", "staff").leads("/admin/users?org=partners&q=example", "out of the group staff")

	// Whom one may not touch is left, and told.
	w.user("partners", "hella", core.RoleHelpDesk, "partners")
	b = w.as("hella")
	b.get("/admin/users").tick("disable-many", "otto", "cat").sure().leads("/admin/users", "1 user is disabled. Left as they are: Otto (may do more than you may).")
	if w.stored("otto").Disabled {
		t.Error("the owner is disabled")
	}
	if b.follow(); b.find("join-many") != nil {
		t.Error("the help desk is offered groups")
	}
	w.user("partners", "audry", core.RoleAuditor, "partners")
	if b = w.as("audry").get("/admin/users"); b.find("users-picked") != nil || strings.Contains(b.markup(), `name="pick.`) {
		t.Error("an auditor can tick somebody")
	}
}

// markup is the page as it was sent.
func (b *tab) markup() string {
	b.t.Helper()
	var text strings.Builder
	if err := html.Render(&text, b.page); err != nil {
		b.t.Fatal(err)
	}
	return text.String()
}
