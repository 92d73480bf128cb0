package plugin

import "errors"

// Reason says in a word why a call of a plugin failed. It goes into the audit
// log.
type Reason string

// The reasons.
const (
	ReasonUnavailable Reason = "unavailable"      // no such instance, plugin or module
	ReasonSuspended   Reason = "suspended"        // it failed too often and rests
	ReasonBusy        Reason = "busy"             // no instance became free in time
	ReasonTrap        Reason = "trap"             // WebAssembly ended it, as at a panic of Go
	ReasonExit        Reason = "exit"             // the guest ended itself
	ReasonStack       Reason = "stack_overflow"   // it called itself too deeply
	ReasonFuel        Reason = "out_of_fuel"      // it worked for longer than it may
	ReasonMemory      Reason = "out_of_memory"    // its limit is below what it needs
	ReasonDenied      Reason = "denied"           // it asked for what it was not granted
	ReasonPointer     Reason = "bad_pointer"      // it named memory that it does not have
	ReasonOutputSize  Reason = "output_too_large" // see maxOutput
	ReasonHostCalls   Reason = "too_many_calls"   // see maxHostCalls
	ReasonTime        Reason = "too_slow"         // it waited for longer than it may
	ReasonRefused     Reason = "plugin_error"     // the plugin itself said no
	ReasonOutput      Reason = "invalid_output"   // not the message that the hook promises
	ReasonProtected   Reason = "protected_claim"  // it named a claim of the host
	ReasonWider       Reason = "wider_scope"      // it granted what was not asked for
	ReasonConflict    Reason = "conflict"         // two policies want different sign-ins
	ReasonPlay        Reason = "not_as_recorded"  // it asked for something else than was recorded; never in a server
)

// CallError says which plugin failed at which hook, and why. What Cause says may
// come from the plugin: it is for the log, never for a person.
type CallError struct {
	Instance string
	Plugin   string
	Hook     string
	Reason   Reason
	Claim    string // for ReasonProtected
	Cause    error
}

func (e *CallError) Error() string {
	text := "plugin instance " + e.Instance + " failed at " + e.Hook + ": " + string(e.Reason)
	if e.Claim != "" {
		text += " " + e.Claim
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *CallError) Unwrap() error { return e.Cause }

var errClosed = errors.New("the plugin host is closed")

// stop is a failure of a call inside the sandbox, with its reason.
type stop struct {
	reason Reason
	what   string
}

func (s *stop) Error() string { return s.what }
