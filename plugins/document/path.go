package document

import (
	"strconv"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// At gives the value at a path: names with points between them, a number for an element
// of an array, counted from 0. Names may have points themselves, as those that are URLs
// do: the longest that is there counts. A value that is null is none.
func At(v hook.Value, path string) (hook.Value, bool) {
	all := All(v, path)
	if len(all) == 0 {
		return hook.Value{}, false
	}
	return all[0], true
}

// All gives the values at a path in which * stands for every element of an array:
// teams.*.name. A value that is an array is given as it is.
func All(v hook.Value, path string) []hook.Value {
	if path == "" {
		if v.Kind() == hook.KindNull {
			return nil
		}
		return []hook.Value{v}
	}
	if v.Kind() == hook.KindArray {
		return inArray(v.List(), path)
	}
	o := v.Object()
	if inner, ok := o.Get(path); ok && inner.Kind() != hook.KindNull {
		return []hook.Value{inner}
	}
	for i := len(path) - 1; i > 0; i-- {
		if path[i] != '.' {
			continue
		}
		inner, _ := o.Get(path[:i])
		if all := All(inner, path[i+1:]); len(all) > 0 {
			return all
		}
	}
	return nil
}

func inArray(list []hook.Value, path string) []hook.Value {
	first, rest, _ := strings.Cut(path, ".")
	if first == "*" {
		var all []hook.Value
		for _, element := range list {
			all = append(all, All(element, rest)...)
		}
		return all
	}
	n, err := strconv.ParseUint(first, 10, 16)
	if err != nil || n >= uint64(len(list)) {
		return nil
	}
	return All(list[n], rest)
}

// Text gives the text at a path, if it is a string that has no control characters and is
// not longer than names, addresses and URLs are; else nothing.
func Text(v hook.Value, path string) string {
	if path == "" {
		return ""
	}
	found, _ := At(v, path)
	if found.Kind() != hook.KindString || !isPlain(found.Text()) {
		return ""
	}
	return found.Text()
}

// Texts gives the texts at a path, each once: those of an array, or those that * finds.
func Texts(v hook.Value, path string) []string {
	if path == "" {
		return nil
	}
	var texts []string
	seen := map[string]bool{}
	for _, found := range All(v, path) {
		elements := []hook.Value{found}
		if found.Kind() == hook.KindArray {
			elements = found.List()
		}
		for _, element := range elements {
			if text := element.Text(); element.Kind() == hook.KindString && text != "" && isPlain(text) && !seen[text] {
				seen[text] = true
				texts = append(texts, text)
			}
		}
	}
	return texts
}

const maxText = 2 << 10 // bytes

func isPlain(text string) bool {
	// Package unicode would cost every guest its tables.
	return len(text) <= maxText && !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c >= 0x7f && c < 0xa0 })
}
