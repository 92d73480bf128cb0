package console

import (
	"cmp"
	"strconv"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const (
	pathGroups = Path + "/groups"
	pathGroup  = pathGroups + "/:org/:name"
)

func (c *Console) groupRoutes() []Route {
	return []Route{
		{Path: pathGroups, Menu: pathGroups, Show: c.groups},
		{Path: pathGroups + "/new", Menu: pathGroups, Show: c.newGroup, Actions: map[string]Action{"create": {Do: c.createGroup}}},
		{Path: pathGroup, Menu: pathGroups, Show: c.group, Actions: map[string]Action{
			"add":    {Do: c.addMember},
			"remove": {Do: c.removeMember},
		}},
		c.groupSheet(),
		{Path: pathGroup + "/delete", Menu: pathGroups, Show: c.deleteGroupPage, Actions: map[string]Action{"delete": {Do: c.deleteGroup}}},
	}
}

func groupTitle(g *core.Group) string { return cmp.Or(g.DisplayName, g.Name) }

func (c *Console) groups(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadGroups); err != nil {
		return nil, err
	}
	scope, err := v.scope(core.ReadGroups, false)
	if err != nil {
		return nil, err
	}
	search := v.Ask("q")
	filter := core.GroupFilter{Org: scope.Org, Search: search, After: v.Ask("after"), AfterID: core.ID(v.Ask("id")), Limit: pageSize + 1}
	list, err := v.Desk.FindGroups(v, filter)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "groups", Columns: []string{"Name", "Key", "Members"}, Empty: "There is no group like this.", Search: &web.Search{
		Action: pathGroups, Inputs: append([]web.Input{{Name: "q", Label: "Name", Kind: "search", Value: search, Placeholder: "Name"}}, scope.input(false)...),
	}}
	if search != "" {
		table.Search.Clear = with(pathGroups, "org", scope.Org)
	}
	if filter.After != "" {
		table.First = with(pathGroups, "org", scope.Org, "q", search)
	}
	from := v.skipped()
	more := len(list) > pageSize
	if more {
		list = list[:pageSize]
		last := list[pageSize-1]
		table.Next = with(pathGroups, "org", scope.Org, "q", search, "after", last.Name, "id", string(last.ID), "from", strconv.Itoa(from+pageSize))
	}
	table.Count = placeWords(from, len(list), more, "group", "groups")
	if search == "" {
		table.Empty = "There is no group yet. Applications that let some people in, or let them do more, go by groups."
		if more || from > 0 {
			counts, err := v.Desk.Counts(v, scope.Org)
			if err != nil {
				return nil, err
			}
			table.Count += " of " + number(counts.Groups)
		}
	}
	for i := range list {
		g := &list[i]
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: groupTitle(g), URL: at(pathGroups, g.Org, g.Name), Mark: "thing"}, {Text: g.Name, Code: true}, {Text: number(g.Members)},
		}})
	}
	page := &web.Console{Title: "Groups", Lead: "Applications get to know in which groups somebody is, and can let in some of them alone.", Blocks: []web.Block{table}}
	if v.May(core.WriteGroups, scope.Org) {
		page.Buttons = []web.Button{{Label: "Create a group", URL: with(pathGroups+"/new", "org", scope.Org), Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

func (v *Visit) newGroupSheet() (Sheet[core.Group], error) {
	inputs, hidden, err := v.orgInput(core.WriteGroups)
	if err != nil {
		return Sheet[core.Group]{}, err
	}
	fields := []SheetField[core.Group]{
		textOf(web.Input{Name: "name", Label: "Key", Required: true, Focus: true, Code: true, Hint: "What applications get: up to 100 characters, no comma and no semicolon."}, func(g *core.Group) *string { return &g.Name }),
		textOf(web.Input{Name: "display_name", Label: "Name", Optional: true, Hint: "What it is called here."}, func(g *core.Group) *string { return &g.DisplayName }),
	}
	for _, input := range inputs {
		fields = append(fields, SheetField[core.Group]{Input: input, Get: func(*core.Group) string { return input.Value }, Set: func(g *core.Group, text string) { g.Org = text }})
	}
	return Sheet[core.Group]{Groups: []SheetGroup[core.Group]{{Fields: fields}}, Fill: web.Form{
		Hidden: hidden, Buttons: []web.Button{{Label: "Create", Action: "create", Kind: "primary", ID: "create"}}, Back: &web.Anchor{Label: "Cancel", URL: pathGroups},
	}}, nil
}

func newGroupPage(form web.Form) *web.Console {
	return &web.Console{Title: "Create a group", Crumbs: []web.Anchor{{Label: "Groups", URL: pathGroups}}, Blocks: []web.Block{form}}
}

func (c *Console) newGroup(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.WriteGroups); err != nil {
		return nil, err
	}
	sheet, err := v.newGroupSheet()
	if err != nil {
		return nil, err
	}
	return show(newGroupPage(sheet.Form(&core.Group{}, "")), nil)
}

func (c *Console) createGroup(v *Visit) (*Answer, error) {
	sheet, err := v.newGroupSheet()
	if err != nil {
		return nil, err
	}
	var made *core.Group
	again, err := sheet.Make(v, func(g core.Group) (err error) {
		made, err = v.Desk.CreateGroup(v, cmp.Or(g.Org, v.Said("org")), g.Name, g.DisplayName)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(newGroupPage(*again))
	}
	return done(at(pathGroups, made.Org, made.Name), groupTitle(made)+" was created.")
}

// group shows one with its members.
func (c *Console) group(v *Visit) (*Answer, error) {
	g, err := v.Desk.FindGroup(v, v.Param("org"), v.Param("name"))
	if err != nil {
		return nil, err
	}
	page := &web.Console{Title: groupTitle(g), Crumbs: []web.Anchor{{Label: "Groups", URL: with(pathGroups, "org", g.Org)}}}
	may := v.May(core.WriteGroups, g.Org)
	if may {
		page.Buttons = []web.Button{{Label: "Edit", URL: at(pathGroups, g.Org, g.Name, "edit"), ID: "edit"}, {Label: "Delete", URL: at(pathGroups, g.Org, g.Name, "delete"), Kind: "danger", ID: "delete"}}
	}
	facts := web.Details{Title: "About", Rows: []web.Detail{
		{Label: "Key", Value: web.Cell{Text: g.Name, Code: true}}, {Label: "Organisation", Value: web.Cell{Text: g.Org, URL: at(pathOrgs, g.Org)}},
		{Label: "Members", Value: web.Cell{Text: number(g.Members)}}, {Label: "Created", Value: web.Cell{At: g.CreatedAt}},
	}}
	if g.ExternalID != "" {
		facts.Rows = append(facts.Rows, web.Detail{Label: "Identifier elsewhere", Value: web.Cell{Text: g.ExternalID, Code: true}, Hint: "Of who provisions it by SCIM"})
	}
	split := web.Split{Side: []web.Block{facts}}
	if v.May(core.ReadUsers, g.Org) {
		members, err := c.members(v, g, may)
		if err != nil {
			return nil, err
		}
		split.Main = append(split.Main, members)
	}
	if may {
		split.Side = append(split.Side, web.Form{
			ID: "join", Title: "Add a member", Groups: []web.Group{{Inputs: []web.Input{{Name: "login", Label: "User name or e-mail", Required: true, Value: v.Said("login")}}}},
			Buttons: []web.Button{{Label: "Add", Action: "add", ID: "add"}},
		})
	}
	page.Blocks = []web.Block{split}
	return show(page, nil)
}

func (c *Console) members(v *Visit, g *core.Group, may bool) (web.Block, error) {
	here := at(pathGroups, g.Org, g.Name)
	filter := core.UserFilter{Org: g.Org, Group: g.Name, After: v.Ask("after"), AfterID: core.ID(v.Ask("id")), Limit: pageSize + 1}
	list, err := v.Desk.Users(v, filter)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "members", Title: "Members", Columns: actions([]string{"Name", "E-mail"}, may), Empty: "Nobody is in it."}
	if filter.After != "" {
		table.First = here
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		last := list[pageSize-1]
		table.Next = with(here, "after", core.FoldName(last.Name), "id", string(last.ID))
	}
	for i := range list {
		row := c.userRow(&list[i])
		row.Cells = row.Cells[:2]
		if may {
			row.Buttons = []web.Button{{Label: "Take out", About: list[i].DisplayName() + ", " + list[i].Name, Action: "remove", Values: []web.Field{{Name: "id", Value: string(list[i].ID)}}}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table, nil
}

func (c *Console) addMember(v *Visit) (*Answer, error) {
	g, err := v.Desk.FindGroup(v, v.Param("org"), v.Param("name"))
	if err != nil {
		return nil, err
	}
	user, err := v.Desk.FindUser(v, g.Org, v.Said("login"))
	if err == nil {
		err = v.Desk.AddMember(v, g, user)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, user.DisplayName()+" is a member.")
}

func (c *Console) removeMember(v *Visit) (*Answer, error) {
	g, err := v.Desk.FindGroup(v, v.Param("org"), v.Param("name"))
	if err != nil {
		return nil, err
	}
	user, err := v.Desk.User(v, core.ID(v.Said("id")))
	if err == nil {
		err = v.Desk.RemoveMember(v, g, user)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, user.DisplayName()+" is no longer a member.")
}

func (c *Console) groupSheet() Route {
	type G = core.Group
	sheet := Sheet[G]{Groups: []SheetGroup[G]{{Fields: []SheetField[G]{
		textOf(web.Input{Name: "display_name", Label: "Name", Optional: true, Focus: true, Hint: "What it is called here."}, func(g *G) *string { return &g.DisplayName }),
		textOf(web.Input{Name: "name", Label: "Key", Required: true, Code: true, Hint: "What applications get. A new one goes wherever the group is named here; applications must be told."}, func(g *G) *string { return &g.Name }),
		textOf(web.Input{Name: "external_id", Label: "Identifier elsewhere", Optional: true, Code: true, Hint: "Of who provisions it by SCIM."}, func(g *G) *string { return &g.ExternalID }),
	}}}}
	return SheetPage[G]{
		Path: pathGroup + "/edit", Menu: pathGroups, Permission: core.WriteGroups,
		Read: func(v *Visit) (*G, string, admin.Version, error) {
			g, err := v.Desk.FindGroup(v, v.Param("org"), v.Param("name"))
			if err != nil {
				return nil, "", "", err
			}
			return g, g.Org, admin.VersionOf(g.UpdatedAt), nil
		},
		Sheet: func(*Visit, *G) Sheet[G] { return sheet },
		Page: func(_ *Visit, g *G, form web.Form) *web.Console {
			back := at(pathGroups, g.Org, g.Name)
			return &web.Console{Title: "Edit " + groupTitle(g), Blocks: []web.Block{saving(form, back)}, Crumbs: []web.Anchor{{Label: "Groups", URL: with(pathGroups, "org", g.Org)}, {Label: groupTitle(g), URL: back}}}
		},
		Update: func(v *Visit, g *G, was admin.Version, edit func(*G)) (to, note string, err error) {
			after, err := v.Desk.UpdateGroup(v, g.ID, was, edit)
			if err != nil {
				return "", "", err
			}
			return at(pathGroups, after.Org, after.Name), groupTitle(after) + " was changed.", nil
		},
	}.Route()
}

func (c *Console) deleteGroupPage(v *Visit) (*Answer, error) {
	g, err := v.Desk.FindGroup(v, v.Param("org"), v.Param("name"))
	if err == nil {
		err = v.need(core.WriteGroups, v.Param("org"))
	}
	if err != nil {
		return nil, err
	}
	contents, err := v.Desk.GroupContents(v, g.ID)
	if err != nil {
		return nil, err
	}
	back := at(pathGroups, g.Org, g.Name)
	return show(&web.Console{
		Title:  "Delete " + groupTitle(g),
		Crumbs: []web.Anchor{{Label: "Groups", URL: with(pathGroups, "org", g.Org)}, {Label: groupTitle(g), URL: back}},
		Blocks: []web.Block{
			goesWith(contents, "What members may do as such, they may no more. They themselves stay."),
			sureForm("Delete "+groupTitle(g), back, v.held(admin.VersionOf(g.UpdatedAt))),
		},
	}, nil)
}

// sureForm asks once more, without a name to type.
func sureForm(button, back string, held web.Field) web.Form {
	return web.Form{
		Title: "Are you sure?", Text: "This cannot be undone.", Hidden: []web.Field{{Name: "confirm", Value: "yes"}, held},
		Buttons: []web.Button{{Label: button, Action: "delete", Kind: "danger primary", ID: "delete"}}, Back: &web.Anchor{Label: "Keep it", URL: back},
	}
}

// sure refuses to delete for who did not come from the page that says what goes with it.
func (v *Visit) sure() error {
	if v.Said("confirm") != "yes" {
		return &admin.InvalidError{Problems: []admin.Problem{{Field: "confirm", Text: "nothing was deleted: look at what goes with it, and press the button there"}}}
	}
	return nil
}

func (c *Console) deleteGroup(v *Visit) (*Answer, error) {
	org, name := v.Param("org"), v.Param("name")
	if err := v.sure(); err != nil {
		return nil, err
	}
	if err := v.Desk.If(v.was()).DeleteGroup(v, org, name); err != nil {
		return nil, err
	}
	return done(with(pathGroups, "org", org), name+" was deleted.")
}
