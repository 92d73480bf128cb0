package cli

import (
	"context"
	"io"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Streams are what a command reads and writes.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// Run runs the command line and gives its exit code. It stops when ctx ends.
func Run(ctx context.Context, args []string, streams Streams) int {
	p := &program{Streams: streams, env: os.LookupEnv}
	root := p.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	return p.report(command, err)
}

// program is one run.
type program struct {
	Streams
	env  func(string) (string, bool)
	json bool
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "postern",
		Short: "an OpenID Connect identity provider in one binary",
		Long: "Postern is an OpenID Connect identity provider in one binary.\n\n" +
			"Start it with 'postern serve'. All other commands work while it runs, and\nwhat they change it sees at once.",
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              subcommands,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagMistake(err) })
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	flags := root.PersistentFlags()
	flags.String("config", "", "configuration file (TOML; POSTERN_CONFIG)")
	flags.BoolVar(&p.json, "json", false, "print one JSON document")
	serverFlags(flags)
	for _, s := range config.Settings() {
		if s.Key == "data" {
			addSetting(flags, s)
		}
	}
	root.AddCommand(p.serve(), p.user(), p.group(), p.client(), p.registration(), p.plugin(), p.connector(), p.org(), p.role(), p.account(), p.token(),
		p.sessions(), p.keys(), p.settings(), p.explain(), p.imports(), p.applyFiles(), p.managed(), p.mail(), p.audit(), p.login(), p.logout(), p.version(), p.completion())
	return root
}

// family makes a command that only holds others.
func family(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: subcommands, RunE: func(c *cobra.Command, _ []string) error {
		return usagef("run '"+c.CommandPath()+" --help' to see them", "one of the commands of '%s' is missing", c.CommandPath())
	}}
	c.AddCommand(commands...)
	return c
}

// subcommands refuses a word that is no command.
func subcommands(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "run '" + c.CommandPath() + " --help' to see the commands"
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean '" + c.CommandPath() + " " + near[0] + "'?"
	}
	return usagef(hint, "there is no command %q", c.CommandPath()+" "+args[0])
}

// arguments demands exactly one argument for each name; a last name with "..."
// takes one or more.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		hint := "usage: " + c.UseLine()
		open := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
		switch {
		case len(args) < len(names):
			return usagef(hint, "%s is missing", strings.TrimSuffix(names[len(args)], "..."))
		case len(args) > len(names) && !open:
			return usagef(hint, "%q is one argument too many", args[len(names)])
		}
		return nil
	}
}

// upTo demands an argument for each name, and allows some more.
func upTo(most int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > most {
			return usagef("usage: "+c.UseLine(), "%q is one argument too many", args[most])
		}
		return arguments(names...)(c, args[:min(len(args), len(names))])
	}
}

func addSetting(flags *pflag.FlagSet, s config.Setting) {
	usage := s.Usage + " (" + s.Env() + ")"
	flags.String(s.Flag(), s.Default, usage)
}

// config resolves the configuration from the flags that were given.
func (p *program) config(c *cobra.Command, serve bool) (config.Config, error) {
	in := config.Input{Flags: map[string]string{}, Env: p.env, Serve: serve}
	for _, s := range config.Settings() {
		if flag := c.Flag(s.Flag()); flag != nil && flag.Changed {
			in.Flags[s.Flag()] = flag.Value.String()
		}
	}
	if serve && p.json && in.Flags["log-format"] == "" {
		in.Flags["log-format"] = "json"
	}
	in.File, in.FileWhere = c.Flag("config").Value.String(), "--config"
	if in.File == "" {
		if name, ok := p.env("POSTERN_CONFIG"); ok {
			in.File, in.FileWhere = name, "POSTERN_CONFIG"
		}
	}
	return config.Load(in)
}

// actor names who runs the command, for the audit log.
func actor() admin.Actor {
	name := strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return admin.Actor{Name: "cli:" + name}
}
