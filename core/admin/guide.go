package admin

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
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

// recipe is a guide before it is filled in. In its texts a word in braces stands for what
// [fillings] knows.
type recipe struct {
	steps    []string
	forms    []Form
	snippets []draft
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
	guide := preset.recipe.fill(fillingsOf(client, c))
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
	own, err := presetOf(PresetConfluenceAtlassian)
	if err != nil {
		return nil
	}
	c.Scopes = oauth.CutScopes(own.client.Scopes, c.Scopes)
	guide := own.recipe.fill(fillingsOf(client, c))
	return &guide.Forms[0]
}

// fillings are what is put in.
type fillings struct {
	words  map[string]string // what stands for each word in braces
	scopes []string
}

func fillingsOf(client *core.Client, c Connection) *fillings {
	address := "https://APPLICATION"
	redirect := address + "/callback"
	if len(client.RedirectURIs) > 0 {
		redirect = client.RedirectURIs[0]
		address = cmp.Or(addressOf(client), address)
	}
	leave := address + "/"
	if len(client.PostLogoutRedirectURIs) > 0 {
		leave = client.PostLogoutRedirectURIs[0]
	}
	return &fillings{scopes: c.Scopes, words: map[string]string{
		"client_id": c.ClientID, "secret": cmp.Or(c.ClientSecret, hiddenSecret), "issuer": c.Issuer, "discovery": c.DiscoveryURI,
		"authorize": c.AuthorizationEndpoint, "token": c.TokenEndpoint, "device": c.Issuer + oauth.PathDeviceAuthorization, "verification": c.Issuer + oauth.PathDevice, "userinfo": c.UserInfoEndpoint, "account": c.AccountEndpoint,
		"jwks": c.JWKSURI, "logout": c.EndSessionEndpoint, "scopes": oauth.FormatScope(c.Scopes), "more_scopes": oauth.FormatScope(besides(c.Scopes)), "more_scopes_comma": strings.Join(besides(c.Scopes), ","),
		"redirect": redirect, "address": address, "leave": leave, "leave_in_query": url.QueryEscape(leave), "secure": strconv.FormatBool(!strings.HasPrefix(address, "http://")),
	}}
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
func (r recipe) fill(known *fillings) Guide {
	text := replacer(known.words)
	g := Guide{Source: r.source}
	for _, step := range r.steps {
		g.Steps = append(g.Steps, text.Replace(step))
	}
	for _, form := range r.forms {
		filled := Form{Title: form.Title}
		for _, row := range form.Rows {
			filled.Rows = append(filled.Rows, Row{row.Field, text.Replace(row.Value)})
		}
		g.Forms = append(g.Forms, filled)
	}
	inSnippets := fillings{words: maps.Clone(known.words), scopes: known.scopes}
	if known.words["secret"] == hiddenSecret {
		inSnippets.words["secret"] = "CLIENT_SECRET"
	}
	for _, snippet := range r.snippets {
		g.Snippets = append(g.Snippets, snippet.fill(&inSnippets))
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
