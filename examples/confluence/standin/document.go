package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// value is a JSON value whose members keep their order: what miniOrange finds in
// a document depends on it.
type value struct {
	kind    kind
	text    string // of a string, a number or a boolean
	items   []value
	members []member
}

type member struct {
	name  string
	value value
}

type kind int

const (
	nullKind kind = iota
	boolKind
	numberKind
	stringKind
	arrayKind
	objectKind
)

const maxDepth = 64

var (
	errNotUTF8   = errors.New("it is not UTF-8")
	errTrailing  = errors.New("something follows the JSON value")
	errDepth     = fmt.Errorf("it is nested more than %d deep", maxDepth)
	errNotObject = errors.New("it is no JSON object")
)

// parseObject reads one JSON object. A name that is there twice is an error, as
// in the parser that miniOrange uses.
func parseObject(text []byte) (value, error) {
	if !utf8.Valid(text) {
		return value{}, errNotUTF8
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	parsed, err := parseValue(decoder, 0)
	if err != nil {
		return value{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value{}, errTrailing
	}
	if parsed.kind != objectKind {
		return value{}, errNotObject
	}
	return parsed, nil
}

func parseValue(decoder *json.Decoder, depth int) (value, error) {
	if depth > maxDepth {
		return value{}, errDepth
	}
	token, err := decoder.Token()
	if errors.Is(err, io.EOF) {
		return value{}, io.ErrUnexpectedEOF
	}
	if err != nil {
		return value{}, err
	}
	switch token := token.(type) {
	case string:
		return value{kind: stringKind, text: token}, nil
	case json.Number:
		return value{kind: numberKind, text: token.String()}, nil
	case bool:
		return value{kind: boolKind, text: fmt.Sprint(token)}, nil
	case json.Delim:
		if token == '{' {
			return parseMembers(decoder, depth)
		}
		return parseItems(decoder, depth)
	default:
		return value{}, nil
	}
}

func parseMembers(decoder *json.Decoder, depth int) (value, error) {
	object := value{kind: objectKind}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return value{}, err
		}
		name, _ := token.(string) // the decoder gives nothing else here
		if _, twice := object.get(name); twice {
			return value{}, fmt.Errorf("%q is there twice", name)
		}
		inner, err := parseValue(decoder, depth+1)
		if err != nil {
			return value{}, err
		}
		object.members = append(object.members, member{name, inner})
	}
	_, err := decoder.Token()
	return object, err
}

func parseItems(decoder *json.Decoder, depth int) (value, error) {
	array := value{kind: arrayKind}
	for decoder.More() {
		item, err := parseValue(decoder, depth+1)
		if err != nil {
			return value{}, err
		}
		array.items = append(array.items, item)
	}
	_, err := decoder.Token()
	return array, err
}

// get finds a member of the object itself.
func (v value) get(name string) (value, bool) {
	for _, m := range v.members {
		if m.name == name {
			return m.value, true
		}
	}
	return value{}, false
}

// str gives a member that is a string, else an empty one.
func (v value) str(name string) string {
	if found, _ := v.get(name); found.kind == stringKind {
		return found.text
	}
	return ""
}

func (v value) scalar() bool {
	return v.kind == stringKind || v.kind == numberKind || v.kind == boolKind
}

// shorten quotes what a provider sent, so that a message stays one line.
func shorten(text []byte) string {
	const most = 200
	line := strings.Join(strings.Fields(strings.ToValidUTF8(string(text), "?")), " ")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "..."
	}
	return line
}
