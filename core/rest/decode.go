package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/postern-id/postern/core/strict"
	"github.com/postern-id/postern/sdk/api"
)

// decode reads a JSON object into a type of sdk/api. All that is wrong is said at once:
// members that the type does not have, by their exact names, and values of another kind.
func decode(body []byte, into any) error {
	if err := readable(body); err != nil {
		return err
	}
	var wrong []api.FieldError
	check(body, reflect.TypeOf(into).Elem(), "", &wrong)
	if len(wrong) > 0 {
		return invalid(wrong...)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return malformed("the body cannot be read")
	}
	return nil
}

// readable refuses what is no JSON object that can be read in one way only.
func readable(body []byte) error {
	_, err := strict.Members(body)
	if repeated, ok := errors.AsType[*strict.RepeatedError](err); ok {
		name := short(repeated.Path)
		return malformed("the member "+name+" is there twice", api.FieldError{Field: name, Detail: "it is there twice"})
	}
	if err != nil {
		return malformed("the body is no JSON object that can be read: " + unnamed(err))
	}
	return nil
}

// unnamed gives the error of a JSON reader, which never has more of the text in it than one
// character.
func unnamed(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too soon"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

var (
	typeTime  = reflect.TypeFor[time.Time]()
	typeRaw   = reflect.TypeFor[json.RawMessage]()
	typePatch = reflect.TypeFor[api.Patch]()

	typeBytesField = reflect.TypeFor[[]byte]()

	typeNewUser        = reflect.TypeFor[api.NewUser]()
	typeProfile        = reflect.TypeFor[api.Profile]()
	typeClientSettings = reflect.TypeFor[api.ClientSettings]()

	typeConnectorSettings = reflect.TypeFor[api.ConnectorSettings]()
)

// check compares a value with the type that it is to be of.
func check(text []byte, t reflect.Type, path string, wrong *[]api.FieldError) {
	text = bytes.TrimSpace(text)
	say := func(format string, args ...any) {
		*wrong = append(*wrong, api.FieldError{Field: path, Detail: fmt.Sprintf(format, args...)})
	}
	switch {
	case t == typeRaw:
	case t == typePatch:
		if len(text) == 0 || text[0] != '{' {
			say("%s is no object", named(path))
		}
	case t == typeTime:
		if json.Unmarshal(text, new(time.Time)) != nil || bytes.Equal(text, []byte("null")) {
			say("%s is no time like 2026-01-31T12:00:00Z", named(path))
		}
	case t.Kind() == reflect.Pointer:
		check(text, t.Elem(), path, wrong)
	case bytes.Equal(text, []byte("null")):
		say("%s is null", named(path))
	case t.Kind() == reflect.Struct, t.Kind() == reflect.Map:
		checkObject(text, t, path, wrong, say)
	case t == typeBytesField:
		// encoding/json takes lists of numbers too.
		if text[0] != '"' || json.Unmarshal(text, new([]byte)) != nil {
			say("%s is no base64", named(path))
		}
	case t.Kind() == reflect.Slice:
		checkList(text, t, path, wrong, say)
	default:
		if json.Unmarshal(text, reflect.New(t).Interface()) != nil {
			say("%s is no %s", named(path), kindName(t))
		}
	}
}

func checkObject(text []byte, t reflect.Type, path string, wrong *[]api.FieldError, say func(string, ...any)) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		say("%s is no object", named(path))
		return
	}
	fields := fieldsOf(t)
	for _, name := range sortedNames(members) {
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		field, known := fields[name]
		switch {
		case t.Kind() == reflect.Map:
			check(members[name], t.Elem(), inner, wrong)
		case !known:
			*wrong = append(*wrong, api.FieldError{Field: short(inner), Detail: fmt.Sprintf("there is no member %q here", short(name))})
		default:
			check(members[name], field.Type, inner, wrong)
		}
	}
	for name, field := range fields {
		if _, there := members[name]; !there && required(field) && t.Kind() == reflect.Struct {
			inner := strings.TrimPrefix(path+"."+name, ".")
			*wrong = append(*wrong, api.FieldError{Field: inner, Detail: inner + " is missing"})
		}
	}
}

func checkList(text []byte, t reflect.Type, path string, wrong *[]api.FieldError, say func(string, ...any)) {
	var elements []json.RawMessage
	if json.Unmarshal(text, &elements) != nil {
		say("%s is no list", named(path))
		return
	}
	for i, element := range elements {
		check(element, t.Elem(), fmt.Sprintf("%s[%d]", path, i), wrong)
	}
}

// fieldsOf gives the fields of a struct by the names of their members.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	if t.Kind() != reflect.Struct {
		return fields
	}
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = field
		}
	}
	return fields
}

// required reports whether a body must have the member, as the document says it.
func required(field reflect.StructField) bool {
	tag := field.Tag.Get("json")
	return !strings.Contains(tag, "omit") && field.Tag.Get("required") != "false"
}

func named(path string) string {
	if path == "" {
		return "the body"
	}
	return short(path)
}

func short(text string) string {
	const most = 80
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	}
	return "whole number"
}

func writeJSON(w http.ResponseWriter, contentType string, status int, value any) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
