package web

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

// everyStory are the pages that everybody meets, and those of administrators.
func everyStory() []Story { return append(Stories(), ConsoleStories()...) }

// TestGolden holds every story to a file, so that a change of a page is seen as
// a change of HTML. The hash of the assets is left out of it.
func TestGolden(t *testing.T) {
	pages := newPages(t)
	for _, story := range everyStory() {
		got := strings.ReplaceAll(render(t, pages, story.Page), pages.assets.prefix, "/assets/HASH/")
		file := filepath.Join("testdata", "golden", story.Name+".html")
		if *update {
			write(t, file, []byte(got))
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not as in %s; if it should be, run go test ./web -update\n%s", story.Name, file, got)
		}
	}
}

// TestControls lists what each form sends: people's password managers, tests and
// the conformance suite know the pages by these ids, names and values.
func TestControls(t *testing.T) {
	documents := parseStories(t)
	for name, want := range map[string][]string{
		"login": {
			`form post /login`, `input hidden name=step value=signed-step`,
			`input text id=username name=username autocomplete=username required autofocus`,
			`input password id=password name=password autocomplete=current-password required`,
			`button submit id=login name=action value=login`,
			`button submit id=cancel name=action value=cancel formnovalidate`,
		},
		"login-problem": {
			`form post /login`, `input hidden name=step value=signed-step`,
			`input text id=username name=username value=ada autocomplete=username required`,
			`input password id=password name=password autocomplete=current-password required autofocus`,
			`button submit id=login name=action value=login`,
			`button submit id=cancel name=action value=cancel formnovalidate`,
		},
		"login-postern": {
			`form post /login`, `input hidden name=step value=signed-step`,
			`input text id=username name=username autocomplete=username required autofocus`,
			`input password id=password name=password autocomplete=current-password required`,
			`button submit id=login name=action value=login`,
		},
		"login-offers": {
			`form post /login`, `input hidden name=step value=signed-step`,
			`input text id=username name=username autocomplete=username required autofocus`,
			`input password id=password name=password autocomplete=current-password required`,
			`button submit id=login name=action value=login`,
			`form post /login`, `input hidden name=step value=signed-step`, `input hidden name=connector value=google`,
			`button submit id=upstream-google name=action value=upstream`,
			`form post /login`, `input hidden name=step value=signed-step`, `input hidden name=connector value=github`,
			`button submit id=upstream-github name=action value=upstream`,
			`form post /login`, `input hidden name=step value=signed-step`, `input hidden name=connector value=staff`,
			`button submit id=upstream-staff name=action value=upstream`,
			`form post /login`, `input hidden name=step value=signed-step`, `button submit id=cancel name=action value=cancel`,
		},
		"login-offers-only": {
			`form post /login`, `input hidden name=step value=signed-step`, `input hidden name=connector value=google`,
			`button submit id=upstream-google name=action value=upstream`,
			`form post /login`, `input hidden name=step value=signed-step`, `input hidden name=connector value=github`,
			`button submit id=upstream-github name=action value=upstream`,
			`form post /login`, `input hidden name=step value=signed-step`, `button submit id=cancel name=action value=cancel`,
		},
		"login-offers-none": {
			`form post /login`, `input hidden name=step value=signed-step`, `button submit id=cancel name=action value=cancel`,
		},
		"login-name-hint": {
			`form post /login`, `input hidden name=step value=signed-step`,
			`input text id=username name=username value=ada@example.com autocomplete=username required autofocus`,
			`button submit id=identify name=action value=identify`,
		},
		"select": {
			`form post /select`, `input hidden name=step value=signed-step`,
			`button submit id=continue name=action value=continue`, `button submit id=other name=action value=other`,
		},
		"consent": {
			`form post /consent`, `input hidden name=step value=signed-step`,
			`button submit id=allow name=action value=allow`, `button submit id=deny name=action value=deny`,
		},
		"device-code": {
			`form post /login/oauth/device`, `input hidden name=step value=signed-step`,
			`input text id=user_code name=user_code autocomplete=off required autofocus`,
			`button submit id=continue name=action value=continue`,
		},
		"device-code-filled": {
			`form post /login/oauth/device`, `input hidden name=step value=signed-step`,
			`input text id=user_code name=user_code value=WDJB-MJHT autocomplete=off required autofocus`,
			`button submit id=continue name=action value=continue`,
		},
		"device": {
			`form post /login/oauth/device`, `input hidden name=step value=signed-step`,
			`button submit id=allow name=action value=allow`, `button submit id=deny name=action value=deny`,
		},
		"logout": {
			`form post /api/logout`, `input hidden name=step value=signed-step`,
			`button submit id=logout name=action value=logout`,
		},
		"setup": {
			`form post /setup`, `input hidden name=token value=one-time-token`,
			`input text id=username name=username value=admin autocomplete=username required autofocus`,
			`input text id=name name=name autocomplete=name`,
			`input email id=email name=email autocomplete=email required`,
			`input password id=password name=password autocomplete=new-password required`,
			`button submit id=setup name=action value=setup`,
		},
		"formpost": {
			`form post https://wiki.example.com/callback`, `input hidden name=code value=code_1`,
			`input hidden name=state value="><script>`, `input hidden name=iss value=http://localhost:8000`,
			`button submit id=continue autofocus`,
		},
		"welcome": nil, "welcome-setup": nil, "signedout": nil, "checksession": nil, "signingout": nil, "signingout-client": nil, "error": nil, "error-back": nil, "setupdone": nil, "leaving": nil,
	} {
		if got := controls(documents[name]); !slices.Equal(got, want) {
			t.Errorf("%s has\n\t%s\nwant\n\t%s", name, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	}
}

// Enter in a field presses the first button of its form: never one that leads
// elsewhere, and never Cancel.
func TestEnterSignsIn(t *testing.T) {
	for name, document := range parseStories(t) {
		field := byID(document, "username")
		if field == nil || !strings.HasPrefix(name, "login") {
			continue
		}
		form := field.Parent
		for form.Data != "form" {
			form = form.Parent
		}
		want := "login"
		if byID(form, "password") == nil {
			want = "identify"
		}
		if name == "login-mail" {
			want = "email"
		}
		if got := attr(first(form, "button"), "value"); got != want {
			t.Errorf("%s: Enter presses %q, want %q", name, got, want)
		}
	}
}

// Who hears a list of buttons must be able to tell them apart.
func TestButtonsDiffer(t *testing.T) {
	for name, document := range parseStories(t) {
		heard := map[string]bool{}
		for node := range document.Descendants() {
			if node.Data != "button" {
				continue
			}
			if words := text(node); heard[words] {
				t.Errorf("%s: two buttons say %q", name, words)
			} else {
				heard[words] = true
			}
		}
	}
}

func TestOffersShowTheirMark(t *testing.T) {
	pages := newPages(t)
	document := parse(t, render(t, pages, Login{Offers: []Offer{
		{"google", "Google", "google"}, {"staff", "Staff", sampleLogo()}, {"partners", "Partners", "https://partners.example/logo.png"},
	}}))
	for id, want := range map[string]string{"google": pages.assets.prefix + "icon-google.svg", "staff": sampleLogo(), "partners": ""} {
		button := byID(document, "upstream-"+id)
		src := ""
		if image := first(button, "img"); image != nil {
			src = attr(image, "src")
		}
		if src != want {
			t.Errorf("%s shows %.60q, want %.60q", id, src, want)
		}
	}
	if got := text(byID(document, "upstream-partners")); got != "PContinue with Partners" {
		t.Errorf("without a mark: %q", got)
	}
}

func TestErrorLeadsBack(t *testing.T) {
	pages := newPages(t)
	for _, test := range []struct{ url, text, wantURL, wantText string }{
		{"", "Back", "", ""},
		{"/login?step=a.b", "", "/login?step=a.b", "Back to sign-in"},
		{"/", "Back to your account", "/", "Back to your account"},
		{"javascript:alert(1)", "", "#ZgotmplZ", "Back to sign-in"},
	} {
		back := byID(parse(t, render(t, pages, Error{BackURL: test.url, BackText: test.text})), "back")
		if test.wantURL == "" {
			if back != nil {
				t.Error("a way back to nowhere")
			}
			continue
		}
		if back == nil || attr(back, "href") != test.wantURL || text(back) != test.wantText {
			t.Errorf("back to %q by %q is %q by %q", test.url, test.text, attr(back, "href"), text(back))
		}
	}
}

// The page that leads away does so by itself and by its link, to the same address.
func TestLeaving(t *testing.T) {
	pages := newPages(t)
	for _, uri := range []string{
		"https://login.example/authorize?a=(b)&c='d'&e=\"f\";g#h", "http://127.0.0.1:7777/cb?code=1", "com.example.app:/cb?state=%20x",
	} {
		document := parse(t, render(t, pages, Leaving{URL: uri}))
		var refresh string
		for node := range document.Descendants() {
			if attr(node, "http-equiv") == "refresh" {
				refresh = attr(node, "content")
			}
		}
		if link := attr(byID(document, "continue"), "href"); refresh != "0; url="+uri || link != uri {
			t.Errorf("%s: leads to %q, and by its link to %q", uri, refresh, link)
		}
	}
	for _, uri := range []string{"", "/local", "//login.example", "javascript:alert(1)", "data:text/html,x", "'https://login.example", " https://login.example"} {
		var written bytes.Buffer
		if err := pages.Render(&written, Leaving{URL: uri}, Look{}); !errors.Is(err, errAction) || written.Len() > 0 {
			t.Errorf("%q: error %v, and %d bytes were written", uri, err, written.Len())
		}
	}
}

// The page that signs out of applications loads each of them, hidden and without a right
// to lead the person away, and then goes on by itself and by its link.
func TestSigningOut(t *testing.T) {
	pages := newPages(t)
	frames := []string{"https://rp.example/out?a=(b)&c='d'&e=\"f\"&sid=1", "http://127.0.0.1:7777/out"}
	for _, uri := range []string{"", "https://rp.example/bye?a=(b)&c=\"d\"", "com.example.app:/bye"} {
		document := parse(t, render(t, pages, SigningOut{Frames: frames, URL: uri, LoginURL: "/login"}))
		var found []string
		var refresh string
		for node := range document.Descendants() {
			if attr(node, "http-equiv") == "refresh" {
				refresh = attr(node, "content")
			}
			if node.Data == "iframe" {
				found = append(found, attr(node, "src"))
				if rights := attr(node, "sandbox"); !has(node, "hidden") || rights == "" || strings.Contains(rights, "top-navigation") || strings.Contains(rights, "popups") {
					t.Errorf("a frame with the rights %q", rights)
				}
			}
		}
		if !slices.Equal(found, frames) {
			t.Errorf("frames %q", found)
		}
		var link string
		if button := byID(document, "continue"); button != nil {
			link = attr(button, "href")
		}
		if uri == "" && (refresh+link != "" || byID(document, "signin") == nil || first(document, "script") != nil) {
			t.Errorf("nowhere: leads to %q", refresh)
		} else if uri != "" && (refresh != "2; url="+uri || link != uri || byID(document, "signin") != nil) {
			t.Errorf("%s: leads to %q, and by its link to %q", uri, refresh, link)
		}
	}
	for _, uri := range []string{"", "/local", "//rp.example", "javascript:alert(1)", "data:text/html,x", "com.example.app:/out", "https://u@rp.example/"} {
		var written bytes.Buffer
		if err := pages.Render(&written, SigningOut{Frames: []string{uri}}, Look{}); !errors.Is(err, errAction) || written.Len() > 0 {
			t.Errorf("%q: error %v, and %d bytes were written", uri, err, written.Len())
		}
	}
}

// Who stays signed in leaves the page by a link: the form can only sign out.
func TestLogoutCanBeLeft(t *testing.T) {
	pages := newPages(t)
	for stay, want := range map[string]string{"": "/", "/account": "/account", "javascript:alert(1)": "#ZgotmplZ"} {
		document := parse(t, render(t, pages, Logout{Action: "/api/logout", StayURL: stay}))
		if got := attr(byID(document, "stay"), "href"); got != want {
			t.Errorf("StayURL %q leads to %q, want %q", stay, got, want)
		}
	}
}

func TestErrorPageSaysTheCode(t *testing.T) {
	documents := parseStories(t)
	for id, want := range map[string]string{"code": "invalid_request", "correlation": "01JDD2V7Q8M4RZ"} {
		if got := text(byID(documents["error"], id)); got != want {
			t.Errorf("#%s says %q, want %q", id, got, want)
		}
	}
	if got := text(first(documents["error-bare"], "h1")); got != "Something went wrong" {
		t.Errorf("an error without words says %q", got)
	}
}

// TestNothingInline holds the pages to the policy in the package comment.
func TestNothingInline(t *testing.T) {
	pages := newPages(t)
	scripted := map[string]bool{}
	for _, story := range everyStory() {
		scripted[story.Name] = HasScript(story.Page)
	}
	for name, document := range parseStories(t) {
		if scripted[name] != (first(document, "script") != nil) {
			t.Errorf("%s: HasScript is %v", name, scripted[name])
		}
		for node := range document.Descendants() {
			if node.Type != html.ElementNode {
				continue
			}
			for _, a := range node.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.Contains(strings.ToLower(a.Val), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
				}
			}
			local := strings.HasPrefix(attr(node, "src")+attr(node, "href"), pages.assets.prefix)
			switch node.Data {
			case "style", "iframe", "object", "embed", "base", "meta":
				leads := attr(node, "http-equiv") == "refresh" && (strings.HasPrefix(name, "leaving") || strings.HasPrefix(name, "signingout-"))
				if node.Data == "iframe" && (strings.HasPrefix(name, "signingout") || name == "mailbox") {
					continue
				}
				if node.Data != "meta" || has(node, "http-equiv") && !leads {
					t.Errorf("%s: <%s>", name, node.Data)
				}
			case "script":
				if !scripted[name] || !local || node.FirstChild != nil {
					t.Errorf("%s: a script that the policy forbids", name)
				}
			case "link":
				if !local {
					t.Errorf("%s: foreign link %q", name, attr(node, "href"))
				}
			case "img":
				remote := name == "login-registered" && attr(node, "id") == "logo" && attr(node, "referrerpolicy") == "no-referrer"
				ours := local || strings.HasPrefix(attr(node, "src"), "/avatar/")
				if !ours && !strings.HasPrefix(attr(node, "src"), "data:image/") && !remote {
					t.Errorf("%s: foreign image %q", name, attr(node, "src"))
				}
			}
		}
	}
}

// TestStructure checks what every page owes to who does not see it.
func TestStructure(t *testing.T) {
	for name, document := range parseStories(t) {
		if root := first(document, "html"); attr(root, "lang") != "en" {
			t.Errorf("%s: no language", name)
		}
		// What a bar of a chart says is a title too.
		if head := first(document, "head"); count(head, "title") != 1 || text(first(head, "title")) == "" {
			t.Errorf("%s: wants one <title> with words", name)
		}
		for _, tag := range []string{"h1", "main", "footer"} {
			if count(document, tag) != 1 || tag != "footer" && text(first(document, tag)) == "" {
				t.Errorf("%s: wants one <%s> with words", name, tag)
			}
		}
		ids := map[string]int{}
		focus := 0
		for node := range document.Descendants() {
			if id := attr(node, "id"); id != "" {
				ids[id]++
			}
			if has(node, "autofocus") {
				focus++
			}
			if node.Data == "img" && !has(node, "alt") {
				t.Errorf("%s: image without alt", name)
			}
			named := attr(node, "role") == "img" && attr(node, "aria-label") != ""
			if node.Data == "svg" && attr(node, "aria-hidden") != "true" && !named {
				t.Errorf("%s: drawing that is neither named nor hidden", name)
			}
		}
		for id, times := range ids {
			if times != 1 {
				t.Errorf("%s: id %q stands %d times", name, id, times)
			}
		}
		if focus > 1 {
			t.Errorf("%s: focus goes to %d places", name, focus)
		}
		for node := range document.Descendants() {
			for _, key := range []string{"for", "aria-describedby", "aria-labelledby"} {
				for target := range strings.FieldsSeq(attr(node, key)) {
					if ids[target] == 0 {
						t.Errorf("%s: %s=%q leads nowhere", name, key, target)
					}
				}
			}
			if target, isHere := strings.CutPrefix(attr(node, "href"), "#"); isHere && ids[target] == 0 {
				t.Errorf("%s: link to #%s leads nowhere", name, target)
			}
		}
	}
}

func TestEveryInputHasALabel(t *testing.T) {
	for name, document := range parseStories(t) {
		labelled := map[string]bool{}
		for node := range document.Descendants() {
			if node.Data == "label" && text(node) != "" {
				labelled[attr(node, "for")] = true
			}
		}
		for node := range document.Descendants() {
			if node.Data == "input" && attr(node, "type") != "hidden" && !labelled[attr(node, "id")] && attr(node, "aria-label") == "" {
				t.Errorf("%s: input %q has no label", name, attr(node, "name"))
			}
			if node.Data == "button" && text(node) == "" {
				t.Errorf("%s: button %q has no words", name, attr(node, "id"))
			}
		}
	}
}

// TestProblemsAreAnnounced: by role, in the title, and at the field that gets the focus.
func TestProblemsAreAnnounced(t *testing.T) {
	documents := parseStories(t)
	for name, fields := range map[string][]string{
		"login":                nil,
		"login-problem":        {"username", "password"},
		"login-offers":         nil,
		"login-offers-problem": {"username", "password"},
		"login-name-problem":   {"username"},
		"login-cancelled":      nil,
		"login-denied":         {}, // nothing that was typed
		"setup":                nil,
		"setup-problems":       {"email", "password"},
	} {
		document := documents[name]
		summary := byID(document, "problem")
		if (summary != nil) != (fields != nil) || summary != nil && attr(summary, "role") != "alert" {
			t.Errorf("%s: summary of problems: %v", name, summary)
		}
		if strings.HasPrefix(text(first(document, "title")), "Error: ") != (fields != nil) {
			t.Errorf("%s: title %q", name, text(first(document, "title")))
		}
		var invalid []string
		for node := range document.Descendants() {
			if attr(node, "aria-invalid") == "true" {
				invalid = append(invalid, attr(node, "id"))
				described, _, _ := strings.Cut(attr(node, "aria-describedby"), " ")
				if text(byID(document, described)) == "" {
					t.Errorf("%s: #%s does not say what is wrong", name, attr(node, "id"))
				}
			}
		}
		if !slices.Equal(invalid, fields) {
			t.Errorf("%s: marked as wrong are %v, want %v", name, invalid, fields)
		}
	}
	if !has(byID(documents["setup-problems"], "email"), "autofocus") {
		t.Error("setup-problems: the focus is not on the first wrong field")
	}
}

// hostile strings try to leave the text, the attribute or the URL that they stand in.
var hostile = []string{
	`"><script>alert(1)</script>`, `'"--></title></style><img src=x onerror=alert(1)>`,
	`" autofocus onfocus="alert(1)`, `{{.Step}}<!--`, "a\r\nSet-Cookie: b=c\x00\u202e", `javascript:alert(1)`,
}

// TestHostileStringsAreText puts such a string into every field of every page. The
// page must have the elements and attributes that it has with harmless strings.
func TestHostileStringsAreText(t *testing.T) {
	pages := newPages(t)
	for _, page := range every() {
		for _, bad := range hostile {
			name := fmt.Sprintf("%s with %q", page.template(), bad)
			harmless, attacked := filled(page, "harmless"), filled(page, bad)
			want := skeleton(parse(t, render(t, pages, harmless)))
			document := parse(t, render(t, pages, attacked))
			if got := skeleton(document); got != want {
				t.Errorf("%s: the page became\n%s\nwant\n%s", name, got, want)
			}
			for node := range document.Descendants() {
				for _, key := range []string{"href", "src", "action"} {
					if strings.HasPrefix(attr(node, key), "javascript:") {
						t.Errorf("%s: <%s %s=%q> runs script", name, node.Data, key, attr(node, key))
					}
				}
			}
		}
	}
}

// FuzzHostileStrings does the same with strings that nobody thought of.
func FuzzHostileStrings(f *testing.F) {
	for _, bad := range hostile {
		f.Add(bad)
	}
	pages := newPages(f)
	f.Fuzz(func(t *testing.T, bad string) {
		if strings.TrimSpace(bad) == "" || logo(bad) != "" || link(bad) != "" {
			return // these have a meaning to the page
		}
		for _, page := range every() {
			want := skeleton(parse(t, render(t, pages, filled(page, "harmless"))))
			if got := skeleton(parse(t, render(t, pages, filled(page, bad)))); got != want {
				t.Errorf("%s with %q became\n%s\nwant\n%s", page.template(), bad, got, want)
			}
		}
	})
}

// A response is posted as it is: what the relying party gets is what it sent as state.
func TestFormPostKeepsItsFields(t *testing.T) {
	pages := newPages(t)
	for _, value := range append(hostile, " ", "ü", strings.Repeat("s", 4096)) {
		if strings.ContainsAny(value, "\r\x00") {
			continue // HTML cannot hold them; the parser of the request refuses them
		}
		document := parse(t, render(t, pages, FormPost{Action: "https://rp.example/cb", Fields: []Field{{"state", value}}}))
		var got []string
		for node := range document.Descendants() {
			if node.Data == "input" {
				got = append(got, attr(node, "name"), attr(node, "value"))
			}
		}
		if !slices.Equal(got, []string{"state", value}) {
			t.Errorf("state %.40q is sent as %.80q", value, got)
		}
	}
}

func TestRenderWritesNothingOnError(t *testing.T) {
	var written bytes.Buffer
	err := newPages(t).Render(&written, FormPost{Action: "javascript:alert(1)"}, Look{})
	if !errors.Is(err, errAction) || written.Len() > 0 {
		t.Errorf("error %v, and %d bytes were written", err, written.Len())
	}
}

func TestLogoOrMonogram(t *testing.T) {
	pages := newPages(t)
	for uri, wantImage := range map[string]bool{sampleLogo(): true, "https://wiki.example/logo.png": false, "": false} {
		document := parse(t, render(t, pages, Login{Client: &Client{Name: "Northwind", LogoURI: uri}}))
		tile := first(document, "header")
		if image := first(tile, "img"); (image != nil) != wantImage || !wantImage && !strings.HasPrefix(strings.TrimSpace(text(tile)), "N") {
			t.Errorf("logo %.40q: image %v, words %q", uri, image, text(tile))
		}
	}
}

// filled gives a page of the same type whose every string is s, with one element in
// each list. Addresses of forms keep a value that Render accepts.
func filled(page Page, s string) Page {
	value := reflect.New(reflect.TypeOf(page)).Elem()
	fill(value, s)
	switch page := value.Interface().(type) {
	case FormPost:
		page.Action = "https://rp.example/cb"
		return page
	case Leaving:
		page.URL = "https://login.example/authorize"
		return page
	case Denied:
		page.URL, page.Action = "", "https://rp.example/cb"
		return page
	case SigningOut:
		page.URL, page.Frames = "https://login.example/logout", []string{"https://rp.example/logout"}
		return page
	}
	return value.Interface().(Page)
}

func fill(value reflect.Value, s string) {
	if value.Type() == reflect.TypeFor[time.Time]() {
		value.Set(reflect.ValueOf(theMoment))
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(s)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int:
		value.SetInt(400)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem(), s)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		fill(value.Index(0), s)
	case reflect.Map:
		all := map[string]string{"": s}
		for _, field := range fieldOrder() {
			all[field] = s
		}
		value.Set(reflect.ValueOf(all))
	case reflect.Struct:
		for i := range value.NumField() {
			fill(value.Field(i), s)
		}
	}
}
