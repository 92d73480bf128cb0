package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionView is the version as JSON.
type versionView struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			return p.print(v, func(w io.Writer) {
				fmt.Fprintf(w, "postern %s (%s, %s)\n", v.Version, v.Go, v.Platform)
			})
		},
	}
}

// readVersion takes the version from what the Go toolchain wrote into the binary.
func readVersion() versionView {
	v := versionView{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (p *program) completion() *cobra.Command {
	shells := map[string]func(*cobra.Command) error{
		"bash":       func(root *cobra.Command) error { return root.GenBashCompletionV2(p.Out, true) },
		"zsh":        func(root *cobra.Command) error { return root.GenZshCompletion(p.Out) },
		"fish":       func(root *cobra.Command) error { return root.GenFishCompletion(p.Out, true) },
		"powershell": func(root *cobra.Command) error { return root.GenPowerShellCompletionWithDesc(p.Out) },
	}
	return &cobra.Command{
		Use: "completion SHELL", Short: "print a completion script for bash, zsh, fish or powershell", Args: arguments("SHELL"),
		Example:   "  source <(postern completion bash)",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(c *cobra.Command, args []string) error {
			generate, known := shells[args[0]]
			if !known {
				return usagef("use bash, zsh, fish or powershell", "there is no completion for %q", args[0])
			}
			return generate(c.Root())
		},
	}
}
