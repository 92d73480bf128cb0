package plugin

import "slices"

// hidePages makes a snapshot believe that the page map cannot be read.
func hidePages(s *snapshot) {
	if s.pages != nil {
		_ = s.pages.Close()
	}
	s.pages = nil
}

// withoutFile makes the snapshot one of a process that may make no file.
func withoutFile(s *snapshot) {
	bytes := slices.Clone(s.bytes)
	s.close()
	*s = snapshot{size: s.size, bytes: bytes}
}
