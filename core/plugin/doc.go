// Package plugin runs WebAssembly plugins in a sandbox inside the process.
//
// It owns the module (its exported globals, its compiled code in a disk cache, its
// manifests), the pool of instances with their memory, the host's half of
// sdk/abi.md, the limits of a call, and the rules by which the outputs of several
// plugins become one answer.
//
// It never lets a value of one call be visible to the next, never gives a plugin
// more than its message and the granted host functions, never lets a plugin set a
// claim of the host, and never lets two policies widen each other. It stores
// nothing: what is bound comes from a [Source].
//
// Only core/app imports it; the packages that call a hook declare an interface
// for it. Only this package imports wazero.
//
// Until modules are rewritten to meter themselves, only the module that is
// compiled into the binary is loaded, so an endless loop in a guest is not among
// the things that must be survived: time is looked at in host calls alone.
package plugin
