package workbench

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk"
	"github.com/postern-id/postern/sdk/hook"
)

// projectFile says how a project is built and tested.
const projectFile = "postern.json"

// Languages are those that a project can be written in.
func Languages() []string { return sdk.Languages() }

// Create writes a new project into a folder, which must be empty or not there, and
// gives the names of its files, with slashes, sorted.
func Create(language, name, dir string) ([]string, error) {
	files, err := sdk.Project(language, name)
	switch {
	case errors.Is(err, sdk.ErrName):
		return nil, wrong("such as department or rename-claims", "%q cannot be the name of a plugin: it has lower-case letters, digits and hyphens, a letter first, at most 63, and is not postern", name)
	case !slices.Contains(Languages(), language):
		return nil, wrong("choose one of "+strings.Join(Languages(), ", "), "there is no SDK for %q", language)
	case err != nil:
		return nil, err
	}
	if err := demandEmpty(dir); err != nil {
		return nil, err
	}
	var names []string
	for file, text := range files {
		target := filepath.Join(dir, filepath.FromSlash(file))
		if err := write(target, text); err != nil {
			return nil, wrong("look at the folder: some of the project may be in it", "cannot write %s: %s", target, bare(err))
		}
		names = append(names, file)
	}
	slices.Sort(names)
	return names, nil
}

// demandEmpty refuses a folder that has something in it.
func demandEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return wrong("name another folder with --dir", "%s cannot be the project's folder: %s", dir, bare(err))
	case len(entries) > 0:
		return wrong("name another folder with --dir", "the folder %s is not empty", dir)
	}
	return nil
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o644)
	if strings.HasPrefix(string(text), "#!") {
		mode = 0o755
	}
	return os.WriteFile(file, text, mode)
}

// Project is a folder with a plugin in it.
type Project struct {
	Dir      string
	Language string
	Build    []string // a command, run in Dir
	Module   string   // the file that it makes; a path from Dir
	Test     []string // a command; empty: there are no native tests
}

// OpenProject reads the project of a folder.
func OpenProject(dir string) (*Project, error) {
	file := filepath.Join(dir, projectFile)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, wrong("name the folder of a project, or begin one with 'postern plugin new'", "there is no %s in %s", projectFile, dir)
	case err != nil:
		return nil, wrong("", "cannot read %s: %s", file, bare(err))
	}
	p := &Project{Dir: dir}
	if err := p.parse(text); err != nil {
		return nil, wrong(`it has language, build, module and test: {"language": "go", "build": ["go", "build"], "module": "plugin.wasm", "test": ["go", "test"]}`,
			"%s: %s", file, err)
	}
	return p, nil
}

func (p *Project) parse(text []byte) error {
	object, err := hook.ParseObject(text)
	if err != nil {
		return err
	}
	for _, member := range object {
		ok := member.Value.Kind() == hook.KindString
		switch member.Name {
		case "language":
			p.Language = member.Value.Text()
		case "module":
			p.Module = member.Value.Text()
		case "build":
			p.Build, ok = command(member.Value)
		case "test":
			p.Test, ok = command(member.Value)
		default:
			return errors.New("there is no member " + member.Name)
		}
		if !ok {
			return errors.New(member.Name + " is of the wrong type: a command is an array of strings, the others are strings")
		}
	}
	switch {
	case len(p.Build) == 0 || p.Build[0] == "":
		return errors.New("build must name a command")
	case !filepath.IsLocal(filepath.FromSlash(p.Module)):
		return errors.New("module must be a path within the project")
	}
	return nil
}

func command(v hook.Value) ([]string, bool) {
	words := v.Strings()
	return words, v.Kind() == hook.KindArray && len(words) == len(v.List())
}

// ModuleFile is where the module is once it was built.
func (p *Project) ModuleFile() string { return filepath.Join(p.Dir, filepath.FromSlash(p.Module)) }

// CasesDir is where the project's cases are.
func (p *Project) CasesDir() string { return filepath.Join(p.Dir, "cases") }
