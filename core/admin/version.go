package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/postern-id/postern/core"
)

// Version says which state of an object somebody saw: it changes with each change of the
// object. It is opaque, of letters and digits. The empty one stands for any state.
type Version string

// VersionOf gives the version of what was last changed then.
func VersionOf(updatedAt time.Time) Version {
	return Version(strconv.FormatInt(updatedAt.UnixMilli(), 36))
}

// If gives the service that changes an object only in the state that somebody saw. It is for
// one change: the object is another one then. What has no version is changed as ever.
func (s *Service) If(was Version) *Service {
	conditional := *s
	conditional.was = was
	return &conditional
}

// Alongside gives the service that makes a change together with each list of its own, in one
// transaction: what must be noted when it is done is noted if, and only if, it is.
func (s *Service) Alongside(change core.Change) *Service {
	with := *s
	with.along = append(slices.Clone(s.along), change)
	return &with
}

// asRead is the change that holds an object to the state that was read.
func asRead(kind core.Kind, id string, at time.Time) core.KeepVersion {
	return core.KeepVersion{Kind: kind, ID: id, Was: at}
}

// tries is how often a change is made anew because of others: of several at once one is made
// each time.
const tries = 32

// StaleError says that an object is not as it was seen: somebody else changed it since.
// Nothing was changed. It is a [core.ErrConflict].
type StaleError struct {
	What, Name string // as of [MissingError]
	Current    Version
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody changed the %s %q since it was read", e.What, e.Name)
}

// Is reports whether target is [core.ErrConflict].
func (e *StaleError) Is(target error) bool {
	return target == core.ErrConflict || target == core.ErrStale
}

// changing carries out a change of an object on the state that somebody saw. Where they did
// not say which, neither here nor by [Service.If], and another change came between reading
// and writing, it starts again.
func changing[T any](ctx context.Context, s *Service, what, name string, was Version, read func(context.Context) (*T, time.Time, error), change func(before *T, now time.Time) (*T, error)) (*T, error) {
	was = cmp.Or(was, s.was)
	for try := 1; ; try++ {
		before, at, err := read(ctx)
		if err != nil {
			return nil, err
		}
		if was != "" && was != VersionOf(at) {
			return nil, &StaleError{what, name, VersionOf(at)}
		}
		after, err := change(before, later(s.Now(), at))
		switch {
		case !errors.Is(err, core.ErrStale):
			return after, err
		case try == tries:
			return nil, &StaleError{what, name, VersionOf(at)}
		}
	}
}

// doing is [changing] for what gives nothing back.
func doing[T any](ctx context.Context, s *Service, what, name string, read func(context.Context) (*T, time.Time, error), do func(before *T, now time.Time) error) error {
	_, err := changing(ctx, s, what, name, "", read, func(before *T, now time.Time) (*T, error) { return before, do(before, now) })
	return err
}
