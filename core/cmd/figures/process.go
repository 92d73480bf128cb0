package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
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
