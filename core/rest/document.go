package rest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// document gives the OpenAPI document. It changes nothing, so requests may be answered at the
// same time.
func (r *routes) document() ([]byte, error) {
	text, err := json.Marshal(r.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, err
	}
	indented.WriteByte('\n')
	return indented.Bytes(), nil
}

// finish completes the schemas once all operations are declared.
func (r *routes) finish() {
	for _, schema := range r.registry().Map() {
		if schema.Extensions[patchMark] == nil {
			tidy(schema)
		}
	}
}

// tidy says what the types cannot: lists are never null.
func tidy(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeArray {
		s.Nullable = false
	}
	for _, property := range s.Properties {
		tidy(property)
	}
	tidy(s.Items)
}

// patchMark is an extension of schemas of merge patches, whose members may be null.
const patchMark = "x-merge-patch"

// patchSchema gives the schema of a merge patch of the type: no member must be there, and
// those that can be changed may be null. Those that cannot be changed may be there as they
// are, so that whoever has the whole object may send it back.
func (r *routes) patchSchema(t reflect.Type) *huma.Schema {
	name := t.Name() + "Patch"
	ref := &huma.Schema{Ref: "#/components/schemas/" + name}
	if r.registry().Map()[name] != nil {
		return ref
	}
	whole := r.registry().Schema(t, false, "")
	s := &huma.Schema{
		Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false,
		Description: "A JSON Merge Patch (RFC 7396): what is absent stays, null empties.", Extensions: map[string]any{patchMark: true},
	}
	r.registry().Map()[name] = s
	for member, field := range fieldsOf(t) {
		property := whole.Properties[member]
		if !property.ReadOnly {
			property = r.patchProperty(property, field.Type)
		}
		s.Properties[member] = property
	}
	return ref
}

func (r *routes) patchProperty(whole *huma.Schema, t reflect.Type) *huma.Schema {
	if strings.HasPrefix(whole.Ref, "#") && t.Kind() == reflect.Struct {
		return r.patchSchema(t)
	}
	s := *whole
	s.Nullable = s.Type != ""
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		value := *values
		value.Nullable = value.Ref == ""
		s.AdditionalProperties = &value
	}
	return &s
}
