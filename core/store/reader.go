package store

import (
	"context"
	"errors"
	"sync"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// pool lends connections, each to one reader at a time. It opens one only when
// all others are lent, and lends the one that came back last, whose pages the
// processor still has in its caches.
type pool struct {
	open   func() (*sqlite.Conn, error)
	tokens chan struct{} // one for each connection that may be lent
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	idle []*sqlite.Conn // the last is lent first
}

func newPool(size int, open func() (*sqlite.Conn, error)) *pool {
	p := &pool{open: open, tokens: make(chan struct{}, size), closed: make(chan struct{})}
	for range size {
		p.tokens <- struct{}{}
	}
	return p
}

// use lends a connection for the time of one read.
func (p *pool) use(ctx context.Context, read func(*sqlite.Conn) error) error {
	// A context that has ended is refused even when a connection is free.
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-p.tokens:
	default:
		select {
		case <-p.tokens:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.closed:
			return ErrClosed
		}
	}
	defer func() { p.tokens <- struct{}{} }()
	c, err := p.take()
	if err != nil {
		return err
	}
	defer p.giveBack(c)
	return read(c)
}

func (p *pool) take() (*sqlite.Conn, error) {
	select {
	case <-p.closed:
		return nil, ErrClosed
	default:
	}
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return p.open()
}

func (p *pool) giveBack(c *sqlite.Conn) {
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
}

// close waits until all connections are back.
func (p *pool) close() (err error) {
	p.once.Do(func() {
		close(p.closed)
		for range cap(p.tokens) {
			<-p.tokens
		}
		for _, c := range p.idle {
			err = errors.Join(err, c.Close())
		}
		p.idle = nil
		// Whoever takes a token from now on finds the pool closed.
		for range cap(p.tokens) {
			p.tokens <- struct{}{}
		}
	})
	return err
}

// read runs a read on one of the connections.
func (s *Store) read(ctx context.Context, read func(*sqlite.Conn) error) error {
	return explain(s.path, s.readers.use(ctx, read))
}

// first reads the first row of a query.
func first(c *sqlite.Conn, text string, scan func(*sqlite.Row) error, args ...any) error {
	found, err := c.QueryRow(text, scan, args...)
	if err == nil && !found {
		return core.ErrNotFound
	}
	return err
}

// one reads the first row of a query, or gives core.ErrNotFound.
func one[T any](ctx context.Context, s *Store, text string, scan func(*sqlite.Row, *T) error, args ...any) (*T, error) {
	var row T
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, text, func(r *sqlite.Row) error { return scan(r, &row) }, args...)
	})
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// list reads all rows of a query.
func list[T any](ctx context.Context, s *Store, text string, scan func(*sqlite.Row, *T) error, args ...any) ([]T, error) {
	var all []T
	err := s.read(ctx, func(c *sqlite.Conn) (err error) {
		all, err = collect(c, text, scan, args...)
		return err
	})
	return all, err
}

// collect reads all rows of a query on a connection.
func collect[T any](c *sqlite.Conn, text string, scan func(*sqlite.Row, *T) error, args ...any) ([]T, error) {
	var all []T
	err := c.Query(text, func(r *sqlite.Row) error {
		var one T
		if err := scan(r, &one); err != nil {
			return err
		}
		all = append(all, one)
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}
