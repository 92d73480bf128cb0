package plugin

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// writer writes the input of a hook for the instance that gets it.
type writer interface {
	message
	// use puts the settings of an instance into the message.
	use(settings hook.Value)
	// about names whom the message is about; empty if nobody knows.
	about() string
}

// writes makes a writer of a message, the place of its settings, and whom it is
// about.
func writes(m message, settings *hook.Value, subject string) writer {
	return &settable{m, settings, subject}
}

type settable struct {
	message
	settings *hook.Value
	subject  string
}

func (s *settable) use(settings hook.Value) { *s.settings = settings }
func (s *settable) about() string           { return s.subject }

// call runs one hook of one instance and gives its output as it was written. The
// error is a [*CallError].
func (h *Host) call(ctx context.Context, s *served, hookName string, in writer, login *core.UpstreamLogin) ([]byte, error) {
	for {
		output, err := h.callOnce(ctx, s.current(), hookName, in, login)
		if !errors.Is(err, errClosed) || h.closed.Load() {
			return output, err
		}
		// Its module was closed for a newer one since the plan was looked up.
		p, failure := h.current(ctx)
		if failure != nil {
			return nil, s.fail(hookName, ReasonUnavailable, failure)
		}
		fresh := p.instances[s.instance]
		if fresh == nil || fresh.current() == s.current() {
			return nil, err
		}
		s = fresh
	}
}

func (h *Host) callOnce(ctx context.Context, s *served, hookName string, in writer, login *core.UpstreamLogin) ([]byte, error) {
	m, err := h.moduleOf(ctx, s)
	if err != nil {
		return nil, s.fail(hookName, ReasonUnavailable, err)
	}
	plugin, number, ok := m.find(s.plugin, hookName)
	if !ok || s.broken != nil {
		return nil, s.fail(hookName, ReasonUnavailable, cmp.Or(s.broken, ErrUnknownPlugin))
	}
	begin := time.Now()
	if !s.breaker.allow(in.about(), begin) {
		h.observe(s, hookName, ReasonSuspended, 0, 0)
		return nil, s.fail(hookName, ReasonSuspended, errSuspended)
	}
	in.use(s.settings)
	r, err := m.call(ctx, m.pool(s.instance, s.waits), plugin, number, in, h.orderFor(ctx, m, s, hookName, login))
	if r.log != "" {
		h.options.Logger.Info("plugin log", "instance", s.instance, "text", r.log)
	}
	if !s.waits {
		made, idle, waiting := m.shared.count()
		h.options.Observer.PluginPool(m.digest, made, idle, waiting)
	}
	return r.output, h.finish(ctx, s, hookName, in.about(), r, err, time.Since(begin))
}

// moduleOf waits for the module of an instance. One that could not be loaded is
// tried again from time to time.
func (h *Host) moduleOf(ctx context.Context, s *served) (*module, error) {
	m, err := s.loading.wait(ctx)
	if err != nil && s.loading.finished() && time.Now().After(s.loading.again) {
		if p := h.plan.Load(); p != nil {
			h.remake(p.config)
		}
	}
	return m, err
}

func (h *Host) orderFor(ctx context.Context, m *module, s *served, hookName string, login *core.UpstreamLogin) *order {
	return &order{
		desk: desk{h: h, ctx: ctx, cpu: s.cpu, wait: s.wait, caller: core.PluginCaller{
			Instance: s.instance, Plugin: s.plugin, Hook: hookName, Grants: s.grants, Secrets: s.secrets, Login: login,
		}},
		memory: s.memory, fuel: m.fuel(s.cpu), cpu: s.cpu,
	}
}

// finish counts a call, lets the breaker know, and makes its error.
func (h *Host) finish(ctx context.Context, s *served, hookName, subject string, r result, err error, took time.Duration) error {
	if r.ran {
		h.options.Observer.PluginMemory(s.instance, s.plugin, int64(r.memory))
	} else {
		s.breaker.skip(subject)
	}
	if err == nil {
		h.note(ctx, s, hookName, subject, false)
		h.observe(s, hookName, resultOK, took, r.fuel)
		return nil
	}
	reason := ReasonUnavailable
	if inside, ok := errors.AsType[*stop](err); ok {
		reason = inside.reason
	}
	if r.ran {
		h.note(ctx, s, hookName, subject, isBad(reason))
	}
	h.observe(s, hookName, reason, took, r.fuel)
	return s.fail(hookName, reason, err)
}

func (h *Host) observe(s *served, hookName string, result Reason, took time.Duration, fuel int64) {
	h.options.Observer.PluginCall(s.instance, s.plugin, hookName, string(result), took, fuel)
}

// note tells the breaker of the instance how a call of a hook ended.
func (h *Host) note(ctx context.Context, s *served, hookName, subject string, bad bool) {
	now := time.Now()
	changed, suspended := s.breaker.note(subject, bad, now)
	if !changed {
		return
	}
	h.options.Observer.PluginSuspended(s.instance, suspended)
	if !suspended {
		h.options.Logger.Info("plugin works again", "instance", s.instance)
		return
	}
	pause := s.breaker.delay(now)
	h.options.Logger.Warn("plugin suspended after failures in a row", "instance", s.instance, "failures", breakAfter, "for", pause.String())
	h.options.record(ctx, core.Event{Type: core.EventPluginSuspended, Detail: map[string]string{
		"instance": s.instance, "plugin": s.plugin, "hook": hookName, "for": pause.String(),
	}})
}

var errSuspended = errors.New("it failed too often and rests for a while")
