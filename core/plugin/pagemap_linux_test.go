package plugin

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/postern-id/postern/core/needs"
)

// TestPagemap holds that both ways to look find the pages that were written, however
// they lie, and neither those that were only read nor those that nobody touched.
func TestPagemap(t *testing.T) {
	const pages = 1024
	page := os.Getpagesize()
	m, err := newMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Free()
	copy(m.Reallocate(uint64(pages*page)), make([]byte, pages*page))
	for n := range pages {
		m.region[n*page] = byte(n + 1)
	}
	s, err := takeSnapshot(m)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if s.pages == nil {
		needs.Missing(t, "the page map of this process cannot be read")
	}
	ways := []bool{false}
	if s.pages.scans {
		ways = append(ways, true)
	} else {
		t.Log("the kernel has no PAGEMAP_SCAN")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for name, writes := range map[string]func(n int) bool{
		"nothing": func(int) bool { return false }, "everything": func(int) bool { return true },
		"each second": func(n int) bool { return n%2 == 1 }, "some": func(int) bool { return random.IntN(20) == 0 },
		"the first and the last": func(n int) bool { return n == 0 || n == pages-1 },
	} {
		if err := s.attach(m); err != nil {
			t.Fatal(err)
		}
		var want [pages]bool
		sum := byte(0)
		for n := range want {
			if want[n] = writes(n); want[n] {
				m.region[n*page+n%page]++
			} else if n%3 == 0 {
				sum += m.region[n*page]
			}
		}
		for _, s.pages.scans = range ways {
			spans, ok := s.own(m, &scratch{})
			if !ok {
				t.Fatalf("%s, scan %v: it does not say (%d)", name, s.pages.scans, sum)
			}
			var got [pages]bool
			for _, own := range spans {
				for at := own.from; at < own.to; at += page {
					if got[at/page] {
						t.Errorf("%s, scan %v: page %d twice", name, s.pages.scans, at/page)
					}
					got[at/page] = true
				}
			}
			if got != want {
				t.Errorf("%s, scan %v: other pages than were written", name, s.pages.scans)
			}
		}
	}
}
