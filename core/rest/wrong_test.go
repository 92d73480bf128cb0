package rest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// wrong is a body that an operation cannot take, and the member that is why.
type wrong struct {
	body  any
	field string
	// odd is a body of which the document says nothing: it must not fail the server.
	odd bool
}

// spoil gives the values that a schema does not allow, each put into a body that is right
// but for that.
func spoil(s *openapi3.Schema, field string, put func(any) any) (all []wrong) {
	nullable := len(s.AnyOf) > 0
	if nullable { // a patch of an object, or null
		s = s.AnyOf[0].Value
	}
	for kind, value := range map[string]any{"string": "x", "integer": 7, "number": 1.5, "boolean": true, "array": []any{}, "object": map[string]any{}, "null": nil} {
		if s.Type == nil || len(*s.Type) == 0 {
			if field != "" && value != nil && kind != "object" { // which is what all of these are
				all = append(all, wrong{put(value), field, true})
			}
			continue
		}
		if !s.Type.Includes(kind) && !(nullable && value == nil) {
			all = append(all, wrong{put(value), field, false})
		}
	}
	switch {
	case s.Type.Is("string") && s.Format == "date-time":
		all = append(all, wrong{put("yesterday"), field, false})
	case s.Type.Includes("integer"):
		all = append(all, wrong{put(json.Number("9223372036854775808")), field, false}, wrong{put("7"), field, false})
	case s.Type.Includes("array"):
		all = append(all, spoil(s.Items.Value, field+"[0]", func(v any) any { return put([]any{v}) })...)
	case s.Type.Includes("object"):
		all = append(all, spoilObject(s, field, put)...)
	}
	return all
}

func spoilObject(s *openapi3.Schema, field string, put func(any) any) (all []wrong) {
	right := example(s).(map[string]any)
	with := func(name string, value any) any {
		object := maps.Clone(right)
		object[name] = value
		return put(object)
	}
	inner := func(name string) string { return strings.TrimPrefix(field+"."+name, ".") }
	for _, name := range s.Required {
		object := maps.Clone(right)
		delete(object, name)
		all = append(all, wrong{put(object), inner(name), false})
	}
	for name, property := range s.Properties {
		all = append(all, spoil(property.Value, inner(name), func(v any) any { return with(name, v) })...)
	}
	if values := s.AdditionalProperties.Schema; values != nil {
		return append(all, spoil(values.Value, inner("k"), func(v any) any { return with("k", v) })...)
	}
	return append(all, wrong{with("nope", 1), inner("nope"), false})
}

// example gives what a schema allows, and no more of it than must be.
func example(s *openapi3.Schema) any {
	switch {
	case s.Type.Includes("object"):
		object := map[string]any{}
		for _, name := range s.Required {
			object[name] = example(s.Properties[name].Value)
		}
		return object
	case s.Type.Includes("array"):
		return []any{}
	case s.Type.Includes("string"):
		return "x"
	case s.Type.Includes("integer"):
		return 1
	case s.Type.Includes("boolean"):
		return false
	}
	return map[string]any{}
}

// TestWrongBodies sends every operation every kind of body that its schema does not allow:
// the answer says which member it is, and nothing has happened.
func TestWrongBodies(t *testing.T) {
	document, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	paths := map[string]string{}
	for name, kind := range kept() {
		object := read(t, w.ask("owner", "POST "+kind.create, kind.body).want(http.StatusCreated).body)
		if kind.at != "" {
			object, _ = object[kind.at].(map[string]any)
		}
		paths["{"+strings.TrimPrefix(name, "service ")+"}"] = object[kind.id].(string)
	}
	before, sent := w.contents(), 0
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.RequestBody.Value.Content["application/json"] == nil {
				continue
			}
			filled := path
			for parameter, value := range paths {
				filled = strings.ReplaceAll(filled, parameter, value)
			}
			filled = strings.NewReplacer("{", "", "}", "").Replace(strings.TrimPrefix(filled, "/api/v1"))
			schema := op.RequestBody.Value.Content["application/json"].Schema.Value
			for _, bad := range spoil(schema, "", func(v any) any { return v }) {
				sent++
				w.refuses(method+" "+filled, bad)
			}
		}
	}
	if sent < 1000 {
		t.Errorf("%d bodies were sent", sent)
	}
	if after := w.contents(); after != before {
		t.Errorf("there is %s\nand there was %s", after, before)
	}
	if strings.Contains(w.log.String(), "request failed") {
		t.Errorf("logged %s", w.log.String())
	}
}

func (w *world) refuses(line string, bad wrong) {
	w.t.Helper()
	text, err := json.Marshal(bad.body)
	if err != nil {
		w.t.Fatal(err)
	}
	got := w.ask("owner", line, string(text))
	if got.status < 400 || got.status >= 500 {
		if !bad.odd || got.status >= 500 {
			w.t.Errorf("%s %s: status %d %s", line, text, got.status, got.body)
		}
		return
	}
	if bad.odd || bad.field == "" && got.status == http.StatusBadRequest {
		return
	}
	var told struct {
		Errors []struct{ Field, Detail string }
	}
	if err := json.Unmarshal(got.body, &told); err != nil {
		w.t.Fatal(err)
	}
	if !slices.ContainsFunc(told.Errors, func(e struct{ Field, Detail string }) bool {
		return e.Detail != "" && (e.Field == bad.field || strings.HasPrefix(e.Field, bad.field+".") || strings.HasPrefix(e.Field, bad.field+"["))
	}) {
		w.t.Errorf("%s %s: %d says nothing of %s: %s", line, text, got.status, bad.field, got.body)
	}
}

// contents is everything that is there, as text.
func (w *world) contents() string {
	w.t.Helper()
	var b strings.Builder
	for _, list := range []string{"organisations", "users", "groups", "clients", "connectors", "instances", "service-accounts", "initial-tokens", "roles", "keys", "mails"} {
		fmt.Fprintf(&b, "%s: %s", list, w.ask("owner", "GET /"+list, "").want(http.StatusOK).body)
	}
	// An import that takes nothing is done nevertheless.
	fmt.Fprintf(&b, "%d events", w.count("")-w.count("&type=import.done"))
	return b.String()
}
