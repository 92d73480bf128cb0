package console

import (
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const pathOrgs = Path + "/organisations"

func (c *Console) organisationRoutes() []Route {
	one := pathOrgs + "/:org"
	return []Route{
		{Path: pathOrgs, Menu: pathOrgs, Show: c.organisations},
		{Path: pathOrgs + "/new", Menu: pathOrgs, Show: c.newOrganisation, Actions: map[string]Action{"create": {Do: c.createOrganisation}}},
		{Path: one, Menu: pathOrgs, Show: c.organisation, Actions: map[string]Action{
			"disable": {Ask: c.askDisableOrganisation, Do: c.switchOrganisation(true)},
			"enable":  {Do: c.switchOrganisation(false)},
		}},
		{Path: one + "/delete", Menu: pathOrgs, Fresh: true, Show: c.deleteOrganisationPage, Actions: map[string]Action{"delete": {Fresh: true, Do: c.deleteOrganisation}}},
		c.orgSheet("edit", "Edit", namesOfOrg),
		c.orgSheet("rules", "Rules of", rulesOfOrg),
		c.orgSheet("look", "Look of", lookOfOrg),
	}
}

func (c *Console) organisations(v *Visit) (*Answer, error) {
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return nil, err
	}
	table := web.Table{Columns: []string{"Name", "Key", "People sign in by", "Registration"}, Count: several(len(orgs), "organisation", "organisations")}
	for i := range orgs {
		org := &orgs[i]
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: orgTitle(org), URL: at(pathOrgs, org.Name), Mark: "thing", Badges: disabled(org.Disabled), Sub: org.WebsiteURL},
			{Text: org.Name, Code: true}, {Text: methodWords(org.Rules.SignIn)}, {Text: registrationWords(org.Rules.Registration)},
		}})
	}
	page := &web.Console{Title: "Organisations", Lead: "Each has its own people, applications, rules and look.", Blocks: []web.Block{table}}
	if v.May(core.WriteOrganisations, "") {
		page.Buttons = []web.Button{{Label: "Add an organisation", URL: pathOrgs + "/new", Kind: "primary", ID: "new"}}
	}
	return show(page, nil)
}

func disabled(is bool) []web.Badge {
	if is {
		return []web.Badge{{Text: "Disabled", Kind: "wrong"}}
	}
	return nil
}

// Methods of sign-in, as the pages call them.
func methodOptions() []web.Option {
	return []web.Option{
		{Value: core.MethodPassword, Label: "Password"},
		{Value: core.MethodPasskey, Label: "Passkey", Hint: "Alone, or as a second factor"},
		{Value: core.MethodEmail, Label: "Link or code by e-mail"},
		{Value: core.MethodTOTP, Label: "Authenticator app", Hint: "As a second factor"},
		{Value: core.MethodUpstream, Label: "Another provider", Hint: "By the connectors of the organisation"},
	}
}

func methodWords(rules core.SignInRules) string {
	var words []string
	for _, option := range methodOptions() {
		if rules.Allows(option.Value) {
			words = append(words, strings.ToLower(option.Label))
		}
	}
	return upper(strings.Join(words, ", "))
}

func requireOptions() []web.Option {
	return []web.Option{
		{Value: "", Label: "What each person has set up"}, {Value: core.ACRTwo, Label: "Two factors"},
		{Value: core.ACRPhishingResistant, Label: "A passkey"},
	}
}

func optionLabel(options []web.Option, value string) string {
	for _, option := range options {
		if option.Value == value {
			return option.Label
		}
	}
	return value
}

func registrationWords(r core.SelfRegistration) string {
	switch {
	case !r.Open:
		return "By invitation"
	case len(r.Domains) > 0:
		return "Open to " + strings.Join(r.Domains, ", ")
	}
	return "Open to everybody"
}

// organisation shows what is known of one.
func (c *Console) organisation(v *Visit) (*Answer, error) {
	org, err := v.Desk.Organisation(v, v.Param("org"))
	if err != nil {
		return nil, err
	}
	governs, err := c.Office.Governs(v, v.Desk.Caller(), org.Name, core.WriteOrganisations)
	if err != nil {
		return nil, err
	}
	facts, err := c.orgFacts(v, org)
	if err != nil {
		return nil, err
	}
	page := c.orgPage(v, org, governs)
	rules := org.Rules
	page.Blocks = []web.Block{web.Split{
		Main: []web.Block{
			web.Details{Title: "Rules", Text: "What holds for everybody of the organisation.", Buttons: orgButton(governs, org, "Change the rules", "rules"), Rows: []web.Detail{
				{Label: "People sign in by", Value: web.Cell{Text: methodWords(rules.SignIn)}},
				{Label: "At least", Value: web.Cell{Text: optionLabel(requireOptions(), rules.SignIn.Require)}},
				{Label: "Browsers can be trusted", Value: web.Cell{Text: rememberWords(rules.RememberDays)}},
				{Label: "New accounts", Value: web.Cell{Text: registrationWords(rules.Registration)}},
				{Label: "Passwords", Value: web.Cell{Text: passwordWords(rules.PasswordMin)}},
				{Label: "People themselves may change", Value: web.Cell{Text: keptWords(rules)}},
			}},
			web.Details{Title: "Look", Text: "What people see when they sign in.", Buttons: orgButton(governs, org, "Change the look", "look"), Rows: []web.Detail{
				{Label: "Logo", Value: linkCell(org.Logo)}, {Label: "Icon", Value: linkCell(org.Favicon)},
				{Label: "Colour", Value: web.Cell{Text: orOurs(org.Theme.Accent), Sub: darkWords(org.Theme)}},
			}},
		},
		Side: []web.Block{facts},
	}}
	return show(page, nil)
}

func (c *Console) orgFacts(v *Visit, org *core.Organisation) (web.Block, error) {
	counts, err := v.Desk.Counts(v, org.Name)
	if err != nil {
		return nil, err
	}
	facts := web.Details{Title: "About", Rows: []web.Detail{
		{Label: "Key", Value: web.Cell{Text: org.Name, Code: true}}, {Label: "Website", Value: linkCell(org.WebsiteURL)},
		{Label: "Created", Value: web.Cell{At: org.CreatedAt}}, {Label: "Changed", Value: web.Cell{At: org.UpdatedAt}},
	}}
	for _, part := range []struct {
		label, path string
		permission  core.Permission
		many        int
	}{
		{"Users", pathUsers, core.ReadUsers, counts.Users}, {"Groups", pathGroups, core.ReadGroups, counts.Groups},
		{"Applications", Path + "/clients", core.ReadClients, counts.Clients}, {"Connectors", Path + "/connectors", core.ReadConnectors, counts.Connectors},
		{"Service accounts", pathAccounts, core.ReadAccounts, counts.ServiceAccounts}, {"Signed in now", pathSessions, core.ReadUsers, counts.Sessions},
	} {
		if v.May(part.permission, org.Name) {
			facts.Rows = append(facts.Rows, web.Detail{Label: part.label, Value: web.Cell{Text: number(part.many), URL: with(part.path, "org", org.Name)}})
		}
	}
	return facts, nil
}

func linkCell(address string) web.Cell {
	if address == "" {
		return web.Cell{Text: "none"}
	}
	if !core.IsWebAddress(address) {
		return web.Cell{Text: address}
	}
	return web.Cell{Text: address, URL: address}
}

func orOurs(colour string) string {
	if colour == "" {
		return "Postern's own"
	}
	return colour
}

func darkWords(theme core.Theme) string {
	if theme.AccentDark == "" {
		return ""
	}
	return theme.AccentDark + " on dark pages"
}

func rememberWords(days int) string {
	if days == 0 {
		return "Never: the second factor is asked for each time"
	}
	return "For " + several(days, "day", "days")
}

func passwordWords(least int) string {
	if least == 0 {
		return "As long as the server asks for"
	}
	return several(least, "character", "characters") + " or more"
}

func keptWords(rules core.OrgRules) string {
	var may []string
	for _, part := range []struct {
		kept bool
		what string
	}{{rules.KeepProfile, "profile"}, {rules.KeepEmail, "e-mail address"}, {rules.KeepAccount, "whether they have an account"}} {
		if !part.kept {
			may = append(may, part.what)
		}
	}
	if len(may) == 0 {
		return "Nothing"
	}
	return upper(strings.Join(may, ", "))
}

// orgPage is the page of an organisation.
func (c *Console) orgPage(v *Visit, org *core.Organisation, governs bool) *web.Console {
	page := &web.Console{Title: orgTitle(org), Badges: disabled(org.Disabled), Crumbs: []web.Anchor{{Label: "Organisations", URL: pathOrgs}}}
	page.Buttons = orgButton(v.May(core.WriteOrganisations, org.Name), org, "Edit", "edit")
	switch {
	case governs && org.Disabled:
		page.Buttons = append(page.Buttons, web.Button{Label: "Enable", Action: "enable", ID: "enable"})
	case governs:
		page.Buttons = append(page.Buttons, web.Button{Label: "Disable", Action: "disable", ID: "disable"})
	}
	if org.Name != core.DefaultOrganisation && v.May(core.WriteOrganisations, "") {
		page.Buttons = append(page.Buttons, web.Button{Label: "Delete", URL: at(pathOrgs, org.Name, "delete"), Kind: "danger", ID: "delete"})
	}
	return page
}

// belowOrg is a page that leads back to an organisation.
func belowOrg(org *core.Organisation, title string, blocks ...web.Block) *web.Console {
	return &web.Console{Title: title, Blocks: blocks, Crumbs: []web.Anchor{{Label: "Organisations", URL: pathOrgs}, {Label: orgTitle(org), URL: at(pathOrgs, org.Name)}}}
}

func orgButton(may bool, org *core.Organisation, label, page string) []web.Button {
	if !may {
		return nil
	}
	return []web.Button{{Label: label, URL: at(pathOrgs, org.Name, page), ID: page}}
}

func (c *Console) deleteOrganisationPage(v *Visit) (*Answer, error) {
	org, err := v.Desk.Organisation(v, v.Param("org"))
	if err != nil {
		return nil, err
	}
	return c.deleteOrganisationWith(v, org, "")
}

func (c *Console) deleteOrganisationWith(v *Visit, org *core.Organisation, problem string) (*Answer, error) {
	if err := v.need(core.WriteOrganisations, ""); err != nil {
		return nil, err
	}
	contents, err := v.Desk.OrganisationContents(v, org.Name)
	if err != nil {
		return nil, err
	}
	return show(belowOrg(org, "Delete "+orgTitle(org), goesWith(contents, "All of it is gone at once, and applications let nobody of it in any more. The audit log keeps what happened."),
		confirmForm("Type "+org.Name+" to go on", problem, "Delete "+orgTitle(org), at(pathOrgs, org.Name), v.held(admin.VersionOf(org.UpdatedAt)))), nil)
}

func (c *Console) deleteOrganisation(v *Visit) (*Answer, error) {
	org, err := v.Desk.Organisation(v, v.Param("org"))
	if err != nil {
		return nil, err
	}
	if v.Said("confirm") != org.Name {
		return problem(c.deleteOrganisationWith(v, org, "This is another key: type "+org.Name+"."))
	}
	if err := v.Desk.If(v.was()).DeleteOrganisation(v, org.Name); err != nil {
		return nil, err
	}
	return done(pathOrgs, orgTitle(org)+" was deleted.")
}

func (c *Console) askDisableOrganisation(v *Visit) (*Question, error) {
	org, err := v.Desk.Organisation(v, v.Param("org"))
	if err == nil {
		err = v.need(core.WriteOrganisations, org.Name)
	}
	if err != nil {
		return nil, err
	}
	return &Question{
		Title: "Disable " + orgTitle(org), Text: "Nobody of it can sign in, its administrators included, until somebody of another organisation enables it again.",
		Button: "Disable it", Danger: true, Back: at(pathOrgs, org.Name),
	}, nil
}

func (c *Console) switchOrganisation(off bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		org, err := v.Desk.UpdateOrganisation(v, v.Param("org"), "", func(o *core.Organisation) { o.Disabled = off })
		if err != nil {
			return nil, err
		}
		note := " is disabled: nobody of it can sign in."
		if !off {
			note = " is enabled again."
		}
		return done(at(pathOrgs, org.Name), orgTitle(org)+note)
	}
}

func newOrgSheet() Sheet[core.Organisation] {
	s := namesOfOrg()
	name := SheetField[core.Organisation]{
		Input: web.Input{Name: "name", Label: "Key", Kind: "text", Required: true, Focus: true, Code: true, Hint: "Lower-case letters, digits and hyphens. It is part of addresses and never changes."},
		Get:   func(o *core.Organisation) string { return o.Name }, Set: func(o *core.Organisation, s string) { o.Name = s },
	}
	fields := s.Groups[0].Fields
	fields[0].Input.Focus = false
	s.Groups[0].Fields = append([]SheetField[core.Organisation]{name}, fields...)
	s.Fill.Buttons = []web.Button{{Label: "Add the organisation", Action: "create", Kind: "primary", ID: "create"}}
	s.Fill.Back = &web.Anchor{Label: "Cancel", URL: pathOrgs}
	return s
}

func (c *Console) newOrganisation(v *Visit) (*Answer, error) {
	if err := v.need(core.WriteOrganisations, ""); err != nil {
		return nil, err
	}
	return show(newOrgPage(newOrgSheet().Form(nil, "")), nil)
}

func newOrgPage(form web.Form) *web.Console {
	return &web.Console{Title: "Add an organisation", Crumbs: []web.Anchor{{Label: "Organisations", URL: pathOrgs}}, Blocks: []web.Block{form}}
}

func (c *Console) createOrganisation(v *Visit) (*Answer, error) {
	var org *core.Organisation
	again, err := newOrgSheet().Make(v, func(made core.Organisation) (err error) {
		org, err = v.Desk.CreateOrganisation(v, made)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(newOrgPage(*again))
	}
	return done(at(pathOrgs, org.Name), orgTitle(org)+" was added.")
}

// orgSheet is a page on which a part of an organisation is edited.
func (c *Console) orgSheet(part, title string, sheet func() Sheet[core.Organisation]) Route {
	return SheetPage[core.Organisation]{
		Path: pathOrgs + "/:org/" + part, Menu: pathOrgs, Fresh: part == "rules", Permission: core.WriteOrganisations,
		Read: func(v *Visit) (*core.Organisation, string, admin.Version, error) {
			org, err := v.Desk.Organisation(v, v.Param("org"))
			if err != nil {
				return nil, "", "", err
			}
			return org, org.Name, admin.VersionOf(org.UpdatedAt), nil
		},
		Sheet: func(*Visit, *core.Organisation) Sheet[core.Organisation] { return sheet() },
		Page: func(_ *Visit, org *core.Organisation, form web.Form) *web.Console {
			return belowOrg(org, title+" "+orgTitle(org), saving(form, at(pathOrgs, org.Name)))
		},
		Update: func(v *Visit, org *core.Organisation, was admin.Version, edit func(*core.Organisation)) (to, note string, err error) {
			after, err := v.Desk.UpdateOrganisation(v, org.Name, was, edit)
			if err != nil {
				return "", "", err
			}
			return at(pathOrgs, org.Name), orgTitle(after) + " was changed.", nil
		},
	}.Route()
}

func namesOfOrg() Sheet[core.Organisation] {
	type O = core.Organisation
	return Sheet[O]{Groups: []SheetGroup[O]{{Fields: []SheetField[O]{
		textOf(web.Input{Name: "display_name", Label: "Name", Hint: "What people call it.", Focus: true}, func(o *O) *string { return &o.DisplayName }),
		textOf(web.Input{Name: "website_url", Label: "Website", Kind: "url", Optional: true, Placeholder: "https://"}, func(o *O) *string { return &o.WebsiteURL }),
	}}}}
}

func lookOfOrg() Sheet[core.Organisation] {
	type O = core.Organisation
	return Sheet[O]{Groups: []SheetGroup[O]{{Text: "The pages on which people sign in have its name and these.", Fields: []SheetField[O]{
		textOf(web.Input{Name: "logo", Label: "Address of the logo", Kind: "url", Optional: true, Placeholder: "https://", Wide: true}, func(o *O) *string { return &o.Logo }),
		textOf(web.Input{Name: "favicon", Label: "Address of the icon of the browser's tab", Kind: "url", Optional: true, Placeholder: "https://", Wide: true}, func(o *O) *string { return &o.Favicon }),
		textOf(web.Input{Name: "accent", Label: "Colour of buttons and links", Optional: true, Placeholder: "#1f6feb", Code: true, Hint: "It must be readable on white."}, func(o *O) *string { return &o.Theme.Accent }),
		textOf(web.Input{Name: "accent_dark", Label: "The same on dark pages", Optional: true, Placeholder: "#8ab4f8", Code: true, Hint: "It must be readable on black."}, func(o *O) *string { return &o.Theme.AccentDark }),
	}}}}
}

func rulesOfOrg() Sheet[core.Organisation] {
	type O = core.Organisation
	methods := checksOf(web.Input{Name: "sign_in_methods", Label: "People sign in by", Options: methodOptions()}, func(o *O) *[]string { return &o.Rules.SignIn.Methods })
	methods.Get = func(o *O) string { return strings.Join(allowed(o.Rules.SignIn), "\n") }
	methods.Set = func(o *O, text string) {
		o.Rules.SignIn.Methods = splitLines(text)
		if text == strings.Join(allowed(core.SignInRules{}), "\n") {
			o.Rules.SignIn.Methods = nil // the default
		}
	}
	methods.Check = func(text string) string {
		if text == "" {
			return "Choose at least one way to sign in."
		}
		return ""
	}
	return Sheet[O]{
		Aliases: map[string]string{"registration": "registration_open"},
		Groups: []SheetGroup[O]{
			{Title: "Signing in", Fields: []SheetField[O]{
				methods,
				textOf(web.Input{Name: "require_sign_in", Label: "At least", Kind: "select", Options: requireOptions()}, func(o *O) *string { return &o.Rules.SignIn.Require }),
				numberOf(web.Input{Name: "remember_days", Label: "Days for which a browser can be trusted", Hint: "It is not asked for the second factor meanwhile. 0: it always is.", Min: "0", Max: "365"}, func(o *O) *int { return &o.Rules.RememberDays }),
				numberOf(web.Input{Name: "password_min", Label: "Least number of characters of a password", Hint: "0: what the server asks for.", Min: "0", Max: "128"}, func(o *O) *int { return &o.Rules.PasswordMin }),
			}},
			{Title: "New accounts", Fields: []SheetField[O]{
				boxOf(web.Input{Name: "registration_open", Label: "People may make accounts of their own", Hint: "They prove their address first."}, func(o *O) *bool { return &o.Rules.Registration.Open }),
				linesOf(web.Input{Name: "registration_domains", Label: "Only with addresses of these domains", Optional: true, Hint: "One on each line, such as example.org.", Rows: 3, Code: true}, func(o *O) *[]string { return &o.Rules.Registration.Domains }),
				linesOf(web.Input{Name: "registration_groups", Label: "They come into these groups", Optional: true, Hint: "One on each line.", Rows: 3}, func(o *O) *[]string { return &o.Rules.Registration.Groups }),
			}},
			{Title: "What people may not do themselves", Text: "Because another program manages it, say.", Fields: []SheetField[O]{
				boxOf(web.Input{Name: "keep_profile", Label: "Change their profile"}, func(o *O) *bool { return &o.Rules.KeepProfile }),
				boxOf(web.Input{Name: "keep_email", Label: "Change their e-mail address"}, func(o *O) *bool { return &o.Rules.KeepEmail }),
				boxOf(web.Input{Name: "keep_account", Label: "Delete their account"}, func(o *O) *bool { return &o.Rules.KeepAccount }),
			}},
		},
	}
}

// allowed gives the methods that the rules allow, in the order of the form.
func allowed(rules core.SignInRules) (list []string) {
	for _, option := range methodOptions() {
		if rules.Allows(option.Value) {
			list = append(list, option.Value)
		}
	}
	return list
}
