package workbench

import (
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// width is how long a line of a case may be. What fits is written in one line.
const width = 120

// appendPretty writes a value for people to read and to change. Indent is that of
// the line in which it begins.
func appendPretty(dst []byte, v hook.Value, indent string) []byte {
	line := appendLine(nil, v)
	if len(line)+len(indent) <= width || len(v.Object())+len(v.List()) == 0 {
		return append(dst, line...)
	}
	inside := indent + "  "
	if v.Kind() == hook.KindArray {
		dst = append(dst, '[')
		for n, element := range v.List() {
			dst = appendPretty(next(dst, n, inside), element, inside)
		}
		return append(dst, "\n"+indent+"]"...)
	}
	dst = append(dst, '{')
	for n, member := range v.Object() {
		dst = append(next(dst, n, inside), quoted(member.Name)+": "...)
		dst = appendPretty(dst, member.Value, inside)
	}
	return append(dst, "\n"+indent+"}"...)
}

func next(dst []byte, n int, indent string) []byte {
	if n > 0 {
		dst = append(dst, ',')
	}
	return append(dst, "\n"+indent...)
}

// appendLine writes a value in one line, with spaces where they help.
func appendLine(dst []byte, v hook.Value) []byte {
	switch v.Kind() {
	case hook.KindArray:
		dst = append(dst, '[')
		for n, element := range v.List() {
			dst = appendLine(comma(dst, n), element)
		}
		return append(dst, ']')
	case hook.KindObject:
		dst = append(dst, '{')
		for n, member := range v.Object() {
			dst = appendLine(append(comma(dst, n), quoted(member.Name)+": "...), member.Value)
		}
		return append(dst, '}')
	}
	return v.AppendJSON(dst)
}

func comma(dst []byte, n int) []byte {
	if n > 0 {
		return append(dst, ", "...)
	}
	return dst
}

// pretty is a value as a text of its own: an object has a member in each line.
func pretty(v hook.Value) string {
	var text strings.Builder
	text.WriteString("{\n")
	for n, member := range v.Object() {
		if n > 0 {
			text.WriteString(",\n")
		}
		text.WriteString("  " + quoted(member.Name) + ": ")
		text.Write(appendPretty(nil, member.Value, "  "))
	}
	text.WriteString("\n}\n")
	return text.String()
}
