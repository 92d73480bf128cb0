package admin

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"strconv"

	"github.com/postern-id/postern/core"
)

var keyName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)

const keyNameHint = "use 1 to 64 lower-case letters, digits and hyphens, no hyphen at either end"

// CreateOrganisation makes an organisation.
func (s *Service) CreateOrganisation(ctx context.Context, actor Actor, org core.Organisation) (*core.Organisation, error) {
	if err := checkOrganisation(&org).err(); err != nil {
		return nil, err
	}
	org.CreatedAt = s.Now()
	err := s.Store.Apply(ctx, core.CreateOrganisation{Organisation: org}, s.orgRecord(actor, core.EventOrgCreated, &org))
	if errors.Is(err, core.ErrConflict) {
		return nil, taken("name", "organisation name", org.Name)
	}
	return &org, wrap("create the organisation", err)
}

// UpdateOrganisation lets edit change a copy of the organisation, checks it and
// stores it. The name and the time of creation stay. Nobody of a disabled
// organisation can sign in or refresh.
func (s *Service) UpdateOrganisation(ctx context.Context, actor Actor, name string, edit func(*core.Organisation)) (*core.Organisation, error) {
	before, err := s.Organisation(ctx, name)
	if err != nil {
		return nil, err
	}
	after := *before
	edit(&after)
	after.Name, after.CreatedAt = before.Name, before.CreatedAt
	if err := checkOrganisation(&after).err(); err != nil {
		return nil, err
	}
	if reflect.DeepEqual(after, *before) {
		return before, nil
	}
	err = s.Store.Apply(ctx, core.UpdateOrganisation{Organisation: after}, s.orgRecord(actor, core.EventOrgUpdated, &after))
	return &after, wrap("update the organisation", err)
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
	return p
}

func (s *Service) orgRecord(actor Actor, kind core.EventType, org *core.Organisation) core.Record {
	return s.record(actor, s.Now(), core.Event{Type: kind, Detail: map[string]string{
		"organisation": org.Name, "disabled": strconv.FormatBool(org.Disabled),
	}})
}
