package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The values of exports are looser than their documents say: a database has numbers for
// booleans and texts that hold JSON, and a list that is empty may be null or "".

// flag is a boolean.
type flag bool

func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.Trim(string(data), `"`) {
	case "true", "1":
		*f = true
	}
	return nil
}

// text is a text; numbers are one too.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err == nil {
		*t = text(s)
		return nil
	}
	if token := string(data); token != "null" && !strings.ContainsAny(token, "{[") {
		*t = text(token)
	}
	return nil
}

// number is a number, or nothing.
type number float64

func (n *number) UnmarshalJSON(data []byte) error {
	if f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64); err == nil {
		*n = number(f)
	}
	return nil
}

// embedded gives the JSON of a value that may be a text with JSON in it.
func embedded(data []byte) []byte {
	var s string
	if json.Unmarshal(data, &s) == nil {
		return []byte(s)
	}
	return data
}

// texts is a list of texts.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var list []text
	if err := json.Unmarshal(embedded(data), &list); err != nil {
		*t = nil
		return nil
	}
	for _, one := range list {
		if one != "" {
			*t = append(*t, string(one))
		}
	}
	return nil
}

// dictionary is texts by name.
type dictionary map[string]string

func (d *dictionary) UnmarshalJSON(data []byte) error {
	var members map[string]text
	if json.Unmarshal(embedded(data), &members) != nil {
		return nil
	}
	*d = dictionary{}
	for name, value := range members {
		(*d)[name] = string(value)
	}
	return nil
}

// listOf is a list of objects, in JSON or in a text with JSON in it.
type listOf[T any] []T

func (l *listOf[T]) UnmarshalJSON(data []byte) error {
	var list []T
	if json.Unmarshal(embedded(data), &list) == nil {
		*l = list
	}
	return nil
}

// typeProblem says which member has what it cannot have, without the names that members
// have in this program.
func typeProblem(err error) string {
	if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Sprintf("%s cannot be a %s", orElse(wrong.Field, "it"), strings.Fields(wrong.Value)[0])
	}
	return err.Error()
}

// holds reports whether a value says anything.
func holds(data json.RawMessage) bool {
	switch string(bytes.TrimSpace(data)) {
	case "", "null", `""`, "0", "false", "[]", "{}", `"null"`, `"[]"`, `"{}"`:
		return false
	}
	return true
}

// strangers gives the names of members that say something and are not known, sorted.
func strangers(members map[string]json.RawMessage, known ...string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if holds(members[name]) && !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	return names
}

// strangeNote says in a note which members are not known.
func strangeNote(members map[string]json.RawMessage, known ...string) []string {
	names := strangers(members, known...)
	if len(names) == 0 {
		return nil
	}
	return []string{"what it has under " + strings.Join(names, ", ") + " is not known here, and was left out"}
}
