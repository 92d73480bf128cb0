package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

//go:embed templates/*.html templates/console/*.html
var templateFiles embed.FS

// Pages renders the pages and serves what they refer to. It is safe for
// concurrent use.
type Pages struct {
	// Trouble, if it is set, is told of a theme that fails for a page: ours is shown then.
	Trouble func(error)

	locales *locales
	sets    map[string]func() (templates, error) // by language; parsed when first needed
	assets  *assets
	mails   mailTemplates
	console func() (*template.Template, error)  // of the administration, in English alone
	themes  atomic.Pointer[map[string]*overlay] // by organisation
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
	// Theme is that of the organisation whose page it is; nil: ours.
	Theme *Theme
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
		pages.sets[tag] = sync.OnceValues(func() (templates, error) { return parsePages(files, locale, nil) })
	}
	pages.console = sync.OnceValues(func() (*template.Template, error) { return parseConsole(files, known.all["en"]) })
	_, err = pages.sets["en"]()
	return pages, err
}

// Known gives the language of this very tag, one of [Languages]; nil if it is none.
func (p *Pages) Known(tag string) *Locale { return p.locales.all[tag] }

// Locale gives the first language that is wanted and there, English if none is. Each
// preference is a tag ("de-CH"), or a list as of the header Accept-Language.
func (p *Pages) Locale(preferences ...string) *Locale { return p.locales.choose(preferences) }

// shared are the files that every page has besides its own.
func shared() []string { return []string{"layout.html", "parts.html", "parts-account.html"} }

// parsePages parses all pages in a language, with what a theme has in place of ours.
func parsePages(files *assets, locale *Locale, theme *overlay) (templates, error) {
	layout := template.New("layout.html").Funcs(functions(files)).Funcs(words(locale)).Funcs(theme.functions(files))
	for _, name := range shared() {
		if _, err := layout.ParseFS(templateFiles, "templates/"+name); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		replaced, err := theme.replace(layout, name)
		if err != nil {
			return nil, err
		}
		if name == "layout.html" {
			layout = replaced
		}
	}
	parsed := templates{}
	for _, page := range every() {
		var err error
		if parsed[page.template()], err = parsePage(layout, page.template(), theme); err != nil {
			return nil, err
		}
	}
	return parsed, nil
}

// words are what templates say in a language.
func words(l *Locale) template.FuncMap {
	return template.FuncMap{"t": l.HTML, "date": l.Date, "moment": l.Time, "where": l.where, "code": func(text string) code { return code(text) }}
}

func parsePage(layout *template.Template, name string, theme *overlay) (*template.Template, error) {
	page, err := layout.Clone()
	if err != nil {
		return nil, err
	}
	if _, err := page.ParseFS(templateFiles, "templates/"+name+".html"); err != nil {
		return nil, fmt.Errorf("parse page %s: %w", name, err)
	}
	_, err = theme.replace(page, name+".html")
	return page, err
}

// view is what the layout gets.
type view struct {
	Title     string
	Page      Page
	Look      Look
	Languages []*Locale
}

// Render writes the page as a whole HTML document in UTF-8. Nothing is written if
// there is an error, so the caller can still answer with something else.
func (p *Pages) Render(w io.Writer, page Page, look Look) error {
	if console, is := page.(Console); is {
		return p.renderConsole(w, console, look)
	}
	if look.Locale == nil {
		look.Locale = p.locales.all["en"]
	}
	document, err := p.themed(page, look)
	if err != nil || document == nil {
		if err != nil && p.Trouble != nil {
			p.Trouble(fmt.Errorf("theme of organisation %s: %w", look.Theme.Org, err))
		}
		if document, err = p.render(p.sets[look.Locale.Tag], page, look); err != nil {
			return err
		}
	}
	_, err = document.WriteTo(w)
	return err
}

// themed renders with the folder of the organisation; nil if it has none.
func (p *Pages) themed(page Page, look Look) (*bytes.Buffer, error) {
	themes := p.themes.Load()
	if look.Theme == nil || themes == nil || (*themes)[look.Theme.Org] == nil {
		return nil, nil
	}
	theme := (*themes)[look.Theme.Org] // it may go while we render, so it is taken once
	look.Locale = theme.locales[look.Locale.Tag]
	return p.render(theme.sets[look.Locale.Tag], page, look)
}

func (p *Pages) render(parsed func() (templates, error), page Page, look Look) (*bytes.Buffer, error) {
	set, err := parsed()
	if err != nil {
		return nil, err
	}
	document := &bytes.Buffer{}
	err = set[page.template()].Execute(document, view{Title(page, look.Locale), page, look, p.locales.list()})
	if err != nil {
		return nil, fmt.Errorf("render page %s: %w", page.template(), err)
	}
	return document, nil
}

// Assets serves stylesheet, script and images. Mount it, for GET and HEAD, on
// everything under [AssetsPrefix]; it wants the whole path. Whatever is no asset
// of this build is answered with 404.
func (p *Pages) Assets() http.Handler { return http.HandlerFunc(p.serveAsset) }

// Title is what the browser's tab shows.
func Title(page Page, l *Locale) string { return plain(page.title(l)) }
