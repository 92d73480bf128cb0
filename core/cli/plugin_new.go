package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/workbench"
)

func (p *program) pluginNew() *cobra.Command {
	var language, dir string
	languages := strings.Join(workbench.Languages(), ", ")
	c := &cobra.Command{
		Use: "new NAME", Short: "begin a plugin: a project that builds, with tests", Args: arguments("NAME"),
		Long: "Begin a plugin. The project has a plugin that works, tests, cases, and the\nSDK of its language, so nothing of Postern is fetched from anywhere.",
		Example: "  postern plugin new --lang go department\n" +
			"  postern plugin new --lang typescript rename-claims --dir plugins/rename",
	}
	c.Flags().StringVar(&language, "lang", "", "the `LANGUAGE`: "+languages)
	c.Flags().StringVar(&dir, "dir", "", "the `FOLDER` (default: the name)")
	c.PreRunE = func(*cobra.Command, []string) error {
		if language == "" {
			return usagef("give --lang with one of "+languages, "the language is missing")
		}
		return nil
	}
	c.RunE = func(_ *cobra.Command, args []string) error {
		if dir == "" {
			dir = args[0]
		}
		return p.begin(language, args[0], dir)
	}
	return c
}

// begin makes a project and says what to do with it.
func (p *program) begin(language, name, dir string) error {
	files, err := workbench.Create(language, name, dir)
	if err != nil {
		return err
	}
	project, err := workbench.OpenProject(dir)
	if err != nil {
		return err
	}
	setup := workbench.Setup(language)
	err = p.done(struct {
		Name     string   `json:"name"`
		Language string   `json:"language"`
		Dir      string   `json:"dir"`
		Module   string   `json:"module"`
		Setup    string   `json:"setup"` // a command to run in the folder first; empty: none
		Files    []string `json:"files"`
	}{name, language, dir, filepath.ToSlash(project.Module), setup, files}, "made plugin %s in %s", name, dir)
	if err != nil || p.json {
		return err
	}
	enter := "cd " + dir
	if setup != "" {
		enter += " && " + setup
	}
	p.lines("next:", "  "+enter, "  postern plugin test    its own tests, then its cases in the sandbox", "  postern plugin build   makes "+project.Module)
	return nil
}
