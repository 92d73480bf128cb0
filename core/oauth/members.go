package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON that others send.
const maxDepth = 16

// strictMembers reads a JSON object into its members. Members that are there twice, at
// any depth, deep nesting, text that is not UTF-8 and data behind the object are
// refused: of two readers of such a thing each might see another.
func strictMembers(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the JSON is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := checkJSON(decoder, 0); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("there is data behind the JSON value")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("the JSON is null instead of an object")
	}
	return members, nil
}

func checkJSON(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	open, isDelim := token.(json.Delim)
	switch {
	case !isDelim:
		return nil
	case depth == maxDepth:
		return errors.New("the JSON is nested too deep")
	}
	seen := map[string]bool{}
	for decoder.More() {
		if open == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if seen[text] {
				return errors.New("a JSON member is there twice")
			}
			seen[text] = true
		}
		if err := checkJSON(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the closing delimiter
	return err
}
