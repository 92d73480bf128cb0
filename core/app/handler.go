package app

import (
	"context"
	"errors"
	"net/http"

	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/clientkey"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/httpd"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/token"
)

// Handler builds the server. It makes the signing keys that are missing.
func (a *App) Handler(ctx context.Context) (http.Handler, error) {
	keys, err := newLiveKeys(ctx, a.keyMaker(), a.Store, a.logger)
	if err != nil {
		return nil, err
	}
	pages, err := a.pages()
	if err != nil {
		return nil, err
	}
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	clients, err := a.clientKeys()
	if err != nil {
		return nil, err
	}
	tokens := a.issuer(host, keys)
	tokens.Encrypter = clients
	a.tokens = tokens
	devices := &authn.DeviceCodes{Store: a.Store, Now: a.now, Rand: a.rand}
	flow := a.flow(host, clients, tokens, hints{keys, a.Config.Issuer, a.now})
	flow.DeviceCodes = devices
	server := &httpd.Server{
		Issuer:   a.Config.Issuer,
		Metadata: oauth.Metadata(a.Config.Issuer, keys.Algs(), a.features()...),
		JWKS:     keys.JWKS,
		Flow:     flow,
		Grant: &grant.Endpoint{
			Store: a.Store, Tokens: tokens, Policy: host, Assertions: clients, DeviceRequests: devices, Family: a.Config.Lifetimes.RefreshToken,
			Now: a.now, Rand: a.rand,
		},
		Resources: &token.Verifier{Store: a.Store, Issuer: tokens, Now: a.now, Rand: a.rand},
		Admin:     a.Admin,
		Entry:     a.entry(host, a.factors()),
		Account:   a.account(),
		Pages:     pages,
		Recorder:  a.Store,
		Origins:   a.Store,
		Ready:     a.Ready,
		Logger:    a.logger,
		Now:       a.now,
		Rand:      a.rand,
		Proxies:   a.Config.TrustedProxies,
		Domains:   a.Config.WebfingerDomains,
		Watched:   a.Config.SessionManagement,
	}
	server.Organisations = a.Store
	server.Console = a.console()
	server.Flow.Attempts = a.newAttempts(server.Grant, server.Resources)
	server.Programs = a.programs(a.callers(server.Resources))
	if box := a.mailbox(); box != nil {
		server.Mailbox = box
	}
	return server.Handler(), nil
}

// clientKeys verifies what clients sign.
func (a *App) clientKeys() (*clientkey.Service, error) {
	fetcher, err := a.outbound()
	if err != nil {
		return nil, err
	}
	return clientkey.New(clientkey.Options{Issuer: a.Config.Issuer, Fetcher: fetcher, Unseal: a.vault.Unseal, Now: a.now}), nil
}

func (a *App) flow(host *plugin.Host, requests flow.RequestObjects, tokens flow.Tokens, known flow.Hints) *flow.Dispatcher {
	return &flow.Dispatcher{
		Store: a.Store, Passwords: a.passwords, Factors: a.factors(), Synced: authn.Synced, Mails: a.mails, Upstream: a.upstream, Hints: known, Policy: host,
		Requests: requests,
		Tokens:   tokens, Subject: a.subjects().Of,
		Question: token.Question,
		Issuer:   a.Config.Issuer, Key: a.vault.Derive("step-link"),
		Watched:   a.Config.SessionManagement,
		Lifetimes: flow.Lifetimes{Session: a.Config.Lifetimes.Session, Refresh: a.Config.Lifetimes.RefreshToken},
		Now:       a.now, Rand: a.rand,
	}
}

// features are what the operator turned on.
func (a *App) features() (on []oauth.Feature) {
	if a.Config.Registration.On() {
		on = append(on, oauth.FeatureRegistration)
	}
	if a.Config.SessionManagement {
		on = append(on, oauth.FeatureSessions)
	}
	return on
}

// Ready reports whether everything that a request needs is there: the database
// answers, and the plugins that are bound are compiled.
func (a *App) Ready(ctx context.Context) error {
	if err := a.Store.Check(ctx); err != nil {
		return err
	}
	host, err := a.host()
	if err != nil {
		return err
	}
	return errors.Join(host.Ready(ctx))
}
