package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
)

// imports has a command for each program whose files can be read.
func (p *program) imports() *cobra.Command {
	return family("import", "move in from Casdoor, Keycloak, Dex or a table of people",
		p.importFrom("casdoor", "import Casdoor's database or export",
			"Import Casdoor: its database of SQLite, casdoor.db, or what 'casdoor -export\n-exportPath casdoor.json' writes, whatever database it has.",
			"  postern import casdoor casdoor.json --dry-run"),
		p.importFrom("keycloak", "import realms of Keycloak",
			"Import realms of Keycloak: what 'kc.sh export --dir DIRECTORY --users realm_file'\nwrites. Where the users are in files of their own, give these too.",
			"  postern import keycloak acme-realm.json acme-users-0.json acme-users-1.json --dry-run"),
		p.importFrom("dex", "import the configuration of Dex",
			"Import Dex: the static clients, passwords and connectors of its configuration.",
			"  postern import dex config.yaml --dry-run"),
		p.importFrom("csv", "import a table of people",
			"Import people. The first line names the columns: name, email, display_name,\ngiven_name, family_name, groups (with ; or | between them), email_verified,\npassword_hash, password, disabled, id, organisation, further fields of the profile,\nand attribute.NAME.",
			"  postern import csv people.csv --org acme --dry-run"))
}

// importFrom makes the command for one program.
func (p *program) importFrom(source, short, long, example string) *cobra.Command {
	var options admin.ImportOptions
	c := &cobra.Command{Use: source + " FILE...", Short: short, Args: arguments("FILE..."), Example: example,
		Long: long + "\n\nPeople keep their passwords, and clients their secrets. An import can be run again:\n" +
			"it takes what changed there since, and leaves what was done here. What it did not\ntake it says row by row.",
	}
	flags := c.Flags()
	flags.BoolVar(&options.DryRun, "dry-run", false, "say what would happen, and change nothing")
	flags.StringVar(&options.Org, "org", "", "put everything into the `ORGANISATION`, whatever the files say")
	flags.BoolVar(&options.Adopt, "adopt", false, "take users who are here by the same name for those of the files")
	flags.BoolVar(&options.KeepIDs, "keep-ids", false, "give new users the identifier that they had, if it is a UUID: applications that know people by sub know them again")
	do := func(ctx context.Context, s *session, args []string) error {
		plan, err := p.readExport(source, args)
		if err != nil {
			return err
		}
		report, err := s.Import(ctx, plan, options)
		if report != nil {
			err = errors.Join(err, p.reportImport(report))
		}
		return err
	}
	c.RunE = func(c *cobra.Command, args []string) error { return p.atDesk(options.DryRun, do)(c, args) }
	return c
}

// readExport makes a plan of the files.
func (p *program) readExport(source string, names []string) (*admin.ImportPlan, error) {
	files := make([]intake.File, len(names))
	for i, name := range names {
		data, err := p.readUpTo(name, intake.MaxFile)
		if err != nil {
			return nil, err
		}
		files[i] = intake.File{Name: name, Data: data}
		if name != "-" {
			files[i].Path = name
		}
	}
	return intake.Read(source, files...)
}

func (p *program) reportImport(report *admin.ImportReport) error {
	err := p.print(report, func(w io.Writer) { writeImport(w, report) })
	words := "%d created, %d updated, %d unchanged, %d refused"
	if report.DryRun {
		words = "would have %d created, %d updated, %d unchanged, %d refused; nothing was changed: run it without --dry-run to import"
	}
	p.note(words, report.Count(admin.ImportCreated), report.Count(admin.ImportUpdated), report.Count(admin.ImportUnchanged), report.Count(admin.ImportRefused))
	return err
}

// writeImport writes a line for each row, and below it what is to be said about it.
func writeImport(w io.Writer, report *admin.ImportReport) {
	for i := range report.Rows {
		row := &report.Rows[i]
		where := ""
		if row.Org != "" {
			where = " of " + row.Org
		}
		line := fmt.Sprintf("%-9s  %s %s%s", row.Result, row.Kind, row.Name, where)
		if row.Reason != "" {
			line += ": " + row.Reason
		}
		fmt.Fprintln(w, oneLine(line))
		for _, note := range row.Notes {
			fmt.Fprintln(w, strings.Repeat(" ", 11)+oneLine(note))
		}
	}
}
