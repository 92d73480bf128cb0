package cli

import (
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/workbench"
)

func (p *program) pluginBuild() *cobra.Command {
	c := &cobra.Command{
		Use: "build [DIR]", Short: "build a plugin, and try the module", Args: atMostOne("DIR"),
		Long: "Build a plugin with the command in its postern.json, then load the module as a\nserver does and test it on its samples. DIR is the project, else this folder.",
		Example: "  postern plugin build\n" +
			"  postern plugin build plugins/department",
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		project, err := workbench.OpenProject(firstOr(args, "."))
		if err != nil {
			return err
		}
		if err := project.Make(c.Context(), p.Err); err != nil {
			return err
		}
		shown, err := p.inspectFile(c, project.ModuleFile())
		if err != nil {
			return err
		}
		return p.print(shown, func(w io.Writer) {
			rows := []admin.Row{
				{Field: "Module", Value: shown.File}, {Field: "Digest", Value: shown.Digest}, {Field: "Size", Value: sizes(shown)},
			}
			for _, plugin := range shown.Plugins {
				rows = append(rows, admin.Row{Field: "Plugin", Value: plugin.ID + " " + plugin.Version + ": " + strings.Join(plugin.Hooks, ", ")})
			}
			fields(w, rows)
		})
	}
	return c
}

// inspectFile loads a module and says what is in it.
func (p *program) inspectFile(c *cobra.Command, file string) (workbench.Inspection, error) {
	progress := p.progress()
	defer progress.clear()
	progress.say("loading %s", file)
	module, err := workbench.Open(c.Context(), file, nil)
	if err != nil {
		return workbench.Inspection{}, err
	}
	defer module.Close()
	return module.Inspect(), nil
}

func sizes(i workbench.Inspection) string {
	return bytesText(int64(i.Size)) + ", " + bytesText(int64(i.Metered)) + " with meters"
}

func samplesText(n int) string {
	if n == 1 {
		return "1 sample"
	}
	return strconv.Itoa(n) + " samples"
}

// atMostOne allows one argument.
func atMostOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return arguments(name)(c, args)
		}
		return nil
	}
}

func firstOr(args []string, otherwise string) string {
	if len(args) == 0 {
		return otherwise
	}
	return args[0]
}
