package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// localeFiles has a folder for each language, and in it a file for each part of the
// house: key "title" of login.json is "login.title". A message is a string with
// placeholders in braces, or an object with a string for each plural form of the
// placeholder {count} (CLDR: "one", "few", "many", "other", ...).
//
//go:embed locales/*/*.json
var localeFiles embed.FS

// Languages are those that every text exists in, English first: the source, and what is
// shown where nothing better is known.
func Languages() []string { return []string{"en", "de", "fr", "es", "pt", "zh", "ja"} }

// Locale is a language that pages and mails are written in. It is safe for concurrent use.
type Locale struct {
	Tag string // BCP 47, "de"
	Dir string // "ltr" or "rtl"

	language language.Tag
	messages map[string]message
	source   *Locale // English, for what is missing; nil for English itself
}

// message is a text by its plural forms; one without them has the form "other" alone.
type message map[plural.Form]string

// Text gives a message as plain text. Pairs are names of placeholders and what stands in
// their place, as in ("name", "Ada"): strings, whole numbers, and days. A key that does not
// exist gives itself: tests find it.
func (l *Locale) Text(key string, pairs ...any) string {
	return l.fill(key, pairs, func(text string) string { return text }, func(value any) string { return plain(l.write(value)) })
}

// Has reports whether there is a message of the key, in English at least.
func (l *Locale) Has(key string) bool {
	_, found := l.messages[key]
	return found || l.source != nil && l.source.Has(key)
}

// HTML is Text for templates: everything is escaped, and what stands for a placeholder is
// isolated, whichever way it is written. What is a [code] is marked as such.
func (l *Locale) HTML(key string, pairs ...any) template.HTML {
	return template.HTML(l.fill(key, pairs, html.EscapeString, func(value any) string {
		text := html.EscapeString(l.write(value))
		switch value.(type) {
		case int:
			return text
		case code:
			return "<code>" + text + "</code>"
		}
		return "<bdi>" + text + "</bdi>"
	}))
}

// code is what one types.
type code string

func (l *Locale) fill(key string, pairs []any, text func(string) string, value func(any) string) string {
	var out strings.Builder
	rest := l.form(key, pairs)
	for {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(text(before))
		if !found {
			return out.String()
		}
		name, tail, _ := strings.Cut(after, "}")
		out.WriteString(value(argument(pairs, name)))
		rest = tail
	}
}

// form chooses the plural form of the message by the argument "count".
func (l *Locale) form(key string, pairs []any) string {
	m, found := l.messages[key]
	switch {
	case !found && l.source != nil:
		return l.source.form(key, pairs)
	case !found:
		return key
	case len(m) == 1:
		return m[plural.Other]
	}
	count := 0
	if i := slices.Index(pairs, any("count")); i >= 0 && i+1 < len(pairs) {
		count, _ = pairs[i+1].(int)
	}
	if text, has := m[plural.Cardinal.MatchPlural(l.language, count, 0, 0, 0, 0)]; has {
		return text
	}
	return m[plural.Other]
}

func argument(pairs []any, name string) any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == any(name) {
			return pairs[i+1]
		}
	}
	return "{" + name + "}"
}

// write is what a value looks like in the language.
func (l *Locale) write(value any) string {
	switch value := value.(type) {
	case int:
		return l.Number(value)
	case time.Time:
		return l.Date(value)
	}
	return fmt.Sprint(value)
}

// Number writes a whole number: digits of five and more in groups of three.
func (l *Locale) Number(n int) string {
	digits := strconv.Itoa(n)
	if n < 10_000 && n > -10_000 {
		return digits
	}
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + l.Text("format.group") + digits[at:]
	}
	return digits
}

// Date writes a day as people of the language do: "23 November 2026", "1er mai 2026".
func (l *Locale) Date(t time.Time) string {
	t = t.UTC()
	month := l.Text("format.month_" + strconv.Itoa(int(t.Month())))
	return l.Text("format.date", "day", l.Text("format.day", "count", t.Day()), "month", month, "year", strconv.Itoa(t.Year()))
}

// Time writes a moment: "23 November 2026, 18:59 UTC".
func (l *Locale) Time(t time.Time) string {
	t = t.UTC()
	return l.Text("format.moment", "date", l.Date(t), "time", t.Format("15:04"))
}

// locales are all languages, with what chooses among them.
type locales struct {
	all     map[string]*Locale
	matcher language.Matcher
}

// direction is the one in which a language is written. None of ours goes from right to
// left, but pages are ready for one that does.
func direction(tag language.Tag) string {
	script, _ := tag.Script()
	if slices.Contains([]string{"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"}, script.String()) {
		return "rtl"
	}
	return "ltr"
}

// about is a message that names the client, if there is one: that of the key and "_client".
func (l *Locale) about(key string, client *Client) string {
	if client == nil || client.Name == "" {
		return l.Text(key)
	}
	return l.Text(key+"_client", "client", client.Name)
}

// List writes names one after another: "ada, ben".
func (l *Locale) List(names []string) string { return strings.Join(names, l.Text("format.list")) }

// wrong is the title of a page that says what is wrong, if it does.
func (l *Locale) wrong(is bool, title string) string {
	if !is {
		return title
	}
	return l.Text("common.error_title", "title", title)
}

// Name is what people who speak the language call it.
func (l *Locale) Name() string { return l.Text("format.language") }

// list gives all languages in the order of [Languages].
func (l *locales) list() []*Locale {
	var list []*Locale
	for _, tag := range Languages() {
		list = append(list, l.all[tag])
	}
	return list
}

func loadLocales(files fs.FS) (*locales, error) {
	found := &locales{all: map[string]*Locale{}}
	var tags []language.Tag
	for _, name := range Languages() {
		tag, err := language.Parse(name)
		if err != nil {
			return nil, err
		}
		messages, err := loadMessages(files, name)
		if err != nil {
			return nil, fmt.Errorf("language %s: %w", name, err)
		}
		found.all[name] = &Locale{Tag: name, Dir: direction(tag), language: tag, messages: messages, source: found.all["en"]}
		tags = append(tags, tag)
	}
	found.matcher = language.NewMatcher(tags)
	return found, nil
}

func loadMessages(files fs.FS, name string) (map[string]message, error) {
	messages := map[string]message{}
	names, err := fs.Glob(files, path.Join("locales", name, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(content, &raw); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		part := strings.TrimSuffix(path.Base(file), ".json")
		for key, text := range raw {
			if messages[part+"."+key], err = parseMessage(text); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, key, err)
			}
		}
	}
	return messages, nil
}

// forms are the plural forms by the names that CLDR has for them.
func forms() map[string]plural.Form {
	return map[string]plural.Form{
		"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few, "many": plural.Many, "other": plural.Other,
	}
}

func parseMessage(raw json.RawMessage) (message, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return message{plural.Other: text}, nil
	}
	var byForm map[string]string
	if err := json.Unmarshal(raw, &byForm); err != nil {
		return nil, err
	}
	m := message{}
	for name, text := range byForm {
		form, known := forms()[name]
		if !known {
			return nil, fmt.Errorf("no plural form %q", name)
		}
		m[form] = text
	}
	if m[plural.Other] == "" {
		return nil, fmt.Errorf("the plural form \"other\" is missing")
	}
	return m, nil
}

// Bounds of what is looked at: it comes from anybody.
const (
	maxPreference = 1 << 10 // bytes of one
	maxWanted     = 64      // languages
)

// choose gives the first language that is wanted and there. Where there is none, one that
// people of a wanted language mostly understand, as CLDR has it; else English. Each
// preference is a tag ("de-CH"), or a list as of the header Accept-Language.
func (l *locales) choose(preferences []string) *Locale {
	var wanted []language.Tag
	for _, preference := range preferences {
		if len(preference) > maxPreference || len(wanted) > maxWanted {
			continue
		}
		if tags, _, err := language.ParseAcceptLanguage(preference); err == nil {
			wanted = append(wanted, tags...)
		}
	}
	for _, tag := range wanted {
		base, _ := tag.Base()
		if locale, found := l.all[base.String()]; found && !tag.IsRoot() {
			return locale
		}
	}
	if _, i, confidence := l.matcher.Match(wanted...); confidence >= language.Low {
		return l.all[Languages()[i]]
	}
	return l.all["en"]
}
