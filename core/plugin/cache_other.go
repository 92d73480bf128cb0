//go:build !unix

package plugin

import "os"

// ownedAlone trusts the access lists of the system, which the mode does not show.
func ownedAlone(string, os.FileInfo) error { return nil }
