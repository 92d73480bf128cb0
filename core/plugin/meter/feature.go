package meter

// Features are what a module may use beyond WebAssembly 2.0 and extended constant
// expressions. The runtime must enable the same.
type Features uint

// The features that can be metered.
const (
	TailCalls Features = 1 << iota
	// Exceptions are those of the final proposal. A try_table copies the stack
	// that is in use, whose cost is not counted.
	Exceptions
	TypedReferences
	// Threads accepts atomic instructions and shared memory. Waiting costs time
	// that is not counted.
	Threads
	// keptState accepts what the host cannot put back after a call, for the
	// tests with the specification's modules.
	keptState
)

var featureNames = map[Features]string{
	TailCalls:       "tail calls",
	Exceptions:      "exceptions",
	TypedReferences: "typed function references",
	Threads:         "threads",
	keptState:       "state that cannot be put back after a call",
}

// need refuses what belongs to a feature that is not accepted.
func (f Features) need(feature Features, what string) {
	if f&feature != feature {
		refuse("uses %s (%s)", featureNames[feature], what)
	}
}
