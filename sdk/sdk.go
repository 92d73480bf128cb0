// Package sdk holds the sources of the SDKs, so that postern plugin new can write a
// project that builds without fetching Postern from anywhere.
//
// It owns which files a project of each language has. It writes nothing: the
// command does. The SDKs themselves are the folders beside this file; none of them
// imports this package.
package sdk

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

//go:embed go/*.go go/internal go/posterntest go/template hook/*.go hook/replay
//go:embed c/postern c/template c/template/.gitignore
//go:embed rust/postern rust/template rust/template/.gitignore
//go:embed typescript/postern typescript/template typescript/template/.gitignore
var files embed.FS

// Files are the embedded sources, under the names that they have beside this file.
func Files() fs.FS { return files }

// copies says, by language, which folders of the SDK a project gets, and where.
var copies = map[string]map[string]string{
	"c":          {"c/template": ".", "c/postern": "postern"},
	"go":         {"go/template": ".", "go": "postern/sdk/go", "hook": "postern/sdk/hook"},
	"rust":       {"rust/template": ".", "rust/postern": "postern"},
	"typescript": {"typescript/template": ".", "typescript/postern": "postern"},
}

// Languages are those that a project can be written in, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(copies)) }

// ErrName says that a name is none for a plugin.
var ErrName = errors.New("a plugin's name is made of lower-case letters, digits and hyphens, a letter first, at most 63, and is not postern, which is the SDK's")

// Project gives the files of a new plugin by their names, with slashes: its sources
// from the template of the language, and the SDK's in the folder postern. In files
// whose names end in .tmpl, which they lose, {{.Name}} is the plugin's name.
func Project(language, name string) (map[string][]byte, error) {
	if !regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`).MatchString(name) || name == "postern" {
		return nil, ErrName
	}
	folders, ok := copies[language]
	if !ok {
		return nil, fmt.Errorf("there is no SDK for %q: choose one of %s", language, strings.Join(Languages(), ", "))
	}
	project := map[string][]byte{}
	for from, to := range folders {
		err := fs.WalkDir(files, from, func(file string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && isLeftOut(entry.Name()) && file != from:
				return fs.SkipDir
			case entry.IsDir() || isTest(from, file):
				return nil
			}
			text, err := fs.ReadFile(files, file)
			if err != nil {
				return err
			}
			target := path.Join(to, strings.TrimPrefix(file, from))
			if rendered, ok := strings.CutSuffix(target, ".tmpl"); ok {
				target, text = rendered, []byte(strings.ReplaceAll(string(text), "{{.Name}}", name))
			}
			project[target] = text
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return project, nil
}

// isLeftOut reports whether a folder of an SDK is no part of a project.
func isLeftOut(folder string) bool {
	return slices.Contains([]string{"template", "testdata", "tests", "vectors"}, folder)
}

// isTest reports whether a file is a test of the SDK itself.
func isTest(from, file string) bool {
	return path.Base(from) != "template" && strings.HasSuffix(file, "_test.go")
}
