package console

import (
	"strconv"
	"strings"

	"github.com/postern-id/postern/web"
)

// textOf is a field that is a text.
func textOf[T any](input web.Input, of func(*T) *string) SheetField[T] {
	return SheetField[T]{Input: input, Get: func(t *T) string { return *of(t) }, Set: func(t *T, text string) { *of(t) = text }}
}

// boxOf is a field that is on or off.
func boxOf[T any](input web.Input, of func(*T) *bool) SheetField[T] {
	input.Kind = "check"
	return SheetField[T]{
		Input: input, Set: func(t *T, text string) { *of(t) = text != "" },
		Get: func(t *T) string {
			if *of(t) {
				return "on"
			}
			return ""
		},
	}
}

// numberOf is a field that is a whole number; nothing is 0.
func numberOf[T any](input web.Input, of func(*T) *int) SheetField[T] {
	input.Kind = "number"
	return SheetField[T]{
		Input: input,
		Get:   func(t *T) string { return strconv.Itoa(*of(t)) },
		Set:   func(t *T, text string) { *of(t), _ = strconv.Atoi(text) }, // Check saw to it
		Check: func(text string) string {
			if _, err := strconv.Atoi(text); err != nil && text != "" {
				return "Give a whole number."
			}
			return ""
		},
	}
}

// linesOf is a field that is a list, a line each.
func linesOf[T any](input web.Input, of func(*T) *[]string) SheetField[T] {
	input.Kind = "textarea"
	return SheetField[T]{
		Input: input, Get: func(t *T) string { return strings.Join(*of(t), "\n") }, Set: func(t *T, text string) { *of(t) = lines(text) },
	}
}

// checksOf is a field that is some of several.
func checksOf[T any](input web.Input, of func(*T) *[]string) SheetField[T] {
	input.Kind = "checks"
	return SheetField[T]{
		Input: input, Get: func(t *T) string { return strings.Join(*of(t), "\n") }, Set: func(t *T, text string) { *of(t) = splitLines(text) },
	}
}

// lines gives what stands on each line of a text, without empty ones; commas part as well.
func lines(text string) []string {
	var list []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ',' || r == '\r' }) {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
