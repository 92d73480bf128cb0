package observe

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// writeRuntime asks the Go runtime. It reads runtime/metrics, because
// runtime.ReadMemStats stops the world, which waits for plugins in the middle of
// their machine code.
func writeRuntime(page *bytes.Buffer) {
	list := []struct{ kind, name, help, source string }{
		{"gauge", "go_goroutines", "Goroutines that there are.", "/sched/goroutines:goroutines"},
		{"gauge", "go_gomaxprocs", "Threads that may run Go code at once.", "/sched/gomaxprocs:threads"},
		{"gauge", "go_memory_bytes", "Memory that the Go runtime has mapped; what plugins have is apart.", "/memory/classes/total:bytes"},
		{"gauge", "go_memory_released_bytes", "What of that was given back to the system.", "/memory/classes/heap/released:bytes"},
		{"gauge", "go_memory_heap_objects_bytes", "Memory of objects, in use or not yet collected.", "/memory/classes/heap/objects:bytes"},
		{"gauge", "go_gc_heap_goal_bytes", "Size of the heap at which the next collection ends.", "/gc/heap/goal:bytes"},
		{"counter", "go_gc_cycles_total", "Collections.", "/gc/cycles/total:gc-cycles"},
		{"counter", "go_gc_cpu_seconds_total", "CPU time that collections took.", "/cpu/classes/gc/total:cpu-seconds"},
		{"counter", "go_gc_pause_cpu_seconds_total", "CPU time for which collections stopped everything.", "/cpu/classes/gc/pause:cpu-seconds"},
		{"counter", "go_allocated_bytes_total", "Memory that was allocated for objects.", "/gc/heap/allocs:bytes"},
	}
	samples := make([]metrics.Sample, len(list))
	for i := range list {
		samples[i].Name = list[i].source
	}
	metrics.Read(samples)
	for i, l := range list {
		switch value := samples[i].Value; value.Kind() {
		case metrics.KindUint64:
			writeHead(page, l.kind, l.name, l.help)
			fmt.Fprintf(page, "%s %d\n", l.name, value.Uint64())
		case metrics.KindFloat64:
			writeHead(page, l.kind, l.name, l.help)
			fmt.Fprintf(page, "%s %g\n", l.name, value.Float64())
		}
	}
}

// writeProcess says since when which build runs.
func writeProcess(page *bytes.Buffer, started time.Time) {
	writeHead(page, "gauge", "process_start_time_seconds", "When the server started, in seconds since 1970.")
	fmt.Fprintf(page, "process_start_time_seconds %.3f\n", float64(started.UnixMilli())/1000)
	writeHead(page, "gauge", "postern_uptime_seconds", "For how long the server has been running.")
	fmt.Fprintf(page, "postern_uptime_seconds %.3f\n", time.Since(started).Seconds())
	if resident, ok := residentMemory(); ok {
		writeHead(page, "gauge", "process_resident_memory_bytes", "Memory in use, that of plugins too.")
		fmt.Fprintf(page, "process_resident_memory_bytes %d\n", resident)
	}
	version, revision := build()
	writeHead(page, "gauge", "postern_build_info", "1; its labels say what runs.")
	fmt.Fprintf(page, "postern_build_info{version=\"%s\",revision=\"%s\",go=\"%s\"} 1\n", escaped(version), escaped(revision), escaped(runtime.Version()))
}

// residentMemory is known on Linux alone.
func residentMemory() (bytes_ int64, ok bool) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err == nil
}

// build gives what the Go toolchain wrote into the binary.
func build() (version, revision string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return info.Main.Version, revision
}
