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
		s.Properties[member] = r.patchProperty(whole.Properties[member], field.Type)
	}
	return ref
}

// unchangeable is a member that may be there as it is. It is not readOnly, which would say
// that it may not be sent; nor are those inside it looked at.
func unchangeable(whole *huma.Schema) *huma.Schema {
	s := *whole
	if s.Ref != "" || s.Items != nil && s.Items.Ref != "" {
		s = huma.Schema{Description: whole.Description}
	}
	s.ReadOnly = false
	s.Description = strings.TrimSpace(s.Description + " It cannot be changed: it is absent or as it is.")
	return &s
}

func (r *routes) patchProperty(whole *huma.Schema, t reflect.Type) *huma.Schema {
	if whole.ReadOnly {
		return unchangeable(whole)
	}
	if strings.HasPrefix(whole.Ref, "#") && t.Kind() == reflect.Struct {
		return &huma.Schema{AnyOf: []*huma.Schema{r.patchSchema(t), {Type: "null"}}}
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
