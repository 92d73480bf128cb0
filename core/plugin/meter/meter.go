package meter

import "strconv"

// Options choose the form of the rewritten module.
type Options struct {
	// Yield takes fuel in slices and leaves the machine code between them, so
	// that a garbage collection need not wait for the guest.
	Yield bool
	// StartFuel is what the guest may use before the host sets its fuel: in its
	// start section. StartDepth is the stack that it may use then.
	StartFuel  int64
	StartDepth int32
	// Features are accepted beyond WebAssembly 2.0 and extended constants.
	Features Features
}

// Module is a rewritten module.
type Module struct {
	Code    []byte // depends on the input and the options alone
	Mutable int    // the number of the guest's mutable globals, exported as GlobalName(0…Mutable-1)
}

// Names under which a rewritten module exports what the host reads and sets.
// Before each call the host sets all of them; after it, the fuel that was used is
// what the host has set less what is left in FuelGlobal and BudgetGlobal together.
// A trap while none is below zero is the guest's own.
const (
	// FuelGlobal is a mutable i64: the fuel that is left. It is below zero after
	// a trap because there was too little.
	FuelGlobal = reserved + "fuel"
	// DepthGlobal is a mutable i64: the stack that is left, in bytes as they are
	// estimated (see DefaultDepth). It is below zero after a trap because the
	// guest called too deeply.
	DepthGlobal = reserved + "depth"
	// BudgetGlobal, only with Yield, is a mutable i64: the fuel in reserve from
	// which slices are taken.
	BudgetGlobal = reserved + "budget"
	// StopGlobal, only with Yield, is a mutable i32: not zero ends the guest when
	// it would take its next slice, with FuelGlobal below zero. Unlike the others
	// it may be set while the guest runs.
	StopGlobal = reserved + "stop"

	reserved = "postern:" // begins the names that no guest may export
)

// Slice is the fuel that the yielding form takes at once: some tens of
// microseconds.
const Slice = 1 << 20

// Split divides fuel into what FuelGlobal and BudgetGlobal get before a call.
func (o Options) Split(fuel int64) (slice, reserve int64) {
	if !o.Yield {
		return fuel, 0
	}
	slice = min(fuel, Slice)
	return slice, fuel - slice
}

// GlobalName is the name under which the guest's mutable global n is exported.
func GlobalName(n int) string { return reserved + "global:" + strconv.Itoa(n) }

// Rewrite gives the module with its meters. The error is a *RefusedError, or says
// that the input is no module.
func Rewrite(code []byte, o Options) (rewritten *Module, err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			f, ok := wrong.(failure)
			if !ok {
				panic(wrong)
			}
			rewritten, err = nil, f.error
		}
	}()
	m := &module{Options: o}
	m.split(code)
	m.parse()
	m.add()
	return &Module{Code: m.write(len(code)), Mutable: len(m.mutable)}, nil
}
