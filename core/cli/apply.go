package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/managed"
)

// appliedView is what became of files as JSON.
type appliedView struct {
	DryRun bool         `json:"dry_run"`
	Rows   []appliedRow `json:"rows"`
}

type appliedRow struct {
	Source       string             `json:"source"`
	Kind         core.ManagedKind   `json:"kind"`
	Organisation string             `json:"organisation"`
	Name         string             `json:"name"`
	ID           string             `json:"id"`
	Result       admin.ApplyResult  `json:"result"`
	Fields       []appliedFieldView `json:"fields"`
	Notes        []string           `json:"notes"`
	Secret       string             `json:"client_secret,omitempty"`
}

type appliedFieldView struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

func viewApplied(r *admin.ApplyReport) appliedView {
	v := appliedView{r.DryRun, []appliedRow{}}
	for i := range r.Rows {
		row := &r.Rows[i]
		told := appliedRow{row.Source, row.Kind, row.Org, row.Name, row.ID, row.Result, []appliedFieldView{}, list(row.Notes), row.Secret}
		if r.DryRun {
			told.Secret = ""
		}
		for _, f := range row.Fields {
			told.Fields = append(told.Fields, appliedFieldView(f))
		}
		v.Rows = append(v.Rows, told)
	}
	return v
}

func (p *program) applyFiles() *cobra.Command {
	var options admin.ApplyOptions
	var release bool
	c := &cobra.Command{
		Use: "apply FILE...", Short: "make what files say that there is to be, and have them manage it", Args: arguments("FILE..."),
		Long: "Make what files in YAML or JSON say that there is to be: organisations, groups,\nclients, plugin instances and connectors, under the names of the REST API. \"-\" is\nstandard input. If anything is wrong in one of them, nothing is done.\n\n" +
			"What a file declares it manages from then on: nobody changes it elsewhere. What it\nno longer declares is released, or deleted with --prune. It is safe to repeat.",
		Example: "  postern apply acme.yaml --dry-run\n  postern apply acme.yaml --prune\n  postern apply --release acme.yaml",
	}
	flags := c.Flags()
	flags.BoolVar(&options.DryRun, "dry-run", false, "say what would happen, and change nothing")
	flags.BoolVar(&options.Prune, "prune", false, "delete what a file managed and does not declare any more")
	flags.BoolVar(&release, "release", false, "have the files, or sources of that name, manage nothing any more; all stays as it is")
	sure := yesFlag(c)
	do := func(ctx context.Context, s *session, args []string) error {
		if release {
			return p.releaseSources(ctx, s, args, options.DryRun)
		}
		files, err := p.readDeclared(args)
		if err != nil {
			return err
		}
		if options.Prune && !options.DryRun && !*sure {
			if err := p.confirmPruned(ctx, s, files, options); err != nil {
				return err
			}
		}
		return p.apply(ctx, s, files, options)
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if release && options.Prune {
			return usagef("leave one of them out", "--release keeps everything, and --prune deletes it")
		}
		return p.atDesk(options.DryRun || release, do)(c, args)
	}
	return c
}

// readDeclared reads the files, with the secrets that they name.
func (p *program) readDeclared(names []string) (*managed.Files, error) {
	files := make([]managed.File, len(names))
	for i, name := range names {
		data, err := p.readUpTo(name, managed.MaxFile)
		if err != nil {
			return nil, err
		}
		files[i] = managed.File{Name: name, Data: data}
	}
	return managed.Read(files, managed.Secrets{ReadFile: os.ReadFile, Env: p.env})
}

func (p *program) apply(ctx context.Context, s *session, files *managed.Files, options admin.ApplyOptions) error {
	report, err := s.Apply(ctx, files.Declarations, options)
	err = files.Explain(err)
	if report != nil {
		err = errors.Join(p.reportApplied(report), err)
	}
	return err
}

// confirmPruned asks before something is deleted, by what a rehearsal says.
func (p *program) confirmPruned(ctx context.Context, s *session, files *managed.Files, options admin.ApplyOptions) error {
	options.DryRun = true
	report, err := s.Apply(ctx, files.Declarations, options)
	if err != nil {
		return files.Explain(err)
	}
	var gone []string
	for i := range report.Rows {
		row := &report.Rows[i]
		if row.Result != admin.ApplyDeleted {
			continue
		}
		text := "the " + row.Kind.Noun() + " " + row.Name
		if len(row.Notes) > 0 {
			text += " (" + strings.Join(row.Notes, ", ") + ")"
		}
		gone = append(gone, text)
	}
	if len(gone) == 0 {
		return nil
	}
	return p.confirm(ctx, false, "delete %s?", joined(gone))
}

// releaseSources lets files manage nothing any more: a source of which nothing is declared.
func (p *program) releaseSources(ctx context.Context, s *session, names []string, dry bool) error {
	declarations := make([]admin.Declaration, len(names))
	for i, name := range names {
		source, err := p.sourceOf(ctx, s, name)
		if err != nil {
			return err
		}
		declarations[i] = admin.Declaration{Source: source, File: source}
	}
	report, err := s.Apply(ctx, declarations, admin.ApplyOptions{DryRun: dry})
	if report != nil && (err != nil || len(report.Rows) > 0) {
		return errors.Join(p.reportApplied(report), err)
	}
	if err == nil {
		return failf("run 'postern managed list' to see what files manage", "%s manages nothing", joined(names))
	}
	return err
}

// sourceOf gives the source that is meant: one that manages something, or that of a file.
func (p *program) sourceOf(ctx context.Context, s *session, name string) (string, error) {
	for _, source := range []string{name, managed.SourceOf(name)} {
		rows, err := s.Managed(ctx, core.ManagedFilter{Source: source})
		if err != nil || len(rows) > 0 {
			return source, err
		}
	}
	data, err := p.readUpTo(name, managed.MaxFile)
	if err != nil {
		return "", failf("run 'postern managed list' to see the sources", "no source %q manages anything, and there is no such file", name)
	}
	return managed.Source(managed.File{Name: name, Data: data})
}

func (p *program) reportApplied(report *admin.ApplyReport) error {
	err := p.print(viewApplied(report), func(w io.Writer) { writeApplied(w, report) })
	counts := []string{}
	for _, result := range []admin.ApplyResult{admin.ApplyCreated, admin.ApplyUpdated, admin.ApplyManaged, admin.ApplyUnchanged, admin.ApplyReleased, admin.ApplyDeleted} {
		if n := report.Count(result); n > 0 || result == admin.ApplyUnchanged {
			counts = append(counts, fmt.Sprintf("%d %s", n, result))
		}
	}
	words := "%s"
	if report.DryRun {
		words = "would have %s; nothing was changed: run it without --dry-run to apply"
	}
	p.note(words, strings.Join(counts, ", "))
	return err
}

// writeApplied writes a line for each object, and below it what is different.
func writeApplied(w io.Writer, report *admin.ApplyReport) {
	const indent = "           "
	for i := range report.Rows {
		row := &report.Rows[i]
		line := fmt.Sprintf("%-9s  %s %s", row.Result, row.Kind.Noun(), row.Name)
		if row.Org != "" && row.Kind != core.ManagedOrganisation {
			line += " of " + row.Org
		}
		fmt.Fprintln(w, oneLine(line))
		for _, f := range row.Fields {
			fmt.Fprintln(w, indent+oneLine(fieldText(f)))
		}
		for _, note := range row.Notes {
			fmt.Fprintln(w, indent+oneLine(note))
		}
		if row.Secret != "" && !report.DryRun {
			fmt.Fprintln(w, indent+"client_id: "+row.ID)
			fmt.Fprintln(w, indent+"client_secret, shown this once: "+row.Secret)
		}
	}
}

// fieldText says what a field was and is; of what nobody is told, that it is another.
func fieldText(f core.FieldChange) string {
	switch {
	case f.Before == "" && f.After == "":
		return f.Field + ": another one"
	case f.Before == "":
		return f.Field + ": + " + f.After
	case f.After == "":
		return f.Field + ": - " + f.Before
	}
	return f.Field + ": " + f.Before + " -> " + f.After
}

// managedView is something that a file manages as JSON.
type managedView struct {
	Kind         core.ManagedKind `json:"kind"`
	Organisation string           `json:"organisation"`
	Name         string           `json:"name"`
	ID           string           `json:"id"`
	Source       string           `json:"source"`
	File         string           `json:"file"`
	Members      []string         `json:"members"`
}

func (p *program) managed() *cobra.Command {
	return family("managed", "see what files manage, and let go of it", p.managedList(), p.managedRelease())
}

func (p *program) managedList() *cobra.Command {
	var source string
	c := &cobra.Command{Use: "list", Short: "list what files manage", Args: arguments()}
	c.Flags().StringVar(&source, "source", "", "only what the `SOURCE` manages")
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		all, err := s.Managed(ctx, core.ManagedFilter{Source: source})
		if err != nil {
			return err
		}
		views := make([]managedView, len(all))
		rows := make([][]string, len(all))
		for i := range all {
			m := &all[i]
			views[i] = managedView{m.Kind, m.Org, m.Name, m.ID, m.Source, m.File, list(m.Members)}
			rows[i] = []string{string(m.Kind), m.Name, m.Org, m.Source}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "files manage nothing here", []string{"KIND", "NAME", "ORGANISATION", "MANAGED BY"}, rows)
		})
	})
	return c
}

func (p *program) managedRelease() *cobra.Command {
	c := &cobra.Command{
		Use: "release KIND NAME", Short: "let go of one object that a file manages; it stays as it is", Args: arguments("KIND", "NAME"),
		Long: "Let go of one object that a file manages: an organisation, group, client, instance\nor connector. It stays as it is, and is managed again when the file is applied\nagain. 'postern apply --release' lets go of all that a file manages.",
	}
	orgFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		m, err := findManaged(ctx, s, core.ManagedKind(args[0]), args[1], orgOf(c), c.Flags().Changed("org"))
		if err != nil {
			return err
		}
		if err := s.Release(ctx, m.Kind, m.ID); err != nil {
			return err
		}
		return p.done(managedView{m.Kind, m.Org, m.Name, m.ID, m.Source, m.File, list(m.Members)}, "no file manages the %s %s any more", m.Kind.Noun(), m.Name)
	})
	return c
}

// findManaged finds it by its name or identifier. Of several of one name the organisation
// says which is meant.
func findManaged(ctx context.Context, s *session, kind core.ManagedKind, name, org string, within bool) (*admin.Managed, error) {
	all, err := s.Managed(ctx, core.ManagedFilter{Kind: kind})
	if err != nil {
		return nil, err
	}
	var found []*admin.Managed
	for i := range all {
		m := &all[i]
		if (m.Name == name || m.ID == name) && (!within || m.Org == org) {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return nil, failf("run 'postern managed list' to see what files manage", "no file manages a %s %q", kind.Noun(), name)
	case 1:
		return found[0], nil
	}
	return nil, failf("say of which organisation with --org", "files manage several of the kind %s and the name %q", kind.Noun(), name)
}

// noteManaged tells who looks at an object that a file manages it.
func (p *program) noteManaged(ctx context.Context, s *session, kind core.ManagedKind, id string) error {
	all, err := s.Managed(ctx, core.ManagedFilter{Kind: kind, ID: id})
	for i := range all {
		p.note("the %s is managed by %s", kind.Noun(), all[i].Source)
	}
	return err
}
