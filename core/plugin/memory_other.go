//go:build !linux

package plugin

import "os"

// memory is the linear memory of one instance: maxMemory that the system hands
// out as it is touched, so it never moves. It is an experimental.LinearMemory.
type memory struct {
	region []byte
	size   int
}

func newMemory() (*memory, error) { return &memory{region: make([]byte, maxMemory)}, nil }

// Reallocate gives the first size bytes, nil beyond the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(len(m.region)) {
		return nil
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

// restore puts the snapshot back.
func (s *snapshot) restore(m *memory, _ *[]byte) {
	comparePages(m.region, s.bytes, os.Getpagesize())
}

// written is for systems that tell.
func (s *snapshot) written(*memory, *[]byte) (pages int) { return 0 }

func (s *snapshot) close() {}
