package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginShow() *cobra.Command {
	c := &cobra.Command{
		Use: "show NAME", Short: "show an instance: what it was given, what it serves", Args: arguments("NAME"),
		Long:    "Show an instance: what its plugin asks for and what was granted, side by side,\nits secrets without their values, what it serves, and its settings.",
		Example: "  postern plugin show directory",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		instance, err := s.FindInstance(ctx, args[0])
		if err != nil {
			return err
		}
		for _, kind := range []core.ManagedKind{core.ManagedInstance, core.ManagedConnector} {
			if err := p.noteManaged(ctx, s, kind, instance.Name); err != nil {
				return err
			}
		}
		clients, err := clientNames(ctx, s, instance.Bindings)
		if err != nil {
			return err
		}
		document := struct {
			instanceView
			Bindings []bindingView `json:"bindings"`
		}{viewInstance(instance), viewBindings(instance.Bindings)}
		return p.print(document, func(w io.Writer) { describeInstance(w, instance, clients) })
	})
	return c
}

func describeInstance(w io.Writer, i *admin.Instance, clients map[string]string) {
	fields(w, []admin.Row{
		{Field: "Instance", Value: i.Name}, {Field: "Plugin", Value: strings.TrimSpace(i.Plugin + " " + i.Version)}, {Field: "Module", Value: i.Module},
		{Field: "Hooks", Value: joined(i.Hooks)}, {Field: "Limits", Value: limitsText(i.Limits)},
		{Field: "Created", Value: stamp(i.CreatedAt)}, {Field: "Changed", Value: stamp(i.UpdatedAt)},
	})
	fmt.Fprintln(w)
	table(w, "it asks for no capability and was granted none", []string{"ASKED", "WHY", "NEEDED", "GRANTED"}, askedRows(i))
	fmt.Fprintln(w)
	secretTable(w, viewSecrets(i))
	fmt.Fprintln(w)
	table(w, "it is not bound", []string{"HOOK", "CLIENT", "POSITION", "FAILS OPEN", "SHADOW"}, bindingRows(i.Bindings, clients))
	fmt.Fprintf(w, "\nSettings:\n%s\n", indented(i.Settings))
}

// askedRows sets each capability that is asked for beside what was granted of it.
func askedRows(i *admin.Instance) (rows [][]string) {
	for _, asked := range i.Asked {
		if asked.Secret != "" {
			continue
		}
		what := grantText(core.PluginGrant{Capability: asked.Capability, Target: asked.Target})
		rows = append(rows, []string{what, asked.Reason, yes(!asked.Optional), grantedText(&asked)})
	}
	for _, grant := range i.Unasked.Grants {
		rows = append(rows, []string{"-", "", "", grantText(grant)})
	}
	return rows
}

// grantedText says what was granted: yes where it is just what was asked for.
func grantedText(asked *admin.Asked) string {
	if !asked.Given {
		return "no"
	}
	targets := make([]string, len(asked.Grants))
	for i, grant := range asked.Grants {
		targets[i] = grant.Target
	}
	if len(targets) == 1 && targets[0] == asked.Target {
		return "yes"
	}
	return "for " + joined(targets)
}

func bindingRows(bindings []core.PluginBinding, clients map[string]string) [][]string {
	rows := make([][]string, len(bindings))
	for i, b := range bindings {
		rows[i] = []string{b.Hook, clients[b.ClientID], strconv.Itoa(b.Position), yes(b.FailOpen), yes(b.Shadow)}
	}
	return rows
}

func limitsText(l core.PluginLimits) string {
	memory, cpu, wait := "default", "default", "default"
	if l.MemoryMiB > 0 {
		memory = strconv.Itoa(l.MemoryMiB) + " MiB"
	}
	if l.CPU > 0 {
		cpu = l.CPU.String()
	}
	if l.Wait > 0 {
		wait = l.Wait.String()
	}
	if l == (core.PluginLimits{}) {
		return "default"
	}
	return "memory " + memory + ", cpu " + cpu + ", wait " + wait
}
