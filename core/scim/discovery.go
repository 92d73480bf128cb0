package scim

import "net/http"

// document describes the attribute as it stands in a schema (RFC 7643 section 7).
func (a *attribute) document() object {
	document := object{"name": a.name, "type": string(a.isKind()), "multiValued": a.many, "required": a.required, "description": a.description}
	document["mutability"] = string(a.mutability())
	document["returned"] = returned(a)
	switch a.isKind() {
	case kindString, kindReference:
		document["caseExact"] = a.exact
		document["uniqueness"] = uniqueness(a)
	case kindComplex:
		document["subAttributes"] = attributeDocuments(a.subs)
	}
	if a.description == "" {
		document["description"] = a.name
	}
	if len(a.values) > 0 {
		document["canonicalValues"] = a.values
	}
	if len(a.refers) > 0 {
		document["referenceTypes"] = a.refers
	}
	return document
}

func returned(a *attribute) string {
	switch {
	case a.always:
		return "always"
	case a.may == writeOnly:
		return "never"
	}
	return "default"
}

func uniqueness(a *attribute) string {
	if a.unique {
		return "server"
	}
	return "none"
}

func attributeDocuments(attributes []attribute) []any {
	documents := make([]any, len(attributes))
	for i := range attributes {
		documents[i] = attributes[i].document()
	}
	return documents
}

func (v *visit) schemaDocument(s *schema) object {
	return object{
		"schemas": []any{urnSchema}, "id": s.urn, "name": s.name, "description": s.description, "attributes": attributeDocuments(s.attributes),
		"meta": object{"resourceType": "Schema", "location": v.base + "/Schemas/" + s.urn},
	}
}

func (v *visit) typeDocument(rt *resourceType) object {
	document := object{
		"schemas": []any{urnType}, "id": rt.name, "name": rt.name, "description": rt.description, "endpoint": rt.endpoint, "schema": rt.schema.urn,
		"meta": object{"resourceType": "ResourceType", "location": v.base + "/ResourceTypes/" + rt.name},
	}
	if rt.extension != nil {
		document["schemaExtensions"] = []any{object{"schema": rt.extension.urn, "required": false}}
	}
	return document
}

// configDocument says what the server can do (RFC 7643 section 5).
func (v *visit) configDocument() object {
	return object{
		"schemas":        []any{urnConfig},
		"patch":          object{"supported": true},
		"bulk":           object{"supported": true, "maxOperations": maxBulk, "maxPayloadSize": MaxBody},
		"filter":         object{"supported": true, "maxResults": mostResults},
		"changePassword": object{"supported": true},
		"sort":           object{"supported": true},
		"etag":           object{"supported": true},
		"authenticationSchemes": []any{object{
			"type": "oauthbearertoken", "name": "Bearer token", "primary": true, "specUri": "https://www.rfc-editor.org/info/rfc6750",
			"description": "An API token, or an OAuth access token with the scope of administration, of somebody with a role in the organisation",
		}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": v.base + "/ServiceProviderConfig"},
	}
}

func (v *visit) schemas() map[string]object {
	documents := map[string]object{}
	for _, of := range v.all() {
		rt := of.resourceType()
		documents[rt.schema.urn] = v.schemaDocument(rt.schema)
		if rt.extension != nil {
			documents[rt.extension.urn] = v.schemaDocument(rt.extension)
		}
	}
	return documents
}

func (v *visit) types() map[string]object {
	documents := map[string]object{}
	for _, of := range v.all() {
		documents[of.resourceType().name] = v.typeDocument(of.resourceType())
	}
	return documents
}

// describe answers for a list of documents, or for one of them. Filters are refused (RFC 7644
// section 4).
func describe(r *request, documents map[string]object) (*answer, error) {
	switch {
	case r.query("filter") != "":
		return nil, &Error{Status: http.StatusForbidden, Detail: "This list cannot be filtered."}
	case r.id == "":
		return &answer{status: http.StatusOK, body: listResponse(sortedValues(documents), len(documents), 1)}, nil
	}
	document, is := documents[r.id]
	if !is {
		return nil, missing("document", r.id)
	}
	return &answer{status: http.StatusOK, body: document}, nil
}
