package web

import "time"

// ConsoleStories gives pages of the console that have every block, and each state of it
// that looks different.
func ConsoleStories() []Story {
	at := time.Date(2026, 11, 23, 18, 59, 0, 0, time.UTC)
	return []Story{
		{"console-dashboard", inConsole("Overview", consoleDashboard(at))},
		{"console-welcome", inConsole("Overview", consoleWelcome())},
		{"console-users", inConsole("Users", consoleUsers(at))},
		{"console-empty", inConsole("Users", consoleEmpty())},
		{"console-user", inConsole("Users", consoleUser(at))},
		{"console-form", inConsole("Users", consoleForm())},
		{"console-problems", inConsole("Users", consoleProblems())},
		{"console-conflict", inConsole("Users", consoleConflict())},
		{"console-created", inConsole("Applications", consoleCreated())},
		{"console-order", inConsole("Plugins", consoleOrder(at))},
		{"console-delete", inConsole("Organisations", consoleDelete())},
		{"console-denied", inConsole("", consoleDenied())},
		{"console-kept", consoleKept()},
		{"console-choose", inConsole("Applications", consoleChoose())},
	}
}

// inConsole fills in what all pages have.
func inConsole(here string, page Console) Console {
	page.Menu = []MenuGroup{
		{"", []MenuItem{{"Overview", "/admin", "overview", false}}},
		{"People", []MenuItem{
			{"Users", "/admin/users", "users", false}, {"Groups", "/admin/groups", "groups", false},
			{"Organisations", "/admin/organisations", "organisations", false}, {"Sessions", "/admin/sessions", "sessions", false},
		}},
		{"Sign-in", []MenuItem{
			{"Applications", "/admin/clients", "clients", false}, {"Connectors", "/admin/connectors", "connectors", false},
			{"Plugins", "/admin/plugins", "plugins", false}, {"Explain", "/admin/explain", "explain", false},
		}},
		{"Administration", []MenuItem{
			{"Roles", "/admin/roles", "roles", false}, {"Service accounts", "/admin/accounts", "accounts", false},
			{"Audit log", "/admin/audit", "audit", false},
		}},
		{"Server", []MenuItem{
			{"Keys", "/admin/keys", "keys", false}, {"Mail", "/admin/mail", "mail", false},
			{"Import", "/admin/import", "import", false}, {"Settings", "/admin/settings", "settings", false},
		}},
	}
	for _, group := range page.Menu {
		for i := range group.Items {
			group.Items[i].Here = group.Items[i].Label == here
		}
	}
	page.Self = Self{Name: "Ada Lovelace", Login: "ada", Role: "Owner of the server", Picture: samplePicture, AccountURL: "/account", Logout: "/api/logout"}
	page.Action, page.Step = "/admin/page", "signed-step"
	return page
}

func consoleDashboard(at time.Time) Console {
	return Console{
		Title: "Overview", Lead: "What happens at id.example.com.",
		Blocks: []Block{
			Stats{[]Stat{
				{"Users", "1 284", "12 disabled", "/admin/users"}, {"Applications", "23", "", "/admin/clients"},
				{"Signed in now", "312", "browsers", "/admin/sessions"}, {"Sign-ins today", "841", "9 failed", "/admin/audit"},
			}},
			Split{
				Main: []Block{consoleTally(), Feed{Title: "Lately", Items: []FeedItem{
					{at, "Ada Lovelace changed the application Confluence", "/admin/audit/1", "redirect_uris", nil},
					{at.Add(-time.Hour), "A sign-in of ben failed", "/admin/audit/2", "203.0.113.7", []Badge{{"Failed", "wrong"}}},
					{at.Add(-2 * time.Hour), "Ada Lovelace created the user cara", "/admin/audit/3", "", nil},
				}, More: &Anchor{"The whole audit log", "/admin/audit"}}},
				Side: []Block{
					Message{Kind: "warn", Title: "Mails go nowhere", Text: "No mail server is set, so links have to be handed over.", Buttons: []Button{{Label: "See settings", URL: "/admin/settings"}}},
					Details{Title: "This server", Rows: []Detail{
						{"Issuer", Cell{Text: "https://id.example.com", Code: true}, ""}, {"Version", Cell{Text: "1.4.0"}, ""},
						{"Signing key", Cell{Text: "RS256", Sub: "since 3 May 2026"}, ""},
					}},
				},
			},
		},
	}
}

func consoleTally() Tally {
	return Tally{
		ID: "sign-ins", Title: "Sign-ins", Text: "Of the last days, in UTC. Today is not over yet.",
		Labels: []string{"10 Nov", "11 Nov", "12 Nov", "13 Nov", "14 Nov", "15 Nov", "16 Nov"},
		Series: []Series{{"Signed in", "good", []int{120, 98, 0, 141, 77, 4, 63}}, {"Failed", "wrong", []int{3, 0, 0, 61, 1, 1, 0}}},
		More:   &Anchor{"Failed sign-ins", "/admin/audit?type=signin.failed"},
	}
}

func consoleWelcome() Console {
	return Console{
		Title: "Welcome to Postern", Lead: "A few steps, and people sign in to your applications here.",
		Notice: "You are the first administrator of this server.",
		Blocks: []Block{Checklist{Title: "Next steps", Items: []Check{
			{"Protect your own account", "Add a passkey or an authenticator app: you may do everything here.", false, &Button{Label: "Add a passkey", URL: "/account/security/passkey"}, false},
			{"Name your organisation", "People see its name and logo when they sign in.", true, nil, false},
			{"Add an application", "Confluence, Grafana, GitLab or your own: we tell what to enter there.", false, &Button{Label: "Add an application", URL: "/admin/clients/new", Kind: "primary"}, false},
			{"Invite people", "They choose their own password or passkey.", false, &Button{Label: "Invite somebody", URL: "/admin/users/invite"}, false},
		}}},
	}
}

func consoleUsers(at time.Time) Console {
	row := func(name, login, mail string, badges []Badge, groups string, last time.Time) Row {
		return Row{Pick: login, Cells: []Cell{
			{Text: name, URL: "/admin/users/" + login, Sub: login, Mark: "person", Badges: badges}, {Text: mail}, {Text: groups}, {At: last},
		}}
	}
	return Console{
		Title: "Users", Notice: "cara was created.",
		Buttons: []Button{{Label: "Invite somebody", URL: "/admin/users/invite", Kind: "primary"}, {Label: "Create a user", URL: "/admin/users/new"}},
		Blocks: []Block{Table{
			ID: "users", Columns: []string{"Name", "E-mail", "Groups", "Last sign-in"},
			Picking: &Picking{Hidden: []Field{{"back", "q=a"}}, Buttons: []Button{{Label: "Disable", Action: "disable"}, {Label: "Sign them out", Action: "sign_out", Kind: "danger"}}},
			Search: &Search{Action: "/admin/users", Clear: "/admin/users", More: []Input{
				{Name: "group", Label: "Of the group", Kind: "text", Value: "sales", Suggest: []string{"sales", "engineering"}},
				{Name: "by", Label: "Sign in by", Kind: "select", Options: []Option{{"", "Anything", ""}}, Further: []OptionGroup{{"Providers", []Option{{"github", "GitHub", ""}}}}},
			}, Inputs: []Input{
				{Name: "q", Label: "Search for a name or an address", Kind: "search", Value: "a", Placeholder: "Name or address"},
				{Name: "org", Label: "Organisation", Kind: "select", Value: "built-in", Options: []Option{{"built-in", "Northwind", ""}, {"partners", "Partners of the Northern Infrastructure Department", ""}}},
			}},
			Rows: []Row{
				row("Ada Lovelace", "ada", "ada@example.com", []Badge{{"Owner", "good"}}, "engineering, confluence-users", at),
				row("Benjamin Bartholomew Featherstonehaugh-Cholmondeley", "ben", "benjamin.featherstonehaugh-cholmondeley@northern-infrastructure.example.com", nil, "sales", at),
				row("cara", "cara", "", []Badge{{"Disabled", "wrong"}}, "", time.Time{}),
				row(`<script>alert("1")</script>`, "dora", "dora@example.com", []Badge{{"Invited", "warn"}}, "", time.Time{}),
			},
			Next: "/admin/users?after=dora", First: "/admin/users", Count: "1 284 users",
		}},
	}
}

func consoleKept() Console {
	return Console{Title: "You are signed out", Action: "/admin/users/new", Step: "signed-step", Blocks: []Block{
		Message{Kind: "warn", Text: "Nothing was saved yet, and nothing of what you entered is lost.", Buttons: []Button{{Label: "Sign in", URL: "/admin/users/new", NewTab: true, Kind: "primary"}}},
		Details{Title: "What you entered", Rows: []Detail{{"Name", Cell{Text: "cara"}, ""}}},
		Form{To: "/admin/users/new", Hidden: []Field{{"name", "cara"}}, Buttons: []Button{{Label: "Go on", Action: "create", Kind: "primary", ID: "go-on"}}, Back: &Anchor{"Give it up", "/admin/users/new"}},
	}}
}

func consoleEmpty() Console {
	return Console{Title: "Users", Blocks: []Block{
		Table{Columns: []string{"Name"}, Empty: "Nobody is called so."},
		Feed{Title: "Lately"}, Log{Title: "Log"}, Order{ID: "o", Title: "Plugins"},
	}}
}

func consoleUser(at time.Time) Console {
	return Console{
		Title: "Ada Lovelace", Lead: "ada in Northwind", Badges: []Badge{{"Owner", "good"}, {"Two factors", ""}},
		Crumbs:  []Anchor{{"Users", "/admin/users"}},
		Buttons: []Button{{Label: "Edit", URL: "/admin/users/ada/edit"}, {Label: "Disable", Action: "disable", About: "Ada Lovelace"}, {Label: "Delete", URL: "/admin/users/ada/delete", Kind: "danger"}},
		Tabs: []Tab{
			{Label: "Profile", URL: "/admin/users/ada", Here: true}, {Label: "Security", URL: "/admin/users/ada/security"},
			{Label: "Sessions", URL: "/admin/users/ada/sessions", Count: "2"}, {Label: "Activity", URL: "/admin/users/ada/activity"},
		},
		Blocks: []Block{Split{
			Main: []Block{
				Details{Title: "Account", Rows: []Detail{
					{"User name", Cell{Text: "ada"}, ""}, {"E-mail", Cell{Text: "ada@example.com", Badges: []Badge{{"Verified", "good"}}}, ""},
					{"Identifier", Cell{Text: "01JDD2V7Q8M4RZ5K0M8X0B6Y1T", Code: true}, "The subject of tokens"},
					{"Created", Cell{At: at}, ""},
				}},
				Table{
					ID: "authenticators", Title: "Passkeys and apps", Columns: []string{"Name", "Kind", "Last used", "Actions"},
					Rows: []Row{
						{Cells: []Cell{{Text: "Laptop", Mark: "thing"}, {Text: "Passkey"}, {At: at}}, Buttons: []Button{{Label: "Remove", About: "Laptop", Action: "remove", Values: []Field{{"id", "1"}}, Kind: "danger"}}},
						{Cells: []Cell{{Text: "Phone", Mark: "thing"}, {Text: "App"}, {Text: "never"}}, Buttons: []Button{{Label: "Remove", About: "Phone", Action: "remove", Values: []Field{{"id", "2"}}, Kind: "danger"}}},
					},
				},
			},
			Side: []Block{
				Prose{Title: "Helping", Paragraphs: []string{"Who has lost a phone gets recovery codes, or has it removed. Ask who they are first."}},
				Message{Kind: "info", Text: "This account may do more than you may."}, Message{Kind: "good", Title: "All is well", Text: "Nothing is left to do."},
			},
		}},
	}
}

func consoleForm() Console {
	return Console{
		Title: "Edit Ada Lovelace", Crumbs: []Anchor{{"Users", "/admin/users"}, {"Ada Lovelace", "/admin/users/ada"}},
		Blocks: []Block{consoleUserForm()},
	}
}

func consoleUserForm() Form {
	return Form{
		Hidden: []Field{{"version", "mi2k4x"}},
		Groups: []Group{
			{Title: "Account", Inputs: []Input{
				{Name: "name", Label: "User name", Kind: "text", Value: "ada", Required: true, Focus: true, Keeps: true, Was: "ada"},
				{Name: "email", Label: "E-mail", Kind: "email", Value: "ada@example.com", Hint: "A link to prove it is sent there.", Keeps: true, Was: "ada@example.com"},
				{Name: "email_verified", Label: "The address is proved", Kind: "check", Value: "on", Hint: "You answer for it."},
				{Name: "bio", Label: "About", Kind: "textarea", Optional: true},
			}},
			{Title: "Sign-in", Text: "How people may sign in.", Inputs: []Input{
				{Name: "key", Label: "Private key", Kind: "secret", Hint: "In PEM. It is sealed, and never shown again.", Optional: true},
				{Name: "share", Label: "Share", Kind: "number", Min: "0", Max: "1", Step: "any", Value: "0.5"},
				{Name: "methods", Label: "Methods", Kind: "checks", Values: []string{"password"}, Options: []Option{
					{"password", "Password", ""}, {"passkey", "Passkey", "The safest of all"}, {"email", "Link by e-mail", ""},
				}},
				{Name: "require", Label: "At least", Kind: "radio", Value: "2", Options: []Option{{"1", "One factor", ""}, {"2", "Two factors", ""}}},
				{Name: "registration", Label: "Registration", Kind: "select", Value: "off", Options: []Option{{"off", "Off", ""}, {"open", "Open", ""}}},
				{Name: "days", Label: "Remembers a browser for", Hint: "days", Kind: "number", Value: "30", Min: "0", Max: "365"},
				{Name: "issuer", Label: "Issuer", Kind: "url", Value: "https://id.example.com", Locked: "Set in postern.toml.", Code: true},
			}},
			{Title: "More about the person", Folds: true, Inputs: []Input{
				{Name: "nickname", Label: "Nickname", Kind: "text", Suggest: []string{"Countess"}}, {Name: "picture", Label: "Picture", Kind: "file", Accept: "image/png"},
			}},
		},
		Buttons: []Button{{Label: "Save", Action: "save", Kind: "primary", ID: "save"}}, Back: &Anchor{"Cancel", "/admin/users/ada"},
	}
}

func consoleProblems() Console {
	page, form := consoleForm(), consoleUserForm()
	form.Problem = "Nothing was changed."
	form.Groups[0].Inputs[1].Value, form.Groups[0].Inputs[1].Problem = "ada@", "Write it like name@example.org."
	form.Groups[1].Inputs[0].Problem = "Nobody could sign in."
	page.Blocks = []Block{form}
	return page
}

func consoleConflict() Console {
	page, form := consoleForm(), consoleUserForm()
	page.Problem = "Somebody else changed this since you opened it. Nothing was saved yet: choose below what is to be kept, and save again."
	form.Groups[0].Inputs[1].Value = "countess@example.com"
	form.Groups[0].Inputs[1].Conflict = &Conflict{Stored: "ada@example.org", Typed: "countess@example.com"}
	form.Groups[0].Inputs[2].Conflict = &Conflict{Stored: "no", Typed: "yes", Theirs: true}
	form.Groups[1].Inputs[0].Conflict = &Conflict{Stored: "password, passkey", Typed: "password"}
	page.Blocks = []Block{form}
	return page
}

func consoleCreated() Console {
	return Console{
		Title: "Confluence", Crumbs: []Anchor{{"Applications", "/admin/clients"}}, Notice: "Confluence was created.",
		Blocks: []Block{
			Message{Kind: "warn", Title: "The secret is shown this once", Text: "Only its hash is kept. Copy it now."},
			Copies{Title: "Enter this in Confluence", Rows: []Copy{
				{"Client ID", "confluence", ""}, {"Client secret", "s3cr3t-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH", "Shown once"},
				{"Authorize endpoint", "https://id.example.com/login/oauth/authorize", ""},
			}},
			Code{ID: "config", Title: "grafana.ini", Text: "[auth.generic_oauth]\nenabled = true\nclient_id = grafana\nscopes = openid profile email\n", Copies: true},
			Checklist{Title: "Done so far", Items: []Check{{"Redirect URI set", "", true, nil, false}, {"First sign-in seen", "Sign in to Confluence once.", false, nil, false}}},
		},
	}
}

func consoleOrder(at time.Time) Console {
	return Console{Title: "Plugins", Blocks: []Block{
		Order{ID: "order", Title: "Order of token.claims", Text: "Each one gets what the one before it made.", Action: "move", Items: []OrderItem{
			{Name: "scopes", Label: "scopes", Sub: "Gives claims by scope", URL: "/admin/plugins/scopes", Badges: []Badge{{"Built in", ""}}},
			{Name: "rename", Label: "rename", Buttons: []Button{{Label: "Unbind", About: "rename", Action: "unbind", Values: []Field{{"item", "rename"}}}}},
		}},
		Live{ID: "numbers", Blocks: []Block{
			Chart{Title: "Calls in the last hour", Text: "33 calls, 2 of them failed.", From: "17:59", To: "18:59", Bars: []Bar{
				{"18:57: 31 calls", 31, 0}, {"18:58: none", 0, 0}, {"18:59: 2 calls, 2 failed", 2, 2},
			}},
		}},
		Log{Title: "Log", Live: true, Last: 15, Missed: "12 lines before these are not kept any more.", Lines: []LogLine{
			{at, "info", "mapped department", ""}, {at, "error", "no such host: directory.example.com", "wrong"},
		}, Search: &Search{Action: "/admin/instances/rename/log", Inputs: []Input{{Name: "level", Label: "Level", Kind: "select", Options: []Option{{"", "All of them", ""}, {"error", "Errors", ""}}}}}},
	}}
}

func consoleDelete() Console {
	return Console{
		Title: "Delete Partners", Crumbs: []Anchor{{"Organisations", "/admin/organisations"}, {"Partners", "/admin/organisations/partners"}},
		Problem: "Type the name as it stands there.",
		Blocks: []Block{Form{
			Title: "This goes with it", Text: "It cannot be undone.", Hidden: []Field{{"confirm", "yes"}},
			Groups:  []Group{{Inputs: []Input{{Name: "name", Label: "Type partners to go on", Kind: "text", Required: true}}}},
			Buttons: []Button{{Label: "Delete Partners", Action: "delete", Kind: "danger primary", ID: "delete"}}, Back: &Anchor{"Keep it", "/admin/organisations/partners"},
		}, Details{Rows: []Detail{{"Users", Cell{Text: "12"}, ""}, {"Applications", Cell{Text: "2"}, ""}}}},
	}
}

func consoleDenied() Console {
	return Console{Title: "You may not do this", Blocks: []Block{Message{
		Kind: "warn", Text: "This needs the permission users:write in the organisation Northwind.", Buttons: []Button{{Label: "Back to the overview", URL: "/admin"}},
	}}}
}

// consoleChoose has what one chooses among, steps, and a checklist on which something is
// wrong.
func consoleChoose() Console {
	return Console{
		Title: "New application", Lead: "What is it?", Crumbs: []Anchor{{"Applications", "/admin/clients"}},
		Blocks: []Block{
			Tiles{Title: "Products", Text: "Everything that they need is filled in.", Items: []Tile{
				{"Confluence (miniOrange)", "Confluence, with the miniOrange app", "/admin/clients/new?preset=confluence", ""},
				{"GitLab", "a GitLab of your own", "/admin/clients/new?preset=gitlab", "gitlab"},
			}},
			Steps{Title: "What to do", Text: "In GitLab.", Items: []string{"Add the lines below to /etc/gitlab/gitlab.rb.", "Run: sudo gitlab-ctl reconfigure"},
				Source: &Anchor{"GitLab's documentation", "https://docs.gitlab.com/administration/auth/oidc/"}},
			Checklist{Title: "Done so far", Items: []Check{{"The application sent a client secret that is not right.", "Paste the client secret into the application again. If you do not have it any more, make a new one.", false, nil, true}}},
		},
	}
}
