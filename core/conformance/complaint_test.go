package conformance_test

import (
	"fmt"
	"slices"
	"strings"
)

// complaints are what a relying party has against an answer, a sentence each.
type complaints []string

func (c *complaints) add(format string, args ...any) { *c = append(*c, fmt.Sprintf(format, args...)) }

// unless complains if it is not so.
func (c *complaints) unless(so bool, format string, args ...any) {
	if !so {
		c.add(format, args...)
	}
}

// about puts before each sentence what it is about.
func (c complaints) about(what string) complaints {
	for i := range c {
		c[i] = what + ": " + c[i]
	}
	return c
}

// has reports whether one of the complaints has these words.
func (c complaints) has(words string) bool {
	return slices.ContainsFunc(c, func(complaint string) bool { return strings.Contains(complaint, words) })
}
