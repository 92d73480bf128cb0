package replay

import (
	"iter"
	"strconv"

	"github.com/postern-id/postern/sdk/hook"
)

// Mismatch is a place where two values differ.
type Mismatch struct {
	Path string // "output.set.roles[1]"
	// Want and Got are what is there, as JSON that is cut off where it is long; empty
	// where there is nothing.
	Want, Got string
}

func (m Mismatch) String() string {
	switch {
	case m.Got == "":
		return m.Path + " is missing, want " + m.Want
	case m.Want == "":
		return m.Path + " is too much: " + m.Got
	default:
		return m.Path + " is " + m.Got + ", want " + m.Want
	}
}

// Difference says where two values differ first, or nothing if they are the same.
func Difference(where string, want, got hook.Value) string {
	for m := range Differences(where, want, got) {
		return m.String()
	}
	return ""
}

// Differences gives the places where two values differ: objects whatever the order
// of their members, numbers as they are written. Where names the whole: "output".
func Differences(where string, want, got hook.Value) iter.Seq[Mismatch] {
	return func(yield func(Mismatch) bool) { differences(where, want, got, yield) }
}

// differences reports whether to go on.
func differences(where string, want, got hook.Value, yield func(Mismatch) bool) bool {
	switch {
	case want.Kind() == got.Kind() && want.Kind() == hook.KindObject:
		return differencesOfObjects(where, want.Object(), got.Object(), yield)
	case want.Kind() == got.Kind() && want.Kind() == hook.KindArray:
		return differencesOfArrays(where, want.List(), got.List(), yield)
	case string(want.AppendJSON(nil)) != string(got.AppendJSON(nil)):
		return yield(Mismatch{where, short(want), short(got)})
	default:
		return true
	}
}

func differencesOfObjects(where string, want, got hook.Object, yield func(Mismatch) bool) bool {
	for _, member := range want {
		inside := where + "." + member.Name
		v, ok := got.Get(member.Name)
		switch {
		case !ok && !yield(Mismatch{Path: inside, Want: short(member.Value)}):
			return false
		case ok && !differences(inside, member.Value, v, yield):
			return false
		}
	}
	for _, member := range got {
		if _, ok := want.Get(member.Name); !ok && !yield(Mismatch{Path: where + "." + member.Name, Got: short(member.Value)}) {
			return false
		}
	}
	return true
}

func differencesOfArrays(where string, want, got []hook.Value, yield func(Mismatch) bool) bool {
	for i := range max(len(want), len(got)) {
		inside := where + "[" + strconv.Itoa(i) + "]"
		var goOn bool
		switch {
		case i >= len(got):
			goOn = yield(Mismatch{Path: inside, Want: short(want[i])})
		case i >= len(want):
			goOn = yield(Mismatch{Path: inside, Got: short(got[i])})
		default:
			goOn = differences(inside, want[i], got[i], yield)
		}
		if !goOn {
			return false
		}
	}
	return true
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
