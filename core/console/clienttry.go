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
	form := web.Form{
		Title: "Try a sign-in", Text: "You sign in to " + client.Title() + " as yourself, in this browser, and see what it would get: each request and answer, the tokens' claims, and where each claim comes from. The application takes no part, and all tokens are revoked at once.",
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "scopes", Label: "Scopes", Kind: "text", Code: true, Wide: true, Value: strings.Join(client.Scopes, " "), Hint: "What is asked for."},
			{Name: "prompt", Label: "Prompt", Kind: "select", Options: []web.Option{
				{Value: "", Label: "Nothing that is not needed"}, {Value: "none", Label: "none: no page at all"}, {Value: "login", Label: "login: sign in anew"}, {Value: "consent", Label: "consent: ask for consent"},
			}},
			{Name: "acr_values", Label: "Class of the sign-in", Kind: "text", Code: true, Optional: true, Suggest: []string{core.ACROne, core.ACRTwo, core.ACRPhishingResistant}},
		}}},
		Buttons: []web.Button{{Label: "Sign in", Action: "begin", Kind: "primary", ID: "begin"}},
	}
	return show(clientPage(v, client, "try", form), nil)
}

func (c *Console) beginAttempt(v *Visit) (*Answer, error) {
	address, err := v.Desk.BeginAttempt(v, v.Param("id"), admin.Attempt{
		Scopes: strings.Fields(v.Said("scopes")), Prompt: v.Said("prompt"), ACRValues: strings.Fields(v.Said("acr_values")),
	})
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
	if tried.Refusal != nil {
		return show(page, nil)
	}
	origins, err := c.origins(v, client, tried)
	if err != nil {
		return nil, err
	}
	for _, doc := range []struct {
		title, text string
		json        []byte
		of          map[string]string
	}{
		{"ID token", "What the application knows of the sign-in.", tried.IDToken, origins.idToken}, {"UserInfo", "What the access token is worth at the UserInfo endpoint.", tried.UserInfo, origins.userInfo},
	} {
		if table := claimTable(doc.title, doc.text, doc.json, doc.of); table != nil {
			page.Blocks = append(page.Blocks, *table)
		}
	}
	if tried.Account != nil {
		page.Blocks = append(page.Blocks, web.Code{ID: "account", Title: "Account", Text: indent(tried.Account)})
	}
	return show(page, nil)
}

func triedBlocks(tried *admin.Tried, client *core.Client) []web.Block {
	again := web.Button{Label: "Try again", URL: at(clientsPath, client.ID) + "/try", ID: "again"}
	verdict := web.Message{Kind: "good", Title: "The sign-in works", Text: client.Title() + " would let you in. Everything that was issued is revoked.", Buttons: []web.Button{again}}
	if r := tried.Refusal; r != nil {
		text := "It was refused at the " + r.At + ": " + r.Code
		if r.Description != "" {
			text += ". " + r.Description
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

// originsOf are where the claims of each document come from.
type originsOf struct{ idToken, userInfo map[string]string }

// origins asks how the documents came about. Who may not see themselves as a user sees no
// origins.
func (c *Console) origins(v *Visit, client *core.Client, tried *admin.Tried) (o originsOf, err error) {
	explained, err := v.Desk.Explain(v, admin.Inquiry{User: v.Holder.User, Client: client, Scopes: tried.Scopes})
	if _, _, denied := unseen(err); denied {
		return o, nil
	}
	if err != nil || explained.Given == nil {
		return o, err
	}
	return originsOf{originWords(explained.IDToken), originWords(explained.UserInfo)}, nil
}

func originWords(doc *admin.Document) map[string]string {
	words := map[string]string{}
	if doc != nil {
		for _, claim := range doc.Claims {
			words[claim.Name] = claim.Origin.String()
		}
	}
	return words
}

// claimTable lists the members of a document, each with its origin; nil of none.
func claimTable(title, text string, document []byte, of map[string]string) *web.Table {
	members := membersOf(document)
	if members == nil {
		return nil
	}
	table := &web.Table{ID: strings.ToLower(strings.ReplaceAll(title, " ", "-")), Title: title, Text: text, Columns: []string{"Claim", "Value", "Comes from"}}
	for _, m := range members {
		from := of[m.name]
		if from == "" || from == "standard" {
			from = "the server"
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: m.name, Code: true}, {Text: m.value, Code: true}, {Text: from}}})
	}
	return table
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
