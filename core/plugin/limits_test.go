package plugin

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestLimitsAreWritten holds that sdk/abi.md says the limits that the host keeps.
func TestLimitsAreWritten(t *testing.T) {
	data, err := os.ReadFile("../../sdk/abi.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		fmt.Sprintf("| memory | %d MiB |", defaultMemory>>20),
		fmt.Sprintf("| output | %d KiB |", maxOutput>>10),
		fmt.Sprintf("| log, with standard output and standard error | %d KiB |", maxLog>>10),
		fmt.Sprintf("| calls of the host | %d,%03d |", maxHostCalls/1000, maxHostCalls%1000),
		fmt.Sprintf("| fuel | what about %d ms of work use |", defaultCPU.Milliseconds()),
		fmt.Sprintf("| the guest's own work by the clock | %d ms |", patience*defaultCPU.Milliseconds()),
		fmt.Sprintf("| calls of capabilities | %d |", maxCapabilityCalls),
		fmt.Sprintf("| a request | %d KiB |", maxRequest>>10),
		fmt.Sprintf("| an answer | %d MiB |", maxAnswer>>20),
		fmt.Sprintf("| time of all calls of capabilities together | %d s |", int(defaultWait.Seconds())),
		fmt.Sprintf("| randomness | %d KiB |", maxRandom>>10),
	} {
		if !strings.Contains(string(data), row) {
			t.Errorf("sdk/abi.md does not have %q", row)
		}
	}
	for _, f := range abiFunctions(nil) {
		if !strings.Contains(string(data), "`"+f.name+"`") {
			t.Errorf("sdk/abi.md does not have %s", f.name)
		}
	}
}
