package wire

import (
	"time"

	"github.com/postern-id/postern/core"
)

// list gives an empty list where there is none: JSON would have null.
func list[T any](values []T) []T {
	if values == nil {
		return []T{}
	}
	return values
}

func filled(values map[string]string) map[string]string {
	if values == nil {
		return map[string]string{}
	}
	return values
}

// at gives the time as it is written: to the millisecond, as it is kept.
func at(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func fromSeconds(s int64) time.Duration { return time.Duration(s) * time.Second }

// Each turns all of a list.
func Each[T, U any](values []T, turn func(*T) U) []U {
	turned := make([]U, len(values))
	for i := range values {
		turned[i] = turn(&values[i])
	}
	return turned
}

// texts and typed turn lists of words into lists of strings, and back.
func texts[T ~string](values []T) []string {
	return Each(values, func(v *T) string { return string(*v) })
}

func typed[T ~string](values []string) []T {
	if len(values) == 0 {
		return nil
	}
	return Each(values, func(v *string) T { return T(*v) })
}

// IDs turns identifiers of the wire into ours.
func IDs(values []string) []core.ID { return typed[core.ID](values) }
