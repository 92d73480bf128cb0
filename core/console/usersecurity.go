package console

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// userSecurity shows what somebody signs in with, and helps who lost it.
func (c *Console) userSecurity(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	proofs, err := v.Desk.UserProofs(v, p.ID)
	links, err2 := v.Desk.UserLinks(v, p.ID)
	devices, err3 := v.Desk.UserDevices(v, p.ID)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	helps := v.mayTo(p, core.HelpUsers)
	main := []web.Block{authenticatorTable(proofs, helps), c.linkTable(v, p, links, helps), deviceTable(devices, helps)}
	tokens, err := v.Desk.APITokens(v, p.ID)
	if err != nil {
		return nil, err
	}
	if len(tokens) > 0 {
		main = append(main, tokenTable(c.Now(), tokens, helps))
	}
	side := []web.Block{passwordBlock(v, p)}
	if helps {
		side = append(side, helpBlocks(p, proofs)...)
	}
	return show(c.userPage(v, p, "security", web.Split{Main: main, Side: side}), nil)
}

func actions(columns []string, may bool) []string {
	if may {
		return append(columns, "Actions")
	}
	return columns
}

func authenticatorTable(proofs admin.Proofs, helps bool) web.Block {
	table := web.Table{ID: "authenticators", Title: "Passkeys and apps", Columns: actions([]string{"Name", "Kind", "Last used"}, helps), Empty: "None."}
	if len(proofs.Authenticators) > 0 {
		table.Text = upper(several(proofs.RecoveryCodes, "recovery code", "recovery codes")) + " left."
	}
	for _, a := range proofs.Authenticators {
		kind := "Passkey"
		if a.Kind == core.AuthenticatorTOTP {
			kind = "Authenticator app"
		}
		name := cmp.Or(a.Name, kind)
		used := web.Cell{At: a.LastUsedAt}
		if a.LastUsedAt.IsZero() {
			used = web.Cell{Text: "never"}
		}
		row := web.Row{Cells: []web.Cell{{Text: name}, {Text: kind}, used}}
		if helps {
			row.Buttons = []web.Button{{Label: "Remove", About: name + ", added " + day(a.CreatedAt), Action: "remove", Values: []web.Field{{Name: "id", Value: string(a.ID)}}, Kind: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func (c *Console) linkTable(v *Visit, p *person, links []core.Link, helps bool) web.Block {
	table := web.Table{ID: "links", Title: "Accounts at providers", Columns: actions([]string{"Provider", "Account", "Last used"}, helps), Empty: "None."}
	if v.mayTo(p, core.WriteUsers) {
		table.Buttons = []web.Button{{Label: "Link an account", URL: at(pathUsers, string(p.ID), "link"), ID: "link"}}
	}
	for _, l := range links {
		row := web.Row{Cells: []web.Cell{{Text: l.Connector}, {Text: cmp.Or(l.Name, l.Subject), Sub: subjectOf(l)}, {At: l.LastUsedAt}}}
		if helps {
			row.Buttons = []web.Button{{Label: "Unlink", About: l.Connector + " " + l.Subject, Action: "unlink", Values: []web.Field{{Name: "connector", Value: l.Connector}, {Name: "subject", Value: l.Subject}}}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func subjectOf(l core.Link) string {
	if l.Name == "" {
		return ""
	}
	return l.Subject
}

func deviceTable(devices []core.Device, helps bool) web.Block {
	table := web.Table{ID: "devices", Title: "Trusted browsers", Text: "They are not asked for the second factor.", Columns: actions([]string{"Browser", "Last used", "Until"}, helps), Empty: "None."}
	for _, d := range devices {
		name := browserName(d.UserAgent)
		row := web.Row{Cells: []web.Cell{{Text: name, Sub: d.IP}, {At: d.LastUsedAt}, {At: d.ExpiresAt}}}
		if helps {
			row.Buttons = []web.Button{{Label: "Forget", About: name + ", trusted " + day(d.CreatedAt) + ", " + string(d.ID), Action: "forget", Values: []web.Field{{Name: "id", Value: string(d.ID)}}}}
		}
		table.Rows = append(table.Rows, row)
	}
	if helps && len(devices) > 1 {
		table.Buttons = []web.Button{{Label: "Forget all", Action: "forget_all", ID: "forget-all"}}
	}
	return table
}

func browserName(agent string) string { return cmp.Or(core.BrowserName(agent), "Unknown browser") }

func passwordBlock(v *Visit, p *person) web.Block {
	state := web.Cell{Text: "none"}
	if p.PasswordHash != "" {
		state = web.Cell{Text: "set"}
		if !p.PasswordAt.IsZero() {
			state.Sub = "on " + day(p.PasswordAt)
		}
	}
	block := web.Details{Title: "Password", Rows: []web.Detail{{Label: "Password", Value: state}}}
	if v.mayTo(p, core.WriteUsers) {
		block.Buttons = []web.Button{{Label: "Set one", URL: at(pathUsers, string(p.ID), "password"), ID: "password"}}
	}
	return block
}

// helpBlocks are ways to help who cannot sign in.
func helpBlocks(p *person, proofs admin.Proofs) []web.Block {
	var blocks []web.Block
	if p.PasswordHash != "" && !p.Disabled {
		forgot := web.Message{Kind: "info", Title: "Forgot the password?", Text: "A link leads to a page where they choose another. Make sure who asks."}
		if p.Email != "" {
			forgot.Buttons = append(forgot.Buttons, web.Button{Label: "Send a link", Action: "reset_mail", ID: "reset-mail"})
		}
		forgot.Buttons = append(forgot.Buttons, web.Button{Label: "Make a link to hand over", Action: "reset_hand", ID: "reset-hand"})
		blocks = append(blocks, forgot)
	}
	if len(proofs.Authenticators) > 0 {
		blocks = append(blocks, web.Message{
			Kind: "info", Title: "Lost a phone or a key?", Text: "Recovery codes stand in for it. To remove everything signs them out everywhere, and they set up anew.",
			Buttons: []web.Button{{Label: "New recovery codes", Action: "codes", ID: "codes"}, {Label: "Remove everything", Action: "reset", Kind: "danger", ID: "reset"}},
		})
	}
	return blocks
}

func (c *Console) resetLink(send bool) func(*Visit) (*Answer, error) {
	return func(v *Visit) (*Answer, error) {
		p, err := v.person()
		if err != nil {
			return nil, err
		}
		made, err := v.Desk.ResetLink(v, p.ID, send)
		if err != nil {
			return nil, err
		}
		return c.handed(p, "security", made, "A link to choose another password")
	}
}

// helped does something for the person, and says so on the same page.
func (v *Visit) helped(do func(p *person) error, note func(p *person) string) (*Answer, error) {
	p, err := v.person()
	if err == nil {
		err = do(p)
	}
	if err != nil {
		return nil, err
	}
	return done(v.Here, note(p))
}

func (c *Console) removeAuthenticator(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.RemoveAuthenticator(v, p.ID, core.ID(v.Said("id"))) },
		func(*person) string { return "It is removed." })
}

func (c *Console) resetProofs(v *Visit) (*Answer, error) {
	var removed int
	return v.helped(func(p *person) (err error) { removed, err = v.Desk.ResetProofs(v, p.ID); return err },
		func(p *person) string {
			return several(removed, "passkey or app", "passkeys and apps") + " removed; " + p.DisplayName() + " is signed out everywhere."
		})
}

// recoveryCodes shows new codes, this once.
func (c *Console) recoveryCodes(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	codes, err := v.Desk.NewRecoveryCodes(v, p.ID)
	if err != nil {
		return nil, err
	}
	page := below(p, "Recovery codes of "+p.DisplayName(), "security",
		web.Message{Kind: "warn", Title: "They are shown this once", Text: "Each works once, in place of the passkey or app. Those from before work no more. Hand them to nobody else."},
		web.Code{ID: "codes", Title: "Recovery codes", Text: strings.Join(codes, "\n"), Copies: true})
	page.Buttons = []web.Button{{Label: "Done", URL: at(pathUsers, string(p.ID), "security"), Kind: "primary", ID: "done"}}
	return show(page, nil)
}

func (c *Console) unlinkUser(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.UnlinkUser(v, p.ID, v.Raw("connector"), v.Raw("subject")) },
		func(*person) string { return "The account at " + v.Said("connector") + " is unlinked." })
}

func (c *Console) forgetDevice(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.ForgetDevice(v, p.ID, core.ID(v.Said("id"))) },
		func(*person) string { return "The browser is asked for the second factor again." })
}

func (c *Console) forgetDevices(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.ForgetDevices(v, p.ID) },
		func(*person) string { return "All browsers are asked for the second factor again." })
}

func (c *Console) revokeUserToken(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.RevokeAPIToken(v, p.ID, core.ID(v.Said("token"))) },
		func(*person) string { return "The token works no more." })
}

// userApplications shows what somebody allowed applications.
func (c *Console) userApplications(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	consents, err := v.Desk.UserConsents(v, p.ID)
	if err != nil {
		return nil, err
	}
	helps := v.mayTo(p, core.HelpUsers)
	table := web.Table{ID: "consents", Title: "What they allowed", Text: "Applications for which they were asked.", Columns: actions([]string{"Application", "May", "Since"}, helps), Empty: "Nothing."}
	for _, consent := range consents {
		row := web.Row{Cells: []web.Cell{{Text: consent.ClientID, Mark: "thing"}, {Text: strings.Join(consent.Scopes, ", ")}, {At: consent.GrantedAt}}}
		if helps {
			row.Buttons = []web.Button{{Label: "Withdraw", About: "from " + consent.ClientID, Action: "withdraw", Values: []web.Field{{Name: "client", Value: consent.ClientID}}, Kind: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	return show(c.userPage(v, p, "applications", table), nil)
}

func (c *Console) withdrawConsent(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.WithdrawConsent(v, p.ID, v.Said("client")) },
		func(p *person) string {
			return v.Said("client") + " has no access of " + p.DisplayName() + " any more."
		})
}

func (c *Console) passwordPage(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	return c.passwordWith(v, p, "")
}

func (c *Console) passwordWith(v *Visit, p *person, problem string) (*Answer, error) {
	if err := v.need(core.WriteUsers, p.Org); err != nil {
		return nil, err
	}
	form := web.Form{
		Text: "It signs " + p.DisplayName() + " out everywhere. A link with which they choose one themselves is better: then nobody else ever knew it.",
		Groups: []web.Group{{Inputs: []web.Input{{
			Name: "password", Label: "New password", Kind: "password", Required: true, Autocomplete: "new-password", Problem: problem, Focus: true,
		}}}},
		Buttons: []web.Button{{Label: "Set the password", Action: "set", Kind: "primary", ID: "set"}},
		Back:    &web.Anchor{Label: "Cancel", URL: at(pathUsers, string(p.ID), "security")},
	}
	return show(below(p, "Set a password", "security", form), nil)
}

func (c *Console) setPassword(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	if v.Raw("password") == "" {
		return problem(c.passwordWith(v, p, "Give a password."))
	}
	err = v.Desk.SetPassword(v, p.ID, v.Raw("password"))
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return problem(c.passwordWith(v, p, sentence(wrong.Problems[0])))
	}
	if err != nil {
		return nil, err
	}
	return done(at(pathUsers, string(p.ID), "security"), "The password of "+p.DisplayName()+" is set.")
}

// problem gives an answer the status of one on which something is wrong.
func problem(answer *Answer, err error) (*Answer, error) {
	if answer != nil {
		answer.Status = http.StatusUnprocessableEntity
	}
	return answer, err
}

func (c *Console) linkPage(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	return c.linkWith(v, p, nil)
}

func (c *Console) linkWith(v *Visit, p *person, problems map[string]string) (*Answer, error) {
	if err := v.need(core.WriteUsers, p.Org); err != nil {
		return nil, err
	}
	connectors, err := v.Desk.Connectors(v, p.Org)
	if err != nil {
		return nil, err
	}
	var options []web.Option
	for _, connector := range connectors {
		options = append(options, web.Option{Value: connector.Instance, Label: cmp.Or(connector.Title(), connector.Instance)})
	}
	if len(options) == 0 {
		return show(below(p, "Link an account", "security", web.Message{Kind: "info", Text: "The organisation has no connector to a provider yet."}), nil)
	}
	form := web.Form{
		Text: "Whom the provider knows by this is " + p.DisplayName() + ": they sign in with it. You answer for it; nothing is compared.",
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "connector", Label: "Provider", Kind: "select", Options: options, Value: v.Said("connector"), Problem: problems["connector"]},
			{Name: "subject", Label: "What the provider names them by", Required: true, Code: true, Value: v.Raw("subject"), Hint: "The sub of OpenID Connect, or an object's identifier.", Problem: problems["subject"]},
		}}},
		Problem: problems[""], Buttons: []web.Button{{Label: "Link", Action: "link", Kind: "primary", ID: "link"}},
		Back: &web.Anchor{Label: "Cancel", URL: at(pathUsers, string(p.ID), "security")},
	}
	return show(below(p, "Link an account", "security", form), nil)
}

func (c *Console) linkUser(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	_, err = v.Desk.LinkUser(v, p.ID, v.Said("connector"), v.Raw("subject"))
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return problem(c.linkWith(v, p, byField(wrong)))
	}
	if err != nil {
		return nil, err
	}
	return done(at(pathUsers, string(p.ID), "security"), "The account at "+v.Said("connector")+" is linked.")
}

// byField words what is wrong, by field.
func byField(wrong *admin.InvalidError) map[string]string {
	told := map[string]string{}
	for _, p := range wrong.Problems {
		told[p.Field] = strings.TrimSpace(told[p.Field] + " " + sentence(p))
	}
	return told
}

// userSessions shows where somebody is signed in.
func (c *Console) userSessions(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	sessions, err := v.Desk.UserSessions(v, p.ID)
	if err != nil {
		return nil, err
	}
	helps := v.mayTo(p, core.HelpUsers)
	table := web.Table{ID: "sessions", Title: "Browsers signed in", Columns: actions([]string{"Browser", "Signed in", "By", "Ends"}, helps), Empty: "Nowhere."}
	for i := range sessions {
		table.Rows = append(table.Rows, sessionRow(&sessions[i], nil, helps))
	}
	if helps && len(sessions) > 0 {
		table.Buttons = []web.Button{{Label: "Sign out everywhere", Action: "end_all", Kind: "danger", ID: "end-all"}}
	}
	return show(c.userPage(v, p, "sessions", table), nil)
}

// sessionRow is a session in a list; whose it is comes first, where that is to be told.
func sessionRow(s *core.Session, whose *web.Cell, helps bool) web.Row {
	name := browserName(s.UserAgent)
	browser := web.Cell{Text: name, Sub: s.IP}
	row := web.Row{Cells: []web.Cell{browser, {At: s.AuthTime}, {Text: wayWords(s)}, {At: s.ExpiresAt}}}
	if whose != nil {
		row.Cells = append([]web.Cell{*whose}, row.Cells...)
	}
	if helps {
		row.Buttons = []web.Button{{
			Label: "End", About: name + ", " + day(s.AuthTime) + ", " + string(s.ID), Action: "end",
			Values: []web.Field{{Name: "id", Value: string(s.ID)}, {Name: "user", Value: string(s.UserID)}},
		}}
	}
	return row
}

// wayWords says how strong a sign-in was, and by whom.
func wayWords(s *core.Session) string {
	way := "One factor"
	switch s.ACR {
	case core.ACRTwo:
		way = "Two factors"
	case core.ACRPhishingResistant:
		way = "Passkey"
	}
	if s.Upstream != nil {
		return s.Upstream.Connector
	}
	return way
}

func (c *Console) endSession(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.EndUserSession(v, p.ID, core.ID(v.Said("id"))) },
		func(p *person) string { return p.DisplayName() + " is signed out there." })
}

func (c *Console) signOutUser(v *Visit) (*Answer, error) {
	return v.helped(func(p *person) error { return v.Desk.SignOutUser(v, p.ID) },
		func(p *person) string { return p.DisplayName() + " is signed out everywhere." })
}

// userActivity is what happened to an account.
func (c *Console) userActivity(v *Visit) (*Answer, error) {
	p, err := v.person()
	if err != nil {
		return nil, err
	}
	if !v.May(core.ReadAudit, p.Org) {
		return show(c.userPage(v, p, "activity", web.Message{Kind: "info", Text: "You may not see the audit log."}), nil)
	}
	events, err := v.Desk.Events(v, core.EventFilter{UserID: p.ID, Org: v.auditOrg(p.Org), Limit: pageSize})
	if err != nil {
		return nil, err
	}
	feed := web.Feed{Title: "What happened", Items: happened(events), More: &web.Anchor{Label: "Search the audit log", URL: with(Path+"/audit", "user", string(p.ID))}}
	return show(c.userPage(v, p, "activity", feed), err)
}

// auditOrg is the organisation to which the visitor's look at the log is bound; empty for
// who sees all of it.
func (v *Visit) auditOrg(org string) string {
	if v.May(core.ReadAudit, "") {
		return ""
	}
	return org
}
