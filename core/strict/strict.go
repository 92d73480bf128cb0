// Package strict reads JSON that others send, where two readers of the same text must
// not see two things.
//
// It owns the form: which text is accepted. It never says what the members mean. It
// imports the standard library alone; oauth and jose import it.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const maxDepth = 16

// RepeatedError says which member is there twice: "profile.phone", "keys[1].kid".
type RepeatedError struct{ Path string }

// Error says so without the name, which whoever sent the text chose.
func (*RepeatedError) Error() string { return "a JSON member is there twice" }

// below says where the object is that has the member.
func below(err error, place string) error {
	repeated, ok := errors.AsType[*RepeatedError](err)
	switch {
	case !ok:
		return err
	case strings.HasPrefix(repeated.Path, "["):
		return &RepeatedError{place + repeated.Path}
	}
	return &RepeatedError{place + "." + repeated.Path}
}

// Members reads a JSON object into its members, by their exact names: what
// encoding/json fills structs with also matches other capitals. Members that are there
// twice, at any depth (RFC 7519 section 4), invalid UTF-8, deep nesting and trailing
// data are refused.
func Members(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("JSON is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := checkValue(decoder, 0); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("data behind the JSON value")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return nil, fmt.Errorf("JSON %s instead of an object", kind(data))
	}
	return members, nil
}

// kind names what a JSON value is that is no object.
func kind(data []byte) string {
	switch first := bytes.TrimLeft(data, " \t\r\n")[0]; first {
	case '[':
		return "array"
	case '"':
		return "string"
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	}
	return "number"
}

func checkValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	open, isDelim := token.(json.Delim)
	switch {
	case !isDelim:
		return nil
	case depth == maxDepth:
		return fmt.Errorf("JSON is nested more than %d deep", maxDepth)
	}
	if err := checkElements(decoder, open == '{', depth+1); err != nil {
		return err
	}
	_, err = decoder.Token() // the closing delimiter
	return err
}

func checkElements(decoder *json.Decoder, named bool, depth int) error {
	seen := map[string]bool{}
	for i := 0; decoder.More(); i++ {
		place := fmt.Sprintf("[%d]", i)
		if named {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			place, _ = token.(string)
			if seen[place] {
				return &RepeatedError{place}
			}
			seen[place] = true
		}
		if err := checkValue(decoder, depth); err != nil {
			return below(err, place)
		}
	}
	return nil
}
