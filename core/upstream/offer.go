package upstream

import (
	"context"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Why a connector serves nobody here and now.
const (
	closedUnknown  = "connector_unknown"
	closedDisabled = "connector_disabled"
	closedUnbound  = "connector_not_bound"
	closedForeign  = "organisation_not_admitted"
	closedOrg      = "organisation_disabled"
)

// Offers gives the ways to sign in elsewhere, in their order; hidden ones too. The
// client is nil for a sign-in to Postern itself.
func (s *Service) Offers(ctx context.Context, client *core.Client) ([]core.Offer, error) {
	open, err := s.bound(ctx, hook.ConnectorLogin, client)
	if err != nil {
		return nil, err
	}
	var offers []core.Offer
	for _, c := range open {
		offers = append(offers, core.Offer{
			Connector: c.Instance, Org: c.Org, Title: c.Title(), Icon: c.Icon, Domains: slices.Clone(c.Domains), Hidden: c.Hidden,
		})
	}
	return offers, nil
}

// bound gives the connectors that serve a hook for the client, in their order, each
// once.
func (s *Service) bound(ctx context.Context, hookName string, client *core.Client) ([]*core.Connector, error) {
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the connectors: %w", err)
	}
	var open []*core.Connector
	for i := range config.Bindings {
		b := &config.Bindings[i]
		c := connectorOf(config, b.Instance)
		if c == nil || slices.Contains(open, c) || whyClosed(config, c, hookName, client) != "" {
			continue
		}
		if org, err := s.Store.Organisation(ctx, c.Org); err != nil {
			return nil, fmt.Errorf("read the organisation of connector %s: %w", c.Instance, err)
		} else if !org.Disabled {
			open = append(open, c)
		}
	}
	return open, nil
}

// whyClosed says why a connector does not serve a hook for the client; empty if it
// does. Its organisation is looked at elsewhere.
func whyClosed(config *core.PluginConfig, c *core.Connector, hookName string, client *core.Client) string {
	serves := func(b core.PluginBinding) bool {
		return b.Instance == c.Instance && b.Hook == hookName && (b.ClientID == "" || client != nil && b.ClientID == client.ID)
	}
	switch {
	case c.Disabled:
		return closedDisabled
	case !slices.ContainsFunc(config.Bindings, serves):
		return closedUnbound
	case client != nil && !client.Admits(c.Org):
		return closedForeign
	}
	return ""
}

// connectorOf gives the connector of an instance, nil if there is none.
func connectorOf(config *core.PluginConfig, instance string) *core.Connector {
	for i := range config.Connectors {
		if config.Connectors[i].Instance == instance {
			return &config.Connectors[i]
		}
	}
	return nil
}

// opened is a connector that may be used now, with what a call of it needs.
type opened struct {
	*core.Connector
	org    *core.Organisation
	caller core.PluginCaller
}

// open looks a connector up. The problem says why it is closed; the connector is
// known all the same, if there is one of that name.
func (s *Service) open(ctx context.Context, instance, hookName string, client *core.Client) (opened, error) {
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return opened{}, fmt.Errorf("read the connectors: %w", err)
	}
	o := opened{Connector: connectorOf(config, instance)}
	if o.Connector == nil {
		return o, closed(closedUnknown)
	}
	if reason := whyClosed(config, o.Connector, hookName, client); reason != "" {
		return o, closed(reason)
	}
	if o.org, err = s.Store.Organisation(ctx, o.Org); err != nil {
		return o, fmt.Errorf("read the organisation of connector %s: %w", instance, err)
	}
	if o.org.Disabled {
		return o, closed(closedOrg)
	}
	o.caller = core.PluginCaller{Instance: instance, Hook: hookName}
	for i := range config.Instances {
		if p := &config.Instances[i]; p.Name == instance {
			o.caller.Plugin, o.caller.Grants, o.caller.Secrets = p.Plugin, p.Grants, p.Secrets
		}
	}
	return o, nil
}
