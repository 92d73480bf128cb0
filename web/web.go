package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"sync"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Pages renders the pages and serves what they refer to. It is safe for
// concurrent use.
type Pages struct {
	locales *locales
	sets    map[string]func() (templates, error) // by language; parsed when first needed
	assets  *assets
	mails   mailTemplates
}

// templates are the pages in one language, by name: "login".
type templates map[string]*template.Template

// LanguagePath is where the switch in the footer sends the language that somebody wants:
// a form with "locale" and "back".
const LanguagePath = "/language"

// Look is how pages look to somebody.
type Look struct {
	Locale *Locale // nil: English
	// Appearance is "light" or "dark"; empty: as the browser says.
	Appearance string
	// Here is the local path to which the switch of languages leads back. Empty: the page
	// has no switch.
	Here string
}

// New parses the embedded templates. An error is a mistake in this package.
func New() (*Pages, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	known, err := loadLocales(localeFiles)
	if err != nil {
		return nil, fmt.Errorf("load languages: %w", err)
	}
	mails, err := parseMails()
	if err != nil {
		return nil, fmt.Errorf("parse mails: %w", err)
	}
	pages := &Pages{locales: known, sets: map[string]func() (templates, error){}, assets: files, mails: mails}
	for tag, locale := range known.all {
		pages.sets[tag] = sync.OnceValues(func() (templates, error) { return parsePages(files, locale) })
	}
	_, err = pages.sets["en"]()
	return pages, err
}

// Known gives the language of this very tag, one of [Languages]; nil if it is none.
func (p *Pages) Known(tag string) *Locale { return p.locales.all[tag] }

// Locale gives the first language that is wanted and there, English if none is. Each
// preference is a tag ("de-CH"), or a list as of the header Accept-Language.
func (p *Pages) Locale(preferences ...string) *Locale { return p.locales.choose(preferences) }

func parsePages(files *assets, locale *Locale) (templates, error) {
	shared, err := template.New("layout.html").Funcs(functions(files)).Funcs(words(locale)).
		ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", "templates/parts-account.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	parsed := templates{}
	for _, page := range every() {
		name := page.template()
		if parsed[name], err = parsePage(shared, name); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return parsed, nil
}

// words are what templates say in a language.
func words(l *Locale) template.FuncMap {
	return template.FuncMap{"t": l.HTML, "date": l.Date, "moment": l.Time, "where": l.where, "code": func(text string) code { return code(text) }}
}

func parsePage(shared *template.Template, name string) (*template.Template, error) {
	layout, err := shared.Clone()
	if err != nil {
		return nil, err
	}
	return layout.ParseFS(templateFiles, "templates/"+name+".html")
}

// Render writes the page as a whole HTML document in UTF-8. Nothing is written if
// there is an error, so the caller can still answer with something else.
func (p *Pages) Render(w io.Writer, page Page, look Look) error {
	if look.Locale == nil {
		look.Locale = p.locales.all["en"]
	}
	set, err := p.sets[look.Locale.Tag]()
	if err != nil {
		return err
	}
	var document bytes.Buffer
	view := struct {
		Title     string
		Page      Page
		Look      Look
		Languages []*Locale
	}{Title(page, look.Locale), page, look, p.locales.list()}
	if err := set[page.template()].Execute(&document, view); err != nil {
		return fmt.Errorf("render page %s: %w", page.template(), err)
	}
	_, err = document.WriteTo(w)
	return err
}

// Assets serves stylesheet, script and images. Mount it, for GET and HEAD, on
// everything under [AssetsPrefix]; it wants the whole path. Whatever is no asset
// of this build is answered with 404.
func (p *Pages) Assets() http.Handler { return p.assets }

// Title is what the browser's tab shows.
func Title(page Page, l *Locale) string { return plain(page.title(l)) }
