package admin

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

// OrganisationContents counts what goes with the organisation when it is deleted. Here and
// below, what there is none of is left out.
func (s *Service) OrganisationContents(ctx context.Context, name string) ([]core.Content, error) {
	if _, err := s.Organisation(ctx, name); err != nil {
		return nil, err
	}
	contents, err := s.Store.OrganisationContents(ctx, name)
	return contents, wrap("count", err)
}

// UserContents counts what goes with the user.
func (s *Service) UserContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	if _, err := s.userByID(ctx, id); err != nil {
		return nil, err
	}
	contents, err := s.Store.UserContents(ctx, id)
	return contents, wrap("count", err)
}

// ServiceAccountContents counts what goes with the service account.
func (s *Service) ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	if _, err := s.ServiceAccount(ctx, id); err != nil {
		return nil, err
	}
	contents, err := s.Store.ServiceAccountContents(ctx, id)
	return contents, wrap("count", err)
}

// GroupContents counts what goes with the group, and the clients that let its members in:
// who is in no other group that they name cannot sign in there any more.
func (s *Service) GroupContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	group, err := s.GroupByID(ctx, id)
	if err != nil {
		return nil, err
	}
	contents, err := s.Store.GroupContents(ctx, id)
	if err != nil {
		return nil, wrap("count", err)
	}
	clients, err := s.Store.Clients(ctx, group.Org)
	if err != nil {
		return nil, wrap("read the clients", err)
	}
	naming := slices.DeleteFunc(clients, func(c core.Client) bool { return !slices.Contains(c.AllowedGroups, group.Name) })
	if len(naming) > 0 {
		contents = append(contents, core.Content{What: "clients that let its members in", Count: len(naming)})
	}
	return contents, nil
}

// ClientContents counts what goes with the client.
func (s *Service) ClientContents(ctx context.Context, id string) ([]core.Content, error) {
	if _, err := s.clientByID(ctx, id); err != nil {
		return nil, err
	}
	contents, err := s.Store.ClientContents(ctx, id)
	return contents, wrap("count", err)
}

// ConnectorContents counts what goes with the connector.
func (s *Service) ConnectorContents(ctx context.Context, name string) ([]core.Content, error) {
	if _, err := s.FindConnector(ctx, name); err != nil {
		return nil, err
	}
	contents, err := s.Store.ConnectorContents(ctx, name)
	return contents, wrap("count", err)
}

// Counts counts what an organisation has, or all of them if it is empty, and what happened
// since a day.
func (s *Service) Counts(ctx context.Context, org string) (core.Counts, error) {
	if org != "" {
		if _, err := s.Organisation(ctx, org); err != nil {
			return core.Counts{}, err
		}
	}
	counts, err := s.Store.Counts(ctx, org, s.Now())
	return counts, wrap("count", err)
}
