package rust_test

import (
	"strings"
	"testing"
)

// TestWorkspace tests the crates beside this file, in one copy of them.
func TestWorkspace(t *testing.T) {
	root := checkout(t, "sdk/rust")
	for _, part := range []struct {
		name string
		test func(*testing.T, string)
	}{{"natively", testCrates}, {"messages", testMessages}, {"parser", testParser}} {
		t.Run(part.name, func(t *testing.T) { part.test(t, root) })
	}
}

// testCrates runs the tests of all crates.
func testCrates(t *testing.T, root string) {
	output := cargo(t, root, "test", "--locked", "--workspace")
	for _, want := range []string{"Doc-tests postern", "test mutated_texts ... ok"} {
		if !strings.Contains(output, want) {
			t.Errorf("the tests do not say %q:\n%s", want, output)
		}
	}
	if strings.Contains(output, "warning:") {
		t.Errorf("there are warnings:\n%s", output)
	}
}
