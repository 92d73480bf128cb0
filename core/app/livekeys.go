package app

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
)

// liveKeys are the signing keys as they are now: of this process or of another, they
// change while the server runs, and by the mere time.
type liveKeys struct {
	maker  keyMaker
	store  liveStore
	logger *slog.Logger

	current atomic.Pointer[keysAt]
	// mu lets one renew them, which has what was opened before.
	mu     sync.Mutex
	opened map[string]jose.Private
}

// liveStore says when the keys may have changed.
type liveStore interface {
	keyStore
	Generation() int64
}

// keysAt are the keys of a generation of the store, until a time at which one of them
// begins or ends to do something; zero if none does.
type keysAt struct {
	ring       *jose.Keyring
	generation int64
	until      time.Time
}

// newLiveKeys reads the keys, after those that are missing were made.
func newLiveKeys(ctx context.Context, maker keyMaker, store liveStore, logger *slog.Logger) (*liveKeys, error) {
	if err := maker.complete(ctx, store); err != nil {
		return nil, err
	}
	l := &liveKeys{maker: maker, store: store, logger: logger, opened: map[string]jose.Private{}}
	if err := l.renew(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// ring gives the keys of now. If they cannot be read, those of before go on.
func (l *liveKeys) ring() *jose.Keyring {
	if l.isCurrent() {
		return l.current.Load().ring
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isCurrent() {
		if err := l.renew(context.Background()); err != nil {
			l.logger.Error("the signing keys were not read anew", slog.Any("cause", err))
		}
	}
	return l.current.Load().ring
}

func (l *liveKeys) isCurrent() bool {
	at := l.current.Load()
	return at.generation == l.store.Generation() && (at.until.IsZero() || l.maker.now().Before(at.until))
}

func (l *liveKeys) renew(ctx context.Context) error {
	next := &keysAt{generation: l.store.Generation()} // before they are read: what comes after is seen the next time
	stored, err := l.store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	now := l.maker.now()
	signing, retired := core.SortKeys(stored, now)
	if next.ring, err = l.assemble(signing, retired); err != nil {
		return err
	}
	for _, key := range append(signing, retired...) {
		for _, at := range []time.Time{key.RetiredAt, key.RetiredAt.Add(core.KeyKept)} {
			if !key.RetiredAt.IsZero() && now.Before(at) && (next.until.IsZero() || at.Before(next.until)) {
				next.until = at
			}
		}
	}
	l.current.Store(next)
	return nil
}

// assemble opens only what was not open before: to read a key of RSA takes a while.
func (l *liveKeys) assemble(signing, retired []core.SigningKey) (*jose.Keyring, error) {
	opened := map[string]jose.Private{}
	var privates []jose.Private
	for _, key := range signing {
		private, known := l.opened[key.ID]
		if !known {
			var err error
			if private, err = l.maker.open(key); err != nil {
				return nil, err
			}
		}
		opened[key.ID] = private
		privates = append(privates, private)
	}
	var publics []jose.Public
	for _, key := range retired {
		public, err := jose.ParsePublic(key.PublicJWK)
		if err != nil {
			return nil, err
		}
		publics = append(publics, public)
	}
	ring, err := jose.NewKeyring(privates, publics)
	if err == nil {
		l.opened = opened
	}
	return ring, err
}

// Sign implements [token.Signer].
func (l *liveKeys) Sign(alg, typ string, payload []byte) (string, error) {
	return l.ring().Sign(alg, typ, payload)
}

// Verify verifies what the server signed, as [jose.Keyring.Verify] does.
func (l *liveKeys) Verify(token string, expect jose.Expect) (jose.Claims, error) {
	return l.ring().Verify(token, expect)
}

// JWKS is the key set as it is published now.
func (l *liveKeys) JWKS() []byte { return l.ring().JWKS() }

// Algs are the algorithms that can sign: there is always a key for each.
func (l *liveKeys) Algs() []string { return l.ring().Algs() }
