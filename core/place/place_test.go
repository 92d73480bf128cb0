package place_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core/place"
)

func TestMember(t *testing.T) {
	// The bar is where the parser stopped.
	for text, want := range map[string]string{
		`|`:                             "",
		`|{}`:                           "",
		`{"a":|1}`:                      ".a",
		`{"a":1,"b":|2}`:                ".b",
		`{"a":{"b":[1,{},|true]}}`:      ".a.b[2]",
		`{"a":{"b":[1,{"c":2},[|]]}}`:   ".a.b[2][0]",
		`{"a":"b","c":{"a":"b","c":|0}`: ".c.c",
		`{"a":{},"b":[],"c":|x}`:        ".c",
		`[{"a":1},{"b":|1}]`:            "[1].b",
		`{"a":1}|x`:                     "",
		`no |JSON`:                      "",
	} {
		offset := strings.IndexByte(text, '|')
		if got := place.Member([]byte(text[:offset]+text[offset+1:]), offset); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	text := []byte("{\n  \"é\": x\n}")
	for offset, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 1: {1, 2}, 2: {2, 1}, 4: {2, 3}, 10: {2, 8}, 12: {3, 1}, 99: {3, 2}} {
		if line, column := place.Line(text, offset); line != want[0] || column != want[1] {
			t.Errorf("%d: line %d, place %d; want %v", offset, line, column, want)
		}
	}
}

func FuzzMember(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":null}]}`), 9)
	f.Fuzz(func(t *testing.T, text []byte, offset int) {
		place.Member(text, offset)
		if line, column := place.Line(text, offset); line < 1 || column < 1 {
			t.Errorf("line %d, place %d", line, column)
		}
	})
}
