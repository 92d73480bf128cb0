package console

import (
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const keysPath = Path + "/keys"

func (c *Console) keyRoutes() []Route {
	return []Route{
		{Path: keysPath, Menu: keysPath, Show: c.keys, Actions: map[string]Action{"rotate": {Fresh: true, Do: c.rotateKeys}}},
		{Path: keysPath + "/:kid/delete", Menu: keysPath, Fresh: true, Show: c.leaveKey, Actions: map[string]Action{"delete": {Do: c.deleteKey}}},
	}
}

// keys lists the signing keys that are published.
func (c *Console) keys(v *Visit) (*Answer, error) {
	keys, err := v.Desk.Keys(v)
	if err != nil {
		return nil, err
	}
	writes := v.May(core.WriteKeys, "")
	uses, err := v.keyUses()
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "keys", Columns: []string{"Key", "Algorithm", "State", "Made", ""}, Count: several(len(keys), "key", "keys")}
	algs := web.Input{Name: "alg", Label: "Algorithm", Kind: "select", Options: []web.Option{{Label: "All of them"}}}
	for _, key := range keys {
		row := web.Row{Cells: []web.Cell{{Text: key.ID, Code: true}, {Text: key.Alg, Sub: usedFor(&key, uses)}, keyState(&key), {At: key.CreatedAt}}}
		if key.State == admin.KeySigns {
			algs.Options = append(algs.Options, web.Option{Value: key.Alg, Label: key.Alg})
		}
		if writes {
			row.Buttons = []web.Button{{Label: "Delete", About: key.ID, URL: at(keysPath, key.ID) + "/delete", Kind: "danger"}}
		}
		table.Rows = append(table.Rows, row)
	}
	page := &web.Console{Title: "Signing keys", Lead: "Tokens are signed with these. Their public halves are published, also those of keys that are retired. They change when you rotate them, and not by themselves.", Blocks: []web.Block{table}}
	if writes {
		page.Blocks = append(page.Blocks, web.Form{
			ID: "rotate", Title: "Make successors", Text: "They are published at once and sign after " + waitWords(core.KeyLead) + ", when every application has seen them. At once is for a key that somebody else may know: applications that keep keys refuse tokens for a while.",
			Groups:  []web.Group{{Inputs: []web.Input{algs, {Name: "at_once", Label: "Let them sign at once", Kind: "check"}}}},
			Buttons: []web.Button{{Label: "Rotate", Action: "rotate", Kind: "primary", ID: "rotate-keys"}},
		})
	}
	return show(page, nil)
}

// keyUses counts the applications whose tokens are signed with each algorithm, as far as
// the visitor may see them; nil if they may not.
func (v *Visit) keyUses() (map[string]int, error) {
	uses := map[string]int{}
	if !v.May(core.ReadClients, "") {
		return nil, nil
	}
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		clients, err := v.Desk.Clients(v, org.Name)
		if err != nil {
			return nil, err
		}
		for i := range clients {
			if asks(&clients[i]) {
				uses[clients[i].IDTokenAlg]++
			}
		}
	}
	return uses, nil
}

// usedFor says what a key that signs, or will, signs; nothing where the uses are nil.
func usedFor(key *admin.Key, uses map[string]int) string {
	applications := uses[key.Alg]
	switch {
	case uses == nil:
		return ""
	case key.State == admin.KeyRetired:
		return "checks what it signed"
	case applications == 0:
		return "no application now"
	}
	return "ID tokens of " + several(applications, "application", "applications")
}

func keyState(key *admin.Key) web.Cell {
	switch key.State {
	case admin.KeySigns:
		cell := web.Cell{Badges: []web.Badge{{Text: "Signs", Kind: "good"}}}
		if !key.RetiredAt.IsZero() {
			cell.Sub = "until " + key.RetiredAt.UTC().Format("2 January 2006, 15:04") + " UTC"
		}
		return cell
	case admin.KeyNext:
		return web.Cell{Badges: []web.Badge{{Text: "Next"}}, Sub: "published already"}
	}
	return web.Cell{Badges: []web.Badge{{Text: "Retired"}}, Sub: "published until " + key.GoneAt.UTC().Format("2 January 2006")}
}

func (c *Console) rotateKeys(v *Visit) (*Answer, error) {
	var algs []string
	if alg := v.Said("alg"); alg != "" {
		algs = []string{alg}
	}
	if _, err := v.Desk.RotateKeys(v, algs, v.Checked("at_once")); err != nil {
		return nil, err
	}
	if v.Checked("at_once") {
		return done(keysPath, "New keys sign from now on.")
	}
	return done(keysPath, "New keys are published. They sign after "+waitWords(core.KeyLead)+".")
}

func (c *Console) leaveKey(v *Visit) (*Answer, error) {
	if err := v.need(core.WriteKeys, ""); err != nil {
		return nil, err
	}
	kid := v.Param("kid")
	page := &web.Console{
		Title: "Delete a key", Crumbs: []web.Anchor{{Label: "Signing keys", URL: keysPath}},
		Blocks: []web.Block{web.Form{
			Title: "Delete " + kid + "?", Text: "It is not published any more, and nothing that it signed is trusted: people have to sign in to applications again. That is right for a key that somebody else knows, and for nothing else. Where it signed, another one is made at once.",
			Groups:  []web.Group{{Inputs: []web.Input{{Name: "confirm", Label: "Delete this key for good", Kind: "check"}}}},
			Buttons: []web.Button{{Label: "Delete", Action: "delete", Kind: "danger", ID: "delete"}}, Back: &web.Anchor{Label: "Cancel", URL: keysPath},
		}},
	}
	return show(page, nil)
}

func (c *Console) deleteKey(v *Visit) (*Answer, error) {
	if err := v.confirmed(); err != nil {
		return nil, err
	}
	if err := v.Desk.DeleteKey(v, v.Param("kid")); err != nil {
		return nil, err
	}
	return done(keysPath, "The key was deleted.")
}

// waitWords writes a time of whole minutes.
func waitWords(d time.Duration) string { return several(int(d.Minutes()), "minute", "minutes") }
