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
	"unicode/utf8"
)

const maxDepth = 16

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
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("JSON null instead of an object")
	}
	return members, nil
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
	for decoder.More() {
		if named {
			token, err := decoder.Token()
			if err != nil {
				return err
			}
			name, _ := token.(string)
			if seen[name] {
				return errors.New("a JSON member is there twice")
			}
			seen[name] = true
		}
		if err := checkValue(decoder, depth); err != nil {
			return err
		}
	}
	return nil
}
