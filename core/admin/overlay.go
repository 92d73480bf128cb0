package admin

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Overlay lays settings over others, both JSON objects: a member that is an object in
// both is laid over member by member, null takes a member away, everything else
// replaces it (RFC 7396).
func Overlay(base, over []byte) ([]byte, error) {
	if settingsOf(base) == nil || settingsOf(over) == nil {
		return nil, errors.New("the settings are no JSON object")
	}
	return overlay(base, over), nil
}

// overlay takes what was parsed before.
func overlay(base, over json.RawMessage) json.RawMessage {
	members := settingsOf(over)
	if members == nil {
		return over
	}
	merged := settingsOf(base)
	if merged == nil {
		merged = map[string]json.RawMessage{}
	}
	for name, value := range members {
		if bytes.Equal(value, []byte("null")) {
			delete(merged, name)
			continue
		}
		merged[name] = overlay(merged[name], value)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(merged); err != nil { // never: its members were parsed
		panic(err)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}
