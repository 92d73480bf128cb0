package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/postern-id/postern/core/store/sqlite"
)

// batchLimit bounds how many lists share a commit, so that the first of them
// does not wait for ever.
const batchLimit = 256

// writer owns the only connection of this process that writes. One goroutine
// runs it: it takes all jobs that wait, runs them in one transaction, commits,
// and answers them.
type writer struct {
	conn      *sqlite.Conn
	began     func()                 // a transaction
	committed func(generation int64) // zero if it stayed
	jobs      chan *job
	closing   chan struct{}
	ended     chan struct{}
	once      sync.Once
	closeErr  error
	broken    atomic.Pointer[error]
}

// job is work for one transaction, all or nothing.
type job struct {
	work func(*sqlite.Conn) error
	// configures says that the work changes what is cached by generation.
	configures bool
	// taken is set by the writer when it begins the work, or by a caller who
	// gives up before that: whoever is first decides.
	taken   atomic.Bool
	err     error
	outcome chan error
}

func startWriter(conn *sqlite.Conn, began func(), committed func(int64)) *writer {
	w := &writer{
		conn:      conn,
		began:     began,
		committed: committed,
		jobs:      make(chan *job, batchLimit),
		closing:   make(chan struct{}),
		ended:     make(chan struct{}),
	}
	go w.run()
	return w
}

// do hands in work and waits until it is on disk. A caller whose context ends
// before the work began is told so, and the work will not be done; afterwards the
// outcome is waited for, because it is decided by then.
func (w *writer) do(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.outcome = make(chan error, 1)
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return ErrClosed
	}
	select {
	case err := <-j.outcome:
		return err
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	case <-w.ended:
		// The job came in just when the writer stopped.
		if j.taken.CompareAndSwap(false, true) {
			return ErrClosed
		}
	}
	return <-j.outcome
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.gather(j))
		case <-w.closing:
			w.drain()
			return
		}
	}
}

// gather takes what else waits. Whoever is about to hand something in gets the turn
// first: a commit costs the same for one list and for many. Where nobody is, this
// costs nothing.
func (w *writer) gather(j *job) []*job {
	batch := []*job{j}
	runtime.Gosched()
	for len(batch) < batchLimit {
		select {
		case j := <-w.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// drain does what was accepted before the store was closed.
func (w *writer) drain() {
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.gather(j))
		default:
			return
		}
	}
}

// commit runs the batch and answers everybody in it, with the error of the
// transaction if that failed: then nothing of the batch happened.
func (w *writer) commit(batch []*job) {
	generation, err := w.transact(batch)
	if err == nil {
		w.committed(generation)
	}
	for _, j := range batch {
		if err != nil {
			j.err = err
		}
		j.outcome <- j.err
	}
}

// transact runs the batch in a transaction. Where a job changed the
// configuration, it returns the new generation.
//
// Savepoints copy each page before it changes, and hardly any job fails. So the
// batch runs without them at first; if a job fails, everything is undone and runs
// again with each job in a savepoint of its own.
func (w *writer) transact(batch []*job) (generation int64, err error) {
	if err := w.failure(); err != nil {
		return 0, err
	}
	batch = slices.DeleteFunc(slices.Clone(batch), func(j *job) bool {
		return !j.taken.CompareAndSwap(false, true) // its caller gave up
	})
	if len(batch) == 0 {
		return 0, nil
	}
	generation, err = w.attempt(batch, nil)
	if !errors.Is(err, errJobFailed) {
		return generation, err
	}
	return w.attempt(batch, w.runInSavepoint)
}

// errJobFailed says that a job failed among others and everything was undone.
var errJobFailed = errors.New("a job failed")

// attempt runs the batch, each job by run. Without run they have no savepoints, and
// one that fails among others is errJobFailed.
func (w *writer) attempt(batch []*job, run func(*job) error) (generation int64, err error) {
	// Waits for another process that writes.
	if _, err := w.conn.Exec("BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	defer func() { err = w.settle(err) }()
	w.began()

	succeeded, configured := 0, false
	for _, j := range batch {
		if run != nil {
			j.err = run(j)
		} else if j.err = runSafely(j.work, w.conn); j.err != nil && len(batch) > 1 {
			return 0, errJobFailed
		}
		if !w.conn.InTransaction() {
			return 0, fmt.Errorf("the transaction was rolled back: %w", j.err)
		}
		if j.err == nil {
			succeeded++
			configured = configured || j.configures
		}
	}
	if succeeded == 0 {
		_, err := w.conn.Exec("ROLLBACK")
		return 0, err
	}
	if configured {
		if generation, err = raiseGeneration(w.conn); err != nil {
			return 0, err
		}
	}
	_, err = w.conn.Exec("COMMIT")
	return generation, err
}

// runInSavepoint undoes the job if it fails, and only it.
func (w *writer) runInSavepoint(j *job) error {
	if _, err := w.conn.Exec("SAVEPOINT list"); err != nil {
		return err
	}
	err := runSafely(j.work, w.conn)
	if err == nil {
		_, err = w.conn.Exec("RELEASE list")
		return err
	}
	if !w.conn.InTransaction() {
		return err
	}
	if _, undo := w.conn.Exec("ROLLBACK TO list"); undo != nil {
		return w.abandon(err, undo)
	}
	if _, undo := w.conn.Exec("RELEASE list"); undo != nil {
		return w.abandon(err, undo)
	}
	return err
}

// abandon gives up the whole transaction, because one job of it could not be
// undone.
func (w *writer) abandon(err, undo error) error {
	_, rollback := w.conn.Exec("ROLLBACK")
	return errors.Join(err, undo, rollback)
}

// runSafely turns a panic into an error, so that it costs one list and not the
// process.
func runSafely(work func(*sqlite.Conn) error, c *sqlite.Conn) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("store: panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return work(c)
}

// settle leaves no transaction open. After a failed sync the writer does not go
// on: the operating system may have dropped what was to be written, and report
// success the next time.
func (w *writer) settle(err error) error {
	if err == nil {
		return nil
	}
	if w.conn.InTransaction() {
		if _, undo := w.conn.Exec("ROLLBACK"); undo != nil {
			err = errors.Join(err, undo)
			w.stop(err)
		}
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && (e.Code == sqlite.SyncFailed || e.Code == sqlite.DirSyncFailed) {
		w.stop(err)
	}
	return err
}

func (w *writer) stop(err error) {
	err = fmt.Errorf("writing stopped, restart the server: %w", err)
	w.broken.CompareAndSwap(nil, &err)
}

// failure says why the writer stopped, nil while it works.
func (w *writer) failure() error {
	if err := w.broken.Load(); err != nil {
		return *err
	}
	return nil
}

// close ends the writer after what it accepted.
func (w *writer) close() error {
	w.once.Do(func() {
		close(w.closing)
		<-w.ended
		w.closeErr = w.conn.Close()
	})
	return w.closeErr
}
