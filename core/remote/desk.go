package remote

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/remote/login"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Desk is a desk at a server elsewhere, for one command.
type Desk struct {
	api    *api.Caller
	server string
	token  bool // an API token, and not a person who signed in
	// last is the event or session that was given last, and cursor what goes on behind it.
	last   core.ID
	cursor string
}

// New gives the desk at a server, for whom the bearer lets through.
func New(server string, bearer *login.Bearer) *Desk {
	client := login.NewHTTP()
	client.Transport = patient{bearer}
	return &Desk{api: &api.Caller{Server: server, HTTP: client}, server: server, token: bearer.IsToken()}
}

// pageSize is how many items of a list are asked for at once: the most that there are.
const pageSize = 200

// listed gives the items of a list that has one page.
func listed[W, T any](d *Desk, page *api.Page[W], err error, turn func(*W) T) ([]T, error) {
	if err != nil {
		return nil, d.told(err)
	}
	return wire.Each(page.Items, turn), nil
}

// all gives the items of all pages of a list.
func all[W, T any](d *Desk, list func(after string) (*api.Page[W], error), turn func(*W) T) ([]T, error) {
	var items []T
	for item, err := range api.All(list) {
		if err != nil {
			return nil, d.told(err)
		}
		items = append(items, turn(&item))
	}
	return items, nil
}

// only gives the one item of a list that has one or none.
func only[W, T any](d *Desk, page *api.Page[W], err error, turn func(*W) T, what, name string) (*T, error) {
	switch {
	case err != nil:
		return nil, d.told(err)
	case len(page.Items) == 0:
		return nil, &admin.MissingError{What: what, Name: name}
	}
	item := turn(&page.Items[0])
	return &item, nil
}

// one gives what was answered.
func one[W, T any](d *Desk, answer *W, err error, turn func(*W) T) (*T, error) {
	if err != nil {
		return nil, d.told(err)
	}
	item := turn(answer)
	return &item, nil
}

// object is how a kind of thing is read, changed and told.
type object[W, T any] struct {
	what, name string
	read       func(ctx context.Context) (*W, error)
	send       func(ctx context.Context, patch api.Patch, version api.Option) (*W, error)
	turn       func(*W) T
	back       func(*T) W
	version    func(*W) string
}

// tries is how often a change is made anew because others were faster.
const tries = 4

// edited lets edit change what is there and sends what it changed, on the condition that
// nobody else changes it meanwhile. Where the caller did not say which state they saw, it
// starts again then.
func edited[W, T any](ctx context.Context, d *Desk, was admin.Version, edit func(*T), o object[W, T]) (*T, error) {
	for try := 1; ; try++ {
		before, err := o.read(ctx)
		if err != nil {
			return nil, d.told(err)
		}
		if is := o.version(before); was != "" && string(was) != is {
			return nil, &admin.StaleError{What: o.what, Name: o.name, Current: admin.Version(is)}
		}
		draft, seen := o.turn(before), o.turn(before)
		edit(&draft)
		patch, err := api.Diff(o.back(&seen), o.back(&draft))
		if err != nil {
			return nil, err
		}
		after, err := o.send(ctx, patch, api.IfMatch(o.version(before)))
		if err = d.told(err); errors.Is(err, core.ErrStale) && was == "" && try < tries {
			continue
		}
		return one(d, after, err, o.turn)
	}
}
