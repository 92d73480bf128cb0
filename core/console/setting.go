package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const pathSettings = Path + "/settings"

func (c *Console) settingRoutes() []Route {
	return []Route{{Path: pathSettings, Menu: pathSettings, Show: c.settings}}
}

// settingGroups are the settings that belong together, by the beginnings of their keys; the
// last one has the rest.
func settingGroups() []struct {
	title    string
	prefixes []string
} {
	return []struct {
		title    string
		prefixes []string
	}{
		{"Addresses", []string{"listen", "issuer", "tls_", "trusted_", "webfinger_", "outbound_"}},
		{"Mail", []string{"mail_"}},
		{"Sign-in and tokens", []string{"session_", "access_", "id_token", "refresh_", "keys_", "password_"}},
		{"Applications that register themselves", []string{"registration"}},
		{"Plugins and themes", []string{"plugin_", "themes_"}},
		{"The rest", []string{""}},
	}
}

// settings shows what the operator chose, each with where it comes from. It cannot be
// changed here: whoever administers people need not be who runs the server.
func (c *Console) settings(v *Visit) (*Answer, error) {
	all, err := v.Desk.ServerSettings(v)
	if err != nil {
		return nil, err
	}
	page := &web.Console{Title: "Settings", Lead: "What whoever runs the server chose. It is changed where the server is started: mail_smtp, for example, by the flag --mail-smtp, the variable POSTERN_MAIL_SMTP, or mail_smtp in its file."}
	taken := map[string]bool{}
	for _, group := range settingGroups() {
		details := web.Details{Title: group.title}
		for _, s := range all {
			if taken[s.Key] || !hasPrefix(s.Key, group.prefixes) {
				continue
			}
			taken[s.Key] = true
			details.Rows = append(details.Rows, settingRow(s))
		}
		if len(details.Rows) > 0 {
			page.Blocks = append(page.Blocks, details)
		}
	}
	return show(page, nil)
}

func hasPrefix(key string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func settingRow(s admin.ServerSetting) web.Detail {
	value := web.Cell{Text: s.Value, Code: s.Value != ""}
	switch {
	case s.Secret:
		value = web.Cell{Text: "set, and shown to nobody"}
	case s.Value == "":
		value.Text = "not set"
	}
	if s.Where == "" {
		value.Badges = []web.Badge{{Text: "default"}}
	} else {
		value.Badges = []web.Badge{{Text: "from " + s.Where, Kind: "good"}}
	}
	return web.Detail{Label: s.Key, Hint: upper(s.Usage), Value: value}
}

const (
	pathMail = Path + "/mail"
	// settingMail is the setting without which no mails are sent.
	settingMail = "mail_smtp"
)

func (c *Console) mailRoutes() []Route {
	return []Route{{Path: pathMail, Menu: pathMail, Show: c.mails, Actions: map[string]Action{
		"retry":     {Do: c.retryMail},
		"retry_all": {Do: c.retryMails},
		"test":      {Do: c.testMail},
	}}}
}

// mails shows what waits to be sent.
func (c *Console) mails(v *Visit) (*Answer, error) {
	queued, err := v.Desk.QueuedMails(v)
	if err != nil {
		return nil, err
	}
	may := v.May(core.WriteMails, "")
	page := &web.Console{Title: "Mail", Lead: "Mails that wait to be sent. What they say is sealed: nobody reads it here."}
	table := web.Table{ID: "mails", Columns: actions([]string{"To", "What", "Since", "Next try"}, may), Empty: "No mail waits."}
	if len(queued) > 0 {
		table.Count = several(len(queued), "mail waits", "mails wait")
	}
	put := 0
	for i := range queued {
		m := &queued[i]
		row := web.Row{Cells: []web.Cell{{Text: m.To}, {Text: strings.ReplaceAll(m.Template, "_", " ")}, {At: m.CreatedAt}, {At: m.NextAt}}}
		if m.Failures > 0 {
			put++
			row.Cells[0].Badges = []web.Badge{{Text: several(m.Failures, "failure", "failures"), Kind: "wrong"}}
		}
		if may && m.Failures > 0 {
			row.Buttons = []web.Button{{Label: "Try now", About: m.To + ", " + string(m.ID), Action: "retry", Values: []web.Field{{Name: "id", Value: string(m.ID)}}}}
		}
		table.Rows = append(table.Rows, row)
	}
	if may && put > 0 {
		page.Buttons = []web.Button{{Label: "Try all again", Action: "retry_all", Kind: "primary", ID: "retry-all"}}
	}
	page.Blocks = []web.Block{table}
	if all, err := v.Desk.ServerSettings(v); err == nil && mailIsOff(all) {
		page.Blocks = append([]web.Block{web.Message{
			Kind: "warn", Title: "No mails are sent", Text: c.mailOff() + " Whoever runs the server sets mail_smtp and mail_from, and starts it again.",
		}}, page.Blocks...)
	}
	if server := c.mailServer(v); server != nil {
		page.Blocks = append(page.Blocks, server)
	}
	if may {
		page.Blocks = append(page.Blocks, web.Form{
			ID: "test", Title: "Send a mail to see whether it arrives", Text: "It is sent at once. That the mail server takes it does not mean that it arrives: look into the mailbox, and among the spam.",
			Groups:  []web.Group{{Inputs: []web.Input{{Name: "to", Label: "Address", Kind: "email", Required: true, Value: v.Said("to")}}}},
			Buttons: []web.Button{{Label: "Send it", Action: "test", ID: "send-test"}},
		})
	}
	return show(page, nil)
}

// mailServer says how mails are sent, to who may see settings.
func (c *Console) mailServer(v *Visit) web.Block {
	all, err := v.Desk.ServerSettings(v)
	if err != nil {
		return nil
	}
	details := web.Details{Title: "Mail server"}
	for _, s := range all {
		if strings.HasPrefix(s.Key, "mail_") {
			details.Rows = append(details.Rows, settingRow(s))
		}
	}
	return details
}

// mailOff says what comes of it that no mail server is named.
func (c *Console) mailOff() string {
	if u, err := url.Parse(c.Issuer); err == nil && u.Hostname() == "localhost" {
		return "This server is tried out on one machine: mails go nowhere, and whoever works at it reads them at /mailbox."
	}
	return "No mail server is named. Invitations and links for new passwords have to be handed over, and nobody recovers their account by themselves."
}

// mailIsOff reports whether the server has nobody to give mails to.
func mailIsOff(all []admin.ServerSetting) bool {
	return slices.ContainsFunc(all, func(s admin.ServerSetting) bool { return s.Key == settingMail && s.Value == "" })
}

func (c *Console) testMail(v *Visit) (*Answer, error) {
	to := v.Said("to")
	if err := v.Desk.TestMail(v, to); err != nil {
		return nil, err
	}
	return done(pathMail, "The mail server took the mail to "+to+".")
}

func (c *Console) retryMail(v *Visit) (*Answer, error) {
	if v.Said("id") == "" {
		return nil, &admin.MissingError{What: "mail", Name: ""}
	}
	return c.retry(v, core.ID(v.Said("id")))
}

func (c *Console) retryMails(v *Visit) (*Answer, error) { return c.retry(v, "") }

func (c *Console) retry(v *Visit, id core.ID) (*Answer, error) {
	tried, err := v.Desk.RetryMails(v, id)
	if err != nil {
		return nil, err
	}
	return done(pathMail, upper(several(tried, "mail is", "mails are"))+" tried again now.")
}
