package api

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Patch is a JSON Merge Patch (RFC 7396): members that it has replace those of the object,
// null takes them away, those of objects are merged in turn. [Diff] makes one.
type Patch json.RawMessage

// MarshalJSON gives the patch as it is; an empty one is {}.
func (p Patch) MarshalJSON() ([]byte, error) {
	if len(p) == 0 {
		return []byte("{}"), nil
	}
	return p, nil
}

// UnmarshalJSON keeps a copy of the text.
func (p *Patch) UnmarshalJSON(text []byte) error {
	*p = bytes.Clone(text)
	return nil
}

// Empty reports whether the patch changes nothing.
func (p Patch) Empty() bool { return len(p) == 0 || string(p) == "{}" }

// Diff gives what makes after of before, both values of one type of this package.
func Diff[T any](before, after T) (Patch, error) {
	was, err := document(before)
	if err != nil {
		return nil, err
	}
	is, err := document(after)
	if err != nil {
		return nil, err
	}
	return json.Marshal(difference(was, is))
}

func document(value any) (map[string]any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return members(text)
}

// members reads an object, with its numbers as they are written.
func members(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var object map[string]any
	return object, decoder.Decode(&object)
}

func difference(was, is map[string]any) map[string]any {
	patch := map[string]any{}
	for name := range was {
		if _, stays := is[name]; !stays {
			patch[name] = nil
		}
	}
	for name, value := range is {
		before, there := was[name]
		if there && reflect.DeepEqual(before, value) {
			continue
		}
		inner, isObject := value.(map[string]any)
		if old, wasObject := before.(map[string]any); isObject && wasObject {
			value = difference(old, inner)
		}
		patch[name] = value
	}
	return patch
}

// Apply gives target, a JSON object, as the patch leaves it.
func (p Patch) Apply(target []byte) ([]byte, error) {
	object, err := members(target)
	if err != nil {
		return nil, err
	}
	if p.Empty() {
		return json.Marshal(object)
	}
	patch, err := members(p)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merged(object, patch))
}

// merged is MergePatch of RFC 7396 section 2, of objects.
func merged(target, patch map[string]any) map[string]any {
	if target == nil {
		target = map[string]any{}
	}
	for name, value := range patch {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(target, name)
		case isObject:
			old, _ := target[name].(map[string]any)
			target[name] = merged(old, inner)
		default:
			target[name] = value
		}
	}
	return target
}

// Member gives a member of the patch as it is written; nil if the patch does not have it.
func (p Patch) Member(name string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(p, &members) != nil {
		return nil
	}
	return members[name]
}
