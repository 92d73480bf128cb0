package console

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// changeGroup puts the person into the group that was named, or takes them out.
func (c *Console) changeGroup(v *Visit, change func(context.Context, *core.Group, *core.User) error, what string) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	group, err := v.Desk.FindGroup(v, p.Org, v.Said("group"))
	if err == nil {
		err = change(v, group, p.User)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, p.DisplayName()+what+group.Name+".")
}

// userSheet is the page on which a user is edited.
func (c *Console) userSheet() Route {
	return SheetPage[core.User]{
		Path: pathUser + "/edit", Menu: pathUsers, Fresh: true, Permission: core.WriteUsers,
		Read: func(v *Visit) (*core.User, string, admin.Version, error) {
			p, err := v.person()
			if err != nil {
				return nil, "", "", err
			}
			return p.User, p.Org, admin.VersionOf(p.UpdatedAt), nil
		},
		Sheet: func(*Visit, *core.User) Sheet[core.User] { return userFields() },
		Page: func(_ *Visit, user *core.User, form web.Form) *web.Console {
			return below(&person{User: user}, "Edit "+user.DisplayName(), "", saving(form, at(pathUsers, string(user.ID))))
		},
		Update: func(v *Visit, user *core.User, was admin.Version, edit func(*core.User)) (to, note string, err error) {
			after, err := v.Desk.UpdateUser(v, user.ID, was, edit)
			if err != nil {
				return "", "", err
			}
			return at(pathUsers, string(user.ID)), after.DisplayName() + " was changed.", nil
		},
	}.Route()
}

type userField = SheetField[core.User]

func nameField() userField {
	return textOf(web.Input{Name: "name", Label: "User name", Required: true, Hint: "What they type to sign in."}, func(u *core.User) *string { return &u.Name })
}

func emailField() userField {
	return textOf(web.Input{Name: "email", Label: "E-mail", Kind: "email", Optional: true}, func(u *core.User) *string { return &u.Email })
}

func fullNameField() userField {
	return textOf(web.Input{Name: "display_name", Label: "Full name", Optional: true}, func(u *core.User) *string { return &u.Profile.DisplayName })
}

// profileFields are what is known of a person besides name and address.
func profileFields() []userField {
	text := func(name, label, kind string, of func(*core.Profile) *string) userField {
		return textOf(web.Input{Name: name, Label: label, Kind: kind}, func(u *core.User) *string { return of(&u.Profile) })
	}
	return []userField{
		text("given_name", "Given name", "text", func(p *core.Profile) *string { return &p.GivenName }),
		text("family_name", "Family name", "text", func(p *core.Profile) *string { return &p.FamilyName }),
		text("nickname", "Nickname", "text", func(p *core.Profile) *string { return &p.Nickname }),
		text("phone", "Telephone", "tel", func(p *core.Profile) *string { return &p.Phone }),
		text("title", "Title", "text", func(p *core.Profile) *string { return &p.Title }),
		text("affiliation", "Affiliation", "text", func(p *core.Profile) *string { return &p.Affiliation }),
		text("website", "Website", "url", func(p *core.Profile) *string { return &p.Website }),
		text("birthdate", "Date of birth", "text", func(p *core.Profile) *string { return &p.Birthdate }),
		text("locale", "Language", "text", func(p *core.Profile) *string { return &p.Locale }),
		text("zoneinfo", "Time zone", "text", func(p *core.Profile) *string { return &p.Zoneinfo }),
		text("external_id", "Identifier elsewhere", "text", func(p *core.Profile) *string { return &p.ExternalID }),
	}
}

func addressFields() []userField {
	text := func(name, label string, of func(*core.Address) *string) userField {
		return textOf(web.Input{Name: name, Label: label}, func(u *core.User) *string { return of(&u.Profile.Address) })
	}
	street := text("street", "Street", func(a *core.Address) *string { return &a.Street })
	street.Input.Kind, street.Input.Rows = "textarea", 2
	return []userField{
		street,
		text("postal_code", "Postal code", func(a *core.Address) *string { return &a.PostalCode }),
		text("locality", "Town", func(a *core.Address) *string { return &a.Locality }),
		text("address_region", "Region", func(a *core.Address) *string { return &a.Region }),
		text("country", "Country", func(a *core.Address) *string { return &a.Country }),
	}
}

// attributesField has a line for each attribute: "department = research".
func attributesField() userField {
	return userField{
		Input: web.Input{Name: "attributes", Label: "Attributes", Kind: "textarea", Code: true, Hint: "One on each line: department = research. Plugins can make claims of them."},
		Get: func(u *core.User) string {
			var list []string
			for _, name := range slices.Sorted(maps.Keys(u.Attributes)) {
				list = append(list, name+" = "+strings.ReplaceAll(u.Attributes[name], "\n", " "))
			}
			return strings.Join(list, "\n")
		},
		Set:   func(u *core.User, text string) { u.Attributes, _ = attributes(text) },
		Check: func(text string) string { _, wrong := attributes(text); return wrong },
	}
}

// attributes reads what such a field has; wrong says what is wrong with it.
func attributes(text string) (read map[string]string, wrong string) {
	read = map[string]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		if _, twice := read[name]; !found || name == "" || twice {
			return nil, "Write each attribute once, on a line of its own: department = research."
		}
		read[name] = strings.TrimSpace(value)
	}
	if len(read) == 0 {
		return nil, ""
	}
	return read, ""
}

func userFields() Sheet[core.User] {
	name := nameField()
	name.Input.Focus = true
	return Sheet[core.User]{Groups: []SheetGroup[core.User]{
		{Title: "Account", Fields: []userField{
			name, emailField(), fullNameField(),
			boxOf(web.Input{Name: "email_verified", Label: "The address is proved", Hint: "You answer for it. Else a link is sent to a new address, if mails are."}, func(u *core.User) *bool { return &u.EmailVerified }),
		}},
		{Title: "Profile", Fields: profileFields()},
		{Title: "Postal address", Folds: true, Fields: addressFields()},
		{Title: "Attributes", Folds: true, Fields: []userField{attributesField()}},
	}}
}

// draft is a user to be made.
type draft struct {
	core.User
	password string
	byHand   bool
}

// orgInput lets the visitor choose where somebody is to be made; hidden where there is no
// choice.
func (v *Visit) orgInput(permission core.Permission) (inputs []web.Input, hidden []web.Field, err error) {
	scope, err := v.scope(permission, false)
	if err != nil {
		return nil, nil, err
	}
	chosen := cmp.Or(v.Said("org"), scope.Org)
	if len(scope.Orgs) < 2 {
		return nil, []web.Field{{Name: "org", Value: chosen}}, nil
	}
	return []web.Input{{Name: "org", Label: "Organisation", Kind: "select", Value: chosen, Options: scope.options()}}, nil, nil
}

// newUserSheet is the form for a user to be made, or invited.
func (v *Visit) newUserSheet(invite bool) (Sheet[draft], error) {
	inputs, hidden, err := v.orgInput(core.WriteUsers)
	if err != nil {
		return Sheet[draft]{}, err
	}
	of := func(f userField) SheetField[draft] {
		return SheetField[draft]{Input: f.Input, Get: func(d *draft) string { return f.Get(&d.User) }, Set: func(d *draft, text string) { f.Set(&d.User, text) }, Check: f.Check}
	}
	name := of(nameField())
	name.Input.Focus = true
	fields := []SheetField[draft]{name, of(emailField()), of(fullNameField())}
	groups := textOf(web.Input{Name: "groups", Label: "Groups", Optional: true, Hint: "With commas between them. Those that do not exist are made."}, func(*draft) *string { return new(string) })
	groups.Get, groups.Set = nil, func(d *draft, text string) { d.Groups = lines(text) }
	fields = append(fields, groups)
	for _, input := range inputs {
		fields = append(fields, SheetField[draft]{Input: input, Get: func(*draft) string { return input.Value }, Set: func(d *draft, text string) { d.Org = text }})
	}
	sheet := Sheet[draft]{Groups: []SheetGroup[draft]{{Fields: fields}}, Fill: web.Form{Hidden: hidden, Back: &web.Anchor{Label: "Cancel", URL: pathUsers}}}
	if invite {
		sheet.Groups[0].Fields = append(sheet.Groups[0].Fields, SheetField[draft]{
			Input: web.Input{Name: "by_hand", Label: "Give me the link, to hand it over myself", Kind: "check", Hint: "Else it is sent, if there is an address and mails are sent."},
			Set:   func(d *draft, text string) { d.byHand = text != "" },
		})
		sheet.Fill.Buttons = []web.Button{{Label: "Invite", Action: "invite", Kind: "primary", ID: "send"}}
		return sheet, nil
	}
	sheet.Groups = append(sheet.Groups, SheetGroup[draft]{Fields: []SheetField[draft]{
		{
			Input: web.Input{Name: "password", Label: "Password", Kind: "password", Optional: true, Autocomplete: "new-password", Hint: "Without one they are to be invited, or sign in at another provider."},
			Set:   func(d *draft, text string) { d.password = text },
		},
		of(boxOf(web.Input{Name: "email_verified", Label: "The address is proved", Hint: "You answer for it."}, func(u *core.User) *bool { return &u.EmailVerified })),
	}})
	sheet.Fill.Buttons = []web.Button{{Label: "Create", Action: "create", Kind: "primary", ID: "create"}}
	return sheet, nil
}

func (d *draft) input(v *Visit) admin.NewUser {
	return admin.NewUser{
		Org: cmp.Or(d.Org, v.Said("org")), Name: d.Name, Email: d.Email, EmailVerified: d.EmailVerified, Password: d.password, Profile: d.Profile, Groups: d.Groups,
	}
}

func newUserPage(invite bool, form web.Form) *web.Console {
	page := &web.Console{Title: "Create a user", Crumbs: []web.Anchor{{Label: "Users", URL: pathUsers}}, Blocks: []web.Block{form}}
	if invite {
		page.Title, page.Lead = "Invite somebody", "They get a link to a page where they choose a password or a passkey."
	}
	return page
}

func (c *Console) newUser(v *Visit) (*Answer, error) { return c.newUserWith(v, false) }

func (c *Console) newInvitation(v *Visit) (*Answer, error) { return c.newUserWith(v, true) }

func (c *Console) newUserWith(v *Visit, invite bool) (*Answer, error) {
	if err := v.needAnywhere(core.WriteUsers); err != nil {
		return nil, err
	}
	sheet, err := v.newUserSheet(invite)
	if err != nil {
		return nil, err
	}
	return show(newUserPage(invite, sheet.Form(&draft{}, "")), nil)
}

func (c *Console) createUser(v *Visit) (*Answer, error) {
	sheet, err := v.newUserSheet(false)
	if err != nil {
		return nil, err
	}
	var made *admin.CreatedUser
	again, err := sheet.Make(v, func(d draft) (err error) {
		made, err = v.Desk.CreateUser(v, d.input(v))
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(newUserPage(false, *again))
	}
	return done(at(pathUsers, string(made.User.ID)), made.User.DisplayName()+" was created.")
}

func (c *Console) inviteUser(v *Visit) (*Answer, error) {
	sheet, err := v.newUserSheet(true)
	if err != nil {
		return nil, err
	}
	var made *admin.Invited
	again, err := sheet.Make(v, func(d draft) (err error) {
		made, err = v.Desk.InviteUser(v, d.input(v), d.byHand)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(newUserPage(true, *again))
	}
	return c.handed(&person{User: &made.User}, "", made.Handed, "An invitation")
}

// handed says how somebody gets a link: the page says that it was sent, or shows it this
// once.
func (c *Console) handed(p *person, tab string, h admin.Handed, what string) (*Answer, error) {
	path := at(pathUsers, string(p.ID))
	if tab != "" {
		path = at(path, tab)
	}
	if h.SentTo != "" {
		return done(path, what+" was sent to "+h.SentTo+".")
	}
	page := below(p, what+" for "+p.DisplayName(), tab,
		web.Message{Kind: "warn", Title: "Hand it over to nobody else", Text: "Whoever opens this link takes the account over. It is shown this once, works once, and until " + h.ExpiresAt.UTC().Format("2 January 2006, 15:04") + " UTC."},
		web.Copies{Rows: []web.Copy{{Label: "Link", Value: h.Link}}},
	)
	page.Buttons = []web.Button{{Label: "Done", URL: path, Kind: "primary", ID: "done"}}
	return show(page, nil)
}

func (c *Console) inviteAgain(byHand bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		p, err := v.person()
		if err != nil {
			return nil, err
		}
		made, err := v.Desk.InviteAgain(v, p.ID, byHand)
		if err != nil {
			return nil, err
		}
		return c.handed(p, "", made.Handed, "An invitation")
	}
}

func (c *Console) deleteUserPage(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	return c.deleteUserWith(v, p, "")
}

// deleteUserWith asks once more, and says what goes.
func (c *Console) deleteUserWith(v *Visit, p *person, problem string) (*Answer, error) {
	if err := v.need(core.WriteUsers, p.Org); err != nil {
		return nil, err
	}
	contents, err := v.Desk.UserContents(v, p.ID)
	if err != nil {
		return nil, err
	}
	losses := goesWith(contents, "Applications lose access at once. The audit log keeps what happened.")
	page := below(p, "Delete "+p.DisplayName(), "", losses, confirmForm("Type "+p.Name+" to go on", problem, "Delete "+p.DisplayName(), at(pathUsers, string(p.ID)), v.held(admin.VersionOf(p.UpdatedAt))))
	return show(page, nil)
}

// confirmForm asks for a name, so that nobody deletes by accident.
func confirmForm(label, problem, button, back string, held web.Field) web.Form {
	return web.Form{
		Title: "Are you sure?", Text: "This cannot be undone.", Hidden: []web.Field{held},
		Groups:  []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: label, Required: true, Problem: problem, Focus: true, Code: true}}}},
		Buttons: []web.Button{{Label: button, Action: "delete", Kind: "danger primary", ID: "delete"}}, Back: &web.Anchor{Label: "Keep it", URL: back},
	}
}

func (c *Console) deleteUser(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	if core.FoldName(v.Said("confirm")) != core.FoldName(p.Name) {
		answer, err := c.deleteUserWith(v, p, "This is another name: type "+p.Name+".")
		if err == nil {
			answer.Status = http.StatusUnprocessableEntity
		}
		return answer, err
	}
	if err := v.Desk.If(v.was()).DeleteUser(v, p.ID); err != nil {
		return nil, err
	}
	return done(with(pathUsers, "org", p.Org), p.DisplayName()+" was deleted.")
}
