package console

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const pathManaged = Path + "/managed"

func (c *Console) managedRoutes() []Route {
	return []Route{
		{Path: pathManaged, Menu: pathManaged, Show: c.managed},
		{Path: pathManaged + "/:kind/:id", Menu: pathManaged, Fresh: true, Show: c.letGoPage, Actions: map[string]Action{"release": {Do: c.letGo}}},
	}
}

// managed lists what files manage, as far as the visitor may see it.
func (c *Console) managed(v *Visit) (*Answer, error) {
	all, err := v.Desk.Managed(v, core.ManagedFilter{})
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "managed", Columns: []string{"Name", "What it is", "Organisation", "File", "Since"}, Count: several(len(all), "object", "objects"),
		Empty: "Files manage nothing here. What is declared in a file and applied by 'postern apply' is shown locked, with its file."}
	for i := range all {
		m := &all[i]
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: m.Name, URL: managedURL(m), Mark: "thing"}, {Text: upper(m.Kind.Noun())}, {Text: m.Org}, {Text: m.Source, Sub: otherName(m), Code: true}, {At: m.ManagedAt},
		}})
	}
	return show(&web.Console{Title: "Files", Lead: "What a file manages is changed in the file, which is applied again, and nowhere else.", Blocks: []web.Block{table}}, nil)
}

// otherName is what the file was called, where it is known by another name.
func otherName(m *admin.Managed) string {
	if m.File == m.Source {
		return ""
	}
	return m.File
}

// managedURL is the page of what is managed.
func managedURL(m *admin.Managed) string {
	switch m.Kind {
	case core.ManagedOrganisation:
		return at(pathOrgs, m.ID)
	case core.ManagedGroup:
		return at(pathGroups, m.Org, m.Name)
	case core.ManagedClient:
		return at(clientsPath, m.ID)
	case core.ManagedConnector:
		return at(connectorsPath, m.ID)
	}
	return at(instancesPath, m.ID)
}

// letGoPage asks whether the file is to manage the object no more.
func (c *Console) letGoPage(v *Visit) (*Answer, error) {
	if err := v.need(core.WriteRoles, ""); err != nil {
		return nil, err
	}
	m, err := v.named()
	if err != nil {
		return nil, err
	}
	what := m.Kind.Noun() + " " + m.Name
	return show(&web.Console{
		Title: "Let go of the " + what, Crumbs: []web.Anchor{{Label: "Files", URL: pathManaged}, {Label: m.Name, URL: managedURL(m)}},
		Blocks: []web.Block{web.Form{
			Title: "Are you sure?", Hidden: []web.Field{{Name: "confirm", Value: "yes"}},
			Text:    "The " + what + " stays as it is, and whoever may can change it here. When " + m.Source + " is applied again and still declares it, the file manages it again, and undoes what was changed.",
			Buttons: []web.Button{{Label: "Let go of it", Action: "release", Kind: "primary", ID: "release"}}, Back: &web.Anchor{Label: "Keep it locked", URL: managedURL(m)},
		}},
	}, nil)
}

// named gives what the path names, if a file manages it.
func (v *Visit) named() (*admin.Managed, error) {
	kind, id := core.ManagedKind(v.Param("kind")), v.Param("id")
	all, err := v.Desk.Managed(v, core.ManagedFilter{Kind: kind, ID: id})
	if err == nil && (len(all) == 0 || kind == "" || id == "") {
		err = &admin.MissingError{What: "managed object", Name: id}
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

func (c *Console) letGo(v *Visit) (*Answer, error) {
	if err := v.need(core.WriteRoles, ""); err != nil {
		return nil, err
	}
	m, err := v.named()
	if err != nil {
		return nil, err
	}
	if err := v.sure(); err != nil {
		return nil, err
	}
	if err := v.Desk.Release(v, m.Kind, m.ID); err != nil {
		return nil, err
	}
	return done(managedURL(m), "No file manages the "+m.Kind.Noun()+" "+m.Name+" any more.")
}

// lock shows what a file manages locked, with the file: on its pages there is no form and
// no button but for what the file does not say, and lists mark it.
func (c *Console) lock(v *Visit, page *web.Console) error {
	all, err := v.Desk.Managed(v, core.ManagedFilter{})
	if err != nil || len(all) == 0 {
		return err
	}
	marked := map[string]bool{}
	for i := range all {
		marked[managedURL(&all[i])] = true
	}
	markAll(page.Blocks, marked)
	m := v.object(all)
	if m == nil {
		return nil
	}
	l := &locked{m: m, base: managedURL(m), free: freeActions(m)}
	l.pages = l.base
	if m.Kind == core.ManagedConnector && strings.HasPrefix(v.Route.Path, instancesPath) {
		l.pages = at(instancesPath, m.ID)
	}
	notice := web.Message{Kind: "info", Title: "Managed by " + m.Source, Text: "It is changed in the file, which is applied again, and not here."}
	if other := otherName(m); other != "" {
		notice.Text = "It is changed in the file " + other + ", which is applied again, and not here."
	}
	if v.May(core.WriteRoles, "") {
		notice.Buttons = []web.Button{{Label: "Let go of it", URL: at(pathManaged, string(m.Kind), m.ID), ID: "let-go"}}
	}
	page.Buttons = l.buttons(page.Buttons)
	if l.edits(v.Here) {
		page.Blocks = nil
	}
	page.Blocks = append([]web.Block{notice}, l.blocks(page.Blocks)...)
	return nil
}

// object gives what the page is about, if a file manages it.
func (v *Visit) object(all []admin.Managed) *admin.Managed {
	is := func(kind core.ManagedKind, same func(*admin.Managed) bool) *admin.Managed {
		for i := range all {
			if m := &all[i]; m.Kind == kind && same(m) {
				return m
			}
		}
		return nil
	}
	path := v.Route.Path
	switch {
	case strings.HasPrefix(path, pathOrgs+"/:org"):
		return is(core.ManagedOrganisation, func(m *admin.Managed) bool { return m.ID == v.Param("org") })
	case strings.HasPrefix(path, pathGroup):
		return is(core.ManagedGroup, func(m *admin.Managed) bool { return m.Org == v.Param("org") && m.Name == v.Param("name") })
	case strings.HasPrefix(path, clientsPath+"/:id"):
		return is(core.ManagedClient, func(m *admin.Managed) bool { return m.ID == v.Param("id") })
	case strings.HasPrefix(path, connectorsPath+"/:name"), strings.HasPrefix(path, instancesPath+"/:name"):
		named := func(m *admin.Managed) bool { return m.ID == v.Param("name") }
		if m := is(core.ManagedConnector, named); m != nil {
			return m
		}
		return is(core.ManagedInstance, named)
	}
	return nil
}

// freeActions are those that are no business of the file.
func freeActions(m *admin.Managed) []string {
	switch m.Kind {
	case core.ManagedGroup:
		return []string{"add", "remove"} // who is in it
	case core.ManagedClient:
		if m.Says(core.MemberSecret) {
			return []string{"begin"}
		}
		return []string{"begin", "rotate"}
	case core.ManagedInstance, core.ManagedConnector:
		return []string{"try", "secret"} // those that it does not say
	}
	return nil
}

// locked takes off the pages of an object what cannot be done.
type locked struct {
	m           *admin.Managed
	base, pages string // of the object, and of what is looked at
	free        []string
}

// edits reports whether the page is there to change the object, and for nothing else.
func (l *locked) edits(here string) bool {
	tail, is := strings.CutPrefix(here, l.base)
	if !is {
		if tail, is = strings.CutPrefix(here, l.pages); !is {
			return false
		}
	}
	tail, _, _ = strings.Cut(tail, "?")
	return slices.Contains([]string{"/edit", "/delete", "/rules", "/look", "/settings", "/limits"}, tail) || tail == "/secret" && !slices.Contains(l.free, "rotate")
}

func (l *locked) buttons(all []web.Button) []web.Button {
	return slices.DeleteFunc(slices.Clone(all), func(b web.Button) bool {
		if b.URL != "" {
			return l.edits(b.URL)
		}
		return b.Action != "" && !slices.Contains(l.free, b.Action)
	})
}

func (l *locked) blocks(all []web.Block) (kept []web.Block) {
	for _, block := range all {
		if block = l.block(block); block != nil {
			kept = append(kept, block)
		}
	}
	return kept
}

func (l *locked) block(block web.Block) web.Block {
	switch block := block.(type) {
	case web.Form:
		return l.form(block)
	case web.Message:
		block.Buttons = l.buttons(block.Buttons)
		return block
	case web.Details:
		block.Buttons = l.buttons(block.Buttons)
		return block
	case web.Table:
		block.Buttons = l.buttons(block.Buttons)
		block.Rows = slices.Clone(block.Rows)
		for i := range block.Rows {
			block.Rows[i].Buttons = l.buttons(block.Rows[i].Buttons)
		}
		return block
	case web.Split:
		block.Main, block.Side = l.blocks(block.Main), l.blocks(block.Side)
		return block
	}
	return block
}

// form keeps a form that does what is free; of secrets, those that the file does not say.
func (l *locked) form(form web.Form) web.Block {
	for _, b := range form.Buttons {
		if b.Action != "" && !slices.Contains(l.free, b.Action) {
			return nil
		}
		if b.Action != "secret" {
			continue
		}
		inputs := 0
		form.Groups = slices.Clone(form.Groups)
		for i, group := range form.Groups {
			form.Groups[i].Inputs = slices.DeleteFunc(slices.Clone(group.Inputs), func(input web.Input) bool {
				name, is := strings.CutPrefix(input.Name, "value.")
				return is && l.m.Says(core.MemberSecrets+name)
			})
			inputs += len(form.Groups[i].Inputs)
		}
		if inputs == 0 {
			return nil
		}
	}
	return form
}

// markAll puts a mark to what is managed, wherever a table has it.
func markAll(blocks []web.Block, marked map[string]bool) {
	for i, block := range blocks {
		switch block := block.(type) {
		case web.Table:
			for r := range block.Rows {
				if cells := block.Rows[r].Cells; len(cells) > 0 && marked[cells[0].URL] {
					cells[0].Badges = append(slices.Clone(cells[0].Badges), web.Badge{Text: "Managed by a file"})
				}
			}
			blocks[i] = block
		case web.Split:
			markAll(block.Main, marked)
			markAll(block.Side, marked)
		}
	}
}
