package console

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
	"github.com/postern-id/postern/web"
)

const pathImport = Path + "/import"

// maxImport is how many bytes an export may have that is sent from a page: what is larger
// is imported by the command line.
const maxImport = 32 << 20

func (c *Console) importRoutes() []Route {
	return []Route{{
		Path: pathImport, Menu: pathImport, Fresh: true, Upload: maxImport, Show: c.importPage,
		Actions: map[string]Action{
			"rehearse": {Do: func(v *Visit) (*Answer, error) { return c.imports(v, true) }},
			"import":   {Do: func(v *Visit) (*Answer, error) { return c.imports(v, false) }},
		},
	}}
}

// sourceOptions are what can be imported.
func sourceOptions() []web.Option {
	return []web.Option{
		{Value: "casdoor", Label: "Casdoor", Hint: "Its database of SQLite, or what casdoor -export writes"},
		{Value: "keycloak", Label: "Keycloak", Hint: "A realm with its users: kc.sh export --users realm_file"},
		{Value: "dex", Label: "Dex", Hint: "Its configuration"},
		{Value: "csv", Label: "A table of people", Hint: "CSV; the first line names the columns"},
	}
}

// importPage has the form.
func (c *Console) importPage(v *Visit) (*Answer, error) {
	form, err := importForm(v, "")
	if err != nil {
		return nil, err
	}
	return show(importing(form), nil)
}

func importing(blocks ...web.Block) *web.Console {
	return &web.Console{
		Title: "Import", Blocks: blocks,
		Lead: "Move in from another program. People keep their passwords, applications their secrets. It can be done again: then only what changed comes along.",
	}
}

// importForm is the form as it was filled in, but for the file, which browsers do not send
// back.
func importForm(v *Visit, problem string) (web.Form, error) {
	if err := v.need(core.Import, ""); err != nil {
		return web.Form{}, err
	}
	orgs, err := v.Desk.Organisations(v)
	if err != nil {
		return web.Form{}, err
	}
	into := web.Input{Name: "into", Label: "Organisation", Kind: "select", Value: v.Said("into"), Hint: "Where everything goes.", Options: []web.Option{{Label: "As the file says"}}}
	for i := range orgs {
		into.Options = append(into.Options, web.Option{Value: orgs[i].Name, Label: orgTitle(&orgs[i])})
	}
	box := func(name, label, hint string) web.Input {
		return web.Input{Name: name, Label: label, Kind: "check", Hint: hint, Value: v.Said(name)}
	}
	return web.Form{
		ID: "move-in", Upload: true,
		Groups: []web.Group{{Inputs: []web.Input{
			{Name: "source", Label: "From", Kind: "radio", Value: cmp.Or(v.Said("source"), "casdoor"), Options: sourceOptions()},
			{Name: "file", Label: "File", Kind: "file", Many: true, Required: true, Problem: problem, Hint: "Or all files of one export. Up to 32 MB; larger ones with 'postern import'. It has secrets in it: delete it when you are done."},
			into,
			box("adopt", "Users who are here by the same name are the same people", "Otherwise they are somebody else, and are left as they are."),
			box("keep_ids", "New users keep their identifiers", "Applications that know people by sub know them again, if the identifiers are UUIDs."),
		}}},
		Buttons: []web.Button{
			{Label: "Show what would happen", Action: "rehearse", Kind: "primary", ID: "rehearse"},
			{Label: "Import", Action: "import", ID: "import"},
		},
	}, nil
}

// imports does it, or says what would happen. Both answer with the report, which is kept
// nowhere; done again it changes nothing more.
func (c *Console) imports(v *Visit, dry bool) (*Answer, error) {
	if err := v.need(core.Import, ""); err != nil {
		return nil, err
	}
	plan, problem, err := importPlan(v)
	if err != nil {
		return nil, err
	}
	form, err := importForm(v, problem)
	if err != nil {
		return nil, err
	}
	if problem != "" {
		return &Answer{Page: importing(form), Status: http.StatusUnprocessableEntity}, nil
	}
	report, err := v.Desk.Import(v, plan, admin.ImportOptions{DryRun: dry, Org: v.Said("into"), Adopt: v.Checked("adopt"), KeepIDs: v.Checked("keep_ids")})
	if err != nil {
		return nil, err
	}
	return show(importing(importSummary(report), importTable(report), form), nil)
}

// importPlan reads the files that were sent, which are one export; problem says in a sentence what is wrong with it.
func importPlan(v *Visit) (plan *admin.ImportPlan, problem string, err error) {
	var files []intake.File
	for _, file := range v.Files {
		if file.Field == "file" && len(file.Content) > 0 {
			files = append(files, intake.File{Name: file.Name, Data: file.Content})
		}
	}
	switch {
	case len(files) == 0:
		return nil, "Choose a file.", nil
	case !slices.Contains(intake.Sources(), v.Said("source")):
		return nil, "Say where the file comes from.", nil
	}
	plan, err = intake.Read(v.Said("source"), files...)
	if wrong, is := errors.AsType[*intake.FormError](err); is {
		return nil, sentence(admin.Problem{Text: wrong.Error(), Hint: wrong.Hint()}), nil
	}
	return plan, "", err
}

func importSummary(report *admin.ImportReport) web.Block {
	title, kind := "Imported", "good"
	if report.DryRun {
		title, kind = "Nothing was changed: this is what would happen", "info"
	}
	refused := report.Count(admin.ImportRefused)
	if refused > 0 && !report.DryRun {
		kind = "warn"
	}
	return web.Message{Kind: kind, Title: title, Text: number(report.Count(admin.ImportCreated)) + " created, " + number(report.Count(admin.ImportUpdated)) + " changed, " +
		number(report.Count(admin.ImportUnchanged)) + " as they are, " + number(refused) + " not taken."}
}

// mostRows is how many rows of a report a page has.
const mostRows = 2000

// importTable has what was not taken first.
func importTable(report *admin.ImportReport) web.Block {
	table := web.Table{
		ID: "report", Title: "What became of each", Columns: []string{"What", "Organisation", "Result"}, Empty: "There was nothing in it.",
		Text: "Where a line names a command, the page of the application, the connector or the user does the same.",
	}
	for _, refused := range []bool{true, false} {
		for i := range report.Rows {
			row := &report.Rows[i]
			if (row.Result == admin.ImportRefused) != refused || len(table.Rows) == mostRows {
				continue
			}
			table.Rows = append(table.Rows, importRow(row, report.DryRun))
		}
	}
	if len(report.Rows) > mostRows {
		table.Text += " These are the first " + number(mostRows) + " of " + number(len(report.Rows)) + "; 'postern import' says the rest."
	}
	return table
}

func importRow(row *admin.ImportRow, dry bool) web.Row {
	would := ""
	if dry {
		would = "would be "
	}
	words := map[admin.ImportResult]web.Badge{
		admin.ImportCreated: {Text: would + "created", Kind: "good"}, admin.ImportUpdated: {Text: would + "changed", Kind: "good"},
		admin.ImportUnchanged: {Text: "as it is"}, admin.ImportRefused: {Text: "not taken", Kind: "warn"},
	}
	kind := row.Kind
	if kind == "client" {
		kind = "application" // as it is called on all pages
	}
	var said []string
	if row.Reason != "" {
		said = append(said, upper(row.Reason)+".")
	}
	for _, note := range row.Notes {
		said = append(said, upper(note)+".")
	}
	return web.Row{Cells: []web.Cell{
		{Text: row.Name, Sub: upper(kind)}, {Text: row.Org}, {Badges: []web.Badge{words[row.Result]}, Sub: strings.Join(said, " ")},
	}}
}
