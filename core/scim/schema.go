package scim

import (
	"slices"
	"strings"
)

// URNs of schemas and messages.
const (
	urnUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	urnEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	urnGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	urnSchema     = "urn:ietf:params:scim:schemas:core:2.0:Schema"
	urnType       = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	urnConfig     = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

	urnError  = "urn:ietf:params:scim:api:messages:2.0:Error"
	urnList   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	urnSearch = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	urnPatch  = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	urnBulk   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	urnBulked = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

// kind is the data type of an attribute (RFC 7643 section 2.3).
type kind string

const (
	kindString    kind = "string"
	kindBoolean   kind = "boolean"
	kindDateTime  kind = "dateTime"
	kindReference kind = "reference"
	kindComplex   kind = "complex"
)

// mutability says who may change an attribute (RFC 7643 section 2.2).
type mutability string

const (
	readWrite mutability = "readWrite"
	readOnly  mutability = "readOnly"
	immutable mutability = "immutable"
	writeOnly mutability = "writeOnly"
)

// attribute is one of a schema. The zero value of a field is what most attributes have.
type attribute struct {
	name        string
	description string
	kind        kind // empty: [kindString]
	many        bool // it has any number of values
	required    bool
	exact       bool       // capitals matter
	may         mutability // empty: [readWrite]
	always      bool       // it is in every answer; see also [writeOnly], which never is
	unique      bool
	values      []string // that are suggested
	refers      []string // of a reference: to what
	subs        []attribute
	// common is of every resource, and in no schema (RFC 7643 section 3.1).
	common bool
	// one says that a value is held at most, with whatever types several are sent.
	one bool
}

// forgets reports whether somebody may have sent the value, of which nothing is left because
// another one is held.
func (a *attribute) forgets(value object) bool {
	kind, is := value["type"].(string)
	return a.one && is && len(value) == 1 && slices.Contains([]string{"work", "home", "other"}, strings.ToLower(kind))
}

func (a *attribute) isKind() kind {
	if a.kind == "" {
		return kindString
	}
	return a.kind
}

func (a *attribute) mutability() mutability {
	if a.may == "" {
		return readWrite
	}
	return a.may
}

// sub gives the sub-attribute of that name, in any capitals; nil if there is none.
func (a *attribute) sub(name string) *attribute { return named(a.subs, name) }

func named(attributes []attribute, name string) *attribute {
	for i := range attributes {
		if strings.EqualFold(attributes[i].name, name) {
			return &attributes[i]
		}
	}
	return nil
}

// schema describes attributes.
type schema struct {
	urn         string
	name        string
	description string
	attributes  []attribute
}

// resourceType is a kind of resource, with an endpoint.
type resourceType struct {
	name        string // "User"
	description string
	endpoint    string // "/Users"
	schema      *schema
	extension   *schema     // nil: none
	common      []attribute // those of every resource
	// unheld are attributes, and sub-attributes, of the standard that nothing here stands
	// for, in lower case. Provisioning services send them however often they are refused,
	// and stop to provision the person then; so they are taken and forgotten.
	unheld []string
}

// commonAttributes are those of every resource.
func commonAttributes() []attribute {
	return []attribute{
		{name: "schemas", kind: kindReference, many: true, exact: true, may: readOnly, always: true, refers: []string{"uri"}, common: true},
		{name: "id", exact: true, may: readOnly, always: true, unique: true, common: true},
		{name: "externalId", exact: true, common: true},
		{name: "meta", kind: kindComplex, may: readOnly, common: true, subs: []attribute{
			{name: "resourceType", exact: true, may: readOnly}, {name: "created", kind: kindDateTime, may: readOnly},
			{name: "lastModified", kind: kindDateTime, may: readOnly}, {name: "version", exact: true, may: readOnly},
			{name: "location", kind: kindReference, exact: true, may: readOnly, refers: []string{"uri"}},
		}},
	}
}

func userSchema() *schema {
	return &schema{urnUser, "User", "A person who can sign in", []attribute{
		{name: "userName", description: "What the person types to sign in: 1 to 64 letters, digits and . _ - + @", required: true, unique: true},
		{name: "name", description: "The parts of the person's name", kind: kindComplex, subs: []attribute{
			{name: "formatted"}, {name: "familyName"}, {name: "givenName"}, {name: "middleName"}, {name: "honorificPrefix"}, {name: "honorificSuffix"},
		}},
		{name: "displayName", description: "What the person is called"},
		{name: "nickName"},
		{name: "profileUrl", description: "The person's page", kind: kindReference, exact: true, refers: []string{"external"}},
		{name: "title", description: "What the person does, such as Vice President"},
		{name: "userType", description: "How the person belongs to the organisation, such as Contractor"},
		{name: "preferredLanguage", values: locales()},
		{name: "locale", description: "A language tag; pages are shown in it", values: locales()},
		{name: "timezone", description: "A name of the time zone database", values: []string{"Etc/UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"}},
		{name: "active", description: "Whether the person may sign in; without it they may", kind: kindBoolean, required: true},
		{name: "password", description: "What the person signs in with. Sessions end when it is changed", exact: true, may: writeOnly},
		{name: "emails", description: "The person's address, one at most. Whether they proved that it is theirs cannot be set", kind: kindComplex, many: true, one: true, subs: []attribute{
			{name: "value"}, {name: "type", values: []string{typeWork}}, {name: "primary", kind: kindBoolean, values: []string{"true"}},
		}},
		{name: "phoneNumbers", description: "One number of each type", kind: kindComplex, many: true, subs: []attribute{
			{name: "value"}, {name: "type", values: phoneTypes()},
		}},
		{name: "addresses", description: "The person's postal address, one at most", kind: kindComplex, many: true, one: true, subs: []attribute{
			{name: "formatted"}, {name: "streetAddress"}, {name: "locality"}, {name: "region"}, {name: "postalCode"}, {name: "country"}, {name: "type", values: []string{typeWork}},
		}},
		{name: "groups", description: "What groups the person is in. Groups say who is in them", kind: kindComplex, many: true, may: readOnly, subs: []attribute{
			{name: "value", exact: true, may: readOnly}, {name: "$ref", kind: kindReference, exact: true, may: readOnly, refers: []string{"Group"}},
			{name: "display", may: readOnly}, {name: "type", may: readOnly, values: []string{"direct"}},
		}},
	}}
}

func enterpriseSchema() *schema {
	return &schema{urnEnterprise, "EnterpriseUser", "Where a person works", []attribute{
		{name: "employeeNumber"}, {name: "costCenter"}, {name: "organization"}, {name: "division"}, {name: "department"},
		{name: "manager", description: "The person's manager", kind: kindComplex, subs: []attribute{
			{name: "value", description: "The id of the manager", exact: true},
			{name: "$ref", kind: kindReference, exact: true, refers: []string{"User"}},
		}},
	}}
}

const (
	endpointUsers  = "/Users"
	endpointGroups = "/Groups"
)

// model is what resources are. It is made once for a request, as its parts are looked at for
// each resource.
type model struct {
	user, group *resourceType
	properties  []property
}

func newModel() *model { return &model{userType(), groupType(), properties()} }

func userType() *resourceType {
	return &resourceType{
		name: "User", description: "People who can sign in", endpoint: endpointUsers, schema: userSchema(), common: commonAttributes(), extension: enterpriseSchema(),
		unheld: []string{
			"ims", "photos", "entitlements", "roles", "x509certificates",
			"emails.display", "phonenumbers.display", "phonenumbers.primary", "addresses.primary", "manager.displayname",
		},
	}
}

// found is what a path leads to in a resource.
type found struct {
	urn       string     // of the extension that it is in; empty: of the resource itself
	attribute *attribute // nil with urn: the extension as a whole
	sub       *attribute // nil: the attribute as a whole
	unheld    bool       // it is one that nothing stands for, see [resourceType]
}

// find resolves the path of an attribute, with or without a URN. Names are taken in any
// capitals (RFC 7643 section 2.1), and those of the extension without its URN too: a large
// service calls the manager so.
func (rt *resourceType) find(text string) (found, bool) {
	if rt.extension != nil && strings.EqualFold(text, rt.extension.urn) {
		return found{urn: rt.extension.urn}, true
	}
	if rest, is := cutPrefixFold(text, rt.schema.urn+":"); is {
		return rt.findIn("", rt.schema.attributes, rest)
	}
	if rt.extension != nil {
		if rest, is := cutPrefixFold(text, rt.extension.urn+":"); is {
			return rt.findIn(rt.extension.urn, rt.extension.attributes, rest)
		}
	}
	if f, is := rt.findIn("", rt.schema.attributes, text); is {
		return f, true
	}
	if f, is := rt.findIn("", rt.common, text); is || rt.extension == nil {
		return f, is
	}
	return rt.findIn(rt.extension.urn, rt.extension.attributes, text)
}

func (rt *resourceType) findIn(urn string, attributes []attribute, text string) (found, bool) {
	name, sub, dotted := strings.Cut(text, ".")
	f := found{urn: urn, attribute: named(attributes, name)}
	if f.attribute != nil && dotted {
		if f.sub = f.attribute.sub(sub); f.sub == nil {
			f.attribute = nil
		}
	}
	for _, unheld := range rt.unheld {
		if strings.EqualFold(text, unheld) || strings.EqualFold(name, unheld) {
			f.unheld = true
		}
	}
	return f, f.attribute != nil || f.unheld
}

func cutPrefixFold(text, prefix string) (rest string, found bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

// all gives the attributes of the resource itself, the common ones too.
func (rt *resourceType) all() []attribute { return slices.Concat(rt.common, rt.schema.attributes) }
