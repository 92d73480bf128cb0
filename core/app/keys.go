package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/vault"
)

// keyMaker makes signing keys that are sealed under the master key.
type keyMaker struct {
	vault *vault.Vault
	now   func() time.Time
	rand  io.Reader
}

// NewKey makes a key pair for the algorithm, ready to be stored.
func (m keyMaker) NewKey(_ context.Context, alg string) (*core.SigningKey, error) {
	now := m.now()
	private, err := jose.Generate(alg, now, m.rand)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	pkcs8, err := private.PKCS8()
	if err != nil {
		return nil, fmt.Errorf("write the key for %s: %w", alg, err)
	}
	return &core.SigningKey{
		ID: private.ID(), Alg: alg, Sealed: m.vault.Seal(pkcs8, keyPurpose(private.ID()), m.rand),
		PublicJWK: private.PublicJWK(), CreatedAt: now,
	}, nil
}

func (m keyMaker) open(key core.SigningKey) (jose.Private, error) {
	pkcs8, err := m.vault.Unseal(key.Sealed, keyPurpose(key.ID))
	if err != nil {
		return jose.Private{}, wrongKey(key.ID, err)
	}
	return jose.Parse(key.ID, key.Alg, pkcs8)
}

func keyPurpose(kid string) string { return "signing-key:" + kid }

// keyStore is where signing keys are kept.
type keyStore interface {
	SigningKeys(ctx context.Context) ([]core.SigningKey, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

// complete makes the keys that are missing: one for each algorithm, all at once, because
// a key for RSA takes a while.
func (m keyMaker) complete(ctx context.Context, store keyStore) error {
	keys, err := store.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("read the signing keys: %w", err)
	}
	made, err := m.missing(ctx, keys)
	if err != nil {
		return err
	}
	var changes []core.Change
	for _, key := range made {
		now := m.now()
		changes = append(changes, core.AddKey{Key: *key}, core.Record{Event: core.Event{
			ID: core.NewID(now, m.rand), At: now, Type: core.EventKeyCreated, Actor: "server",
			Detail: map[string]string{"kid": key.ID, "alg": key.Alg},
		}})
	}
	if len(changes) > 0 {
		if err := store.Apply(ctx, changes...); err != nil {
			return fmt.Errorf("store the signing keys: %w", err)
		}
	}
	return nil
}

func (m keyMaker) missing(ctx context.Context, keys []core.SigningKey) ([]*core.SigningKey, error) {
	present := map[string]bool{}
	for _, key := range keys {
		present[key.Alg] = present[key.Alg] || key.RetiredAt.IsZero()
	}
	var (
		made = make([]*core.SigningKey, len(jose.Algs()))
		errs = make([]error, len(jose.Algs()))
		wait sync.WaitGroup
	)
	for i, alg := range jose.Algs() {
		if !present[alg] {
			wait.Go(func() { made[i], errs[i] = m.NewKey(ctx, alg) })
		}
	}
	wait.Wait()
	var found []*core.SigningKey
	for _, key := range made {
		if key != nil {
			found = append(found, key)
		}
	}
	return found, errors.Join(errs...)
}

// hints verifies ID tokens that come back as id_token_hint.
type hints struct {
	keys   *liveKeys
	issuer string
	now    func() time.Time
}

// Hint implements [flow.Hints].
func (h hints) Hint(_ context.Context, idToken string) (flow.Hint, error) {
	claims, err := h.keys.Verify(idToken, jose.Expect{
		Typ: jose.TypJWT, Issuer: h.issuer, Now: h.now(), AllowExpired: true,
	})
	if err != nil {
		return flow.Hint{}, err
	}
	if len(claims.Audience) != 1 {
		return flow.Hint{}, errors.New("id_token_hint has not one audience")
	}
	return flow.Hint{
		Subject: core.ID(claims.Subject), SessionID: core.ID(claims.Text("sid")), ClientID: claims.Audience[0],
	}, nil
}
