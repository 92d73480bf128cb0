package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// ActorApply is who applies a file where nobody does: the server, when it starts. The source
// of the file goes behind it.
const ActorApply = "apply"

// Apply makes what files declare, one object after the other, each wholly or not at all,
// and has the files manage it from then on. All is tried before: if anything is
// wrong, nothing is done, and the error is an [InvalidError] of all that is, with fields
// like "files[0].clients[2].redirect_uris". What there is already is left alone, so that
// it is safe to repeat. An error after that is a failure, with what was done before it in
// the report.
func (s *Service) Apply(ctx context.Context, actor Actor, declarations []Declaration, options ApplyOptions) (*ApplyReport, error) {
	rehearsed := &applier{Service: s, by: actor, options: options, trial: newTrial(s.Store), report: &ApplyReport{DryRun: options.DryRun, Rows: []ApplyRow{}}}
	var wrong problems
	checkSources(&wrong, declarations)
	if err := rehearsed.all(ctx, declarations, &wrong); err != nil {
		return nil, err
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if options.DryRun {
		return rehearsed.report, nil
	}
	real := &applier{Service: s, by: actor, options: options, report: &ApplyReport{Rows: []ApplyRow{}}}
	return real.report, real.all(ctx, declarations, nil)
}

// checkSources refuses names of files that nobody could name again, and two that are one.
func checkSources(p *problems, declarations []Declaration) {
	seen := map[string]bool{}
	for i := range declarations {
		field, source := fmt.Sprintf("files[%d].source", i), declarations[i].Source
		switch {
		case source == "" || len(source) > 200 || !printable(source, false) || strings.TrimSpace(source) != source:
			p.add(field, "give it up to 200 printable characters", "%q is no name of a source", shown(source))
		case seen[source]:
			p.add(field, "give each file a source of its own", "the source %q is there twice", source)
		}
		seen[source] = true
		checkLine(p, fmt.Sprintf("files[%d].file", i), declarations[i].File)
	}
}

// applier carries declarations out.
type applier struct {
	*Service
	by      Actor // who applies it all
	actor   Actor // who does the object
	options ApplyOptions
	// trial is where all of it is tried; nil: it happens.
	trial  *trial
	report *ApplyReport
	// source, file and now are those of what is being applied.
	source, file string
	seen         map[managedKey]bool
	// broken are the complaints that something is not there which is declared, and wrong:
	// they say nothing new.
	broken []string
}

// all carries all declarations out: what they say first, then what they do not say any
// more. With wrong, what is wrong about an object is added to that, and the rest goes on.
func (a *applier) all(ctx context.Context, declarations []Declaration, wrong *problems) error {
	a.seen, a.broken = map[managedKey]bool{}, nil
	for i := range declarations {
		if err := a.one(ctx, fmt.Sprintf("files[%d]", i), &declarations[i], wrong); err != nil {
			return err
		}
	}
	if wrong != nil && len(*wrong) > 0 {
		return nil // what is not said cannot be told from what is said wrongly
	}
	for i := range declarations {
		a.source, a.file = declarations[i].Source, declarations[i].File
		if err := a.rest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// declared is one step: what it is called where it may be wrong, and how it is done at a
// desk whose store is a trial.
type declared struct {
	field string
	kind  core.ManagedKind
	name  string
	do    func(ctx context.Context, w *work) error
}

// objects gives the steps of a declaration, in the order in which they may refer to each
// other.
func (d *Declaration) objects() (all []declared) {
	for i := range d.Organisations {
		o := &d.Organisations[i]
		all = append(all, declared{"organisations", core.ManagedOrganisation, o.Name, o.apply}.at(i))
	}
	for i := range d.Groups {
		g := &d.Groups[i]
		all = append(all, declared{"groups", core.ManagedGroup, g.Name, g.apply}.at(i))
	}
	for i := range d.Clients {
		c := &d.Clients[i]
		all = append(all, declared{"clients", core.ManagedClient, c.title(), c.apply}.at(i))
	}
	for i := range d.Instances {
		p := &d.Instances[i]
		all = append(all, declared{"plugins", core.ManagedInstance, p.Name, p.apply}.at(i))
	}
	for i := range d.Connectors {
		c := &d.Connectors[i]
		all = append(all, declared{"connectors", core.ManagedConnector, c.Name, c.apply}.at(i))
	}
	return all
}

func (o declared) at(i int) declared {
	o.field += "[" + strconv.Itoa(i) + "]"
	return o
}

// one carries one declaration out.
func (a *applier) one(ctx context.Context, path string, d *Declaration, wrong *problems) error {
	a.source, a.file = d.Source, d.File
	for _, o := range d.objects() {
		err := a.step(ctx, o.kind, o.do)
		if err == nil {
			continue
		}
		if wrong == nil {
			return fmt.Errorf("apply the %s %q: %w", o.kind.Noun(), o.name, err)
		}
		var its problems
		if !misplace(&its, path+"."+o.field, err) {
			return err
		}
		its = slices.DeleteFunc(its, func(p Problem) bool { return slices.Contains(a.broken, p.Text) })
		*wrong = append(*wrong, its...)
		a.broken = append(a.broken, (&MissingError{What: o.kind.Noun(), Name: o.name}).Error())
	}
	return nil
}

// misplace adds what is wrong with an object, and says false to what is no mistake of the
// file.
func misplace(wrong *problems, path string, err error) bool {
	if _, refused := errors.AsType[*refusedStep](err); refused {
		return false
	}
	if invalid, is := errors.AsType[*InvalidError](err); is {
		for _, p := range invalid.Problems {
			p.Field = strings.TrimSuffix(path+"."+p.Field, ".")
			*wrong = append(*wrong, p)
		}
		return true
	}
	held, managed := errors.AsType[*ManagedError](err)
	missing, gone := errors.AsType[*MissingError](err)
	switch {
	case managed:
		wrong.add(path, "leave it to that one, give both the same source, or give it up with 'postern managed release "+string(held.Kind)+" "+shellWord(held.Name)+"'", "%s", held)
	case gone:
		wrong.add(path, "declare it too, or correct the name", "%s", missing)
	default:
		return false
	}
	return true
}

// work is one object while it is applied: a service whose store is a trial.
type work struct {
	*Service
	a     *applier
	row   ApplyRow
	trial *trial
	// members are what the file says of it.
	members []string
}

// step does one object and makes its changes, unless this is a rehearsal. If somebody else
// changes it at the same time, it is done again on what there is then.
func (a *applier) step(ctx context.Context, kind core.ManagedKind, do func(context.Context, *work) error) error {
	for try := 1; ; try++ {
		w := a.work(kind)
		begun := len(w.trial.changes)
		if err := do(ctx, w); err != nil {
			return err
		}
		key := managedKey{kind, w.row.ID}
		if a.seen[key] && w.row.Result != ApplyReleased && w.row.Result != ApplyDeleted {
			return invalid("", "declare it once", "the %s %q is declared twice", kind.Noun(), w.row.Name)
		}
		changes := w.trial.changes[begun:]
		if a.trial == nil {
			err := a.really(ctx, w.marked(settled(changes)))
			if errors.Is(err, core.ErrStale) && try < tries {
				continue
			}
			if err != nil {
				return err
			}
		}
		a.seen[key] = true
		if w.row.Result == ApplyUpdated {
			w.row.Fields = differing(changes)
		}
		a.report.Rows = append(a.report.Rows, w.row)
		return nil
	}
}

// really makes the changes of an object.
func (a *applier) really(ctx context.Context, changes []core.Change) error {
	real := *a.Service
	real.source = a.source
	return real.apply(ctx, changes...)
}

// settled gives the changes of one object as one list. Each of them was decided on what
// those before it made, which is not there yet: what holds the object to how it was read is
// said once, before it is touched. Whether other files manage it is asked again.
func settled(changes []core.Change) []core.Change {
	held := map[core.Kind]map[string]bool{}
	first := func(kind core.Kind, id string) bool {
		if held[kind] == nil {
			held[kind] = map[string]bool{}
		}
		was := held[kind][id]
		held[kind][id] = true
		return !was
	}
	var all []core.Change
	for _, change := range changes {
		switch change := change.(type) {
		case core.KeepUnmanaged:
			continue
		case core.KeepVersion:
			if !first(change.Kind, change.ID) {
				continue
			}
		}
		all = append(all, once(change, first))
	}
	return all
}

// once lets a change be made of any state of an object, unless it is the first of that.
func once(change core.Change, first func(core.Kind, string) bool) core.Change {
	switch change := change.(type) {
	case core.UpdateOrganisation:
		if !first(core.KindOfOrganisation, change.Organisation.Name) {
			change.Was = time.Time{}
		}
		return change
	case core.UpdateGroup:
		if !first(core.KindOfGroup, string(change.Group.ID)) {
			change.Was = time.Time{}
		}
		return change
	case core.UpdateClient:
		if !first(core.KindOfClient, change.Client.ID) {
			change.Was = time.Time{}
		}
		return change
	case core.CreateClient:
		first(core.KindOfClient, change.Client.ID)
	case core.SaveInstance:
		if !first(core.KindOfInstance, change.Instance.Name) {
			change.Was = time.Time{}
		}
		return change
	case core.SaveSecret:
		first(core.KindOfInstance, change.Instance)
	case core.AddBinding:
		first(core.KindOfInstance, change.Binding.Instance)
	}
	return change
}

func (a *applier) work(kind core.ManagedKind) *work {
	on := a.trial
	if on == nil {
		on = newTrial(a.Store)
	}
	service := *a.Service
	service.Store, service.source, service.along = on, a.source, nil
	a.actor = a.by
	if a.by.Name == ActorApply {
		a.actor.Name += ":" + a.source
	}
	return &work{Service: &service, a: a, trial: on, row: ApplyRow{Source: a.source, Kind: kind}}
}

// may asks whether the caller may do it.
func (w *work) may(step ApplyStep) error {
	if step.Kind = w.row.Kind; w.a.options.Guard == nil {
		return nil
	}
	if err := w.a.options.Guard(step); err != nil {
		return &refusedStep{err}
	}
	return nil
}

// refusedStep is an error of the guard, which is about who applies the file, and not about
// the file.
type refusedStep struct{ error }

func (e *refusedStep) Unwrap() error { return e.error }

// free refuses an object that another file manages, and gives what is noted of it.
func (w *work) free(ctx context.Context, kind core.ManagedKind, id string) (*core.Managed, error) {
	rows, err := w.Store.Managed(ctx, core.ManagedFilter{Kind: kind, ID: id})
	switch {
	case err != nil:
		return nil, wrap("read what files manage", err)
	case len(rows) == 0:
		return nil, nil
	case rows[0].Source != w.source:
		return nil, w.heldBy(ctx, &core.ManagedError{Managed: rows[0]})
	}
	return &rows[0], nil
}

// done says what became of the object, and has the file manage it. What it says of the
// object already need not be noted again.
func (w *work) done(ctx context.Context, id string, made bool, begun int) error {
	known, err := w.free(ctx, w.row.Kind, id)
	if err != nil {
		return err
	}
	w.row.ID = id
	changed := len(w.trial.changes) > begun
	switch {
	case made:
		w.row.Result = ApplyCreated
	case changed:
		w.row.Result = ApplyUpdated
	case known == nil:
		w.row.Result = ApplyManaged
	default:
		w.row.Result = ApplyUnchanged
	}
	slices.Sort(w.members)
	m := core.Managed{Kind: w.row.Kind, ID: id, Source: w.source, File: w.a.file, Members: slices.Compact(w.members), ManagedAt: w.Now()}
	if known != nil {
		m.ManagedAt = known.ManagedAt
		if !changed && slices.Equal(known.Members, m.Members) {
			return nil
		}
	}
	noted := []core.Change{core.Manage{Managed: m}}
	if known == nil && !made {
		noted = append(noted, w.managedRecord(core.EventManaged))
	}
	return w.apply(ctx, noted...)
}

// managedRecord tells that a file manages the object of the row, or does so no more.
func (w *work) managedRecord(kind core.EventType) core.Record {
	detail := map[string]string{"kind": string(w.row.Kind), "name": w.row.Name, "id": w.row.ID}
	event := core.Event{Type: kind, Org: w.row.Org, Detail: detail}
	if w.row.Kind == core.ManagedClient {
		event.ClientID = w.row.ID
	}
	return w.record(w.a.actor, w.Now(), event)
}

// marked lets the events of the changes say which file wanted them.
func (w *work) marked(changes []core.Change) []core.Change {
	all := slices.Clone(changes)
	for i, change := range all {
		record, is := change.(core.Record)
		if !is {
			continue
		}
		detail := maps.Clone(record.Event.Detail)
		if detail == nil {
			detail = map[string]string{}
		}
		detail["managed_by"] = w.source
		record.Event.Detail = detail
		all[i] = record
	}
	return all
}

// differing gathers what the events of changes tell.
func differing(changes []core.Change) (fields []core.FieldChange) {
	for _, change := range changes {
		record, is := change.(core.Record)
		if !is {
			continue
		}
		e := &record.Event
		fields = append(fields, e.Fields...)
		switch e.Type {
		case core.EventPluginGranted:
			fields = append(fields, core.FieldChange{Field: "grants", After: grantText(core.PluginGrant{Capability: e.Detail["capability"], Target: e.Detail["target"]})})
		case core.EventPluginWithdrawn:
			fields = append(fields, core.FieldChange{Field: "grants", Before: grantText(core.PluginGrant{Capability: e.Detail["capability"], Target: e.Detail["target"]})})
		case core.EventPluginBound:
			fields = append(fields, core.FieldChange{Field: "bindings", After: strings.TrimSpace(e.Detail["hook"] + " " + e.ClientID)})
		case core.EventPluginUnbound:
			fields = append(fields, core.FieldChange{Field: "bindings", Before: strings.TrimSpace(e.Detail["hook"] + " " + e.ClientID)})
		case core.EventPluginSecretSet:
			fields = append(fields, core.FieldChange{Field: core.MemberSecrets + e.Detail["secret"]})
		}
	}
	return fields
}
