package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const (
	pathUsers = Path + "/users"
	pathUser  = pathUsers + "/:id"
	// pageSize is how many lines a list has.
	pageSize = 50
)

func (c *Console) userRoutes() []Route {
	return []Route{
		{Path: pathUsers, Menu: pathUsers, Show: c.users, Actions: c.manyActions()},
		{Path: pathUsers + "/new", Menu: pathUsers, Show: c.newUser, Actions: map[string]Action{"create": {Do: c.createUser}}},
		{Path: pathUsers + "/invite", Menu: pathUsers, Show: c.newInvitation, Actions: map[string]Action{"invite": {Do: c.inviteUser}}},
		{Path: pathUser, Menu: pathUsers, Show: c.user, Actions: map[string]Action{
			"disable":      {Do: c.disableUser},
			"enable":       {Do: c.enableUser},
			"invite_mail":  {Do: c.inviteAgain(false)},
			"invite_hand":  {Fresh: true, Do: c.inviteAgain(true)},
			"add_group":    {Do: c.addToGroup},
			"remove_group": {Do: c.removeFromGroup},
		}},
		c.userSheet(),
		{Path: pathUser + "/security", Menu: pathUsers, Show: c.userSecurity, Actions: map[string]Action{
			"reset_mail": {Do: c.resetLink(true)},
			"reset_hand": {Fresh: true, Do: c.resetLink(false)},
			"remove":     {Fresh: true, Ask: confirmingHelp("Remove a passkey or app of NAME", "NAME cannot sign in with it any more. Without another one, a second factor is set up anew at the next sign-in that needs one.", "Remove it"), Do: c.removeAuthenticator},
			"reset":      {Fresh: true, Ask: confirmingHelp("Remove all passkeys and apps of NAME", "NAME is signed out everywhere and sets a second factor up anew. The recovery codes work no more. This cannot be undone.", "Remove all of them"), Do: c.resetProofs},
			"codes":      {Fresh: true, Ask: confirmingHelp("New recovery codes for NAME", "Those that NAME has work no more.", "Make new ones"), Do: c.recoveryCodes},
			"unlink":     {Ask: confirmingHelp("Unlink an account of NAME", "NAME cannot sign in by it any more.", "Unlink it"), Do: c.unlinkUser},
			"forget":     {Do: c.forgetDevice},
			"forget_all": {Do: c.forgetDevices},
			"revoke":     {Ask: confirmingHelp("Revoke an API token of NAME", tokenEnds, "Revoke it"), Do: c.revokeUserToken},
		}},
		{Path: pathUser + "/password", Menu: pathUsers, Fresh: true, Show: c.passwordPage, Actions: map[string]Action{"set": {Fresh: true, Do: c.setPassword}}},
		{Path: pathUser + "/link", Menu: pathUsers, Fresh: true, Show: c.linkPage, Actions: map[string]Action{"link": {Fresh: true, Do: c.linkUser}}},
		{Path: pathUser + "/sessions", Menu: pathUsers, Show: c.userSessions, Actions: map[string]Action{
			"end":     {Do: c.endSession},
			"end_all": {Ask: confirmingHelp("Sign NAME out everywhere", "All sessions end, and what applications got for NAME works no more.", "Sign out everywhere"), Do: c.signOutUser},
		}},
		{Path: pathUser + "/applications", Menu: pathUsers, Show: c.userApplications, Actions: map[string]Action{"withdraw": {Do: c.withdrawConsent}}},
		{Path: pathUser + "/activity", Menu: pathUsers, Show: c.userActivity},
		{Path: pathUser + "/delete", Menu: pathUsers, Fresh: true, Show: c.deleteUserPage, Actions: map[string]Action{"delete": {Fresh: true, Do: c.deleteUser}}},
	}
}

// states are what a list of users can be narrowed to.
func states() []web.Option {
	return []web.Option{
		{Label: "Everybody"}, {Value: "active", Label: "Who may sign in"}, {Value: "disabled", Label: "Disabled"}, {Value: "administrators", Label: "Administrators"},
	}
}

func (c *Console) users(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadUsers); err != nil {
		return nil, err
	}
	scope, err := v.scope(core.ReadUsers, false)
	if err != nil {
		return nil, err
	}
	state, search := v.Ask("state"), v.Ask("q")
	filter := core.UserFilter{
		Org: scope.Org, Search: search, Group: v.Ask("group"), Admins: state == "administrators",
		After: v.Ask("after"), AfterID: core.ID(v.Ask("id")), Limit: pageSize + 1,
	}
	if state == "active" || state == "disabled" {
		filter.Disabled = new(state == "disabled")
	}
	list, err := v.Desk.Users(v, filter)
	if err != nil {
		return nil, err
	}
	table := web.Table{
		ID: "users", Columns: []string{"Name", "E-mail", "Groups", "Last sign-in"}, Empty: "There is nobody like this.",
		Search: &web.Search{Action: pathUsers, Inputs: append([]web.Input{
			{Name: "q", Label: "Name or address", Kind: "search", Value: search, Placeholder: "Name or address"},
			{Name: "state", Label: "Show", Kind: "select", Value: state, Options: states()},
		}, scope.input(false)...)},
	}
	if filter.Group != "" {
		table.Search.Hidden = []web.Field{{Name: "group", Value: filter.Group}}
		table.Text = "Of the group " + filter.Group + "."
	}
	if search+state+filter.Group != "" {
		table.Search.Clear = with(pathUsers, "org", scope.Org)
	}
	if filter.After != "" {
		table.First = with(pathUsers, "org", scope.Org, "q", search, "state", state, "group", filter.Group)
	}
	from := v.skipped()
	more := len(list) > pageSize
	if more {
		list = list[:pageSize]
		last := list[pageSize-1]
		table.Next = with(pathUsers, "org", scope.Org, "q", search, "state", state, "group", filter.Group, "after", core.FoldName(last.Name), "id", string(last.ID), "from", strconv.Itoa(from+pageSize))
	}
	table.Count = placeWords(from, len(list), more, "user", "users")
	if search+state+filter.Group == "" {
		table.Empty = "Nobody is here yet. Invite somebody, create a user, or import people from elsewhere."
		if more || from > 0 {
			counts, err := v.Desk.Counts(v, scope.Org)
			if err != nil {
				return nil, err
			}
			table.Count += " of " + number(counts.Users)
		}
	}
	table.Picking = v.pickUsers(scope.Org)
	for i := range list {
		row := c.userRow(&list[i])
		row.Pick = string(list[i].ID)
		table.Rows = append(table.Rows, row)
	}
	page := &web.Console{Title: "Users", Blocks: []web.Block{table}}
	if len(scope.Orgs) > 1 {
		page.Lead = "The people of " + scope.title() + "."
	}
	if v.May(core.WriteUsers, scope.Org) {
		page.Buttons = []web.Button{
			{Label: "Invite somebody", URL: with(pathUsers+"/invite", "org", scope.Org), Kind: "primary", ID: "invite"},
			{Label: "Create a user", URL: with(pathUsers+"/new", "org", scope.Org), ID: "new"},
		}
	}
	return show(page, nil)
}

// skipped is how many lines come before the page of a list, as the way there said.
func (v *Visit) skipped() int {
	n, err := strconv.Atoi(v.Ask("from"))
	if err != nil || n < 0 || n > 1e9 || v.Ask("after") == "" {
		return 0
	}
	return n
}

// placeWords says which lines of a list a page has: "3 users", "51 to 100".
func placeWords(from, many int, more bool, one, others string) string {
	switch {
	case many == 0:
		return ""
	case from == 0 && !more:
		return several(many, one, others)
	}
	return number(from+1) + " to " + number(from+many)
}

func (c *Console) userRow(u *core.User) web.Row {
	return web.Row{Cells: []web.Cell{
		{Text: u.DisplayName(), URL: at(pathUsers, string(u.ID)), Sub: u.Name, Mark: "person", Picture: c.picture(u), Badges: userBadges(u)},
		{Text: u.Email}, {Text: fewOf(u.Groups)}, {At: u.LastSignInAt},
	}}
}

// picture is the path of a picture that is kept here; pages show no other.
func (c *Console) picture(u *core.User) string {
	path, ours := strings.CutPrefix(u.Profile.Picture, c.Issuer)
	if !ours {
		return ""
	}
	return path
}

// fewOf names the first ones of a list, and says how many more there are.
func fewOf(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

func userBadges(u *core.User) (badges []web.Badge) {
	if u.Admin {
		badges = append(badges, web.Badge{Text: "Owner", Kind: "good"})
	}
	if u.Disabled {
		badges = append(badges, disabled(true)...)
	}
	return badges
}

// person is a user whom a page is about.
type person struct {
	*core.User
	above bool // they may more than the visitor, who changes nothing of them
}

// person gives the user of the path.
func (v *Visit) person() (*person, error) {
	id, err := core.ParseID(v.Param("id"))
	if err != nil {
		return nil, &admin.MissingError{What: "user", Name: v.Param("id")}
	}
	user, err := v.Desk.User(v, id)
	if err != nil {
		return nil, err
	}
	above, err := v.above(id, user.Admin)
	return &person{user, above}, err
}

// above reports whether a user or a service account may more than the visitor.
func (v *Visit) above(id core.ID, owner bool) (bool, error) {
	roles, err := v.console.Store.Roles(v, id)
	if err != nil {
		return false, fmt.Errorf("read the roles: %w", err)
	}
	if owner {
		roles = append(roles, core.RoleGrant{Role: core.RoleOwner})
	}
	return slices.ContainsFunc(roles, func(theirs core.RoleGrant) bool { return !v.Desk.Caller().Covers(theirs) }), nil
}

// mayTo reports whether the visitor may do so with the person.
func (v *Visit) mayTo(p *person, permission core.Permission) bool {
	return !p.above && v.May(permission, p.Org)
}

// userTabs are the pages about a user.
func userTabs(p *person, here string) (tabs []web.Tab) {
	for _, tab := range [][2]string{{"Profile", ""}, {"Security", "security"}, {"Sessions", "sessions"}, {"Applications", "applications"}, {"Activity", "activity"}} {
		path := at(pathUsers, string(p.ID))
		if tab[1] != "" {
			path = at(path, tab[1])
		}
		tabs = append(tabs, web.Tab{Label: tab[0], URL: path, Here: tab[1] == here})
	}
	return tabs
}

// userPage is what the tabs of a user have.
func (c *Console) userPage(v *Visit, p *person, here string, blocks ...web.Block) *web.Console {
	page := &web.Console{
		Title: p.DisplayName(), Badges: userBadges(p.User), Tabs: userTabs(p, here), Blocks: blocks,
		Crumbs: []web.Anchor{{Label: "Users", URL: with(pathUsers, "org", p.Org)}},
	}
	if p.above {
		page.Blocks = append([]web.Block{web.Message{Kind: "info", Text: "This account may do more than you may: you see it, and change nothing of it."}}, blocks...)
	}
	own := at(pathUsers, string(p.ID))
	if v.mayTo(p, core.WriteUsers) {
		page.Buttons = append(page.Buttons, web.Button{Label: "Edit", URL: at(own, "edit"), ID: "edit"})
	}
	if v.mayTo(p, core.HelpUsers) {
		if p.Disabled {
			page.Buttons = append(page.Buttons, web.Button{Label: "Enable", Action: "enable", To: own, ID: "enable"})
		} else {
			page.Buttons = append(page.Buttons, web.Button{Label: "Disable", Action: "disable", To: own, ID: "disable"})
		}
	}
	if v.mayTo(p, core.WriteUsers) {
		page.Buttons = append(page.Buttons, web.Button{Label: "Delete", URL: at(own, "delete"), Kind: "danger", ID: "delete"})
	}
	return page
}

// below is a page that leads back to a tab of the user.
func below(p *person, title, tab string, blocks ...web.Block) *web.Console {
	path := at(pathUsers, string(p.ID))
	if tab != "" {
		path = at(path, tab)
	}
	return &web.Console{Title: title, Blocks: blocks, Crumbs: []web.Anchor{
		{Label: "Users", URL: with(pathUsers, "org", p.Org)}, {Label: p.DisplayName(), URL: path},
	}}
}

// user shows who somebody is.
func (c *Console) user(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	groups, err := c.groupsOf(v, p)
	if err != nil {
		return nil, err
	}
	side := []web.Block{c.userFacts(p)}
	if notice, err := c.invitation(v, p); err != nil {
		return nil, err
	} else if notice != nil {
		side = append([]web.Block{*notice}, side...)
	}
	main := []web.Block{accountDetails(p)}
	if profile := profileDetails(p); len(profile.Rows) > 0 {
		main = append(main, profile)
	}
	roles, err := c.rolesTable(v, p.ID, p.Org, p.above)
	if err != nil {
		return nil, err
	}
	main = append(append(main, groups...), roles...)
	return show(c.userPage(v, p, "", web.Split{Main: main, Side: side}), nil)
}

func accountDetails(p *person) web.Details {
	mail := web.Cell{Text: cmp.Or(p.Email, "none")}
	switch {
	case p.Email == "":
	case p.EmailVerified:
		mail.Badges = []web.Badge{{Text: "Proved", Kind: "good"}}
	default:
		mail.Badges = []web.Badge{{Text: "Not proved", Kind: "warn"}}
	}
	return web.Details{Title: "Account", Rows: []web.Detail{
		{Label: "User name", Value: web.Cell{Text: p.Name}}, {Label: "E-mail", Value: mail}, {Label: "Full name", Value: web.Cell{Text: cmp.Or(p.Profile.DisplayName, "not known")}},
	}}
}

// profileDetails are what is known of a person besides; nothing is left blank.
func profileDetails(p *person) web.Details {
	details := web.Details{Title: "Profile"}
	add := func(label, value string) {
		if value != "" {
			details.Rows = append(details.Rows, web.Detail{Label: label, Value: web.Cell{Text: value}})
		}
	}
	for _, f := range profileFields() {
		add(f.Input.Label, f.Get(p.User))
	}
	add("Address", strings.Join(p.Profile.Address.Lines(), ", "))
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		details.Rows = append(details.Rows, web.Detail{Label: name, Value: web.Cell{Text: p.Attributes[name]}, Hint: "attribute"})
	}
	return details
}

func (c *Console) userFacts(p *person) web.Block {
	last := web.Cell{Text: "never"}
	if !p.LastSignInAt.IsZero() {
		last = web.Cell{At: p.LastSignInAt, Sub: fromIP(p.LastSignInIP)}
	}
	return web.Details{Title: "About", Rows: []web.Detail{
		{Label: "Organisation", Value: web.Cell{Text: p.Org, URL: at(pathOrgs, p.Org)}},
		{Label: "Identifier", Value: web.Cell{Text: string(p.ID), Code: true}},
		{Label: "Last sign-in", Value: last}, {Label: "Created", Value: web.Cell{At: p.CreatedAt}}, {Label: "Changed", Value: web.Cell{At: p.UpdatedAt}},
	}}
}

func fromIP(ip string) string {
	if ip == "" {
		return ""
	}
	return "from " + ip
}

// invitation offers to invite anew who has nothing to sign in with; nil where nobody is
// to be invited.
func (c *Console) invitation(v *Visit, p *person) (*web.Message, error) {
	if p.PasswordHash != "" || p.Disabled || !v.mayTo(p, core.HelpUsers) {
		return nil, nil
	}
	proofs, err := v.Desk.UserProofs(v, p.ID)
	if err != nil || proofs.Passkeys() {
		return nil, err
	}
	links, err := v.Desk.UserLinks(v, p.ID)
	if err != nil || len(links) > 0 {
		return nil, err
	}
	own := at(pathUsers, string(p.ID))
	notice := &web.Message{Kind: "warn", Title: "Not signed in yet", Text: p.DisplayName() + " has no password and no passkey. An invitation leads to a page where they choose one."}
	if p.Email != "" {
		notice.Buttons = append(notice.Buttons, web.Button{Label: "Send an invitation", Action: "invite_mail", To: own, ID: "invite-mail"})
	}
	notice.Buttons = append(notice.Buttons, web.Button{Label: "Make a link to hand over", Action: "invite_hand", To: own, ID: "invite-hand"})
	return notice, nil
}

// groupsOf shows the groups of a person, and takes them in and out.
func (c *Console) groupsOf(v *Visit, p *person) ([]web.Block, error) {
	may := v.mayTo(p, core.WriteGroups)
	table := web.Table{ID: "groups", Title: "Groups", Columns: []string{"Name"}, Empty: "In no group."}
	if may {
		table.Columns = append(table.Columns, "Actions")
	}
	for _, name := range p.Groups {
		row := web.Row{Cells: []web.Cell{{Text: name, URL: at(pathGroups, p.Org, name)}}}
		if may {
			row.Buttons = []web.Button{{Label: "Take out", About: "of " + name, Action: "remove_group", Values: []web.Field{{Name: "group", Value: name}}}}
		}
		table.Rows = append(table.Rows, row)
	}
	blocks := []web.Block{table}
	if !may {
		return blocks, nil
	}
	groups, err := v.Desk.Groups(v, p.Org)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, g := range groups {
		if !slices.Contains(p.Groups, g.Name) {
			others = append(others, g.Name)
		}
	}
	if len(others) == 0 {
		return blocks, nil
	}
	return append(blocks, web.Form{
		ID: "join", Title: "Add to a group", Groups: []web.Group{{Inputs: []web.Input{{Name: "group", Label: "Group", Suggest: others, Required: true, Value: v.Said("group")}}}},
		Buttons: []web.Button{{Label: "Add", Action: "add_group", ID: "add-group"}},
	}), nil
}

func (c *Console) addToGroup(v *Visit) (*Answer, error) {
	return c.changeGroup(v, v.Desk.AddMember, " is in the group ")
}

func (c *Console) removeFromGroup(v *Visit) (*Answer, error) {
	return c.changeGroup(v, v.Desk.RemoveMember, " is no longer in the group ")
}

func (c *Console) disableUser(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err == nil {
		err = v.Desk.DisableUser(v, p.ID)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, p.DisplayName()+" is disabled, and signed out everywhere.")
}

func (c *Console) enableUser(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err == nil {
		err = v.Desk.EnableUser(v, p.ID)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, p.DisplayName()+" may sign in again.")
}
