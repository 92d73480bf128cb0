package console

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const (
	pathTokens = Path + "/tokens"
	tokenEnds  = "What works with it stops at once. This cannot be undone."
)

func (c *Console) tokenRoutes() []Route {
	return []Route{
		{Path: pathTokens, Menu: pathTokens, Show: c.ownTokens, Actions: map[string]Action{"revoke": {Ask: confirming("Revoke the API token", tokenEnds, "Revoke it"), Do: c.revokeOwnToken}}},
		{Path: pathTokens + "/new", Menu: pathTokens, Fresh: true, Show: c.newOwnToken, Actions: map[string]Action{"create": {Fresh: true, Do: c.createOwnToken}}},
	}
}

// tokenTable shows tokens, never what they are.
func tokenTable(now time.Time, tokens []core.APIToken, may bool) web.Table {
	table := web.Table{ID: "tokens", Title: "API tokens", Columns: actions([]string{"For", "May", "Last used", "Ends"}, may), Empty: "No token yet."}
	for _, t := range tokens {
		used := web.Cell{At: t.LastUsedAt}
		if t.LastUsedAt.IsZero() {
			used = web.Cell{Text: "never"}
		}
		ends := web.Cell{At: t.ExpiresAt}
		if !now.Before(t.ExpiresAt) {
			ends.Badges = []web.Badge{{Text: "Ended", Kind: "wrong"}}
		} else if t.ExpiresAt.Sub(now) <= core.SoonEnding && t.ExpiresAt.Sub(t.CreatedAt) > core.SoonEnding {
			ends.Badges = []web.Badge{{Text: "Ends soon", Kind: "warn"}}
		}
		row := web.Row{Cells: []web.Cell{{Text: t.Name, Sub: "made " + day(t.CreatedAt)}, {Text: tokenReach(t.Permissions)}, used, ends}}
		if may {
			row.Buttons = []web.Button{{Label: "Revoke", About: t.Name + ", " + string(t.ID), Action: "revoke", Values: []web.Field{{Name: "token", Value: string(t.ID)}}, Kind: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func tokenReach(permissions []core.Permission) string {
	if len(permissions) == 0 {
		return "All that the roles allow"
	}
	var names []string
	for _, p := range permissions {
		names = append(names, permissionWords(p))
	}
	return strings.Join(names, ", ")
}

// permissionWords says a permission as people read it: "Users: read".
func permissionWords(p core.Permission) string {
	what, how, _ := strings.Cut(string(p), ":")
	return upper(strings.ReplaceAll(what, "_", " ")) + ": " + how
}

func permissionOptions() (options []web.Option) {
	for _, p := range core.Permissions() {
		option := web.Option{Value: string(p), Label: permissionWords(p)}
		if p.ServerWide() {
			option.Hint = "By a role of the whole server"
		}
		options = append(options, option)
	}
	return options
}

// newToken is a token to be made, as a form says it.
type newToken struct {
	name, reach string
	permissions []string
	days        string
}

const (
	reachAll  = "all"
	reachSome = "some"
)

func tokenSheet(back string) Sheet[newToken] {
	type N = newToken
	permissions := checksOf(web.Input{Name: "permissions", Label: "These alone", Options: permissionOptions()}, func(n *N) *[]string { return &n.permissions })
	return Sheet[N]{
		Aliases: map[string]string{"ttl": "days"},
		Groups: []SheetGroup[N]{{Fields: []SheetField[N]{
			textOf(web.Input{Name: "name", Label: "What it is for", Required: true, Focus: true, Placeholder: "Terraform"}, func(n *N) *string { return &n.name }),
			textOf(web.Input{Name: "days", Label: "Works for", Kind: "select", Options: []web.Option{
				{Value: "30", Label: "30 days"}, {Value: "1", Label: "A day"}, {Value: "7", Label: "A week"}, {Value: "90", Label: "90 days"}, {Value: "366", Label: "A year"},
			}}, func(n *N) *string { return &n.days }),
			textOf(web.Input{Name: "reach", Label: "May", Kind: "radio", Options: []web.Option{
				{Value: reachAll, Label: "All that the roles allow", Hint: "Also what they will allow later"}, {Value: reachSome, Label: "Only what is ticked below", Hint: "As far as the roles allow it"},
			}}, func(n *N) *string { return &n.reach }),
			permissions,
		}}},
		Fill: web.Form{
			Text:    "Whoever has the token may do this without a password. Give it what it needs, and no more.",
			Buttons: []web.Button{{Label: "Make the token", Action: "create", Kind: "primary", ID: "create"}}, Back: &web.Anchor{Label: "Cancel", URL: back},
		},
	}
}

// input checks what a form cannot, and gives what is asked for.
func (n *newToken) input(holder core.ID) (admin.NewAPIToken, error) {
	input := admin.NewAPIToken{Holder: holder, Name: n.name}
	days := map[string]int{"1": 1, "7": 7, "30": 30, "90": 90, "366": 366}
	input.TTL = time.Duration(days[n.days]) * 24 * time.Hour
	if n.reach != reachSome {
		if n.reach != reachAll {
			return input, &admin.InvalidError{Problems: []admin.Problem{{Field: "reach", Text: "say what the token may"}}}
		}
		return input, nil
	}
	for _, p := range core.Permissions() {
		if slices.Contains(n.permissions, string(p)) {
			input.Permissions = append(input.Permissions, p)
		}
	}
	if len(input.Permissions) == 0 { // which would be all of them
		return input, &admin.InvalidError{Problems: []admin.Problem{{Field: "permissions", Text: "tick what the token may"}}}
	}
	return input, nil
}

// makeToken makes a token of a form, and shows it this once.
func (c *Console) makeToken(v *Visit, holder core.ID, back string, page func(blocks ...web.Block) *web.Console) (*Answer, error) {
	var text string
	var made *core.APIToken
	again, err := tokenSheet(back).Make(v, func(n newToken) error {
		input, err := n.input(holder)
		if err == nil {
			made, text, err = v.Desk.CreateAPIToken(v, input)
		}
		return err
	})
	if errors.Is(err, core.ErrLimit) {
		return invalid(page(web.Message{Kind: "wrong", Text: "There are as many tokens as there may be. Revoke one first."}))
	}
	switch {
	case err != nil:
		return nil, err
	case again != nil:
		return invalid(page(*again))
	}
	shown := page(
		web.Message{Kind: "warn", Title: "The token is shown this once", Text: "Only its hash is kept. It works until " + day(made.ExpiresAt) + "."},
		web.Copies{Rows: []web.Copy{{Label: "API token", Value: text}, {Label: "REST API", Value: strings.TrimSuffix(c.Issuer, "/") + "/api/v1"}, {Label: "SCIM", Value: strings.TrimSuffix(c.Issuer, "/") + "/scim/v2"}}},
	)
	shown.Title, shown.Buttons = made.Name, []web.Button{{Label: "Done", URL: back, Kind: "primary", ID: "done"}}
	return show(shown, nil)
}

// fresh is a new token as the form begins.
func freshToken() *newToken { return &newToken{days: "30", reach: reachAll} }

func (c *Console) newAccountToken(v *Visit) (*Answer, error) {
	p, err := v.program()
	if err == nil {
		err = v.need(core.WriteAccounts, p.Org)
	}
	if err != nil {
		return nil, err
	}
	return show(belowAccount(p.ServiceAccount, "Make a token", tokenSheet(at(pathAccounts, string(p.ID))).Form(freshToken(), "")), nil)
}

func (c *Console) createAccountToken(v *Visit) (*Answer, error) {
	p, err := v.program()
	if err != nil {
		return nil, err
	}
	return c.makeToken(v, p.ID, at(pathAccounts, string(p.ID)), func(blocks ...web.Block) *web.Console {
		return belowAccount(p.ServiceAccount, "Make a token", blocks...)
	})
}

func (c *Console) revokeAccountToken(v *Visit) (*Answer, error) {
	return c.revokeToken(v, core.ID(v.Param("id")))
}

func (c *Console) revokeToken(v *Visit, holder core.ID) (*Answer, error) {
	if err := v.Desk.RevokeAPIToken(v, holder, core.ID(v.Said("token"))); err != nil {
		return nil, err
	}
	return done(v.Here, "The token works no more.")
}

// ownTokens are those of the visitor.
func (c *Console) ownTokens(v *Visit) (*Answer, error) {
	tokens, err := v.Desk.APITokens(v, v.User)
	if err != nil {
		return nil, err
	}
	table := tokenTable(c.Now(), tokens, true)
	table.Title = ""
	return show(&web.Console{
		Title: "Your API tokens", Lead: "For your own programs: they may what you may, or a part of it. What runs without you is better a service account.",
		Buttons: []web.Button{{Label: "Make a token", URL: pathTokens + "/new", Kind: "primary", ID: "new"}}, Blocks: []web.Block{table},
	}, nil)
}

func ownTokenPage(blocks ...web.Block) *web.Console {
	return &web.Console{Title: "Make a token", Crumbs: []web.Anchor{{Label: "Your API tokens", URL: pathTokens}}, Blocks: blocks}
}

func (c *Console) newOwnToken(*Visit) (*Answer, error) {
	return show(ownTokenPage(tokenSheet(pathTokens).Form(freshToken(), "")), nil)
}

func (c *Console) createOwnToken(v *Visit) (*Answer, error) {
	return c.makeToken(v, v.User, pathTokens, ownTokenPage)
}

func (c *Console) revokeOwnToken(v *Visit) (*Answer, error) { return c.revokeToken(v, v.User) }
