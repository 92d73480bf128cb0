package admin

import (
	"cmp"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Guide says how the relying party of a client is set up, in the words of its own forms
// and files, with everything filled in that is known.
type Guide struct {
	Title    string // "Confluence (miniOrange)"
	Steps    []string
	Forms    []Form
	Snippets []Snippet
	// Source is the page of the product's own documentation that it was checked against;
	// empty for what is no product.
	Source string
}

// Form is a table to copy from.
type Form struct {
	Title string // names the form of the product
	Rows  []Row
}

// Row is a line of a table to copy from: a field of the relying party's form and
// what belongs into it.
type Row struct{ Field, Value string }

// Snippet is a text for a file or a terminal.
type Snippet struct {
	Title    string // where it goes: "/etc/grafana/grafana.ini"
	Language string // "ini", "yaml", "ruby", "shell", "toml"
	Text     string // lines, the last without its end
}

// recipe is a guide before it is filled in. In its texts a word in braces stands for what
// [fillings] knows.
type recipe struct {
	steps    []string
	forms    []Form
	snippets []Snippet
	source   string
}

// hiddenSecret stands in a form for a secret that is not known any more.
const hiddenSecret = "(shown once, when it was made)"

// GuideOf gives the guide of the client's preset; for a preset that is not known any more
// that of a web application.
func GuideOf(client *core.Client, c Connection) Guide {
	preset, err := presetOf(client.Preset)
	if err != nil {
		preset, _ = presetOf(PresetWeb)
	}
	guide := preset.recipe.fill(fillings(client, c))
	guide.Title = preset.Title
	if !client.UsesSecret() {
		for i := range guide.Forms {
			guide.Forms[i].Rows = slices.DeleteFunc(guide.Forms[i].Rows, func(r Row) bool { return r.Value == hiddenSecret })
		}
	}
	if other := otherForm(client, c); other != nil {
		guide.Forms = append(guide.Forms, *other)
	}
	return guide
}

// otherForm is that of Atlassian's own client, for who registered its address with the
// preset of the app.
func otherForm(client *core.Client, c Connection) *Form {
	app := client.Preset == PresetConfluence || client.Preset == PresetJira
	if !app || !slices.ContainsFunc(client.RedirectURIs, func(uri string) bool { return strings.HasSuffix(uri, "/plugins/servlet/oidc/callback") }) {
		return nil
	}
	guide := atlassianRecipe("Confluence").fill(fillings(client, c))
	return &guide.Forms[0]
}

// fillings gives what stands for each word in braces.
func fillings(client *core.Client, c Connection) map[string]string {
	address := "https://APPLICATION"
	redirect := address + "/callback"
	if len(client.RedirectURIs) > 0 {
		redirect = client.RedirectURIs[0]
		address = cmp.Or(addressOf(client), address)
	}
	return map[string]string{
		"client_id": c.ClientID, "secret": cmp.Or(c.ClientSecret, hiddenSecret), "issuer": c.Issuer, "discovery": c.DiscoveryURI,
		"authorize": c.AuthorizationEndpoint, "token": c.TokenEndpoint, "device": c.Issuer + oauth.PathDeviceAuthorization, "verification": c.Issuer + oauth.PathDevice, "userinfo": c.UserInfoEndpoint, "account": c.AccountEndpoint,
		"jwks": c.JWKSURI, "logout": c.EndSessionEndpoint, "scopes": oauth.FormatScope(c.Scopes), "redirect": redirect, "address": address,
	}
}

// addressOf gives the application's own address: its redirect URI without the path at which
// it listens.
func addressOf(client *core.Client) string {
	preset, err := presetOf(client.Preset)
	if err != nil {
		return ""
	}
	for _, uri := range client.RedirectURIs {
		for _, path := range preset.listens.redirect {
			if address, found := strings.CutSuffix(uri, path); found {
				return address
			}
		}
	}
	return core.WebOrigin(client.RedirectURIs[0])
}

// fill writes the recipe with the fillings. In snippets a secret that is not known has a name
// that no parser trips over.
func (r recipe) fill(fillings map[string]string) Guide {
	inText := replacer(fillings)
	if fillings["secret"] == hiddenSecret {
		fillings["secret"] = "CLIENT_SECRET"
	}
	inSnippet := replacer(fillings)
	g := Guide{Source: r.source}
	for _, step := range r.steps {
		g.Steps = append(g.Steps, inText.Replace(step))
	}
	for _, form := range r.forms {
		filled := Form{Title: form.Title}
		for _, row := range form.Rows {
			filled.Rows = append(filled.Rows, Row{row.Field, inText.Replace(row.Value)})
		}
		g.Forms = append(g.Forms, filled)
	}
	for _, snippet := range r.snippets {
		g.Snippets = append(g.Snippets, Snippet{snippet.Title, snippet.Language, inSnippet.Replace(strings.TrimSpace(snippet.Text))})
	}
	return g
}

func replacer(fillings map[string]string) *strings.Replacer {
	var pairs []string
	for word, text := range fillings {
		pairs = append(pairs, "{"+word+"}", text)
	}
	return strings.NewReplacer(pairs...)
}
