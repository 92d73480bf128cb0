package admin

import (
	"context"
	"time"
)

// Watch knows what the plugins of this server do, since its start.
type Watch interface {
	PluginNumbers(instance string) PluginNumbers
	// PluginLog gives the lines of the instance behind that number, the oldest first; all
	// that are kept if there never was one of that number.
	PluginLog(instance string, after uint64) []LogLine
}

// PluginNumbers are what was counted of an instance.
type PluginNumbers struct {
	Hooks     []HookNumbers // by name
	HostCalls []HostCallNumbers
	// MemoryPeak is the most that a call had, in bytes.
	MemoryPeak int64
	Suspended  bool // it failed too often and rests
	// Shadow are the calls of a shadow whose answer would have been the same, and another.
	ShadowSame, ShadowDiffers int64
	// Minutes are those of the last hour, the oldest first; none if it was never called.
	Minutes []MinuteNumbers
}

// MinuteNumbers are the calls of a minute, of all hooks.
type MinuteNumbers struct {
	At            time.Time // when it began
	Calls, Failed int64
}

// HookNumbers are those of the calls of one hook.
type HookNumbers struct {
	Hook    string
	Calls   int64
	Failed  int64
	Reasons []ReasonNumber // of the failed ones, by name
	Average time.Duration  // of all calls, with waiting; zero without calls
	// Half and Slowest are times that half of the calls, and 99 of 100, did not exceed; they
	// are at most a quarter too long.
	Half, Slowest time.Duration
	Fuel          int64 // of all calls together
}

// ReasonNumber is how often calls failed for one reason.
type ReasonNumber struct {
	Reason string // as of the audit log
	Calls  int64
}

// HostCallNumbers are those of what an instance asked the server for.
type HostCallNumbers struct {
	Capability string
	Result     string // "ok", or a code
	Calls      int64
	Average    time.Duration
}

// LogLine is something that a plugin wrote, or that happened to it.
type LogLine struct {
	Number uint64 // rises by one with each line of the instance
	At     time.Time
	Level  string // "info", "warn", "error"
	Text   string // one or more lines of at most 8 KiB together
}

// PluginNumbers gives what was counted of the instance since the server was started; all
// zero where nothing counts.
func (s *Service) PluginNumbers(ctx context.Context, instance string) (*PluginNumbers, error) {
	if _, err := s.findInstance(ctx, instance); err != nil {
		return nil, err
	}
	if s.Watch == nil {
		return &PluginNumbers{}, nil
	}
	numbers := s.Watch.PluginNumbers(instance)
	return &numbers, nil
}

// PluginLog gives the newest lines of the instance, the oldest first, behind the one of that
// number; 0 for all that are kept.
func (s *Service) PluginLog(ctx context.Context, instance string, after uint64) ([]LogLine, error) {
	if _, err := s.findInstance(ctx, instance); err != nil || s.Watch == nil {
		return nil, err
	}
	return s.Watch.PluginLog(instance, after), nil
}
