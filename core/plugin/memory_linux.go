package plugin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memory is the linear memory of one instance: a mapping of maxMemory that is
// reserved at once and touched as it is used, so it never moves. It is an
// experimental.LinearMemory.
type memory struct {
	region []byte
	size   int
	limit  int // of the call that runs
}

func newMemory() (*memory, error) {
	region, err := unix.Mmap(-1, 0, maxMemory, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("reserve memory for a plugin: %w", err)
	}
	return &memory{region: region, limit: maxMemory}, nil
}

// Reallocate gives the first size bytes, nil beyond the limit.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(m.limit) {
		return nil
	}
	m.size = int(size)
	return m.region[:size]
}

// Free gives the mapping back.
func (m *memory) Free() {
	if m.region != nil {
		_ = unix.Munmap(m.region) // fails for a wrong address only
		m.region = nil
	}
}

// snapshot is what a memory held when it was taken. It lives in an anonymous file
// that each instance maps privately over the front of its memory: a page that a
// call writes becomes the instance's own, and only those are copied back.
type snapshot struct {
	size   int
	mapped bool // there is a file; else bytes are plain memory
	file   int
	bytes  []byte // the file, read only
	// pages is nil where it cannot be known which pages were written: then all are
	// compared.
	pages *pagemap
}

// takeSnapshot copies a memory. Where the process may not make a file as large, even
// one that is on no disk (RLIMIT_FSIZE), the copy is plain memory, and putting back
// compares all pages.
func takeSnapshot(m *memory) (*snapshot, error) {
	s := &snapshot{size: m.size}
	content := m.region[:m.size]
	err := s.fillFile(content)
	if errors.Is(err, unix.EFBIG) {
		s.bytes, err = slices.Clone(content), nil
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot of a plugin: %w", err)
	}
	return s, nil
}

func (s *snapshot) fillFile(content []byte) error {
	file, err := unix.MemfdCreate("postern-plugin", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	s.file, s.mapped = file, true
	if err := s.fill(content); err != nil {
		s.mapped = false
		return errors.Join(err, unix.Close(file))
	}
	s.pages = openPagemap()
	return nil
}

// fill writes the pages that are not zero; the others stay holes.
func (s *snapshot) fill(content []byte) error {
	if err := unix.Ftruncate(s.file, int64(len(content))); err != nil {
		return err
	}
	page := os.Getpagesize()
	for from := 0; from < len(content); from += page {
		part := content[from:min(from+page, len(content))]
		if isZero(part) {
			continue
		}
		if _, err := unix.Pwrite(s.file, part, int64(from)); err != nil {
			return err
		}
	}
	var err error
	s.bytes, err = unix.Mmap(s.file, 0, len(content), unix.PROT_READ, unix.MAP_SHARED)
	return err
}

func isZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// attach maps the snapshot over the front of a memory of its size.
func (s *snapshot) attach(m *memory) error {
	if !s.mapped {
		copy(m.region, s.bytes)
		return nil
	}
	_, err := unix.MmapPtr(s.file, 0, unsafe.Pointer(unsafe.SliceData(m.region)), uintptr(s.size),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("attach the snapshot of a plugin: %w", err)
	}
	return nil
}

// restore puts the snapshot back into a memory that it is attached to, and counts the
// pages that it wrote.
func (s *snapshot) restore(m *memory, scratch *scratch) (pages int) {
	page := os.Getpagesize()
	spans, ok := s.own(m, scratch)
	if !ok {
		return comparePages(m.region, s.bytes, page)
	}
	for _, own := range spans {
		// Those that this call did not write are as they were: to compare them costs less
		// than to write them.
		pages += comparePages(m.region[own.from:own.to], s.bytes[own.from:own.to], page)
	}
	return pages
}

// own gives the parts of a memory that are its own. It reports false where that cannot
// be known.
func (s *snapshot) own(m *memory, scratch *scratch) ([]span, bool) {
	if s.pages == nil {
		return nil, false
	}
	return s.pages.written(m.region[:s.size], scratch)
}

// written counts the pages that were written since the snapshot was attached;
// zero where that cannot be known.
func (s *snapshot) written(m *memory, scratch *scratch) (pages int) {
	spans, _ := s.own(m, scratch)
	for _, own := range spans {
		pages += (own.to - own.from) / os.Getpagesize()
	}
	return pages
}

func (s *snapshot) close() {
	if !s.mapped {
		return
	}
	if s.bytes != nil {
		_ = unix.Munmap(s.bytes)
	}
	if s.pages != nil {
		s.pages.close()
	}
	_ = unix.Close(s.file)
}
