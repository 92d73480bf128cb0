package plugin

import (
	"encoding/binary"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pagemap is /proc/self/pagemap, which tells which pages of a private mapping the
// process has written and so has for itself
// (Documentation/admin-guide/mm/pagemap.rst of Linux).
type pagemap struct {
	file *os.File
	page int // bytes
	// scans says that the kernel looks for such pages itself, as Linux does from 6.7
	// on. Else it gives an entry for each page.
	scans bool
}

// span is a part of a mapping, in bytes from its beginning.
type span struct{ from, to int }

// scratch is space that is kept from one look to the next.
type scratch struct {
	spans   []span
	entries []byte
	regions []pageRegion
}

// openPagemap opens the page map if it tells the truth here: some sandboxes show an
// empty one. Otherwise it gives nil.
func openPagemap() *pagemap {
	file, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil
	}
	p := &pagemap{file: file, page: os.Getpagesize(), scans: true}
	if p.isTrue() {
		return p
	}
	if p.scans = false; p.isTrue() {
		return p
	}
	p.close()
	return nil
}

func (p *pagemap) close() { _ = p.file.Close() }

// isTrue looks at a mapping of three pages, the first of which was read and the second
// written.
func (p *pagemap) isTrue() bool {
	fd, err := unix.MemfdCreate("postern-probe", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if _, err := unix.Pwrite(fd, slices.Repeat([]byte{1}, 3*p.page), 0); err != nil {
		return false
	}
	probe, err := unix.Mmap(fd, 0, 3*p.page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Munmap(probe) }()
	probe[p.page] = probe[0] + 1
	spans, ok := p.written(probe, &scratch{})
	return ok && slices.Equal(spans, []span{{p.page, 2 * p.page}})
}

// written gives the parts of a mapping that were written, until the next look with
// this scratch. It reports false if the kernel does not say.
func (p *pagemap) written(region []byte, s *scratch) (spans []span, ok bool) {
	s.spans = s.spans[:0]
	if p.scans {
		ok = p.scan(region, s)
	} else {
		ok = p.read(region, s)
	}
	return s.spans, ok
}

// Bits of an entry of the page map.
const (
	pageFile    = 1 << 61 // of a file, or shared: not written since it was attached
	pageSwapped = 1 << 62
	pagePresent = 1 << 63
)

func (p *pagemap) read(region []byte, s *scratch) bool {
	length := (len(region) + p.page - 1) / p.page * 8
	s.entries = slices.Grow(s.entries[:0], length)[:length]
	first := uintptr(unsafe.Pointer(unsafe.SliceData(region))) / uintptr(p.page)
	if n, err := p.file.ReadAt(s.entries, int64(first)*8); err != nil || n != length {
		return false
	}
	for at := 0; at < length; at += 8 {
		bits := binary.NativeEndian.Uint64(s.entries[at:])
		if bits&pageSwapped != 0 || bits&pagePresent != 0 && bits&pageFile == 0 {
			from := at / 8 * p.page
			s.spans = append(s.spans, span{from, min(from+p.page, len(region))})
		}
	}
	return true
}

// pageRegion is struct page_region, pageScan is struct pm_scan_arg of <linux/fs.h>.
type (
	pageRegion struct{ start, end, categories uint64 }
	pageScan   struct {
		size, flags, start, end, walkEnd, vec, vecLen, maxPages       uint64
		categoryInverted, categoryMask, categoryAnyOfMask, returnMask uint64
	}
)

const (
	scanIsFile    = 1 << 2
	scanIsPresent = 1 << 3
	scanIsSwapped = 1 << 4

	// pagemapScan is PAGEMAP_SCAN where ioctls have their usual form. Elsewhere it is
	// none, and the entries are read.
	pagemapScan = 3<<30 | unsafe.Sizeof(pageScan{})<<16 | 'f'<<8 | 16
)

// scan asks for the pages that are not of a file and present or swapped.
func (p *pagemap) scan(region []byte, s *scratch) bool {
	if s.regions == nil {
		s.regions = make([]pageRegion, 64)
	}
	start := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(region))))
	end := start + uint64((len(region)+p.page-1)/p.page*p.page)
	for at := start; at < end; {
		scan := pageScan{
			size: uint64(unsafe.Sizeof(pageScan{})), start: at, end: end,
			vec: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(s.regions)))), vecLen: uint64(len(s.regions)),
			categoryInverted: scanIsFile, categoryMask: scanIsFile, categoryAnyOfMask: scanIsPresent | scanIsSwapped,
			returnMask: scanIsPresent | scanIsSwapped,
		}
		n, _, failed := unix.Syscall(unix.SYS_IOCTL, p.file.Fd(), pagemapScan, uintptr(unsafe.Pointer(&scan)))
		if failed != 0 || scan.walkEnd <= at {
			return false
		}
		for _, r := range s.regions[:n] {
			s.spans = append(s.spans, span{int(r.start - start), min(int(r.end-start), len(region))})
		}
		at = scan.walkEnd
	}
	return true
}
