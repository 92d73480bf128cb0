package web

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// strange writes the letters of a message so that they are told from all that is none:
// "Sign in to {client}" becomes "Ｓｉｇｎ ｉｎ ｔｏ {client}".
func strange(text string) string {
	var out strings.Builder
	inside := false
	for _, r := range text {
		inside = r == '{' || inside && r != '}'
		if letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'; letter && !inside {
			r += 'Ａ' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// strangeLocale is English in such letters, and from right to left.
func strangeLocale(t *testing.T) *Locale {
	t.Helper()
	locale := &Locale{Tag: "ar", Dir: direction(language.Arabic), language: language.English, messages: map[string]message{}}
	for key, source := range newPages(t).Known("en").messages {
		locale.messages[key] = message{}
		for form, text := range source {
			locale.messages[key][form] = strange(text)
		}
	}
	if locale.Dir != "rtl" || locale.messages["common.signin"][plural.Other] != "Ｓｉｇｎ ｉｎ" {
		t.Fatalf("%+v", locale)
	}
	return locale
}

// strangePages render in that language alone.
func strangePages(t *testing.T) (*Pages, *Locale) {
	t.Helper()
	pages, locale := newPages(t), strangeLocale(t)
	pages.locales.all[locale.Tag] = locale
	pages.sets[locale.Tag] = func() (templates, error) { return parsePages(pages.assets, locale, nil) }
	return pages, locale
}

// wordless gives the page with a number in place of every text that is somebody's: what
// has letters on it then is ours. Addresses, names of icons and kinds stay.
func wordless(page Page) Page {
	value := reflect.New(reflect.TypeOf(page)).Elem()
	value.Set(reflect.ValueOf(page))
	blank(value, "")
	return value.Interface().(Page)
}

var stays = regexp.MustCompile(`(URL|URI|Logo|Icon|Action|Step|Token|Appearance|Locale|Tag|Connector|RPID|Options|Credentials)$`)

func blank(value reflect.Value, name string) {
	switch value.Kind() {
	case reflect.String:
		switch {
		case value.Type() != reflect.TypeFor[string]() || value.String() == "":
		case strings.HasPrefix(value.String(), "https://"):
			value.SetString("https://127.0.0.1/") // pages name the host
		case !stays.MatchString(name):
			value.SetString("123")
		}
	case reflect.Pointer:
		if !value.IsNil() {
			copied := reflect.New(value.Type().Elem())
			copied.Elem().Set(value.Elem())
			blank(copied.Elem(), name)
			value.Set(copied)
		}
	case reflect.Slice:
		copied := reflect.MakeSlice(value.Type(), value.Len(), value.Len())
		reflect.Copy(copied, value)
		for i := range copied.Len() {
			blank(copied.Index(i), name)
		}
		if !value.IsNil() {
			value.Set(copied)
		}
	case reflect.Map:
		copied := reflect.MakeMap(value.Type())
		for _, key := range value.MapKeys() {
			inner := reflect.New(value.Type().Elem()).Elem()
			inner.Set(value.MapIndex(key))
			blank(inner, name)
			copied.SetMapIndex(key, inner)
		}
		if !value.IsNil() {
			value.Set(copied)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				blank(value.Field(i), field.Name)
			}
		}
	}
}

var (
	plainLetters = regexp.MustCompile(`[A-Za-z]+`)
	name         = regexp.MustCompile(`\bPostern\b`) // the same in all languages
	// spoken are the attributes that are read to people.
	spoken = []string{"title", "aria-label", "alt", "placeholder", "aria-description", "aria-valuetext", "label", "aria-roledescription"}
)

// foreign gives the words of a page that are not in its language: texts that are no
// message. What people type, and what is marked as of another language, is left out.
func foreign(node *html.Node) (words []string) {
	if node.Type == html.ElementNode && node.Data == "noscript" {
		// The parser takes what is in it for text, as a browser with scripts does.
		inner, err := html.Parse(strings.NewReader(node.FirstChild.Data))
		if err != nil {
			return []string{err.Error()}
		}
		return foreign(inner)
	}
	if node.Type == html.ElementNode {
		switch {
		case node.Data == "code" || node.Data == "pre" || node.Data == "bdi" || node.Data == "script" || attr(node, "translate") == "no":
			return nil
		case node.Data != "html" && has(node, "lang"):
			return nil
		}
		for _, key := range spoken {
			words = append(words, plainLetters.FindAllString(attr(node, key), -1)...)
		}
		for _, a := range node.Attr {
			if strings.HasPrefix(a.Key, "data-text") || strings.HasPrefix(a.Key, "data-say") {
				words = append(words, plainLetters.FindAllString(a.Val, -1)...)
			}
		}
	}
	if node.Type == html.TextNode {
		words = append(words, plainLetters.FindAllString(name.ReplaceAllString(node.Data, ""), -1)...)
	}
	for child := range node.ChildNodes() {
		words = append(words, foreign(child)...)
	}
	return words
}

// TestEveryWordIsAMessage renders every story in strange letters: a word in plain ones is
// written into a template, is a key that does not exist, or a placeholder that nothing fills.
func TestEveryWordIsAMessage(t *testing.T) {
	pages, locale := strangePages(t)
	for _, story := range Stories() {
		var document strings.Builder
		if err := pages.Render(&document, wordless(story.Page), Look{Locale: locale, Here: "/here"}); err != nil {
			t.Errorf("%s: %v", story.Name, err)
			continue
		}
		root := parse(t, document.String())
		if attr(first(root, "html"), "dir") != "rtl" || attr(first(root, "html"), "lang") != "ar" {
			t.Errorf("%s: not from right to left", story.Name)
		}
		if words := foreign(root); len(words) > 0 {
			t.Errorf("%s: these are no messages: %q", story.Name, words)
		}
	}
}

// TestForeignFinds: the test above can fail.
func TestForeignFinds(t *testing.T) {
	for document, want := range map[string]string{
		`<p>Ｓｉｇｎ ｉｎ 12</p>`: "", `<p>Ｓｉｇｎ <b>in</b></p>`: "in", `<p>login.key</p>`: "login key", `<a aria-label="Home">1</a>`: "Home",
		`<img alt="Mark">`: "Mark", `<p><bdi>Ada</bdi> <code>--data</code> <span lang="de">Deutsch</span></p>`: "", `<title>Sign in</title>`: "Sign in",
		`<p>{name}</p>`: "name", `<i data-text-failed="No">1</i>`: "No",
	} {
		if got := strings.Join(foreign(parse(t, document)), " "); got != want {
			t.Errorf("%s: %q, want %q", document, got, want)
		}
	}
}

// TestEveryStoryInEveryLanguage: there are no keys on pages, and what is written is in
// the language.
func TestEveryStoryInEveryLanguage(t *testing.T) {
	pages := newPages(t)
	key := regexp.MustCompile(`\b(` + strings.Join(parts(t), "|") + `)\.[a-z_]+(?:[^.\w]|$)`)
	for _, tag := range Languages() {
		for _, story := range Stories() {
			var document strings.Builder
			if err := pages.Render(&document, story.Page, Look{Locale: pages.Known(tag), Here: "/here"}); err != nil {
				t.Errorf("%s: %s: %v", tag, story.Name, err)
				continue
			}
			root := parse(t, document.String())
			if attr(first(root, "html"), "lang") != tag || attr(first(root, "html"), "dir") != "ltr" {
				t.Errorf("%s: %s says it is of another language", tag, story.Name)
			}
			if found := key.FindString(text(root)); found != "" {
				t.Errorf("%s: %s shows the key %s", tag, story.Name, found)
			}
		}
	}
}

// parts are those that messages are in.
func parts(t *testing.T) (list []string) {
	t.Helper()
	entries, err := localeFiles.ReadDir("locales/en")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		list = append(list, strings.TrimSuffix(entry.Name(), ".json"))
	}
	return list
}

// TestStylesheetKnowsNoSides: it names no left and right, so that it serves languages that
// are written from right to left.
func TestStylesheetKnowsNoSides(t *testing.T) {
	if found := sided(string(newPages(t).assets.files["postern.css"])); len(found) > 0 {
		t.Errorf("these name a side: %q", found)
	}
	for rule, want := range map[string]string{
		"a { margin-left: 1px; }": "margin-left: 1px", "a { left: 0; }": "left: 0", "a { text-align: right; }": "text-align: right",
		"a { padding: 1px 2px 3px 4px; }": "padding: 1px 2px 3px 4px", "a { padding: 1px 2px 3px 2px; margin-inline-start: 1px; }": "",
		"a { border-radius: 0 1px 1px 0; }": "border-radius: 0 1px 1px 0", "a { border-radius: 1px; } /* left: 0; */ b { border-radius: 1px 1px 0 0; }": "",
		"a { inset-inline-end: 0; margin: 0 auto; }": "", "a { background: url(x) left top; }": "background: url(x) left top",
	} {
		if got := strings.Join(sided(rule), ", "); got != want {
			t.Errorf("%s: %q, want %q", rule, got, want)
		}
	}
}

var (
	remark      = regexp.MustCompile(`(?s)/\*.*?\*/`)
	declaration = regexp.MustCompile(`([a-z-]+)\s*:\s*([^;{}]+);`)
	side        = regexp.MustCompile(`\b(left|right)\b`)
)

// sided gives the declarations that name a side of the screen.
func sided(sheet string) (found []string) {
	for _, match := range declaration.FindAllStringSubmatch(remark.ReplaceAllString(sheet, ""), -1) {
		property, value := match[1], strings.TrimSpace(match[2])
		each := strings.Fields(value)
		uneven := len(each) == 4 && each[1] != each[3]
		if strings.Contains(property, "radius") {
			uneven = len(each) == 2 || len(each) == 3 || len(each) == 4 && (each[0] != each[1] || each[2] != each[3])
		}
		spread := property == "margin" || property == "padding" || property == "inset" || strings.HasPrefix(property, "border")
		if side.MatchString(property) || side.MatchString(value) || spread && uneven {
			found = append(found, property+": "+value)
		}
	}
	return found
}
