package plugin

import (
	"context"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
)

// denials keeps the audit log from being filled by a plugin that asks again and
// again for what it was not granted: one record a minute for each thing.
type denials struct {
	mu   sync.Mutex
	last map[denial]time.Time
}

type denial struct{ instance, capability, what string }

const (
	denialEvery = time.Minute
	mostDenials = 1000 // remembered
)

// isNew reports whether a denial is to be recorded.
func (d *denials) isNew(of denial, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.last[of]; ok && now.Sub(last) < denialEvery {
		return false
	}
	if d.last == nil || len(d.last) >= mostDenials {
		d.last = map[denial]time.Time{}
	}
	d.last[of] = now
	return true
}

// denied records that a plugin asked for what it was not granted.
func (h *Host) denied(ctx context.Context, caller *core.PluginCaller, capability, what string) {
	if !h.denials.isNew(denial{caller.Instance, capability, what}, time.Now()) {
		return
	}
	h.options.Logger.Warn("plugin denied", "instance", caller.Instance, "hook", caller.Hook, "capability", capability)
	detail := map[string]string{"instance": caller.Instance, "plugin": caller.Plugin, "hook": caller.Hook, "capability": capability}
	if what != "" {
		detail["granted"] = "for another " + what
	}
	h.options.record(ctx, core.Event{Type: core.EventPluginDenied, Detail: detail})
}
