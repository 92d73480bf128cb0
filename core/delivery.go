package core

import "time"

// EventQueue is what waits for a plugin that is bound to event.sink/v1.
type EventQueue struct {
	Binding  ID
	Instance string
	// NextAt is when the next event is due; zero: now, and it was never tried.
	NextAt time.Time
}

// EventBacklog says how much waits for a plugin, and how much was dropped because it
// was too much.
type EventBacklog struct {
	Binding  ID
	Instance string
	Waiting  int
	Dropped  int
}

// Delivery is an event that was claimed for a plugin.
type Delivery struct {
	ID       int64
	Event    Event
	Failures int // how often it was tried in vain
}

// GoesToSinks reports whether plugins that are bound to event.sink/v1 get the event.
// What goes wrong while they are given events is not for them: it would have no end.
func (e *Event) GoesToSinks() bool {
	switch e.Type {
	case EventPluginFailed, EventPluginDenied, EventPluginSuspended:
		return e.Detail["hook"] != HookEvents
	}
	return true
}
