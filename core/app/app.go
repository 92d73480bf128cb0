package app

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/mail"
	"github.com/postern-id/postern/core/observe"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/core/upstream"
	"github.com/postern-id/postern/core/vault"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/web"
)

// Files in the data directory.
const (
	databaseFile = "postern.db"
	cacheFolder  = "cache"
)

// Options replace what a server takes from its surroundings. The zero Options are
// right for everything but tests.
type Options struct {
	Now    func() time.Time // nil: the system's clock
	Rand   io.Reader        // nil: the operating system's generator
	Logger *slog.Logger     // nil: nothing is logged
	// Passwords is the work that hashing a password takes; nil is the right one.
	Passwords *authn.Params
	// MailRoots may vouch for the mail server; nil: whom the system trusts.
	MailRoots *x509.CertPool
}

// App is an open data directory with everything that works on it.
type App struct {
	Config config.Config
	Store  *store.Store
	Admin  *admin.Service
	// Office makes the desks of who administers.
	Office *desk.Office
	// Metrics counts, whether or not anybody may see it.
	Metrics *observe.Metrics

	vault     *vault.Vault
	passwords *authn.Passwords
	now       func() time.Time
	rand      io.Reader
	logger    *slog.Logger
	// host compiles the plugins when something first needs them: most commands
	// never do.
	host func() (*plugin.Host, error)
	// outbound sends what the server itself asks of others.
	outbound func() (*outbound.Client, error)
	// capabilities are what plugins may use, and what they share with the server.
	capabilities func() (*capability.Set, error)
	// factors takes codes of one person one at a time, so there is one of it; it knows the
	// issuer when it is first needed.
	factors  func() *authn.Factors
	upstream *upstream.Service
	// pages parses what people see when something first needs it.
	pages func() (*web.Pages, error)
	// mails queues mails; see [mail.Composer.Ready].
	mails     *mail.Composer
	mailRoots *x509.CertPool
	// tokens signs for the server; Handler makes it.
	tokens *token.Issuer
	// logbook keeps what plugins wrote last; previewing has room for one preview.
	logbook    *observe.Logbook
	previewing chan struct{}
	// examined is the module that was tried last, before it is installed.
	examined atomic.Pointer[examined]
	// closers end what was opened, the last first.
	mu      sync.Mutex
	closers []func() error
}

// Open opens the data directory, which is made if it does not exist.
func Open(ctx context.Context, cfg config.Config, o Options) (*App, error) {
	a := &App{Config: cfg, logbook: observe.NewLogbook(), previewing: make(chan struct{}, 1), now: o.Now, rand: o.Rand, logger: o.Logger, mailRoots: o.MailRoots}
	if a.now == nil {
		a.now = time.Now
	}
	a.Metrics = observe.New(a.now)
	if a.rand == nil {
		a.rand = rand.Reader
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	if err := checkEmptied(cfg); err != nil {
		return nil, err
	}
	var err error
	if a.Store, err = store.Open(ctx, store.Options{Path: filepath.Join(cfg.Data, databaseFile), Now: a.now}); err != nil {
		return nil, err
	}
	a.onClose(a.Store.Close)
	if err := a.openVault(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.outbound = sync.OnceValues(a.newOutbound)
	a.capabilities = sync.OnceValues(a.newCapabilities)
	a.host = sync.OnceValues(func() (*plugin.Host, error) { return a.newHost(context.WithoutCancel(ctx)) })
	a.pages = sync.OnceValues(a.newPages)
	a.mails = a.newComposer()
	a.factors = sync.OnceValue(a.newFactors)
	a.upstream = a.newUpstream()
	breached, err := a.openBreached()
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	a.passwords = authn.New(a.Store, authn.Options{Elsewhere: a.upstream, Breached: breached, Params: o.Passwords, Now: a.now, Rand: a.rand})
	a.Admin = &admin.Service{
		Store: a.Store, Hasher: a.passwords, Plugins: catalogue{a}, Sealer: sealer{a.vault, a.rand}, KeyMaker: a.keyMaker(),
		Mails: a.mails, Factors: a.factors(), Watch: watch{a},
		Documents: documents{a.outbound}, Registration: cfg.Registration, Settings: settings(cfg), Issuer: cfg.Issuer, Now: a.now, Rand: a.rand,
	}
	a.Office = &desk.Office{Admin: a.Admin, Store: a.Store}
	a.Admin.Explainer, a.Admin.MailTester = explainer{a}, mailTester{a}
	return a, nil
}

// openBreached opens the list of passwords that nobody may set, nil if there is none.
func (a *App) openBreached() (authn.Breached, error) {
	if a.Config.PasswordBreachFile == "" {
		return nil, nil
	}
	list, err := authn.OpenBreachList(a.Config.PasswordBreachFile)
	if err != nil {
		return nil, err
	}
	a.onClose(list.Close)
	return list, nil
}

// Close ends everything. What was acknowledged is on disk before.
func (a *App) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, end := range slices.Backward(a.closers) {
		errs = append(errs, end())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *App) onClose(end func() error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closers = append(a.closers, end)
}

func (a *App) newOutbound() (*outbound.Client, error) {
	client, err := outbound.New(outbound.Options{AllowPrivate: a.Config.OutboundAllowPrivate})
	if err != nil {
		return nil, err
	}
	a.onClose(func() error { client.Close(); return nil })
	return client, nil
}

func (a *App) keyMaker() keyMaker { return keyMaker{a.vault, a.now, a.rand} }

// cacheDir is where compiled plugins are kept.
func (a *App) cacheDir() string { return filepath.Join(a.Config.Data, cacheFolder) }

func (a *App) newCapabilities() (*capability.Set, error) {
	client, err := a.outbound()
	if err != nil {
		return nil, err
	}
	return capability.New(capability.Options{Client: client, KV: a.Store, Unseal: a.vault.Unseal, Now: a.now, Logger: a.logger}), nil
}

func (a *App) newHost(ctx context.Context) (*plugin.Host, error) {
	capabilities, err := a.capabilities()
	if err != nil {
		return nil, err
	}
	host, err := plugin.New(ctx, plugin.Options{
		Builtin: plugins.Builtin(), CacheDir: a.cacheDir(), Source: a.Store, Logger: slog.New(a.logbook.Over(a.logger.Handler())),
		Capabilities: capabilities, Observer: a.Metrics, Record: a.pluginEvent, Now: a.now, Rand: a.rand,
	})
	if err != nil {
		return nil, err
	}
	a.onClose(func() error { return host.Close(ctx) })
	return host, nil
}

// pluginEvent records what the host of the plugins has to say, even if nobody waits
// for it any more.
func (a *App) pluginEvent(ctx context.Context, event core.Event) {
	if err := a.Store.Apply(context.WithoutCancel(ctx), core.Record{Event: event}); err != nil {
		a.logger.Error("audit event not stored", slog.String("type", string(event.Type)), slog.Any("cause", err))
	}
}

// CheapPasswords are parameters that make a hash in no time, for tests and for
// figures that leave the hash out.
func CheapPasswords() *authn.Params { return &authn.Params{Memory: 64, Time: 1, Threads: 1} }

// issuer wires the tokens. keys may be nil where nothing is signed.
func (a *App) issuer(host *plugin.Host, keys token.Signer) *token.Issuer {
	return &token.Issuer{
		Issuer: a.Config.Issuer, Keys: keys, Mapper: host, Shaper: host,
		Successors: a.vault.Derive("refresh-successor"), Subjects: a.subjects(), Rand: a.rand,
		Defaults: token.Defaults{Access: a.Config.Lifetimes.AccessToken, IDToken: a.Config.Lifetimes.IDToken},
	}
}

// subjects gives the names by which clients know people.
func (a *App) subjects() token.Subjects {
	return token.Subjects{Key: a.vault.Derive("pairwise-subject")}
}
