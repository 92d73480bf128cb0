package admin

import (
	"context"
	"errors"
	"reflect"
	"regexp"
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
	err := s.Store.Apply(ctx, core.CreateOrganisation{Organisation: org}, s.orgRecord(actor, core.EventOrgCreated, &org))
	if errors.Is(err, core.ErrConflict) {
		return nil, taken("name", "organisation name", org.Name)
	}
	return &org, wrap("create the organisation", err)
}

// UpdateOrganisation lets edit change a copy of the organisation, checks it and
// stores it. The name and the time of creation stay. Nobody of a disabled
// organisation can sign in or refresh.
func (s *Service) UpdateOrganisation(ctx context.Context, actor Actor, name string, was Version, edit func(*core.Organisation)) (*core.Organisation, error) {
	return changing(ctx, s, "organisation", name, was, func(ctx context.Context) (*core.Organisation, time.Time, error) {
		org, err := s.Organisation(ctx, name)
		if err != nil {
			return nil, time.Time{}, err
		}
		return org, org.UpdatedAt, nil
	}, func(before *core.Organisation, now time.Time) (*core.Organisation, error) {
		return s.updateOrganisation(ctx, actor, before, now, edit)
	})
}

func (s *Service) updateOrganisation(ctx context.Context, actor Actor, before *core.Organisation, now time.Time, edit func(*core.Organisation)) (*core.Organisation, error) {
	after := *before
	after.Rules = cloneRules(before.Rules)
	edit(&after)
	after.Name, after.CreatedAt = before.Name, before.CreatedAt
	p := checkOrganisation(&after)
	if len(p) == 0 {
		if err := s.checkClientsOf(ctx, &p, &after); err != nil {
			return nil, err
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	fields := changedOrgFields(before, &after)
	if len(fields) == 0 {
		return before, nil
	}
	after.UpdatedAt = now
	record := s.orgRecord(actor, core.EventOrgUpdated, &after)
	record.Event.Detail["fields"] = strings.Join(fields, " ")
	err := s.Store.Apply(ctx, core.UpdateOrganisation{Organisation: after, Was: before.UpdatedAt}, record)
	return &after, wrap("update the organisation", err)
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

func changedOrgFields(before, after *core.Organisation) []string {
	var fields []string
	for _, f := range []struct {
		name    string
		changed bool
	}{
		{"display_name", before.DisplayName != after.DisplayName},
		{"website_url", before.WebsiteURL != after.WebsiteURL},
		{"logo", before.Logo != after.Logo},
		{"favicon", before.Favicon != after.Favicon},
		{"disabled", before.Disabled != after.Disabled},
		{"rules", !reflect.DeepEqual(before.Rules, after.Rules)},
		{"theme", before.Theme != after.Theme},
	} {
		if f.changed {
			fields = append(fields, f.name)
		}
	}
	return fields
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

// Events gives audit events, newest first.
func (s *Service) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	return s.Store.Events(ctx, filter)
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
	return s.record(actor, s.Now(), core.Event{Type: kind, Detail: map[string]string{
		"organisation": org.Name, "disabled": strconv.FormatBool(org.Disabled),
	}})
}
