package place

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// level is an array or object that is open.
type level struct {
	array bool
	name  string // the member at hand; in an object
	key   bool   // a name comes next; in an object
	index int    // of the element at hand; in an array
}

// Member gives the path of the member or element that begins at the offset, or
// around it: ".set.roles[2]". It reads no further than that.
func Member(text []byte, offset int) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil || decoder.InputOffset() > int64(offset) {
			return path(open)
		}
		var inside *level
		if len(open) > 0 {
			inside = &open[len(open)-1]
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, level{array: token == json.Delim('['), key: true})
			continue
		case json.Delim('}'), json.Delim(']'):
			if open = open[:len(open)-1]; len(open) > 0 {
				open[len(open)-1].next()
			}
			continue
		}
		if name, ok := token.(string); ok && inside != nil && !inside.array && inside.key {
			inside.name, inside.key = name, false
		} else if inside != nil {
			inside.next()
		}
	}
}

func (l *level) next() {
	l.index++
	l.name, l.key = "", true
}

func path(open []level) string {
	var text strings.Builder
	for _, l := range open {
		switch {
		case l.array:
			text.WriteString("[" + strconv.Itoa(l.index) + "]")
		case l.name != "":
			text.WriteString("." + l.name)
		}
	}
	return text.String()
}

// Line gives the line of the offset, the first being 1, and the place in it, in characters,
// the first being 1.
func Line(text []byte, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte{'\n'}), 1 + len([]rune(string(before[begin:])))
}
