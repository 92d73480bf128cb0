package web

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func render(t testing.TB, pages *Pages, page Page) string {
	t.Helper()
	var document bytes.Buffer
	if err := pages.Render(&document, page, Look{}); err != nil {
		t.Fatal(err)
	}
	return document.String()
}

// TestStorybook renders every story to a folder, as the command pages does.
func TestStorybook(t *testing.T) {
	pages := newPages(t)
	folder := t.TempDir()
	if err := pages.WriteStories(folder, Look{Locale: pages.Known("de")}); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, story := range everyStory() {
		told[story.Page.template()] = true
		document := parse(t, read(t, filepath.Join(folder, story.Name+".html")))
		want := "de"
		if _, is := story.Page.(Console); is {
			want = "en" // it is written in no other language
		}
		if got := attr(first(document, "html"), "lang"); got != want {
			t.Errorf("%s is written in %q", story.Name, got)
		}
		for node := range document.Descendants() {
			for _, key := range []string{"src", "href"} {
				if file := attr(node, key); strings.HasPrefix(file, "assets/") || strings.HasPrefix(file, "avatar/") {
					read(t, filepath.Join(folder, filepath.FromSlash(file)))
				} else if strings.HasPrefix(file, AssetsPrefix) {
					t.Errorf("%s: %s is not in the folder", story.Name, file)
				}
			}
		}
	}
	for _, page := range every() {
		if !told[page.template()] {
			t.Errorf("the storybook has no story of page %s", page.template())
		}
	}
	index := parse(t, read(t, filepath.Join(folder, "index.html")))
	if got := count(index, "a"); got != len(everyStory()) {
		t.Errorf("the index leads to %d pages of %d", got, len(everyStory()))
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
