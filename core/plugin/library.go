package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
)

// edition is a module as it was asked for: a reload asks for the same bytes anew.
type edition struct {
	digest string
	reload int64
}

// loading is a module that is being loaded, was loaded, or could not be.
type loading struct {
	done   chan struct{} // closed when the rest is set
	module *module
	err    error
	again  time.Time // after which it may be tried again
	tries  int
}

func (l *loading) finished() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// ready gives the module if it is there.
func (l *loading) ready() *module {
	if !l.finished() {
		return nil
	}
	return l.module
}

// library loads modules, each once, and closes those that nobody needs.
type library struct {
	options *Options
	mu      sync.Mutex
	shelf   map[edition]*loading
	closed  bool
	// work is what goes on in the background: loading and closing.
	work sync.WaitGroup
	// loaded is called after each load, whatever came of it.
	loaded func()
}

// Back-off of a module that cannot be loaded.
const (
	firstRetry  = time.Second
	longestWait = 5 * time.Minute
)

// get gives the edition, which begins to be loaded if it is not there. One that
// could not be loaded is tried again after a while, longer each time.
func (l *library) get(e edition) *loading {
	l.mu.Lock()
	defer l.mu.Unlock()
	there := l.shelf[e]
	tries := 0
	switch {
	case l.closed:
		return failed(errClosed)
	case there == nil:
	case !there.finished() || there.err == nil || time.Now().Before(there.again):
		return there
	default:
		tries = there.tries
	}
	fresh := &loading{done: make(chan struct{}), tries: tries + 1}
	l.shelf[e] = fresh
	l.work.Go(func() {
		l.load(e, fresh)
		close(fresh.done)
		l.loaded()
	})
	return fresh
}

// never is after every time at which something could be tried again.
var never = time.Unix(1<<40, 0)

func failed(err error) *loading {
	l := &loading{done: make(chan struct{}), err: err, again: never}
	close(l.done)
	return l
}

func (l *library) load(e edition, into *loading) {
	// Compiling leaves tens of megabytes that nothing needs again.
	defer debug.FreeOSMemory()
	begin := time.Now()
	into.module, into.err = l.open(e.digest)
	took := time.Since(begin)
	if into.err == nil {
		l.options.Observer.PluginLoad(e.digest, resultOK, took)
		l.options.Logger.Info("plugin module loaded", "module", e.digest, "took", took.Round(time.Millisecond).String())
		l.record(core.EventPluginLoaded, e.digest, nil)
		return
	}
	into.again = time.Now().Add(min(firstRetry<<min(into.tries-1, 20), longestWait))
	l.options.Observer.PluginLoad(e.digest, "refused", took)
	l.options.Logger.Error("plugin module cannot be loaded", "module", e.digest, "error", into.err)
	if into.tries == 1 {
		l.record(core.EventPluginRefused, e.digest, into.err)
	}
}

// record leaves the shipped module out as long as it does what it should: it is
// loaded at every start.
func (l *library) record(kind core.EventType, digest string, err error) {
	if l.options.Record == nil || digest == core.BuiltinModule && err == nil {
		return
	}
	detail := map[string]string{"module": digest}
	if err != nil {
		detail["error"] = shortened(err.Error(), 300)
	}
	l.options.record(context.Background(), core.Event{Type: kind, Detail: detail})
}

func (l *library) open(digest string) (*module, error) {
	ctx := context.Background()
	if digest == core.BuiltinModule {
		m, err := loadModule(ctx, l.options, digest, l.options.Builtin)
		if err != nil {
			return nil, fmt.Errorf("the shipped plugins cannot be loaded: %w", err)
		}
		return m, nil
	}
	code, err := l.options.Source.PluginCode(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("the module %s cannot be read: %w", digest, err)
	}
	if got := Digest(code); got != digest {
		return nil, fmt.Errorf("the module %s was changed: its bytes have the digest %s", digest, got)
	}
	return loadModule(ctx, l.options, digest, code)
}

// Digest is the SHA-256 of a module in lower-case hexadecimal.
func Digest(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}

// keep closes the modules that are not among the needed ones, but not the shipped
// one. Calls in flight end on theirs first.
func (l *library) keep(needed func(*loading) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, there := range l.shelf {
		if !there.finished() || needed(there) || e.digest == core.BuiltinModule && there.err == nil {
			continue
		}
		delete(l.shelf, e)
		if m := there.module; m != nil {
			l.work.Go(func() { _ = m.close(context.Background()) })
			if !l.holds(e.digest) {
				l.options.Observer.PluginModuleGone(e.digest)
			}
		}
	}
}

// holds reports whether any edition of the module is there.
func (l *library) holds(digest string) bool {
	for e := range l.shelf {
		if e.digest == digest {
			return true
		}
	}
	return false
}

// close waits for what goes on and closes all modules.
func (l *library) close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	idle := make(chan struct{})
	go func() { l.work.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, there := range l.shelf {
		if there.module != nil {
			if err := there.module.close(ctx); err != nil {
				return err
			}
		}
		delete(l.shelf, e)
	}
	return nil
}
