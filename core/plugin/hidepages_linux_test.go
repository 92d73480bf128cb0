package plugin

// hidePages makes a snapshot believe that the page map cannot be read.
func hidePages(s *snapshot) {
	if s.pages != nil {
		_ = s.pages.Close()
	}
	s.pages = nil
}
