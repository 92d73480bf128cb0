package plugin

import "bytes"

const (
	wasmPage = 64 << 10
	// defaultMemory is the limit of a plugin instance, maxMemory the largest that the
	// operator can give.
	defaultMemory = 32 << 20
	maxMemory     = 256 << 20
)

// comparePages puts a snapshot back by looking at every page, and counts those that
// differ. Pages that are as they were are not written, so they cost no memory of their
// own.
func comparePages(memory, snapshot []byte, page int) (pages int) {
	for from := 0; from < len(snapshot); from += page {
		to := min(from+page, len(snapshot))
		if !bytes.Equal(memory[from:to], snapshot[from:to]) {
			copy(memory[from:to], snapshot[from:to])
			pages++
		}
	}
	return pages
}
