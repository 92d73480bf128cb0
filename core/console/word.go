package console

import (
	"strconv"
	"time"
)

// number writes a whole number, digits in groups of three: "12 345".
func number(n int) string {
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "\u202f" + digits[at:]
	}
	return digits
}

// several says how many there are: "1 user", "12 users", "no users".
func several(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return number(n) + " " + many
}

// day writes a day: "3 May 2026".
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
