package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/workbench"
)

func (p *program) pluginInspect() *cobra.Command {
	c := &cobra.Command{
		Use: "inspect FILE|PLUGIN", Short: "show a module, or an installed plugin: hooks, wishes, settings", Args: arguments("FILE|PLUGIN"),
		Long: "Show what a module says of itself and what the host finds in it, without a\nserver: FILE ends in .wasm. Or show a plugin of the server by its id.",
		Example: "  postern plugin inspect plugin.wasm\n" +
			"  postern plugin inspect miniorange",
	}
	installed := p.with(func(ctx context.Context, s *session, args []string) error {
		plugin, err := s.FindPlugin(ctx, args[0])
		if err != nil {
			return err
		}
		return p.print(viewPlugin(plugin), func(w io.Writer) { describePlugin(w, plugin) })
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		if !isFile(args[0]) {
			return installed(c, args)
		}
		shown, err := p.inspectFile(c, args[0])
		if err != nil {
			return err
		}
		return p.print(shown, func(w io.Writer) { describeModule(w, shown) })
	}
	return c
}

// isFile tells a file from the id of a plugin, which has neither dots nor slashes.
func isFile(name string) bool {
	if strings.ContainsAny(name, `./\`) {
		return true
	}
	info, err := os.Stat(name)
	return err == nil && !info.IsDir() || err != nil && !errors.Is(err, fs.ErrNotExist)
}

func describePlugin(w io.Writer, plugin *admin.Plugin) {
	fields(w, []admin.Row{
		{Field: "Plugin", Value: plugin.ID}, {Field: "Version", Value: plugin.Version}, {Field: "What it does", Value: plugin.Description},
		{Field: "Module", Value: plugin.Module}, {Field: "Source", Value: plugin.Source}, {Field: "Signed by", Value: plugin.Signer}, {Field: "Host API", Value: strconv.Itoa(plugin.HostAPI)}, {Field: "Hooks", Value: joined(plugin.Hooks)},
		{Field: "Capabilities", Value: joined(wishes(plugin))}, {Field: "Secrets", Value: joined(secrets(plugin))},
	})
	fmt.Fprintf(w, "\nSettings (JSON Schema):\n%s\n", indented(plugin.Settings))
	describePresets(w, presets(plugin))
}

func describeModule(w io.Writer, i workbench.Inspection) {
	rows := []admin.Row{
		{Field: "Module", Value: i.File}, {Field: "Digest", Value: i.Digest}, {Field: "Signature", Value: signatureText(i.Signature)},
		{Field: "Size", Value: sizes(i)}, {Field: "Memory", Value: bytesText(int64(i.Memory)) + " at the begin of each call"},
		{Field: "Fuel", Value: fmt.Sprintf("about %d a nanosecond", i.Rate)},
	}
	fields(w, append(rows, importRows(i.Imports)...))
	for _, plugin := range i.Plugins {
		fmt.Fprintln(w)
		fields(w, []admin.Row{
			{Field: "Plugin", Value: plugin.ID}, {Field: "Version", Value: plugin.Version}, {Field: "What it does", Value: plugin.Description},
			{Field: "Host API", Value: strconv.Itoa(plugin.HostAPI)}, {Field: "Hooks", Value: joined(plugin.Hooks)},
			{Field: "Self-test", Value: samplesText(plugin.Samples) + ", passed"},
		})
		var rows [][]string
		for _, wish := range plugin.Capabilities {
			rows = append(rows, []string{wish.Name, joined(wish.Targets), wish.Reason, yes(!wish.Optional)})
		}
		fmt.Fprintln(w)
		table(w, "it asks for no capability", []string{"CAPABILITY", "FOR", "WHY", "NEEDED"}, rows)
		rows = nil
		for _, secret := range plugin.Secrets {
			rows = append(rows, []string{secret.Name, secret.Description, yes(!secret.Optional)})
		}
		fmt.Fprintln(w)
		table(w, "it asks for no secret", []string{"SECRET", "WHAT IT IS", "NEEDED"}, rows)
		fmt.Fprintf(w, "\nSettings (JSON Schema):\n%s\n", indented(plugin.Settings))
		describePresets(w, plugin.Presets)
	}
}

// presets gives those of an installed plugin, which stand in its manifest.
func presets(plugin *admin.Plugin) []workbench.Preset {
	var manifest struct{ Presets []workbench.Preset }
	if err := json.Unmarshal(plugin.Manifest, &manifest); err != nil {
		return []workbench.Preset{} // it was checked when it was installed
	}
	for i := range manifest.Presets {
		manifest.Presets[i].Targets = list(manifest.Presets[i].Targets)
	}
	return list(manifest.Presets)
}

func describePresets(w io.Writer, presets []workbench.Preset) {
	if len(presets) == 0 {
		return
	}
	var rows [][]string
	for _, p := range presets {
		rows = append(rows, []string{p.Name, p.Title, p.Icon, string(p.Settings), joined(p.Targets)})
	}
	fmt.Fprintln(w)
	table(w, "", []string{"PRESET", "TITLE", "ICON", "SETTINGS", "FOR"}, rows)
}

// importRows gives the imports of each module that is imported from.
func importRows(imports []string) (rows []admin.Row) {
	for _, imported := range imports {
		from, name, _ := strings.Cut(imported, ".")
		from = "From " + from
		n := slices.IndexFunc(rows, func(row admin.Row) bool { return row.Field == from })
		if n < 0 {
			rows = append(rows, admin.Row{Field: from, Value: name})
		} else {
			rows[n].Value += ", " + name
		}
	}
	return rows
}

func signatureText(s *workbench.SignatureBeside) string {
	switch {
	case s == nil:
		return "none beside it"
	case s.Problem != "":
		return s.File + " is none: " + s.Problem
	}
	return s.File + " of key " + s.KeyID + ", not verified"
}

func indented(text []byte) string {
	out, err := json.MarshalIndent(rawObject(text), "", "  ")
	if err != nil {
		return string(text)
	}
	return string(out)
}
