package console

import (
	"cmp"
	"errors"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/web"
)

const explainPath = Path + "/explain"

func (c *Console) explainRoutes() []Route {
	return []Route{{Path: explainPath, Menu: explainPath, Show: c.explain}}
}

// unseen tells errors that say that something is not there for the visitor, or denied.
func unseen(err error) (text string, missing, denied bool) {
	if gone, ok := errors.AsType[*admin.MissingError](err); ok {
		return upper(gone.Error()) + ".", true, false
	}
	if no, ok := errors.AsType[*desk.DeniedError](err); ok {
		return upper(no.Error()) + ".", false, true
	}
	return "", false, false
}

// explain says what an application gets about somebody, and why.
func (c *Console) explain(v *Visit) (*Answer, error) {
	if err := v.needAnywhere(core.ReadClients); err != nil {
		return nil, err
	}
	in, err := v.scope(core.ReadClients, false)
	if err != nil {
		return nil, err
	}
	clients, err := v.Desk.Clients(v, in.Org)
	if err != nil {
		return nil, err
	}
	ask := web.Table{
		ID: "ask", Title: "Who, and at which application?", Columns: []string{"What is decided", "How"}, Empty: "Choose an application and a person.",
		Search: &web.Search{Action: explainPath, Inputs: append(in.input(false), clientInput(clients, v.Ask("client")),
			web.Input{Name: "user", Label: "Login name or e-mail", Kind: "text", Value: v.Ask("user")},
			web.Input{Name: "scopes", Label: "Scopes", Kind: "text", Value: v.Ask("scopes"), Placeholder: "all that it may ask for"},
		)},
	}
	page := &web.Console{Title: "Explain", Lead: "What an application gets about a person, where each claim comes from, and what their sign-in takes. Nothing is issued."}
	if v.Ask("client") == "" || v.Ask("user") == "" {
		page.Blocks = []web.Block{ask}
		return show(page, nil)
	}
	explained, problem, err := c.explained(v, in.Org)
	if err != nil {
		return nil, err
	}
	if page.Problem = problem; problem != "" {
		page.Blocks = []web.Block{ask}
		return &Answer{Page: page, Status: 404}, nil
	}
	ask.Rows = decisionRows(&explained.Decision)
	page.Blocks = append([]web.Block{ask}, documentBlocks(explained)...)
	return show(page, nil)
}

func clientInput(clients []core.Client, chosen string) web.Input {
	input := web.Input{Name: "client", Label: "Application", Kind: "select", Value: chosen, Options: []web.Option{{Label: "Choose one"}}}
	for i := range clients {
		input.Options = append(input.Options, web.Option{Value: clients[i].ID, Label: clients[i].Title()})
	}
	return input
}

// explained asks; problem says that there is nobody, or nothing, of that name.
func (c *Console) explained(v *Visit, org string) (e *admin.Explanation, problem string, err error) {
	client, err := v.Desk.Client(v, v.Ask("client"))
	if err == nil {
		var user *core.User
		if user, err = v.Desk.FindUser(v, org, v.Ask("user")); err == nil {
			e, err = v.Desk.Explain(v, admin.Inquiry{User: user, Client: client, Scopes: strings.Fields(v.Ask("scopes")), Address: v.IP})
		}
	}
	if text, missing, denied := unseen(err); missing || denied {
		return nil, text, nil
	}
	return e, "", err
}

// decisionRows says what becomes of the request before there are any documents.
func decisionRows(d *admin.Decision) []web.Row {
	row := func(label, text string, badges ...web.Badge) web.Row {
		return web.Row{Cells: []web.Cell{{Text: label}, {Text: text, Badges: badges}}}
	}
	verdict := row("In the end", "The application gets tokens", web.Badge{Text: "Let in", Kind: "good"})
	if d.Refused != "" {
		verdict = row("In the end", cmp.Or(upper(d.Failure), strings.ReplaceAll(d.Refused, "_", " ")), web.Badge{Text: "Refused", Kind: "wrong"})
	}
	rows := []web.Row{verdict, row("It asks for", strings.Join(d.Asked, " ")), row("It gets", strings.Join(d.Granted, " "))}
	for _, p := range d.Policies {
		rows = append(rows, row("The policy "+p.Instance, policyWords(p)))
	}
	if d.NeedsConsent {
		rows = append(rows, row("Consent", "the person is asked"))
	}
	if d.SignIn == nil {
		return rows
	}
	rows = append(rows, row("They may sign in with", strings.Join(d.SignIn.Allowed, ", ")))
	for _, reason := range d.SignIn.Reasons {
		badge := web.Badge{Text: "To come", Kind: "warn"}
		if reason.Met || reason.Trusted {
			badge = web.Badge{Text: "Met", Kind: "good"}
		}
		rows = append(rows, row("The "+reason.By+" wants", "a sign-in of the class "+strings.Join(reason.Classes, " or "), badge))
	}
	for _, step := range d.SignIn.Steps {
		rows = append(rows, row("Then they are asked for", stepWords(step)))
	}
	return rows
}

func policyWords(p admin.PolicyAnswer) string {
	var said []string
	switch {
	case p.Failure != "":
		said = append(said, "failed: "+p.Failure)
	case p.Denied:
		said = append(said, "refuses: "+p.Reason)
	}
	if len(p.Removed) > 0 {
		said = append(said, "takes out "+strings.Join(p.Removed, " "))
	}
	if p.ACR != "" {
		said = append(said, "wants the class "+p.ACR)
	}
	if p.SignIn {
		said = append(said, "wants a new sign-in")
	}
	if p.Consent {
		said = append(said, "wants consent")
	}
	if len(said) == 0 {
		said = append(said, "changes nothing")
	}
	if p.Shadow {
		said = append(said, "it is a shadow, without effect")
	}
	return strings.Join(said, "; ")
}

func stepWords(step admin.SignInStep) string {
	what := map[string]string{
		admin.AskFactor: "a second factor", admin.AskEnrol: "a second factor that they set up on the way", admin.AskOther: "another way to sign in",
		admin.AskSignIn: "a new sign-in", admin.AskProvider: "a sign-in at the provider", admin.AskImpossible: "what nobody can do: the application is told",
	}[step.Ask]
	if len(step.Methods) > 0 {
		what += " (" + strings.Join(step.Methods, ", ") + ")"
	}
	return what
}

func documentBlocks(e *admin.Explanation) []web.Block {
	if e.Given == nil {
		return nil
	}
	var blocks []web.Block
	for _, doc := range []struct {
		title, text string
		of          *admin.Document
	}{{"ID token", "Without what only a real sign-in has.", e.IDToken}, {"UserInfo", "", e.UserInfo}} {
		if doc.of == nil {
			continue
		}
		table := web.Table{ID: strings.ToLower(strings.ReplaceAll(doc.title, " ", "-")), Title: doc.title, Text: doc.text, Columns: []string{"Claim", "Value", "Comes from"}}
		for _, claim := range doc.of.Claims {
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: claim.Name, Code: true}, {Text: readableJSON(claim.Value), Code: true}, originCell(&claim)}})
		}
		blocks = append(blocks, table)
	}
	shaped := "As the server answers it."
	if e.AccountShaped {
		shaped = "A plugin gave it its shape."
	}
	return append(blocks, web.Code{ID: "account", Title: "Account. " + shaped, Text: indent(e.Account)})
}
