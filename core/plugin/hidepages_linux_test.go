package plugin

import "slices"

// hidePages makes a snapshot believe that the page map cannot be read.
func hidePages(s *snapshot) {
	if s.pages != nil {
		s.pages.close()
	}
	s.pages = nil
}

// withoutFile makes the snapshot one of a process that may make no file.
func withoutFile(s *snapshot) {
	bytes := slices.Clone(s.bytes)
	s.close()
	*s = snapshot{size: s.size, bytes: bytes}
}

// noScan makes a snapshot believe that the kernel has no PAGEMAP_SCAN.
func noScan(s *snapshot) {
	if s.pages != nil {
		s.pages.scans = false
	}
}
