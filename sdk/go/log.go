//go:build !wasip1

package postern

import "os"

// Log writes a line to the operator's log; outside of a WebAssembly module to
// standard error.
func Log(line string) { os.Stderr.WriteString(line + "\n") }
