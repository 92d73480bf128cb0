// Package plugin runs WebAssembly plugins in a sandbox inside the process.
//
// It owns the modules (loaded by their digest, metered by package meter, compiled with
// a disk cache, replaced while they serve), the pools of instances with their memory,
// the host's half of sdk/abi.md, the limits of a call and what happens to an instance
// that breaks them, and the rules by which the outputs of several plugins become one
// answer.
//
// It never lets a value of one call be visible to the next, never gives a plugin
// more than its message and what was granted, never runs bytes other than those that
// were installed, never lets a plugin set a claim of the host, and never lets two
// policies widen each other. It stores nothing: what is bound comes from a [Source],
// and what a plugin asks of the world is done by [Capabilities].
//
// core/app wires it for the server, core/workbench for authors; the packages that
// call a hook declare an interface for it. Only this package imports wazero, and
// core/cmd/figures, which measures one beside the other.
package plugin
