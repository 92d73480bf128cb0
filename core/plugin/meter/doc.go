// Package meter rewrites a WebAssembly module so that it counts what it costs and
// stops by itself.
//
// It owns the counting of instructions (fuel) and of the stack (depth), the
// refusal of what the host could not bound or could not put back after a call,
// and the exports by which the host reaches a guest's mutable globals.
//
// # What a rewritten module does
//
// Each function at its entry and each loop at its header takes the cost of all
// its instructions that are not in an inner loop from the global [FuelGlobal].
// Instructions whose work depends on a length are charged by that length, before
// they begin. A function that calls others takes the estimated size of its frame
// from [DepthGlobal] and gives it back where it returns. Where one of the two
// falls below zero, the guest traps.
//
// With [Options.Yield] the fuel is a slice. Where it is used up, a function that
// was added leaves the machine code for a moment, so that a garbage collection
// need not wait for the guest, looks at [StopGlobal], and takes the next slice
// from [BudgetGlobal].
//
// # The order of things
//
// Rewrite before anything else looks at the module. It is safe on any input,
// while wazero reserves memory for what a module merely claims to contain. A
// rewritten module must still be compiled by wazero, which validates it.
// What is added to a module (types, a function, globals, labels) cannot be named
// by the guest: such an index is refused here, although it would be valid
// afterwards. So the rewritten module is valid only if the guest's own code is.
//
// The result depends on the input and the options alone. Whatever changes it is a
// new version for caches that are keyed by the rewritten code.
//
// The package never runs a module and never reads a file. It imports the standard
// library only; plugin alone imports it.
package meter
