package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/workbench"
)

func (p *program) pluginRecord() *cobra.Command {
	var of callFlags
	var may worldFlags
	var out, name string
	var force bool
	c := &cobra.Command{
		Use: "record FILE", Short: "call a hook, and write the call as a case", Args: arguments("FILE"),
		Long: "Call a hook of a module, do what the plugin asks the host for as far as --allow\nlets it, and write all of it as a case for 'postern plugin test'. No secret is\nwritten: the plugin is called once more with other words in their place.",
		Example: "  postern plugin record plugin.wasm --input alice.json --out cases/alice.json \\\n" +
			"    --allow http.fetch=api.example.org --secret api=api.txt",
	}
	of.flags(c)
	may.flags(c)
	c.Flags().StringVar(&out, "out", "", "`FILE` for the case")
	c.Flags().StringVar(&name, "name", "", "`NAME` of the case, which says what it tests (default: the name of its file)")
	c.Flags().BoolVar(&force, "force", false, "write over the file if it is there")
	c.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case of.input == "":
			return usagef("give --input FILE, or - for standard input", "the input is missing")
		case out == "":
			return usagef("give --out FILE", "nothing says where the case goes")
		}
		return of.check()
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := makePlace(out, force); err != nil {
			return err
		}
		call, err := of.call(p)
		if err != nil {
			return err
		}
		world, err := may.world()
		if err != nil {
			return err
		}
		if name == "" {
			name = strings.ReplaceAll(strings.TrimSuffix(filepath.Base(out), ".json"), "-", " ")
		}
		module, err := workbench.Open(c.Context(), args[0], world)
		if err != nil {
			return err
		}
		defer module.Close()
		recording, err := module.Record(c.Context(), name, call)
		p.tell(&recording.Outcome)
		if err != nil {
			return err
		}
		return p.keep(&recording, out)
	}
	return c
}

// keep writes a recording.
func (p *program) keep(recording *workbench.Recording, file string) error {
	if err := os.WriteFile(file, recording.Text, 0o644); err != nil {
		return unreadable(err)
	}
	for _, warning := range recording.Warnings {
		p.note("warning: %s", warning)
	}
	calls := len(recording.Outcome.Calls)
	return p.done(struct {
		File     string   `json:"file"`
		Calls    int      `json:"calls"`
		Warnings []string `json:"warnings"`
	}{file, calls, list(recording.Warnings)}, "wrote %s with %d calls of the host", file, calls)
}

// makePlace looks, before anything is done, whether a file can be written.
func makePlace(file string, force bool) error {
	if _, err := os.Stat(file); err == nil && !force {
		return failf("name another file, or write over it with --force", "%s is there already", file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return failf("name another file", "%s", err)
	}
	return nil
}
