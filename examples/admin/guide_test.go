package admin_test

import "testing"

const password = "a long enough password"

// TestFourRoles walks with four administrators, as README.md tells it. Pictures of every
// page stay in screenshots/.
func TestFourRoles(t *testing.T) {
	h := newHouse(t)
	ruth := h.browser()
	ruth.setsUp()
	ruth.namesTheHouse()
	links := map[string]string{}
	for _, person := range [][2]string{{"adam", "Adam Administrator"}, {"hella", "Hella Helper"}, {"otto", "Otto Auditor"}, {"ben", "Ben Nobody"}} {
		links[person[0]] = ruth.invites(person[0], person[1])
	}
	for login, role := range map[string]string{"adam": "administrator", "hella": "help_desk", "otto": "auditor"} {
		ruth.appoints(login, role)
	}
	ruth.looksAround()

	adam, hella, otto, ben := h.browser(), h.browser(), h.browser(), h.browser()
	ben.accepts(links["ben"])
	ben.isNobody()
	adam.accepts(links["adam"])
	adam.manages()
	adam.meets(ruth)
	hella.accepts(links["hella"])
	ben.comesBack(hella.helps())
	otto.accepts(links["otto"])
	otto.audits()
}

// setsUp makes the first administrator, who lands on the overview.
func (b tab) setsUp() {
	b.t.Helper()
	b.Open(b.house.setup, "#setup", "")
	b.fill("#username", "ruth", "#name", "Ruth Root", "#email", "ruth@example.com", "#password", password)
	b.Click("#setup", "#signin", "a01-set-up")
	b.Click("#signin", "#login", "")
	b.fill("#username", "ruth", "#password", password)
	b.Click("#login", "#step-name", "a02-overview")
	b.says("Next steps", "Protect your own account", "Owner of the server")
	b.Dark("a03-overview-dark")
	b.Narrow("a04-overview-narrow")
}

func (b tab) namesTheHouse() {
	b.t.Helper()
	b.Click("#step-name", "#save", "a05-name")
	b.fill("#display_name", "Northwind", "#website_url", "ftp://northwind.example")
	b.Click("#save", "#website_url-problem", "a05-name-wrong")
	b.says("is no web address")
	b.fill("#website_url", "https://northwind.example")
	b.Click("#save", "#notice", "a06-organisation")
	b.says("Northwind was changed", "https://northwind.example")
}

// invites makes a link to hand over.
func (b tab) invites(login, name string) string {
	b.t.Helper()
	b.goes("/users/invite", "#send", "")
	b.fill("#name", login, "#display_name", name, "#email", login+"@example.com")
	b.tick("by_hand")
	b.Click("#send", "#done", "a07-invitation")
	link := b.Text("code.copied")
	b.Click("#done", "#edit", "")
	b.says(name, "Not signed in yet")
	return link
}

// appoints gives a role of the whole server.
func (b tab) appoints(login, role string) {
	b.t.Helper()
	b.goes("/roles/new", "#grant", "a08-role")
	b.Enter("#login", login)
	b.tick("role." + role)
	b.Click("#grant", "#notice", "a09-roles")
	b.says("(" + login + ") is now")
}

// looksAround sees the pages that only roles of the server have.
func (b tab) looksAround() {
	b.t.Helper()
	b.goes("/users", "#users", "a10-users")
	b.says("Adam Administrator", "Ben Nobody", "ruth@example.com")
	b.Dark("a11-users-dark")
	b.Narrow("a12-users-narrow")
	b.goes("/settings", "main", "a13-settings")
	b.says("from --listen", "session_lifetime", "default")
	b.goes("/mail", "main", "a14-mail")
	b.goes("/sessions", "#sessions", "a15-sessions")
	b.goes("/accounts/new", "#create", "")
	b.fill("#name", "terraform", "#description", "Sets things up")
	b.Click("#create", "#token", "a16-service-account")
	b.Click("#token", "#create", "")
	b.Enter("#name", "CI")
	b.tick("reach.some")
	b.tick("permissions.users:read")
	b.Click("#create", "#done", "a17-token")
	b.says("The token is shown this once", "api_")
	b.goes("/import", "#rehearse", "a18-import")
}

// accepts follows an invitation and chooses a password.
func (b tab) accepts(link string) {
	b.t.Helper()
	b.Open(link, "#create", "")
	b.Enter("#password", password)
	b.Click("#create", "#logout", "")
}

// isNobody finds no way to the administration, and is refused there.
func (b tab) isNobody() {
	b.t.Helper()
	b.lacks("#console")
	b.goes("", "main", "a19-refused")
	b.lacks("#menu")
}

// manages makes a group, and takes somebody in.
func (b tab) manages() {
	b.t.Helper()
	b.Open(b.house.issuer+"/account", "#console", "a20-account")
	b.Click("#console", "#menu", "a21-administrator")
	b.says("Administrator of the server")
	b.goes("/groups", "#new", "")
	b.Click("#new", "#create", "")
	b.fill("#name", "staff", "#display_name", "Staff")
	b.Click("#create", "#notice", "")
	b.Enter("#join-login", "ben")
	b.Click("#add", "#notice", "a22-group")
	b.says("Ben Nobody is a member")
	b.goes("/roles", "#roles", "a23-roles")
	b.lacks("#new", "#roles button.danger")
	b.goes("/roles/new", "#overview", "a24-denied")
	b.says("You may not do this")
}

// meets changes the organisation while somebody else does, too.
func (b tab) meets(other tab) {
	b.t.Helper()
	b.goes("/organisations/built-in/edit", "#save", "")
	other.goes("/organisations/built-in/edit", "#save", "")
	b.fill("#display_name", "Northwind Traders", "#website_url", "https://traders.example")
	b.Click("#save", "#notice", "")
	other.Enter("#display_name", "Northwind Group")
	other.Click("#save", "#display_name-theirs", "a25-conflict")
	other.says("Somebody else changed this", "Northwind Traders", "Northwind Group")
	other.Narrow("a26-conflict-narrow")
	other.Click("#save", "#notice", "a27-merged")
	other.says("Northwind Group", "https://traders.example")
}

// helps hands over a link to who forgot his password.
func (b tab) helps() string {
	b.t.Helper()
	b.goes("/users", "#users", "")
	b.lacks("#invite", "#new")
	b.Enter("#users-q", "ben")
	b.Click("#users-search", "#users", "a28-found")
	b.follows("Ben Nobody", "#disable", "a29-help-desk")
	b.lacks("#edit", "#delete")
	b.follows("Security", "#reset-hand", "a30-security")
	b.lacks("#password")
	b.Click("#reset-hand", "#done", "a31-link")
	link := b.Text("code.copied")
	b.goes("/settings", "#overview", "a32-denied")
	b.says("You may not do this")
	b.goes("/roles", "#overview", "")
	return link
}

// comesBack chooses another password by a link.
func (b tab) comesBack(link string) {
	b.t.Helper()
	b.Open(link, "#password", "")
	b.Enter("#password", "quite another password")
	b.Click("button[type=submit]", "main", "")
}

// audits reads who changed what, and changes nothing.
func (b tab) audits() {
	b.t.Helper()
	b.goes("/audit", "#events", "a33-audit")
	b.says("Role granted", "Ruth Root")
	b.Dark("a34-audit-dark")
	b.Narrow("a35-audit-narrow")
	b.goes("/audit?type=organisation.updated", "#events", "")
	b.follows("Organisation updated", "#changes", "a36-event")
	b.says("display_name", "Northwind Traders", "Northwind Group")
	b.goes("/users", "#users", "a37-auditor")
	b.lacks("#invite", "#new")
	b.follows("Ben Nobody", "main", "")
	b.lacks("#edit", "#disable", "#delete")
	b.goes("/organisations/built-in/edit", "#overview", "a38-denied")
	b.says("You may not do this")
}
