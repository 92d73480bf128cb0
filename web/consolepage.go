package web

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

// parseConsole parses the templates of the console: each block has a file of its own.
func parseConsole(files *assets, english *Locale) (*template.Template, error) {
	set := template.New("layout.html").Funcs(functions(files)).Funcs(words(english)).Funcs(template.FuncMap{
		"kind":   func(b Block) string { return b.block() },
		"on":     func(page Console, b Block) onPage { return onPage{page, b} },
		"press":  func(page Console, b Button) onPage { return onPage{page, b} },
		"search": func(s *Search, id, title, press string) aSearch { return aSearch{s, id, title, press} },
		"shift": func(page Console, order Order, item OrderItem, place int, way string) aShift {
			return aShift{page, order, item, place, way}
		},
		"within": func(form Form, input Input) inForm { return inForm{form, input} },
		"id":     idOf,
		"faults": func(f Form) []problem { return f.problems() },
		"seek": func(table string, input Input) seekInput {
			return seekInput{idOf(cmp.Or(table, "find"), input.Name), input}
		},
		"has":    func(list []string, value string) bool { return slices.Contains(list, value) },
		"stamp":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"brief":  brief,
		"brisk":  func(text string) bool { return len(text) <= 15 }, // an address: "192.0.2.255"
		"blank":  func(c Cell) bool { return c.Text == "" && c.Sub == "" && c.At.IsZero() && len(c.Badges) == 0 },
		"inc":    func(n int) int { return n + 1 },
		"clock":  func(t time.Time) string { return t.UTC().Format("2 Jan, 15:04:05") },
		"bars":   func(t Tally) tallyBars { return t.bars() },
		"mailed": mailed,
	})
	set, err := set.ParseFS(templateFiles, "templates/parts.html", "templates/console/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse the console: %w", err)
	}
	return set, nil
}

// onPage is a part of a page that needs to know where the page sends its forms.
type onPage struct {
	Page Console
	It   any
}

// aSearch is a search with the id and the title of what it is above, and the word on its
// button.
type aSearch struct {
	Search           *Search
	ID, Title, Press string
}

// seekInput is an input above a table, with the id of its control.
type seekInput struct {
	ID string
	It Input
}

// aShift is a button that moves an item of a list up or down to the next place.
type aShift struct {
	Page  Console
	Order Order
	Item  OrderItem
	Place int
	Way   string
}

// inForm is an input with its form.
type inForm struct {
	Form  Form
	Input Input
}

// ID is that of the control.
func (i inForm) ID() string { return idOf(i.Form.ID, i.Input.Name) }

// Aria describes the control by what is wrong with it and by its hint.
func (i inForm) Aria() template.HTMLAttr {
	var described []string
	if i.Input.Problem != "" {
		described = append(described, i.ID()+"-problem")
	}
	if i.Input.Hint != "" {
		described = append(described, i.ID()+"-hint")
	}
	if i.Input.Locked != "" {
		described = append(described, i.ID()+"-locked")
	}
	attributes := ""
	if i.Input.Problem != "" {
		attributes = ` aria-invalid="true"`
	}
	if len(described) > 0 {
		attributes += ` aria-describedby="` + template.HTMLEscapeString(strings.Join(described, " ")) + `"`
	}
	return template.HTMLAttr(strings.TrimPrefix(attributes, " "))
}

// Focus reports whether the control has the focus when the page is shown: the first one
// that is wrong, else the one that the page chose.
func (i inForm) Focus() bool {
	for _, wrong := range i.Form.problems() {
		if wrong.Field != "" {
			return wrong.Field == idOf(i.Form.ID, i.Input.focused())
		}
	}
	return i.Input.Focus
}

// mailed parts an e-mail address where a line may end best: before the sign. Other texts
// are one part.
func mailed(text string) []string {
	if name, host, found := strings.Cut(text, "@"); found && name != "" && len(name) <= 28 && len(host) <= 28 && !strings.ContainsAny(text, " /") {
		return []string{name, "@" + host}
	}
	return []string{text}
}

// brief writes a moment shortly: "23 Nov 2026, 18:59".
func brief(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04") }

// consoleView is what the layout of the console gets.
type consoleView struct {
	Title string
	Page  Console
	Look  Look
}

// renderConsole writes a page of the console.
func (p *Pages) renderConsole(w io.Writer, page Console, look Look) error {
	set, err := p.console()
	if err != nil {
		return err
	}
	look.Locale, look.Theme, look.Here = p.locales.all["en"], nil, ""
	var document bytes.Buffer
	if err := set.Execute(&document, consoleView{Title(page, look.Locale), page, look}); err != nil {
		return fmt.Errorf("render page console: %w", err)
	}
	_, err = document.WriteTo(w)
	return err
}
