package web

import (
	"bytes"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
)

var storyIndex = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pages of Postern</title>
<link rel="stylesheet" href="assets/postern.css">
<main class="card">
<h1><span class="name">Pages of Postern</span></h1>
<ul>
{{range .}}<li><a href="{{.Name}}.html">{{.Name}}</a> <span class="quiet">{{.Title}}</span></li>
{{end}}</ul>
</main>
`))

// WriteStories renders every story to a file NAME.html of the folder, with what the pages
// refer to and an index.html that leads to them. They can be opened without a server.
func (p *Pages) WriteStories(folder string, look Look) error {
	if look.Locale == nil {
		look.Locale = p.locales.all["en"]
	}
	type line struct{ Name, Title string }
	var lines []line
	for _, story := range append(Stories(), ConsoleStories()...) {
		var document bytes.Buffer
		if err := p.Render(&document, story.Page, look); err != nil {
			return fmt.Errorf("story %s: %w", story.Name, err)
		}
		// Some lead away by themselves: who looks at them stays.
		text := strings.NewReplacer(p.assets.prefix, "assets/", `"/avatar/`, `"avatar/`, `http-equiv="refresh"`, "").Replace(document.String())
		if err := writeFile(folder, story.Name+".html", []byte(text)); err != nil {
			return err
		}
		lines = append(lines, line{story.Name, Title(story.Page, look.Locale)})
	}
	var index bytes.Buffer
	if err := storyIndex.Execute(&index, lines); err != nil {
		return err
	}
	if err := writeFile(folder, "index.html", index.Bytes()); err != nil {
		return err
	}
	return p.writeAssets(folder)
}

func (p *Pages) writeAssets(folder string) error {
	for name, content := range p.assets.files {
		// These leave the page at once, for where nobody wants to go.
		if name == "formpost.mjs" || name == "signingout.mjs" {
			content = nil
		}
		if err := writeFile(folder, filepath.Join("assets", name), content); err != nil {
			return err
		}
	}
	return writeFile(folder, filepath.FromSlash(strings.TrimPrefix(samplePicture, "/")), portrait())
}

func writeFile(folder, name string, content []byte) error {
	name = filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}
