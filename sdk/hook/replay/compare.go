package replay

import (
	"strconv"

	"github.com/postern-id/postern/sdk/hook"
)

// Difference says where two values differ first, with what is there in each, or
// nothing if they are the same: objects whatever the order of their members,
// numbers as they are written. Where names the whole: "output".
func Difference(where string, want, got hook.Value) string {
	switch {
	case want.Kind() != got.Kind():
		return differ(where, want, got)
	case want.Kind() == hook.KindObject:
		return differenceOfObjects(where, want.Object(), got.Object())
	case want.Kind() == hook.KindArray:
		return differenceOfArrays(where, want.List(), got.List())
	case string(want.AppendJSON(nil)) != string(got.AppendJSON(nil)):
		return differ(where, want, got)
	default:
		return ""
	}
}

func differenceOfObjects(where string, want, got hook.Object) string {
	for _, member := range want {
		inside := where + "." + member.Name
		v, ok := got.Get(member.Name)
		if !ok {
			return inside + " is missing, want " + short(member.Value)
		}
		if difference := Difference(inside, member.Value, v); difference != "" {
			return difference
		}
	}
	for _, member := range got {
		if _, ok := want.Get(member.Name); !ok {
			return where + "." + member.Name + " is too much: " + short(member.Value)
		}
	}
	return ""
}

func differenceOfArrays(where string, want, got []hook.Value) string {
	for i := range want {
		inside := where + "[" + strconv.Itoa(i) + "]"
		if i >= len(got) {
			return inside + " is missing, want " + short(want[i])
		}
		if difference := Difference(inside, want[i], got[i]); difference != "" {
			return difference
		}
	}
	if len(got) > len(want) {
		return where + "[" + strconv.Itoa(len(want)) + "] is too much: " + short(got[len(want)])
	}
	return ""
}

func differ(where string, want, got hook.Value) string {
	return where + " is " + short(got) + ", want " + short(want)
}

// short is a value as JSON, as far as one reads it in a line.
func short(v hook.Value) string {
	const most = 300
	text := string(v.AppendJSON(nil))
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
