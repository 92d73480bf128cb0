package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
)

// KeyMaker makes signing keys.
type KeyMaker interface {
	// NewKey makes a key pair for the algorithm, ready to be stored.
	NewKey(ctx context.Context, alg string) (*core.SigningKey, error)
}

// KeyState says what a signing key does.
type KeyState string

// The states of a key.
const (
	KeySigns   KeyState = "signs"
	KeyNext    KeyState = "next"    // published, and will sign
	KeyRetired KeyState = "retired" // verifies what it signed
)

// Key is a signing key that is published.
type Key struct {
	ID, Alg   string
	State     KeyState
	CreatedAt time.Time
	// RetiredAt is when it ends to sign, GoneAt when it ends to be published; zero while
	// it has no successor.
	RetiredAt, GoneAt time.Time
}

// Keys gives the signing keys that are published, by algorithm: the one that signs, those
// that will, those that did.
func (s *Service) Keys(ctx context.Context) ([]Key, error) {
	stored, err := s.Store.SigningKeys(ctx)
	if err != nil {
		return nil, wrap("read the signing keys", err)
	}
	signing, retired := core.SortKeys(stored, s.Now())
	var all []Key
	for _, key := range signing {
		state := KeySigns
		if slices.ContainsFunc(all, func(k Key) bool { return k.Alg == key.Alg }) {
			state = KeyNext
		}
		all = append(all, viewKey(&key, state))
	}
	for _, key := range retired {
		all = append(all, viewKey(&key, KeyRetired))
	}
	slices.SortStableFunc(all, func(a, b Key) int { return slices.Index(algorithms, a.Alg) - slices.Index(algorithms, b.Alg) })
	return all, nil
}

func viewKey(key *core.SigningKey, state KeyState) Key {
	view := Key{ID: key.ID, Alg: key.Alg, State: state, CreatedAt: key.CreatedAt, RetiredAt: key.RetiredAt}
	if !key.RetiredAt.IsZero() {
		view.GoneAt = key.RetiredAt.Add(core.KeyKept)
	}
	return view
}

// RotateKeys makes a successor of the keys of each algorithm; of all if none is given.
// The successors are published at once and sign after [core.KeyLead], or at once too.
// Of two that rotate one wins: the other gets a [core.ErrConflict].
func (s *Service) RotateKeys(ctx context.Context, actor Actor, algs []string, atOnce bool) ([]Key, error) {
	var p problems
	if len(algs) == 0 {
		algs = algorithms
	}
	if checkKnown(&p, "alg", algs, algorithms...); p.err() != nil {
		return nil, p.err()
	}
	stored, err := s.Store.SigningKeys(ctx)
	if err != nil {
		return nil, wrap("read the signing keys", err)
	}
	var changes []core.Change
	for _, alg := range algs {
		more, err := s.rotateKey(ctx, actor, stored, alg, atOnce)
		if err != nil {
			return nil, err
		}
		changes = append(changes, more...)
	}
	if err := s.apply(ctx, changes...); err != nil {
		return nil, wrap("rotate the signing keys", err)
	}
	return s.Keys(ctx)
}

func (s *Service) rotateKey(ctx context.Context, actor Actor, stored []core.SigningKey, alg string, atOnce bool) ([]core.Change, error) {
	changes, err := s.newKey(ctx, actor, alg)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	at := now.Add(core.KeyLead)
	if atOnce {
		at = now
	}
	for _, key := range stored {
		if key.Alg != alg || !key.RetiredAt.IsZero() && !at.Before(key.RetiredAt) {
			continue
		}
		changes = append(changes, core.RetireKey{ID: key.ID, At: at}, s.keyRecord(actor, core.EventKeyRetired, &key, map[string]string{"at": at.UTC().Format(time.RFC3339)}))
	}
	return changes, nil
}

func (s *Service) newKey(ctx context.Context, actor Actor, alg string) ([]core.Change, error) {
	if s.KeyMaker == nil {
		return nil, errors.New("make a signing key: nothing here can")
	}
	key, err := s.KeyMaker.NewKey(ctx, alg)
	if err != nil {
		return nil, err
	}
	return []core.Change{core.AddKey{Key: *key}, s.keyRecord(actor, core.EventKeyCreated, key, nil)}, nil
}

// DeleteKey ends a signing key at once: it is not published any more, and nothing that it
// signed is trusted. If nothing else signs with its algorithm, another key is made that
// does.
func (s *Service) DeleteKey(ctx context.Context, actor Actor, kid string) error {
	stored, err := s.Store.SigningKeys(ctx)
	if err != nil {
		return wrap("read the signing keys", err)
	}
	i := slices.IndexFunc(stored, func(key core.SigningKey) bool { return key.ID == kid })
	if i < 0 {
		return &MissingError{What: "key", Name: kid}
	}
	key := stored[i]
	changes := []core.Change{core.DeleteKey{ID: kid}, s.keyRecord(actor, core.EventKeyDeleted, &key, nil)}
	if !slices.ContainsFunc(stored, func(other core.SigningKey) bool {
		return other.ID != kid && other.Alg == key.Alg && other.RetiredAt.IsZero()
	}) {
		more, err := s.newKey(ctx, actor, key.Alg)
		if err != nil {
			return err
		}
		changes = append(changes, more...)
	}
	if err := s.apply(ctx, changes...); errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "key", Name: kid}
	} else if err != nil {
		return wrap("delete the signing key", err)
	}
	return nil
}

// DueKeys gives the algorithms whose newest key is older than the time after which keys
// are rotated.
func (s *Service) DueKeys(ctx context.Context, every time.Duration) ([]string, error) {
	stored, err := s.Store.SigningKeys(ctx)
	if err != nil {
		return nil, wrap("read the signing keys", err)
	}
	now := s.Now()
	var due []string
	for _, alg := range algorithms {
		young := slices.ContainsFunc(stored, func(key core.SigningKey) bool { return key.Alg == alg && now.Before(key.CreatedAt.Add(every)) })
		if !young {
			due = append(due, alg)
		}
	}
	return due, nil
}

func (s *Service) keyRecord(actor Actor, kind core.EventType, key *core.SigningKey, detail map[string]string) core.Record {
	if detail == nil {
		detail = map[string]string{}
	}
	detail["kid"], detail["alg"] = key.ID, key.Alg
	return s.record(actor, s.Now(), core.Event{Type: kind, Detail: detail})
}
