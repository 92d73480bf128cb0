package app

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/core/upstream"
	"github.com/postern-id/postern/sdk/hook"
)

// newUpstream makes what signs people in elsewhere. Nothing is compiled for it before
// a connector is asked.
func (a *App) newUpstream() *upstream.Service {
	return &upstream.Service{
		Store: a.Store, Connectors: connectors{a.host}, Providers: discovery{a.capabilities}, Sealer: a.vault,
		Organisation: token.Organisation, Client: token.RelyingParty,
		Issuer: a.Config.Issuer, Key: a.vault.Derive("upstream-state"), Now: a.now, Rand: a.rand,
	}
}

// connectors implements [upstream.Connector].
type connectors struct{ host func() (*plugin.Host, error) }

func (c connectors) Login(ctx context.Context, instance string, in *hook.LoginInput, login *core.UpstreamLogin) (*hook.LoginOutput, error) {
	host, err := c.host()
	if err != nil {
		return nil, err
	}
	return host.Login(ctx, instance, in, login)
}

func (c connectors) Password(ctx context.Context, instance string, in *hook.PasswordInput) (*hook.PasswordOutput, error) {
	host, err := c.host()
	if err != nil {
		return nil, err
	}
	return host.Password(ctx, instance, in)
}

// discovery implements [upstream.Discoverer].
type discovery struct {
	capabilities func() (*capability.Set, error)
}

func (d discovery) Discover(ctx context.Context, caller *core.PluginCaller, issuer string, anyIssuer bool) (*upstream.Provider, error) {
	set, err := d.capabilities()
	if err != nil {
		return nil, err
	}
	found, err := set.Discover(ctx, caller, issuer, anyIssuer)
	if err != nil {
		return nil, err
	}
	return &upstream.Provider{
		Issuer: found.Issuer, AuthorizationEndpoint: found.AuthorizationEndpoint, NamesItself: found.NamesItself,
	}, nil
}
