package main

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// footing is what the process has. What only Linux tells is 0 elsewhere.
type footing struct {
	resident   int // kB
	heap       int // bytes
	mappings   int
	files      int
	goroutines int
}

// settled looks at the process when nothing goes on any more. What goes is closed in the
// background, and machine code when it is collected, so it waits a while for
// numbers that are like those before.
func settled(before footing) (f footing, err error) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if f, err = look(); err != nil {
			return f, err
		}
		calm := before == footing{} || f.mappings <= before.mappings+spareMappings && f.files <= before.files && f.goroutines <= before.goroutines
		if calm || time.Now().After(deadline) {
			return f, nil
		}
	}
}

func look() (f footing, err error) {
	for range 3 {
		runtime.GC() // what one finalises the next collects
		time.Sleep(20 * time.Millisecond)
	}
	debug.FreeOSMemory()
	// The sum is exact, as VmRSS of /proc/self/status is not.
	resident, err := kilobytes("/proc/self/smaps_rollup", "Rss:")
	if err != nil {
		return f, err
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	f = footing{resident: resident, heap: int(stats.HeapAlloc), goroutines: runtime.NumGoroutine()}
	files, err := os.ReadDir("/proc/self/fd")
	if os.IsNotExist(err) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	maps, err := os.ReadFile("/proc/self/maps")
	f.files, f.mappings = len(files), bytes.Count(maps, []byte("\n"))
	return f, err
}
