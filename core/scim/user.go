package scim

import (
	"maps"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

const typeWork = "work"

// locales are suggested: those that pages exist in.
func locales() []string { return []string{"en", "de", "fr", "es", "pt", "zh", "ja"} }

// phoneTypes are the types of phone numbers. That of work is the one that clients are told,
// others are attributes of the user.
func phoneTypes() []string { return []string{typeWork, "home", "mobile", "fax", "pager", "other"} }

// property is a text of a user that an attribute stands for.
type property struct {
	urn  string // of the extension; empty: none
	path string // "name.givenName"
	get  func(*core.User) string
	set  func(*core.User, string)
}

// properties are those that are one text each. What Postern has no property for is an
// attribute of the user, so that plugins can make a claim of it.
func properties() []property {
	return []property{
		{"", "userName", func(u *core.User) string { return u.Name }, func(u *core.User, to string) { u.Name = to }},
		ofProfile("externalId", func(p *core.Profile) *string { return &p.ExternalID }),
		ofProfile("displayName", func(p *core.Profile) *string { return &p.DisplayName }),
		ofProfile("name.givenName", func(p *core.Profile) *string { return &p.GivenName }),
		ofProfile("name.familyName", func(p *core.Profile) *string { return &p.FamilyName }),
		ofProfile("name.middleName", func(p *core.Profile) *string { return &p.MiddleName }),
		ofProfile("nickName", func(p *core.Profile) *string { return &p.Nickname }),
		ofProfile("profileUrl", func(p *core.Profile) *string { return &p.URL }),
		ofProfile("title", func(p *core.Profile) *string { return &p.Title }),
		ofProfile("locale", func(p *core.Profile) *string { return &p.Locale }),
		ofProfile("timezone", func(p *core.Profile) *string { return &p.Zoneinfo }),
		ofAttribute("", "name.formatted", "formatted_name"),
		ofAttribute("", "name.honorificPrefix", "honorific_prefix"),
		ofAttribute("", "name.honorificSuffix", "honorific_suffix"),
		ofAttribute("", "userType", "user_type"),
		ofAttribute("", "preferredLanguage", "preferred_language"),
		ofAttribute(urnEnterprise, "employeeNumber", "employee_number"),
		ofAttribute(urnEnterprise, "costCenter", "cost_center"),
		ofAttribute(urnEnterprise, "organization", "organization"),
		ofAttribute(urnEnterprise, "division", "division"),
		ofAttribute(urnEnterprise, "department", "department"),
	}
}

func ofProfile(path string, field func(*core.Profile) *string) property {
	return property{"", path,
		func(u *core.User) string { return *field(&u.Profile) },
		func(u *core.User, to string) { *field(&u.Profile) = to },
	}
}

func ofAttribute(urn, path, name string) property {
	return property{urn, path,
		func(u *core.User) string { return u.Attributes[name] },
		func(u *core.User, to string) { setAttribute(u, name, to) },
	}
}

func setAttribute(u *core.User, name, to string) {
	if to == "" {
		delete(u.Attributes, name)
		return
	}
	if u.Attributes == nil {
		u.Attributes = map[string]string{}
	}
	u.Attributes[name] = to
}

const (
	attributeManager = "manager"
	attributeAddress = "formatted_address"
)

func phoneAttribute(kind string) string { return "phone_" + kind }

// userResource makes the resource of a user; groups are those of the user.
func (v *visit) userResource(u *core.User, groups []any) object {
	resource := object{"id": string(u.ID), "active": !u.Disabled}
	for _, p := range v.model.properties {
		in := makeHolder(resource, p.urn)
		if name, sub, parted := strings.Cut(p.path, "."); parted {
			in, p.path = part(in, name), sub
		}
		put(in, p.path, p.get(u))
	}
	if u.Email != "" {
		resource["emails"] = []any{object{"value": u.Email, "type": typeWork, "primary": true}}
	}
	resource["phoneNumbers"] = phones(u)
	resource["addresses"] = address(u.Profile.Address, u.Attributes[attributeAddress])
	if manager := u.Attributes[attributeManager]; manager != "" {
		value := object{"value": manager}
		if id, err := core.ParseID(manager); err == nil {
			value["$ref"] = v.location(endpointUsers, id)
		}
		makeHolder(resource, urnEnterprise)["manager"] = value
	}
	resource["groups"] = groups
	dropEmpty(resource)
	schemas := []any{urnUser}
	if resource[urnEnterprise] != nil {
		schemas = append(schemas, urnEnterprise)
	}
	resource["schemas"] = schemas
	resource["meta"] = v.meta(v.model.user, u.ID, u.CreatedAt, u.UpdatedAt, userVersion(u))
	return resource
}

// part gives a complex attribute, made if it is missing.
func part(in object, name string) object {
	if have, is := in[name].(object); is {
		return have
	}
	made := object{}
	in[name] = made
	return made
}

func phones(u *core.User) []any {
	var values []any
	for _, kind := range phoneTypes() {
		number := u.Attributes[phoneAttribute(kind)]
		if kind == typeWork {
			number = u.Profile.Phone
		}
		if number != "" {
			values = append(values, object{"value": number, "type": kind})
		}
	}
	return values
}

func address(a core.Address, formatted string) []any {
	if a == (core.Address{}) && formatted == "" {
		return nil
	}
	value := object{"type": typeWork}
	put(value, "formatted", formatted)
	put(value, "streetAddress", a.Street)
	put(value, "locality", a.Locality)
	put(value, "region", a.Region)
	put(value, "postalCode", a.PostalCode)
	put(value, "country", a.Country)
	return []any{value}
}

// userVersion changes with everything that the resource says, and with the password.
func userVersion(u *core.User) string {
	attributes := maps.Clone(u.Attributes)
	if len(attributes) == 0 {
		attributes = nil // as it is read
	}
	return version(u.ID, u.Name, u.Email, u.Disabled, u.Profile, attributes, strings.Join(u.Groups, "\n"), u.UpdatedAt.UnixMilli(), u.PasswordAt.UnixMilli())
}

// writeUser makes the user what the resource says. It changes nothing that has no attribute:
// nobody becomes an administrator, and no address is one that was proved.
func (m *model) writeUser(resource object, u *core.User) {
	u.Attributes = maps.Clone(u.Attributes)
	for _, p := range m.properties {
		in := holder(resource, p.urn)
		if name, sub, parted := strings.Cut(p.path, "."); parted {
			in, _ = in[name].(object)
			p.path = sub
		}
		p.set(u, text(in, p.path))
	}
	writeEmail(resource, u)
	writePhones(resource, u)
	chosen := choose(list(resource, "addresses"))
	u.Profile.Address = core.Address{
		Street: text(chosen, "streetAddress"), Locality: text(chosen, "locality"), Region: text(chosen, "region"),
		PostalCode: text(chosen, "postalCode"), Country: text(chosen, "country"),
	}
	setAttribute(u, attributeAddress, text(chosen, "formatted"))
	manager, _ := holder(resource, urnEnterprise)["manager"].(object)
	id := text(manager, "value")
	if ref := text(manager, "$ref"); id == "" {
		id = ref[strings.LastIndexByte(ref, '/')+1:]
	}
	setAttribute(u, attributeManager, id)
}

// writeEmail takes the address. Whoever sends it does not know whether the person has it, so
// another one than before is unproved.
func writeEmail(resource object, u *core.User) {
	email := text(choose(list(resource, "emails")), "value")
	if email != u.Email {
		u.Email, u.EmailVerified = email, false
	}
}

func writePhones(resource object, u *core.User) {
	numbers := map[string]string{}
	for _, value := range list(resource, "phoneNumbers") {
		kind := strings.ToLower(text(value, "type"))
		switch {
		case kind == "":
			kind = typeWork
		case !slices.Contains(phoneTypes(), kind):
			kind = "other"
		}
		if numbers[kind] == "" {
			numbers[kind] = strings.TrimPrefix(text(value, "value"), "tel:")
		}
	}
	for _, kind := range phoneTypes() {
		if kind != typeWork {
			setAttribute(u, phoneAttribute(kind), numbers[kind])
		}
	}
	if numbers[typeWork] != u.Profile.Phone {
		u.Profile.Phone, u.Profile.PhoneVerified = numbers[typeWork], false
	}
}

// choose gives one of several values where a user has one: the primary one, else that of
// work, else the first.
func choose(values []object) object {
	for _, fits := range []func(object) bool{
		func(o object) bool { return o["primary"] == true },
		func(o object) bool { return strings.EqualFold(text(o, "type"), typeWork) },
		func(object) bool { return true },
	} {
		if i := slices.IndexFunc(values, fits); i >= 0 {
			return values[i]
		}
	}
	return nil
}
