package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Pages renders the pages and serves what they refer to. It is safe for
// concurrent use.
type Pages struct {
	templates map[string]*template.Template // by name, "login"
	assets    *assets
}

// New parses the embedded templates. An error is a mistake in this package.
func New() (*Pages, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("load assets: %w", err)
	}
	pages := &Pages{templates: map[string]*template.Template{}, assets: files}
	shared, err := template.New("layout.html").Funcs(functions(files)).
		ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	for _, page := range every() {
		name := page.template()
		if pages.templates[name], err = parsePage(shared, name); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return pages, nil
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
func (p *Pages) Render(w io.Writer, page Page) error {
	var document bytes.Buffer
	view := struct {
		Title string
		Page  Page
	}{Title(page), page}
	if err := p.templates[page.template()].Execute(&document, view); err != nil {
		return fmt.Errorf("render page %s: %w", page.template(), err)
	}
	_, err := document.WriteTo(w)
	return err
}

// Assets serves stylesheet, script and images. Mount it, for GET and HEAD, on
// everything under [AssetsPrefix]; it wants the whole path. Whatever is no asset
// of this build is answered with 404.
func (p *Pages) Assets() http.Handler { return p.assets }

// Title is what the browser's tab shows.
func Title(page Page) string { return plain(page.title()) }
