package web

import (
	"bytes"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core/colour"
)

func renderAs(t testing.TB, pages *Pages, page Page, look Look) string {
	t.Helper()
	var document bytes.Buffer
	if err := pages.Render(&document, page, look); err != nil {
		t.Fatal(err)
	}
	return document.String()
}

// sheetsOf gives the stylesheets of a page, ours first.
func sheetsOf(document string, t *testing.T) (list []string) {
	t.Helper()
	for node := range parse(t, document).Descendants() {
		if node.Type == html.ElementNode && attr(node, "rel") == "stylesheet" {
			list = append(list, attr(node, "href"))
		}
	}
	return list
}

func TestThemeWithoutAFolder(t *testing.T) {
	pages := newPages(t)
	bare := renderAs(t, pages, Welcome{}, Look{})
	if got := renderAs(t, pages, Welcome{}, Look{Theme: &Theme{Org: "acme", Name: "Acme"}}); got != bare {
		t.Error("a theme of nothing changes the page")
	}
	theme := &Theme{Org: "acme", Name: `Acme <b>`, Logo: "https://acme.example/logo.png", Icon: sampleLogo(), Accent: "#1F6FEB"}
	document := renderAs(t, pages, Welcome{}, Look{Theme: theme})
	if got := sheetsOf(document, t); !slices.Equal(got, []string{pages.assets.prefix + "postern.css", pages.assets.prefix + "theme-1f6feb-none.css"}) {
		t.Errorf("stylesheets %q", got)
	}
	root := parse(t, document)
	brand := first(root, "header")
	if attr(brand, "class") != "brand" || text(brand) != "Acme <b>" || attr(first(brand, "img"), "src") != theme.Logo || attr(first(brand, "img"), "referrerpolicy") != "no-referrer" {
		t.Errorf("the brand is %q", text(brand))
	}
	for node := range root.Descendants() {
		if attr(node, "rel") == "icon" && attr(node, "href") != theme.Icon {
			t.Errorf("the icon is %q", attr(node, "href"))
		}
	}
	if got := theme.Remote(); !slices.Equal(got, []string{theme.Logo}) {
		t.Errorf("images from elsewhere: %q", got)
	}
	for _, bad := range []string{"http://acme.example/logo.png", "javascript:alert(1)", "data:text/html,x", "logo.png", `https://a.example/"><script>`} {
		theme := &Theme{Logo: bad, Icon: bad, Accent: bad}
		if strings.Contains(renderAs(t, pages, Welcome{}, Look{Theme: theme}), "javascript:") || len(sheetsOf(renderAs(t, pages, Welcome{}, Look{Theme: theme}), t)) != 1 {
			t.Errorf("%q is on the page", bad)
		}
	}
	if (*Theme)(nil).Remote() != nil || (*Theme)(nil).sheet() != "" {
		t.Error("no theme has something")
	}
}

// The stylesheet of a theme is made of its name, and of no other.
func TestThemeSheets(t *testing.T) {
	pages := newPages(t)
	declared := regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)
	for _, name := range []string{"theme-1f6feb-none.css", "theme-none-8ab4f8.css", "theme-1f6feb-8ab4f8.css", "theme-ffff00-000000.css"} {
		response := serve(pages, http.MethodGet, pages.assets.prefix+name)
		body := string(painted(name))
		found := declared.FindAllStringSubmatch(body, -1)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/css; charset=utf-8" || len(found) != 5 {
			t.Errorf("%s: %d %v\n%s", name, response.StatusCode, response.Header, body)
		}
		colours := map[string][2]string{}
		for _, match := range found {
			colours[match[1]] = [2]string{match[2], match[3]}
		}
		for i, page := range []colour.Page{colour.Light(), colour.Dark()} {
			if got := contrast(t, colours["accent"][i], page.Surface.String()); got < colour.LeastText {
				t.Errorf("%s: %.2f on %s", name, got, page.Surface)
			}
			if got := contrast(t, colours["on-accent"][i], colours["accent"][i]); got < colour.LeastText {
				t.Errorf("%s: %.2f on the accent", name, got)
			}
		}
	}
	light, _ := palettes(t)
	for _, match := range declared.FindAllStringSubmatch(string(painted("theme-1f6feb-none.css")), -1) {
		if light[match[1]] == "" {
			t.Errorf("the stylesheet knows no --%s", match[1])
		}
	}
	for _, name := range []string{
		"theme-none-none.css", "theme-1f6feb.css", "theme-1F6FEB-none.css", "theme-1f6feb-none", "theme-1f6fe-none.css", "theme-1f6feb-none-none.css", "theme--.css", "theme-../../x-none.css",
	} {
		if status := serve(pages, http.MethodGet, pages.assets.prefix+name).StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: %d", name, status)
		}
	}
}

// The example in the documentation is one that works.
func TestExampleTheme(t *testing.T) {
	pages := newPages(t)
	if err := pages.LoadThemes(os.DirFS("../examples/theme")); err != nil {
		t.Fatal(err)
	}
	look := Look{Theme: &Theme{Org: "northwind"}}
	document := renderAs(t, pages, Welcome{LoginURL: "/login"}, look)
	root := parse(t, document)
	if got := text(first(root, "h1")); got != "Northwind Traders All that the north wind brings" || byID(root, "signin") == nil {
		t.Errorf("the page says %q", got)
	}
	look.Locale = pages.Known("de")
	if got := text(first(parse(t, renderAs(t, pages, Welcome{}, look)), "h1")); got != "Northwind Traders Alles, was der Nordwind bringt" {
		t.Errorf("the page says %q", got)
	}
	sheets := sheetsOf(renderAs(t, pages, SignedOut{}, look), t)
	if len(sheets) != 2 || !strings.HasSuffix(sheets[1], "/theme.css") {
		t.Fatalf("stylesheets %q", sheets)
	}
	for _, uri := range []string{sheets[1], strings.Replace(sheets[1], "theme.css", "waves.svg", 1)} {
		if response := serve(pages, http.MethodGet, uri); response.StatusCode != http.StatusOK || response.Header.Get("Cache-Control") == "no-store" {
			t.Errorf("%s: %d", uri, response.StatusCode)
		}
	}
	if got := renderAs(t, pages, Welcome{}, Look{Theme: &Theme{Org: "other"}}); strings.Contains(got, "north wind") {
		t.Error("another organisation has the theme")
	}
	if found := sided(readFile(t, os.DirFS("../examples/theme"), "northwind/assets/theme.css")); len(found) > 0 {
		t.Errorf("the example names sides: %q", found)
	}
}

func readFile(t *testing.T, from fs.FS, name string) string {
	t.Helper()
	content, err := fs.ReadFile(from, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// What is wrong with a theme is said with the file and its line, and the pages stay ours.
func TestBrokenThemes(t *testing.T) {
	sound := fstest.MapFS{
		"acme/templates/welcome.html": {Data: []byte(`{{define "main"}}<h1>Sound</h1>{{end}}`)},
		"README.md":                   {Data: []byte("no folder")},
		".git/templates/x.html":       {Data: []byte("{{")},
	}
	for name, test := range map[string]struct{ file, content, want string }{
		"syntax":          {"acme/templates/login.html", "{{define \"main\"}}\n\n{{if}}\n{{end}}", "template: acme/templates/login.html:3: missing value for if"},
		"function":        {"acme/templates/login.html", "{{define \"main\"}}\n{{nothing}}{{end}}", "template: acme/templates/login.html:2: function \"nothing\" not defined"},
		"field":           {"acme/templates/login.html", "{{define \"main\"}}\n{{.Passwort}}{{end}}", "template: acme/templates/login.html:2:2: executing \"main\""},
		"layout":          {"acme/templates/layout.html", "<html>\n{{.Nothing}}", "template: acme/templates/layout.html:2:2: executing"},
		"parts":           {"acme/templates/parts.html", "{{define \"tile\"}}", "template: acme/templates/parts.html:1: unexpected EOF"},
		"no such page":    {"acme/templates/signon.html", "", "templates/signon.html: there is no page of this name; there are "},
		"no such file":    {"acme/templates/login.html", "{{define \"main\"}}{{file \"a.png\"}}{{end}}", `no file "a.png" in the folder assets of the theme`},
		"kind of file":    {"acme/assets/run.exe", "", "assets/run.exe: files of this kind are not served; those that are end in .avif, "},
		"large file":      {"acme/assets/logo.png", strings.Repeat("x", maxThemeFile+1), "assets/logo.png: the file is larger than 1024 KiB"},
		"messages":        {"acme/locales/de/login.json", "{\"a\":\n 7}", "locales/de/login.json: a: "},
		"inside a script": {"acme/templates/login.html", "{{define \"main\"}}<script>{{.Username</script>{{end}}", "acme/templates/login.html:1"},
	} {
		t.Run(name, func(t *testing.T) {
			pages := newPages(t)
			if err := pages.LoadThemes(sound); err != nil {
				t.Fatal(err)
			}
			look := Look{Theme: &Theme{Org: "acme"}}
			if !strings.Contains(renderAs(t, pages, Welcome{}, look), "<h1>Sound</h1>") {
				t.Fatal("the sound theme is not used")
			}
			broken := maps.Clone(sound)
			broken[test.file] = &fstest.MapFile{Data: []byte(test.content)}
			broken["other/templates/welcome.html"] = sound["acme/templates/welcome.html"]
			err := pages.LoadThemes(broken)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "theme of organisation acme: ") {
				t.Errorf("%v\nwant %s", err, test.want)
			}
			if strings.Contains(renderAs(t, pages, Welcome{}, look), "<h1>Sound</h1>") {
				t.Error("a broken theme is used in part")
			}
			if !strings.Contains(renderAs(t, pages, Welcome{}, Look{Theme: &Theme{Org: "other"}}), "<h1>Sound</h1>") {
				t.Error("a broken theme takes another with it")
			}
		})
	}
}

// A theme that fails for what nobody tried gives way to our page, and is told of.
func TestThemeThatFails(t *testing.T) {
	pages := newPages(t)
	var trouble error
	pages.Trouble = func(err error) { trouble = err }
	if err := pages.LoadThemes(fstest.MapFS{"acme/templates/signedout.html": {Data: []byte("{{define \"main\"}}\n{{if eq .LoginURL \"/odd\"}}{{slice .LoginURL 7}}{{end}}{{end}}")}}); err != nil {
		t.Fatal(err)
	}
	look := Look{Theme: &Theme{Org: "acme"}}
	if got := text(parse(t, renderAs(t, pages, SignedOut{LoginURL: "/odd"}, look))); !strings.Contains(got, "You are signed out") {
		t.Errorf("the page says %q", got)
	}
	if trouble == nil || !strings.Contains(trouble.Error(), "acme/templates/signedout.html:2") {
		t.Errorf("told of %v", trouble)
	}
	if trouble = nil; strings.Contains(renderAs(t, pages, SignedOut{}, look), "You are signed out</span>") || trouble != nil {
		t.Errorf("the theme is not used where it works: %v", trouble)
	}
}

func TestHostileFoldersOfThemes(t *testing.T) {
	pages := newPages(t)
	if err := pages.LoadThemes(fstest.MapFS{"x": {Data: []byte("no folder")}}); err != nil {
		t.Error(err)
	}
	if err := pages.LoadThemes(os.DirFS("testdata/nothing")); err == nil {
		t.Error("a folder that is not there is read")
	}
	if err := pages.LoadThemes(os.DirFS("../examples/theme")); err != nil {
		t.Fatal(err)
	}
	for _, org := range []string{"", ".", "..", "../northwind", "northwind/"} {
		if strings.Contains(renderAs(t, pages, Welcome{}, Look{Theme: &Theme{Org: org}}), "north wind") {
			t.Errorf("%q is an organisation", org)
		}
	}
	for _, target := range []string{"../templates/welcome.html", "welcome.html", "", "%2e%2e/theme.css"} {
		prefix := (*pages.themes.Load())["northwind"].prefix
		if status := serve(pages, http.MethodGet, prefix+target).StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: %d", target, status)
		}
	}
}
