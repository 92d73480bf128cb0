package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// residentMemory reads VmRSS, in kB. Elsewhere than on Linux it gives 0.
func residentMemory(pid int) (int, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
}

// kilobytes reads a line of a file that Linux makes of a process. Elsewhere it gives 0.
func kilobytes(file, line string) (int, error) {
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut("\n"+string(text), "\n"+line)
	if !found {
		return 0, fmt.Errorf("%s has no line %q", file, line)
	}
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	return strconv.Atoi(number)
}

// processorTime is the time that the threads of a process ran, but those that have
// ended. Elsewhere than on Linux it is 0.
func processorTime(pid int) (sum time.Duration) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it has just ended
		}
		ran, _, _ := strings.Cut(string(text), " ") // in nanoseconds
		n, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0
		}
		sum += time.Duration(n)
	}
	return sum
}
