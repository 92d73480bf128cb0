package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime is the time of processors that a process used so far, 0 if it is none.
// Its clock is made of its number, as clock_getcpuclockid(3) does.
func processorTime(pid int) time.Duration {
	const scheduled = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
