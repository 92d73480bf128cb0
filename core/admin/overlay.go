package admin

import (
	"bytes"
	"encoding/json"
)

// layered lays settings over each other, each a JSON object or nil: a member that is an
// object in both is laid over member by member, null takes a member away, everything
// else replaces it (RFC 7396). It gives the first that is no JSON object, for the check
// of settings to say so.
func layered(layers ...[]byte) []byte {
	settings := []byte("{}")
	for _, layer := range layers {
		if layer == nil {
			continue
		}
		if settingsOf(layer) == nil {
			return layer
		}
		settings = overlay(settings, layer)
	}
	return settings
}

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
