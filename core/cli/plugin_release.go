package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginRollback() *cobra.Command {
	var input admin.Rollback
	var settings []string
	c := &cobra.Command{
		Use: "rollback PLUGIN", Short: "run the release of a plugin that came before", Args: arguments("PLUGIN"),
		Long: "Run the release of a plugin that came before the one that runs, or the one that\n--to names. All its instances run it then, or none does.",
		Example: "  postern plugin rollback directory\n" +
			"  postern plugin rollback directory --to 1.1.0",
	}
	c.Flags().StringVar(&input.To, "to", "", "the version, or the beginning of the module's digest")
	c.Flags().StringArrayVar(&settings, "settings", nil, "new settings for an instance, `INSTANCE=FILE` (repeatable)")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		if input.Settings, err = p.settingsFiles(settings); err != nil {
			return err
		}
		input.Plugin = args[0]
		back, err := s.RollbackPlugin(ctx, input)
		if err != nil {
			return err
		}
		document := struct {
			Digest string `json:"digest"`
			installedView
		}{back.Digest, viewInstalled(back)}
		plugin := &back.Plugins[0]
		switch {
		case back.Unchanged:
			return p.done(document, "plugin %s %s runs already", plugin.ID, plugin.Version)
		case len(back.Replaced) == 0:
			return p.done(document, "changed the settings; plugin %s %s runs already", plugin.ID, plugin.Version)
		}
		return p.done(document, "plugin %s runs %s again, in place of %s", plugin.ID, plugin.Version, back.Replaced[0].Version)
	})
	return c
}

// historyView is an entry of a plugin's history as JSON.
type historyView struct {
	releaseView
	Size      int        `json:"size"`
	Source    string     `json:"source"`
	Signer    string     `json:"signer"`
	Pinned    bool       `json:"pinned"`
	Running   bool       `json:"running"`
	CreatedAt *time.Time `json:"created_at"`
}

func (p *program) pluginReleases() *cobra.Command {
	c := &cobra.Command{
		Use: "releases PLUGIN", Short: "list what ran for a plugin, newest first", Args: arguments("PLUGIN"),
		Long:    "List what ran for an installed plugin, the newest first. Going back to a version\nis an entry of its own.",
		Example: "  postern plugin releases directory",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		releases, err := s.Releases(ctx, args[0])
		if err != nil {
			return err
		}
		views := make([]historyView, len(releases))
		rows := make([][]string, len(releases))
		for i := range releases {
			r := &releases[i]
			views[i] = historyView{releaseView{r.Plugin, r.Version, r.Module}, r.Size, r.Source, r.Signer, r.Pinned, r.Running, jsonTime(r.CreatedAt)}
			rows[i] = []string{r.Version, shortDigest(r.Module), stamp(r.CreatedAt), yes(r.Running), sourceText(r.Source, r.Pinned), dash(r.Signer)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "", []string{"VERSION", "MODULE", "SINCE", "RUNS", "SOURCE", "SIGNED BY"}, rows)
		})
	})
	return c
}

func sourceText(source string, pinned bool) string {
	if pinned {
		return dash(source) + " (pinned)"
	}
	return dash(source)
}

func (p *program) pluginRemove() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "remove PLUGIN", Short: "remove an installed plugin, all its releases with it", Args: arguments("PLUGIN"),
		Long:    "Remove an installed plugin with all its releases. It must have no instances,\nunless --force: they are then deleted with their bindings, grants, secrets and\nvalues.",
		Example: "  postern plugin remove directory",
	}
	c.Flags().BoolVar(&force, "force", false, "delete its instances too")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		names, err := s.RemovePlugin(ctx, args[0], force)
		if err != nil {
			return err
		}
		document := struct {
			deleted
			Instances []string `json:"instances"`
		}{deleted{true, "", args[0]}, list(names)}
		if len(names) > 0 {
			return p.done(document, "removed plugin %s and its instances %s", args[0], joined(names))
		}
		return p.done(document, "removed plugin %s", args[0])
	})
	return c
}
