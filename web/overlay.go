package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// overlay is the folder of an organisation: templates that take the place of ours,
// messages, and files that they refer to.
type overlay struct {
	org    string
	folder fs.FS
	// prefix is the path of the files, with a hash over them as of [assets].
	prefix string
	files  map[string][]byte
	sets   map[string]func() (templates, error) // by language
	// locales are ours with the messages of the theme.
	locales map[string]*Locale
}

const (
	folderTemplates = "templates"
	folderFiles     = "assets"
	// themeSheet is linked by every page of the organisation, if it is there.
	themeSheet = "theme.css"

	maxThemeFile  = 1 << 20
	maxThemeFiles = 200
)

// LoadThemes reads the folder of themes, in which each organisation may have one of its
// name:
//
//	ORG/templates/NAME.html  a page, or layout.html or parts.html: in place of ours
//	ORG/locales/LANG/PART.json  messages, in place of ours or new ones
//	ORG/assets/FILE  what they refer to by {{file "FILE"}}; theme.css is on every page
//
// It may be called again, while pages are rendered. Themes that are in order are used from
// then on; the error says for the others, with file and line, what is wrong: until that is
// mended, their organisations have our pages.
func (p *Pages) LoadThemes(folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("read the themes: %w", err)
	}
	found := map[string]*overlay{}
	var wrong []error
	for _, entry := range entries {
		if !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		theme, err := p.loadTheme(folder, entry.Name())
		if err != nil {
			wrong = append(wrong, fmt.Errorf("theme of organisation %s: %w", entry.Name(), err))
			continue
		}
		found[theme.org] = theme
	}
	p.themes.Store(&found)
	return errors.Join(wrong...)
}

// HasTheme reports whether there is a folder of the organisation that is in order.
func (p *Pages) HasTheme(org string) bool {
	themes := p.themes.Load()
	return themes != nil && (*themes)[org] != nil
}

func (p *Pages) loadTheme(folder fs.FS, org string) (*overlay, error) {
	inner, err := fs.Sub(folder, org)
	if err != nil {
		return nil, err
	}
	theme := &overlay{org: org, folder: inner, files: map[string][]byte{}, sets: map[string]func() (templates, error){}, locales: map[string]*Locale{}}
	if err := errors.Join(theme.checkNames(), theme.loadFiles()); err != nil {
		return nil, err
	}
	for tag, locale := range p.locales.all {
		own, err := theme.locale(locale)
		if err != nil {
			return nil, err
		}
		theme.locales[tag] = own
		theme.sets[tag] = sync.OnceValues(func() (templates, error) { return parsePages(p.assets, own, theme) })
	}
	return theme, p.try(theme)
}

// checkNames refuses templates that take the place of nothing: they are misspelt.
func (o *overlay) checkNames() error {
	known := shared()
	for _, page := range every() {
		known = append(known, page.template()+".html")
	}
	given, err := fs.Glob(o.folder, folderTemplates+"/*")
	if err != nil {
		return err
	}
	for _, name := range given {
		if !slices.Contains(known, path.Base(name)) {
			slices.Sort(known)
			return fmt.Errorf("%s: there is no page of this name; there are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func (o *overlay) loadFiles() error {
	names, err := fs.Glob(o.folder, folderFiles+"/*")
	if err != nil {
		return err
	}
	if len(names) > maxThemeFiles {
		return fmt.Errorf("%s: there are more than %d files", folderFiles, maxThemeFiles)
	}
	sum := sha256.New()
	for _, name := range names {
		content, err := o.read(name)
		if err != nil {
			return err
		}
		if contentTypes[path.Ext(name)] == "" {
			return fmt.Errorf("%s: files of this kind are not served; those that are end in %s", name, strings.Join(slices.Sorted(maps.Keys(contentTypes)), ", "))
		}
		o.files[path.Base(name)] = content
		fmt.Fprintf(sum, "%s %d\n%s", path.Base(name), len(content), content)
	}
	o.prefix = AssetsPrefix + hex.EncodeToString(sum.Sum(nil)[:8]) + "/"
	return nil
}

func (o *overlay) read(name string) ([]byte, error) {
	file, err := o.folder.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxThemeFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	if len(content) > maxThemeFile {
		return nil, fmt.Errorf("%s: the file is larger than %d KiB", name, maxThemeFile>>10)
	}
	return content, nil
}

// locale is the language with the messages of the theme.
func (o *overlay) locale(ours *Locale) (*Locale, error) {
	messages, err := loadMessages(o.folder, ours.Tag)
	if err != nil || len(messages) == 0 {
		return ours, err
	}
	own := *ours
	own.messages = maps.Clone(ours.messages)
	maps.Copy(own.messages, messages)
	return &own, nil
}

// functions are what templates can call that depends on the theme; without one, on ours.
func (o *overlay) functions(files *assets) template.FuncMap {
	return template.FuncMap{
		"file": o.url,
		// sheets are the stylesheets after ours.
		"sheets": func(look Look) (list []string) {
			if name := look.Theme.sheet(); name != "" {
				list = append(list, files.prefix+name)
			}
			if uri, err := o.url(themeSheet); err == nil {
				list = append(list, uri)
			}
			return list
		},
	}
}

// url is the path of a file of the theme.
func (o *overlay) url(name string) (string, error) {
	if o == nil || o.files[name] == nil {
		return "", fmt.Errorf("no file %q in the folder %s of the theme", name, folderFiles)
	}
	return o.prefix + name, nil
}

// replace parses the theme's template of that name over ours, if there is one, and gives
// it; else it gives ours.
func (o *overlay) replace(ours *template.Template, name string) (*template.Template, error) {
	if o == nil {
		return ours, nil
	}
	content, err := o.read(folderTemplates + "/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return ours, nil
	}
	if err != nil {
		return nil, err
	}
	// The name is what errors begin with.
	return ours.New(path.Join(o.org, folderTemplates, name)).Parse(string(content))
}

// try renders every page with something in each field, and with nothing: what a template
// asks for and no page has is found now rather than by a person.
func (p *Pages) try(theme *overlay) error {
	for _, page := range every() {
		for _, example := range []Page{page, specimen(page)} {
			look := Look{Locale: p.locales.all["en"], Theme: &Theme{Org: theme.org}}
			if _, err := p.render(p.sets["en"], example, look); err != nil {
				continue // a page that leads nowhere
			}
			look.Locale = theme.locales["en"]
			if _, err := p.render(theme.sets["en"], example, look); err != nil {
				return err
			}
		}
	}
	return nil
}

// specimen is a page of the same type with something in each field.
func specimen(page Page) Page {
	value := reflect.New(reflect.TypeOf(page)).Elem()
	stuff(value, "")
	return value.Interface().(Page)
}

func stuff(value reflect.Value, field string) {
	if value.Type() == reflect.TypeFor[time.Time]() {
		value.Set(reflect.ValueOf(time.Unix(0, 0)))
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString("a")
		if field == "URL" || field == "Action" || field == "Frames" {
			value.SetString("https://example.org/")
		}
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int:
		value.SetInt(2)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		stuff(value.Elem(), field)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		stuff(value.Index(0), field)
	case reflect.Struct:
		for i := range value.NumField() {
			if of := value.Type().Field(i); of.IsExported() {
				stuff(value.Field(i), of.Name)
			}
		}
	}
}
