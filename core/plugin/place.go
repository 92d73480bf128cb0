package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Placed says of an error of hook's parsers in which member of a text the parser
// stopped, and shows what stands there. What is the name of the text. It is for a
// plugin's author: the text may be personal.
func Placed(text []byte, what string, err error) error {
	wrong, ok := errors.AsType[*hook.ParseError](err)
	if !ok {
		return err
	}
	const most = 40 // bytes that are shown
	rest := text[min(wrong.Offset, len(text)):]
	there := "there stands " + strings.ToValidUTF8(string(rest[:min(most, len(rest))]), "\uFFFD")
	if len(rest) == 0 {
		there = "there it ends"
	}
	if what += memberAt(text, wrong.Offset); what != "" {
		what += ": "
	}
	return fmt.Errorf("%s%w (%s)", what, err, there)
}

// level is an array or object that is open.
type level struct {
	array bool
	name  string // the member at hand; in an object
	key   bool   // a name comes next; in an object
	index int    // of the element at hand; in an array
}

// memberAt gives the path of the member or element that begins at the offset, or
// around it: ".set.roles[2]". It reads no further than that.
func memberAt(text []byte, offset int) string {
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
