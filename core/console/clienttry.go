package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

// tryClient offers to sign in to the application as the visitor, without the application.
func (c *Console) tryClient(v *Visit) (*Answer, error) {
	client, err := v.theClient()
	if err != nil {
		return nil, err
	}
	if err := v.need(core.WriteClients, client.Org); err != nil {
		return nil, err
	}
	return show(clientPage(v, client, "try", tryForm(client)), nil)
}

func tryForm(client *core.Client) web.Form {
	pkce := web.Input{Name: "without_pkce", Label: "Without PKCE", Hint: "As an application does that is too old for it.", Kind: "check"}
	if client.RequirePKCE {
		pkce.Hint += " This one must have it, and is refused."
	}
	return web.Form{
		Title: "Try a sign-in", Text: "You sign in to " + client.Title() + " as yourself, in this browser, and see what it would get: each request and answer, the tokens' claims, and where each claim comes from. The application takes no part, and all tokens are revoked at once. " + tryNote(client),
		Groups: []web.Group{
			{Inputs: []web.Input{
				{Name: "scopes", Label: "Scopes", Kind: "text", Code: true, Wide: true, Value: strings.Join(client.Scopes, " "), Hint: "What is asked for."},
				{Name: "prompt", Label: "Prompt", Kind: "select", Options: []web.Option{
					{Value: "", Label: "Nothing that is not needed"}, {Value: "none", Label: "none: no page at all"}, {Value: "login", Label: "login: sign in anew"},
					{Value: "consent", Label: "consent: ask for consent"}, {Value: "select_account", Label: "select_account: ask as whom"},
				}},
				{Name: "acr_values", Label: "Class of the sign-in", Kind: "text", Code: true, Optional: true, Suggest: []string{core.ACROne, core.ACRTwo, core.ACRPhishingResistant}},
			}},
			{Title: "More of the request", Folds: true, Inputs: []web.Input{
				{Name: "claims", Label: "Claims parameter", Kind: "textarea", Rows: 3, Code: true, Optional: true, Placeholder: `{"id_token": {"email": null}}`, Hint: "Claims that are asked for one by one, as JSON (OpenID Connect Core, section 5.5)."},
				pkce,
			}},
		},
		Buttons: []web.Button{{Label: "Sign in", Action: "begin", Kind: "primary", ID: "begin"}},
	}
}

// tryNote says what is different in a try.
func tryNote(client *core.Client) string {
	var notes []string
	if !client.Public() {
		notes = append(notes, "How it proves who it is ("+strings.Join(client.AuthMethods, ", ")+") is not tried: that takes its secret or key, which nobody here has.")
	}
	if client.Metadata.IDTokenEncryptionAlg != "" {
		notes = append(notes, "Its ID tokens are encrypted: only it can read them.")
	}
	return strings.Join(append(notes, "To see it as somebody else, use Explain."), " ")
}

func (c *Console) beginAttempt(v *Visit) (*Answer, error) {
	address, err := v.Desk.BeginAttempt(v, v.Param("id"), admin.Attempt{
		Scopes: strings.Fields(v.Said("scopes")), Prompt: v.Said("prompt"), ACRValues: strings.Fields(v.Said("acr_values")),
		Claims: v.Said("claims"), WithoutPKCE: v.Checked("without_pkce"),
	})
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		client, err := v.theClient()
		if err != nil {
			return nil, err
		}
		return invalid(clientPage(v, client, "try", retyped(v, tryForm(client), wrong)))
	}
	if err != nil {
		return nil, err
	}
	return &Answer{To: strings.TrimPrefix(address, c.Issuer)}, nil
}

// tried shows what came of an attempt. It is shown once: the code is used then.
func (c *Console) tried(v *Visit) (*Answer, error) {
	tried, err := v.Desk.FinishAttempt(v, v.Query.Encode())
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		return &Answer{Status: 400, Page: refusal("This attempt is over", sentence(wrong.Problems[0]))}, nil
	}
	if err != nil {
		return nil, err
	}
	client, err := v.Desk.Client(v, tried.ClientID)
	if err != nil {
		return nil, err
	}
	page := clientPage(v, client, "try", triedBlocks(tried, client)...)
	page.Tabs[slices.IndexFunc(page.Tabs, func(t web.Tab) bool { return t.Label == "Guide" })].Here = false
	explained, err := c.explainedTry(v, client, tried)
	if err != nil {
		return nil, err
	}
	if tried.Refusal != nil {
		if explained != nil {
			page.Blocks = append(page.Blocks, web.Table{ID: "decision", Title: "What the rules and policies say now", Columns: []string{"What is decided", "How"}, Rows: decisionRows(&explained.Decision)})
		}
		return show(page, nil)
	}
	page.Blocks = append(page.Blocks, triedDocuments(tried, explained)...)
	return show(page, nil)
}

// triedDocuments are what the tokens say, each claim with its origin.
func triedDocuments(tried *admin.Tried, explained *admin.Explanation) (blocks []web.Block) {
	var idToken, userInfo *admin.Document
	if explained != nil && explained.Given != nil {
		idToken, userInfo = explained.IDToken, explained.UserInfo
	}
	for _, doc := range []struct {
		title, text string
		json        []byte
		of          *admin.Document
	}{
		{"ID token", "What the application knows of the sign-in.", tried.IDToken, idToken}, {"UserInfo", "What the access token is worth at the UserInfo endpoint.", tried.UserInfo, userInfo},
	} {
		if table := claimTable(doc.title, doc.text, doc.json, doc.of); table != nil {
			blocks = append(blocks, *table)
		}
	}
	if tried.IDTokenHeader != nil {
		blocks = append(blocks, web.Code{ID: "header", Title: "Header of the ID token", Text: indent(tried.IDTokenHeader)})
	}
	if tried.Account != nil {
		blocks = append(blocks, web.Code{ID: "account", Title: "Account", Text: indent(tried.Account)})
	}
	return blocks
}

func triedBlocks(tried *admin.Tried, client *core.Client) []web.Block {
	again := web.Button{Label: "Try again", URL: at(clientsPath, client.ID) + "/try", ID: "again"}
	verdict := web.Message{Kind: "good", Title: "The sign-in works", Text: client.Title() + " would let you in. Everything that was issued is revoked.", Buttons: []web.Button{again}}
	if r := tried.Refusal; r != nil {
		text := "It was refused at the " + r.At + ": " + r.Code + "."
		if r.Description != "" {
			text += " " + r.Description
		}
		if why := refusalWords(r); why != "" {
			text += " " + why
		}
		if r.Reason != "" {
			text += " In the audit log it is " + strings.ReplaceAll(r.Reason, "_", " ") + "."
		}
		verdict = web.Message{Kind: "wrong", Title: "The sign-in does not work", Text: text, Buttons: []web.Button{again}}
	}
	blocks := []web.Block{verdict}
	for _, part := range []struct {
		title, text string
		rows        []admin.Row
	}{
		{"The application asked for", "The request at the authorization endpoint.", tried.Request},
		{"The browser came back with", "The answer of the authorization endpoint.", tried.Response},
		{"The code was exchanged with", "The request at the token endpoint, in the name of the application.", tried.Exchange},
		{"The token endpoint answered", "", tried.Answer},
	} {
		if len(part.rows) == 0 {
			continue
		}
		details := web.Details{Title: part.title, Text: part.text}
		for _, row := range part.rows {
			details.Rows = append(details.Rows, web.Detail{Label: row.Field, Value: web.Cell{Text: row.Value, Code: true}})
		}
		blocks = append(blocks, details)
	}
	if tried.Encrypted {
		blocks = append(blocks, web.Message{Text: "The ID token is encrypted: only the application can read it."})
	}
	return blocks
}

// explainedTry asks how it came about. Who may not see themselves as a user is told
// nothing: nil.
func (c *Console) explainedTry(v *Visit, client *core.Client, tried *admin.Tried) (*admin.Explanation, error) {
	scopes := tried.Scopes
	if tried.Refusal != nil {
		scopes = askedScopes(tried)
	}
	explained, err := v.Desk.Explain(v, admin.Inquiry{User: v.Holder.User, Client: client, Scopes: scopes, Address: v.IP})
	if _, missing, denied := unseen(err); missing || denied {
		return nil, nil
	}
	return explained, err
}

// askedScopes are those of the request.
func askedScopes(tried *admin.Tried) []string {
	for _, row := range tried.Request {
		if row.Field == "scope" {
			return strings.Fields(row.Value)
		}
	}
	return nil
}

// claimTable lists the members of a document, each with its origin, and what was taken out
// of it; nil of none.
func claimTable(title, text string, document []byte, of *admin.Document) *web.Table {
	members := membersOf(document)
	if members == nil {
		return nil
	}
	origins := map[string]admin.Claim{}
	if of != nil {
		for _, claim := range of.Claims {
			origins[claim.Name] = claim
		}
	}
	table := &web.Table{ID: strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title, Text: text, Columns: []string{"Claim", "Value", "Comes from"}}
	for _, m := range members {
		from := web.Cell{Text: "the server"}
		if claim, known := origins[m.name]; known && claim.Origin.Kind != "removed" {
			from = originCell(&claim)
		}
		delete(origins, m.name)
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: m.name, Code: true}, {Text: m.value, Code: true}, from}})
	}
	if of == nil {
		return table
	}
	for _, claim := range of.Claims {
		if _, left := origins[claim.Name]; left && claim.Origin.Kind == "removed" {
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: claim.Name, Code: true}, {}, originCell(&claim)}})
		}
	}
	return table
}

// originCell says where a claim comes from, with the way to the plugin that set it.
func originCell(claim *admin.Claim) web.Cell {
	from := web.Cell{Text: claim.Origin.String()}
	switch claim.Origin.Kind {
	case "standard":
		from.Text = "the server"
	case "removed":
		from.Badges = []web.Badge{{Text: "Removed", Kind: "warn"}}
	case "plugin":
		from.URL = at(instancesPath, claim.Origin.Instance)
	}
	return from
}

type member struct{ name, value string }

// membersOf gives the members of a JSON object in their order; nil if it is none.
func membersOf(document []byte) []member {
	decoder := json.NewDecoder(bytes.NewReader(document))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil
	}
	members := []member{}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return nil
		}
		members = append(members, member{name.(string), readableJSON(value)})
	}
	return members
}

// readableJSON writes a text without its quotes, everything else as JSON.
func readableJSON(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func indent(document []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, document, "", "  ") != nil {
		return string(document)
	}
	return out.String()
}

// refusalWords says what a refusal means to who runs the application.
func refusalWords(r *admin.TriedRefusal) string {
	return map[string]string{
		"access_denied":                     "Either you said no, or who may sign in to it or a policy does not let you.",
		"login_required":                    "With prompt=none nobody is asked: you are not signed in as it wants it.",
		"consent_required":                  "With prompt=none nobody is asked for consent, and you have not given it.",
		"interaction_required":              "With prompt=none nobody is asked, and something has to be.",
		"account_selection_required":        "With prompt=none nobody is asked as whom.",
		"invalid_scope":                     "It asks for a scope that it may not have: see Scopes in its settings.",
		"unauthorized_client":               "Its settings do not let it sign people in this way: see Protocol in its settings.",
		"invalid_request":                   "Its settings want the request otherwise: see Protocol in its settings.",
		"server_error":                      "A plugin failed, or the server did: the audit log and the activity of the plugins say which.",
		"temporarily_unavailable":           "A plugin failed, or another server was not there: the activity of the plugins says more.",
		"unmet_authentication_requirements": "You could not sign in in the class that is wanted.",
		"invalid_grant":                     "The code could not be used: it was used before, is over, or was revoked meanwhile.",
	}[r.Code]
}
