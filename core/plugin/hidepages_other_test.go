//go:build !linux

package plugin

// hidePages has nothing to hide: pages are always compared here.
func hidePages(*snapshot) {}

func withoutFile(*snapshot) {}

func noScan(*snapshot) {}
