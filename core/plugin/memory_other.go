//go:build !linux

package plugin

import "os"

// memory is the linear memory of one instance. It moves when it grows. It is an
// experimental.LinearMemory.
type memory struct {
	region []byte
	size   int
	limit  int // of the call that runs
}

func newMemory() (*memory, error) { return &memory{limit: maxMemory}, nil }

// Reallocate gives the first size bytes, nil beyond the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(m.limit) {
		return nil
	}
	if size > uint64(len(m.region)) {
		m.region = append(m.region, make([]byte, int(size)-len(m.region))...)
		m.region = m.region[:cap(m.region)]
		clear(m.region[m.size:])
	}
	m.size = int(size)
	return m.region[:size]
}

// Free leaves the memory to the garbage collector.
func (m *memory) Free() { m.region = nil }

// snapshot is what a memory held when it was taken.
type snapshot struct {
	size  int
	bytes []byte
}

func takeSnapshot(m *memory) (*snapshot, error) {
	return &snapshot{size: m.size, bytes: append([]byte(nil), m.region[:m.size]...)}, nil
}

// attach copies the snapshot into a memory of its size.
func (s *snapshot) attach(m *memory) error {
	copy(m.region, s.bytes)
	return nil
}

// scratch is for systems that tell which pages were written.
type scratch struct{}

// restore puts the snapshot back and counts the pages that differed.
func (s *snapshot) restore(m *memory, _ *scratch) (pages int) {
	return comparePages(m.region, s.bytes, os.Getpagesize())
}

// written is for systems that tell.
func (s *snapshot) written(*memory, *scratch) (pages int) { return 0 }

func (s *snapshot) close() {}
