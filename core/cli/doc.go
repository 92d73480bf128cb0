// Package cli has the commands of postern, a file for each family.
//
// It reads flags and prints: data on standard output, talk on standard error,
// with --json one document. A mistake is an "error:" line, and a "hint:" line
// where something can be done. Exit codes are 0, 1 for what failed and 2 for a
// command line that cannot be understood.
//
// A command works at a [Desk]: that of a data directory of this machine, or one of a server
// elsewhere (--server), which the command cannot tell from it.
//
// It never checks or changes anything itself: that is the desk's, and workbench's for a
// plugin that is being made. It never prints a secret but the one that was made by
// this very command, and never a token that it works with. It imports admin, app, config,
// desk, intake, managed, remote, remote/login and workbench, and outbound for the name of a setting;
// only the main package imports it.
package cli
