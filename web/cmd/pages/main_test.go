package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRendersPages(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if err := run(folder, "ja", "dark"); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(folder, "login.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`lang="ja"`, `data-appearance="dark"`} {
		if !strings.Contains(string(page), part) {
			t.Errorf("the page has no %s", part)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct{ lang, appearance, want string }{
		{"tlh", "", "no language"}, {"en", "sepia", "no appearance"},
	} {
		if err := run(t.TempDir(), c.lang, c.appearance); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
