package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/postern-id/postern/core"
)

// Import makes what a plan has, one object after the other, each wholly or not at all. What
// is here already and has not changed there is left alone, so it is safe to run again. The
// error is a failure, with what was done before it in the report; what a row lacks is in
// the report alone.
func (s *Service) Import(ctx context.Context, actor Actor, plan *ImportPlan, options ImportOptions) (*ImportReport, error) {
	i, err := s.newImporter(ctx, actor, plan, options)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *ImportPlan) error{i.organisations, i.groups, i.connectors, i.clients, i.users} {
		if err := step(ctx, plan); err != nil {
			return i.report, err
		}
	}
	for _, row := range plan.Left {
		if row.Result = ImportRefused; row.Org != "" {
			row.Org = i.placed(row.Org)
		}
		i.report.Rows = append(i.report.Rows, row)
	}
	return i.report, i.recordAll(ctx)
}

// importer carries out a plan. In a dry run its store takes changes and makes none.
type importer struct {
	*Service
	actor   Actor
	source  string
	options ImportOptions
	known   map[string]*people // by organisation
	// led are the connectors of the plan, each with the organisation that it leads people
	// to; "" if it was refused.
	led    map[string]string
	report *ImportReport
}

func (s *Service) newImporter(ctx context.Context, actor Actor, plan *ImportPlan, options ImportOptions) (*importer, error) {
	if !attributeName.MatchString(plan.Source) {
		return nil, invalid("source", "name the program, like casdoor", "%q is no name of a program", shown(plan.Source))
	}
	if options.Org != "" {
		if _, err := s.Organisation(ctx, options.Org); err != nil {
			return nil, err
		}
	}
	own := *s
	own.Store = newMemory(s.Store)
	if options.DryRun {
		own.Store = newRehearsal(own.Store)
	}
	i := &importer{
		Service: &own, actor: actor, source: plan.Source, options: options, known: map[string]*people{}, led: map[string]string{},
		report: &ImportReport{Source: plan.Source, DryRun: options.DryRun, Rows: []ImportRow{}},
	}
	return i, nil
}

// placed gives the organisation that something goes to.
func (i *importer) placed(org string) string {
	if i.options.Org != "" {
		return i.options.Org
	}
	return orDefault(org)
}

// row adds to the report what became of an object. An error that is about the object
// alone refuses it; any other ends the import.
func (i *importer) row(row ImportRow, err error) error {
	if err != nil {
		reason, ok := refusal(err)
		if !ok {
			return fmt.Errorf("import the %s %q: %w", row.Kind, row.Name, err)
		}
		row.Result, row.Reason = ImportRefused, reason
	}
	i.report.Rows = append(i.report.Rows, row)
	return nil
}

// once refuses a second row about the same object: what was said first counts, in every run.
func (i *importer) once(seen map[string]bool, key, field, kind string) error {
	if seen[key] {
		return invalid(field, "", "another row is about the same %s, %q", kind, shown(key))
	}
	seen[key] = true
	return nil
}

// refusal says why an object cannot be made, if that is about the object.
func refusal(err error) (reason string, ok bool) {
	if wrong, is := errors.AsType[*InvalidError](err); is {
		reason = wrong.Error()
		if hint := wrong.Problems[0].Hint; hint != "" && len(wrong.Problems) == 1 {
			reason += "; " + hint
		}
		return reason, true
	}
	if _, is := errors.AsType[*MissingError](err); is {
		return err.Error(), true
	}
	if held, is := errors.AsType[*ManagedError](err); is {
		return held.Error() + "; " + held.Hint(), true
	}
	if errors.Is(err, core.ErrConflict) || errors.Is(err, core.ErrLimit) {
		return "it clashes with what is here: " + err.Error(), true
	}
	return "", false
}

// organisations makes those that are not here.
func (i *importer) organisations(ctx context.Context, plan *ImportPlan) error {
	if i.options.Org != "" {
		return nil
	}
	for _, in := range plan.Organisations {
		row := ImportRow{Kind: "organisation", Name: in.Name, Notes: in.Notes, Result: ImportUnchanged}
		org, err := i.Store.Organisation(ctx, in.Name)
		missing, err := absent(org, err)
		if err == nil && missing {
			row.Result = ImportCreated
			_, err = i.CreateOrganisation(ctx, i.actor, i.importedOrganisation(in, &row.Notes))
		}
		if err := i.row(row, err); err != nil {
			return err
		}
	}
	return nil
}

// importedOrganisation leaves out what an organisation cannot have.
func (i *importer) importedOrganisation(in ImportOrganisation, notes *[]string) core.Organisation {
	org := core.Organisation{Name: in.Name, DisplayName: in.DisplayName, Disabled: in.Disabled}
	keep(notes, "display name", &org.DisplayName, in.DisplayName, func(p *problems, v string) { checkLine(p, "display_name", v) })
	keep(notes, "website", &org.WebsiteURL, in.WebsiteURL, func(p *problems, v string) { checkURL(p, "website_url", v) })
	keep(notes, "logo", &org.Logo, in.Logo, func(p *problems, v string) { checkURL(p, "logo", v) })
	keep(notes, "favicon", &org.Favicon, in.Favicon, func(p *problems, v string) { checkURL(p, "favicon", v) })
	return org
}

// keep sets the field where the check finds nothing, and notes where it does.
func keep(notes *[]string, what string, field *string, value string, check func(*problems, string)) {
	var p problems
	if check(&p, value); len(p) == 0 {
		*field = value
		return
	}
	*field = ""
	*notes = append(*notes, "the "+what+" was left out: "+p[0].Text)
}

// groups makes those that are not here.
func (i *importer) groups(ctx context.Context, plan *ImportPlan) error {
	for _, in := range plan.Groups {
		org := i.placed(in.Org)
		row := ImportRow{Kind: "group", Org: org, Name: in.Name, Notes: in.Notes, Result: ImportUnchanged}
		group, err := i.Store.Group(ctx, org, in.Name)
		missing, err := absent(group, err)
		if err == nil && missing {
			row.Result = ImportCreated
			var title string
			keep(&row.Notes, "display name", &title, in.DisplayName, func(p *problems, v string) { checkLine(p, "display_name", v) })
			_, err = i.CreateGroup(ctx, i.actor, org, in.Name, title)
		}
		if err := i.row(row, err); err != nil {
			return err
		}
	}
	return nil
}

// recordAll notes in the audit log that there was an import.
func (i *importer) recordAll(ctx context.Context) error {
	detail := map[string]string{"source": i.source}
	for _, result := range []ImportResult{ImportCreated, ImportUpdated, ImportUnchanged, ImportRefused} {
		detail[string(result)] = strconv.Itoa(i.report.Count(result))
	}
	return wrap("record the import", i.apply(ctx, i.record(i.actor, i.Now(), core.Event{Type: core.EventImported, Detail: detail})))
}
