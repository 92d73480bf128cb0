// Package workbench is what the author of a plugin works with: it starts projects,
// builds them, shows what a module is, calls it, tests it, records cases, and
// measures it.
//
// It owns postern.json, which says how a project is built and tested, the result of
// a case, the form in which cases are written, and the line between what is played
// and what is real: without being told so nothing leaves the machine.
//
// It needs no server and no data directory, and touches none. It never writes a
// secret, and it decides nothing about a module that the host would decide
// otherwise: whatever is called is called in the host's own sandbox.
//
// It imports plugin, capability and outbound for the sandbox and the world, supply
// for signatures, sdk for the files of new projects, and hook. Only cli imports it.
package workbench
