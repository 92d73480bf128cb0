package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginCreate() *cobra.Command {
	var settings string
	c := &cobra.Command{
		Use: "create NAME PLUGIN", Short: "make an instance of a plugin, which serves nothing yet", Args: arguments("NAME", "PLUGIN"),
		Long:    "Make an instance of a plugin: the plugin with settings, grants, secrets and\nlimits under a name. It serves nothing before 'postern plugin bind'.",
		Example: "  postern plugin create staff directory --settings staff.json",
	}
	c.Flags().StringVar(&settings, "settings", "", "`FILE` with its settings, a JSON object (- is standard input)")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		var given []byte
		if settings != "" {
			if given, err = p.readFile(settings); err != nil {
				return err
			}
		}
		if _, err := s.CreateInstance(ctx, args[0], args[1], given); err != nil {
			return err
		}
		created, err := s.FindInstance(ctx, args[0])
		if err != nil {
			return err
		}
		p.note("created plugin instance %s", args[0])
		return p.print(viewInstance(created), func(w io.Writer) {
			var needed []string
			for _, need := range missing(created) {
				needed = append(needed, need.Command())
			}
			steps(w, "This gives it what it needs:", needed)
			steps(w, "This lets it serve all clients; --client NAME is for one:", []string{servingCommand(args[0], created.Plugin, created.Hooks)})
		})
	})
	return c
}

func (p *program) pluginSettings() *cobra.Command {
	c := &cobra.Command{
		Use: "settings NAME FILE", Short: "replace the settings of an instance", Args: arguments("NAME", "FILE"),
		Long:    "Replace the settings of an instance by those of a file, a JSON object (- is\nstandard input). The next call of the plugin has them.",
		Example: "  postern plugin settings staff staff.json",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		settings, err := p.readFile(args[1])
		if err != nil {
			return err
		}
		if err := s.SetSettings(ctx, args[0], settings); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "replaced the settings of %s", args[0])
	})
	return c
}

func (p *program) pluginGrant() *cobra.Command {
	var ahead bool
	c := &cobra.Command{
		Use: "grant NAME CAPABILITY [TARGET]", Short: "let an instance use a capability", Args: upTo(3, "NAME", "CAPABILITY"),
		Long: "Let an instance use a capability that its plugin asks for, for a target: a host\n(api.example.org, api.example.org:8443, *.example.org), a server with its port\nfor ldap, the name of a secret for secret.get, none for clock and kv.",
		Example: "  postern plugin grant directory http.fetch api.example.org\n" +
			"  postern plugin grant staff ldap.search ldap.example.org:636",
	}
	c.Flags().BoolVar(&ahead, "ahead", false, "also what the plugin does not ask for yet, for its next version")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		capability, target := args[1], third(args)
		if err := s.Grant(ctx, args[0], capability, target, ahead); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "granted %s to %s", grantText(core.PluginGrant{Capability: capability, Target: target}), args[0])
	})
	return c
}

func (p *program) pluginRevoke() *cobra.Command {
	c := &cobra.Command{
		Use: "revoke NAME CAPABILITY [TARGET]", Short: "take a capability away from an instance", Args: upTo(3, "NAME", "CAPABILITY"),
		Long:    "Take a capability away from an instance: one grant, as 'postern plugin show' has\nit. The next call of the plugin is denied it.",
		Example: "  postern plugin revoke directory http.fetch api.example.org",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		capability, target := args[1], third(args)
		if err := s.Revoke(ctx, args[0], capability, target); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "revoked %s from %s", grantText(core.PluginGrant{Capability: capability, Target: target}), args[0])
	})
	return c
}

func third(args []string) string {
	if len(args) < 3 {
		return ""
	}
	return args[2]
}

func grantText(g core.PluginGrant) string {
	if g.Target == "" {
		return g.Capability
	}
	return g.Capability + " for " + g.Target
}

func (p *program) pluginLimit() *cobra.Command {
	var memory int
	var cpu, wait string
	var cpuTime, waitTime time.Duration
	c := &cobra.Command{
		Use: "limit NAME", Short: "bound what each call of an instance may use", Args: arguments("NAME"),
		Long:    "Bound what each call of an instance may use. A limit that is not given stays as\nit is; 0 is the host's default.",
		Example: "  postern plugin limit directory --memory 64 --cpu 20ms",
	}
	c.Flags().IntVar(&memory, "memory", 0, "memory in `MIB` (default of the host: 32)")
	c.Flags().StringVar(&cpu, "cpu", "", "work of its own, such as 50ms, which is the host's default")
	c.Flags().StringVar(&wait, "wait", "", "time for all that it asks the host for, such as 5s, which is the host's default")
	c.PreRunE = func(*cobra.Command, []string) (err error) {
		if !c.Flags().Changed("memory") && !c.Flags().Changed("cpu") && !c.Flags().Changed("wait") {
			return usagef("give --memory, --cpu or --wait", "nothing says which limit is meant")
		}
		if cpuTime, err = limitOf("cpu", cpu); err != nil {
			return err
		}
		waitTime, err = limitOf("wait", wait)
		return err
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		instance, err := s.FindInstance(ctx, args[0])
		if err != nil {
			return err
		}
		limits := instance.Limits
		for flag, set := range map[string]func(){
			"memory": func() { limits.MemoryMiB = memory }, "cpu": func() { limits.CPU = cpuTime }, "wait": func() { limits.Wait = waitTime },
		} {
			if c.Flags().Changed(flag) {
				set()
			}
		}
		if err := s.SetLimits(ctx, args[0], limits); err != nil {
			return err
		}
		return p.changedInstance(ctx, s, args[0], "limits of %s: %s", args[0], limitsText(limits))
	})
	return c
}

func limitOf(flag, text string) (time.Duration, error) {
	if text == "" || text == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, usagef("write it like 50ms or 2s", "%q is no value for --%s", text, flag)
	}
	return d, nil
}

// changedInstance reads the instance again for the JSON document, or tells what was
// done.
func (p *program) changedInstance(ctx context.Context, s *session, name, done string, args ...any) error {
	instance, err := s.FindInstance(ctx, name)
	if err != nil {
		return err
	}
	return p.done(viewInstance(instance), done, args...)
}

// missing gives what the instance needs and has not.
func missing(i *admin.Instance) []admin.Need {
	var needs []admin.Need
	for _, asked := range i.Asked {
		if !asked.Given && !asked.Optional {
			needs = append(needs, asked.Need)
		}
	}
	return needs
}
