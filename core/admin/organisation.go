package admin

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/colour"
)

var keyName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

const keyNameHint = "use 1 to 64 lower-case letters, digits and hyphens, no hyphen at either end"

// CreateOrganisation makes an organisation.
func (s *Service) CreateOrganisation(ctx context.Context, actor Actor, org core.Organisation) (*core.Organisation, error) {
	if err := checkOrganisation(&org).err(); err != nil {
		return nil, err
	}
	org.CreatedAt = s.Now()
	org.UpdatedAt = org.CreatedAt
	err := s.apply(ctx, core.CreateOrganisation{Organisation: org}, s.orgRecord(actor, core.EventOrgCreated, &org))
	if errors.Is(err, core.ErrConflict) {
		return nil, taken("name", "organisation name", org.Name)
	}
	return &org, wrap("create the organisation", err)
}

// UpdateOrganisation lets edit change a copy of the organisation, checks it and
// stores it. The name and the time of creation stay. Nobody of a disabled
// organisation can sign in or refresh.
func (s *Service) UpdateOrganisation(ctx context.Context, actor Actor, name string, was Version, edit func(*core.Organisation)) (*core.Organisation, error) {
	return s.UpdateOrganisationIf(ctx, actor, name, was, edit, func(*core.Organisation, *core.Organisation) error { return nil })
}

// UpdateOrganisationIf is [Service.UpdateOrganisation], unless guard refuses what is about
// to be made of what.
func (s *Service) UpdateOrganisationIf(ctx context.Context, actor Actor, name string, was Version, edit func(*core.Organisation), guard func(before, after *core.Organisation) error) (*core.Organisation, error) {
	return changing(ctx, s, "organisation", name, was, s.organisationAt(name), func(before *core.Organisation, now time.Time) (*core.Organisation, error) {
		after := *before
		after.Rules = cloneRules(before.Rules)
		edit(&after)
		after.Name, after.CreatedAt = before.Name, before.CreatedAt
		if err := guard(before, &after); err != nil {
			return nil, err
		}
		return s.updateOrganisation(ctx, actor, before, after, now)
	})
}

// organisationAt gives the organisation with when it was last changed.
func (s *Service) organisationAt(name string) func(context.Context) (*core.Organisation, time.Time, error) {
	return func(ctx context.Context) (*core.Organisation, time.Time, error) {
		org, err := s.Organisation(ctx, name)
		if err != nil {
			return nil, time.Time{}, err
		}
		return org, org.UpdatedAt, nil
	}
}

func (s *Service) updateOrganisation(ctx context.Context, actor Actor, before *core.Organisation, after core.Organisation, now time.Time) (*core.Organisation, error) {
	p := checkOrganisation(&after)
	if len(p) == 0 {
		if err := s.checkClientsOf(ctx, &p, &after); err != nil {
			return nil, err
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	fields := changesOf(organisationFields(before, &after))
	if len(fields) == 0 {
		return before, nil
	}
	after.UpdatedAt = now
	record := s.orgRecord(actor, core.EventOrgUpdated, &after)
	record.Event.Detail["fields"], record.Event.Fields = strings.Join(fieldNames(fields), " "), fields
	changes := []core.Change{core.UpdateOrganisation{Organisation: after, Was: before.UpdatedAt}, record}
	if after.Disabled && !before.Disabled {
		keep, err := s.keepOwners(ctx, after.Name)
		if err != nil {
			return nil, err
		}
		changes = append(changes, keep...)
	}
	return &after, orgFailed("update the organisation", after.Name, s.apply(ctx, changes...))
}

// DeleteOrganisation deletes the organisation with everything that belongs to it, see
// [Service.OrganisationContents]. The plugin instances of its connectors go too, with their
// secrets, unless something else is bound to them. The default organisation stays, and so
// does the last owner of the server.
func (s *Service) DeleteOrganisation(ctx context.Context, actor Actor, name string) error {
	return doing(ctx, s, "organisation", name, s.organisationAt(name), func(org *core.Organisation, _ time.Time) error {
		return s.deleteOrganisation(ctx, actor, org)
	})
}

func (s *Service) deleteOrganisation(ctx context.Context, actor Actor, org *core.Organisation) error {
	name := org.Name
	if name == core.DefaultOrganisation {
		return invalid("name", "disable it, or give it another display name", "the organisation %q is where everything is that names none: it cannot be deleted", name)
	}
	contents, err := s.OrganisationContents(ctx, name)
	if err != nil {
		return err
	}
	changes, err := s.disconnecting(ctx, actor, name)
	if err != nil {
		return err
	}
	changes = append([]core.Change{asRead(core.KindOfOrganisation, name, org.UpdatedAt)}, changes...)
	record := s.orgRecord(actor, core.EventOrgDeleted, org)
	for _, content := range contents {
		record.Event.Detail[strings.ReplaceAll(content.What, " ", "_")] = strconv.Itoa(content.Count)
	}
	changes = append(changes, core.DeleteOrganisation{Name: name, At: s.Now()}, record)
	keep, err := s.keepOwners(ctx, name)
	if err != nil {
		return err
	}
	return orgFailed("delete the organisation", name, s.apply(ctx, append(changes, keep...)...))
}

// disconnecting gives the changes that delete the connectors of an organisation, each with
// the instance that it is.
func (s *Service) disconnecting(ctx context.Context, actor Actor, org string) ([]core.Change, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	var changes []core.Change
	for i := range config.Connectors {
		connector := &config.Connectors[i]
		if connector.Org != org {
			continue
		}
		of := instanceOf(config, connector.Instance)
		changes = append(changes, asRead(core.KindOfInstance, of.Name, of.UpdatedAt))
		bindings := selectBindings(config, Unbind{Instance: connector.Instance})
		if slices.ContainsFunc(bindings, func(b core.PluginBinding) bool { return !signsIn(b.Hook) }) {
			bindings = slices.DeleteFunc(bindings, func(b core.PluginBinding) bool { return !signsIn(b.Hook) })
			changes = append(changes, s.unbindChanges(actor, bindings)...)
			changes = append(changes, s.disconnectChanges(actor, connector, of.Plugin)...)
			continue
		}
		changes = append(changes, s.unbindChanges(actor, bindings)...)
		changes = append(changes, s.forgetChanges(actor, of, connector)...)
	}
	return ofOrganisation(org, changes), nil
}

// keepOwners gives the change that refuses to take the last owner of the server away, if
// one is of the organisation.
func (s *Service) keepOwners(ctx context.Context, org string) ([]core.Change, error) {
	held, err := s.Store.RolesHeld(ctx, org)
	if err != nil {
		return nil, wrap("read the roles", err)
	}
	if !slices.ContainsFunc(held, ownsServer) {
		return nil, nil
	}
	return []core.Change{core.KeepAdministrator{}}, nil
}

func orgFailed(what, name string, err error) error {
	switch {
	case errors.Is(err, core.ErrStale):
		return err
	case errors.Is(err, core.ErrConflict):
		return invalid("", "make an owner of another organisation first", "the last owner of the server is of the organisation %q", name)
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "organisation", Name: name}
	}
	return wrap(what, err)
}

// checkClientsOf refuses rules with which nobody could sign in to a client any more.
func (s *Service) checkClientsOf(ctx context.Context, p *problems, org *core.Organisation) error {
	clients, err := s.Store.Clients(ctx, org.Name)
	if err != nil {
		return wrap("read the clients", err)
	}
	for i := range clients {
		checkTogether(p, org, &clients[i])
	}
	return nil
}

// Organisation gives the organisation of that name.
func (s *Service) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	org, err := s.Store.Organisation(ctx, name)
	return found(org, err, "organisation", name)
}

// Organisations gives all of them.
func (s *Service) Organisations(ctx context.Context) ([]core.Organisation, error) {
	return s.Store.Organisations(ctx)
}

// Events gives audit events, newest first, with what everybody in them is called.
func (s *Service) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	events, err := s.Store.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	var ids []core.ID
	for i := range events {
		for _, id := range []core.ID{events[i].ActorID(), events[i].UserID} {
			if id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return events, nil
	}
	called, err := s.Store.Called(ctx, ids)
	if err != nil {
		return nil, wrap("read who is called how", err)
	}
	for i := range events {
		events[i].By, events[i].Whom = called[events[i].ActorID()], called[events[i].UserID]
	}
	return events, nil
}

func checkOrganisation(org *core.Organisation) problems {
	var p problems
	if !keyName.MatchString(org.Name) {
		p.add("name", keyNameHint, "%q is no organisation name", shown(org.Name))
	}
	checkLine(&p, "display_name", org.DisplayName)
	checkURL(&p, "website_url", org.WebsiteURL)
	checkURL(&p, "logo", org.Logo)
	checkURL(&p, "favicon", org.Favicon)
	checkRules(&p, &org.Rules)
	checkAccent(&p, "accent", org.Theme.Accent, colour.Light(), "on light pages")
	checkAccent(&p, "accent_dark", org.Theme.AccentDark, colour.Dark(), "on dark pages")
	return p
}

// checkAccent accepts nothing, or a colour that can be read on the page.
func checkAccent(p *problems, field, text string, page colour.Page, where string) {
	if text == "" {
		return
	}
	accent, err := colour.Parse(text)
	if err != nil {
		p.add(field, "write it like #1f6feb", "%q is no colour", shown(text))
		return
	}
	if pale, ok := errors.AsType[*colour.ContrastError](page.Check(accent)); ok {
		p.add(field, "take "+pale.Nearest.String(), "the colour %s cannot be read %s: its contrast is %.1f, and %.1f is the least", text, where, pale.Ratio, colour.LeastText)
	}
}

func (s *Service) orgRecord(actor Actor, kind core.EventType, org *core.Organisation) core.Record {
	return s.record(actor, s.Now(), core.Event{Type: kind, Org: org.Name, Detail: map[string]string{
		"organisation": org.Name, "disabled": strconv.FormatBool(org.Disabled),
	}})
}
