package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// maxOperations is how many operations a patch has; a group of that many members is patched
// in several.
const maxOperations = 1000

// operation is one of a patch (RFC 7644 section 3.5.2).
type operation struct {
	op    string // "add", "remove" or "replace"
	path  string // empty: the resource as a whole
	value any
}

const (
	opAdd     = "add"
	opRemove  = "remove"
	opReplace = "replace"
)

// readPatch reads the operations of a request. Operations are taken in any capitals: "Add" is
// what some services write.
func readPatch(body object) ([]operation, error) {
	if err := checkMessage(body, urnPatch); err != nil {
		return nil, err
	}
	raw, _ := memberFold(body, "Operations").([]any)
	switch {
	case len(raw) == 0:
		return nil, refuse(typeInvalidSyntax, "The member Operations is missing.")
	case len(raw) > maxOperations:
		return nil, &Error{Status: 413, Type: typeTooMany, Detail: "There are too many operations in one request."}
	}
	operations := make([]operation, len(raw))
	for i, element := range raw {
		members, _ := element.(object)
		o := operation{op: strings.ToLower(asText(memberFold(members, "op"))), path: asText(memberFold(members, "path")), value: memberFold(members, "value")}
		if !slices.Contains([]string{opAdd, opRemove, opReplace}, o.op) {
			return nil, refuse(typeInvalidSyntax, "The operation %q is none: it is add, remove or replace.", cut(o.op))
		}
		if o.op != opRemove && !hasMember(members, "value") {
			return nil, refuse(typeInvalidValue, "The operation %s %s has no value.", o.op, cut(o.path))
		}
		operations[i] = o
	}
	return operations, nil
}

// memberFold gives a member whose name is written in any capitals; nil if there is none.
func memberFold(o object, name string) any {
	if value, is := o[name]; is {
		return value
	}
	for key, value := range o {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

func hasMember(o object, name string) bool {
	for key := range o {
		if strings.EqualFold(key, name) {
			return true
		}
	}
	return false
}

// checkMessage refuses a message that says to be another one.
func checkMessage(body object, urn string) error {
	urns, _ := memberFold(body, "schemas").([]any)
	if !slices.ContainsFunc(urns, func(have any) bool { return strings.EqualFold(asText(have), urn) }) {
		return refuse(typeInvalidSyntax, "The member schemas does not have %s.", urn)
	}
	return nil
}

// patch carries out the operations on a resource, one after the other. On an error, an
// [*Error], the resource is half changed and worth nothing.
func (rt *resourceType) patch(resource object, operations []operation) error {
	for _, o := range operations {
		if err := rt.operate(resource, o); err != nil {
			return err
		}
	}
	dropEmpty(resource)
	return nil
}

func (rt *resourceType) operate(resource object, o operation) error {
	if o.path != "" {
		return rt.operateAt(resource, o)
	}
	members, is := o.value.(object)
	switch {
	case o.op == opRemove:
		return refuse(typeNoTarget, "A remove operation needs a path.")
	case !is:
		return refuse(typeInvalidValue, "An operation without a path needs an object as its value.")
	}
	return rt.operateOn(resource, o.op, "", members)
}

// operateOn carries out an operation without a path: each member is one of its own. Some
// services name members by paths: "name.givenName". What is read-only or unknown is passed
// over, as it is in a resource.
func (rt *resourceType) operateOn(resource object, op, prefix string, members object) error {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		to, err := parsePath(prefix + name)
		if err != nil {
			return err
		}
		f, is := rt.find(to.attribute)
		if !is || f.unheld || f.attribute != nil && f.attribute.may == readOnly {
			continue
		}
		if err := rt.operateAt(resource, operation{op, prefix + name, members[name]}); err != nil {
			return err
		}
	}
	return nil
}

func (rt *resourceType) operateAt(resource object, o operation) error {
	to, err := parsePath(o.path)
	if err != nil {
		return err
	}
	f, is := rt.find(to.attribute)
	switch {
	case !is:
		return refuse(typeInvalidPath, "The resource type %s has no attribute %q.", rt.name, cut(to.attribute))
	case f.unheld:
		return nil
	case f.attribute == nil:
		return rt.operateOnExtension(resource, o, f.urn)
	case f.attribute.may == readOnly || f.sub != nil && f.sub.may == readOnly:
		return refuse(typeMutability, "The attribute %s cannot be changed.", cut(o.path))
	case o.op == opRemove && f.attribute.required && f.sub == nil && to.filter == nil:
		return refuse(typeMutability, "The attribute %s is required.", f.attribute.name)
	case f.attribute.may == writeOnly && (o.op == opRemove || o.value == nil || o.value == ""):
		return refuse(typeMutability, "The attribute %s is replaced, and not removed.", f.attribute.name)
	}
	in := makeHolder(resource, f.urn)
	if to.filter != nil {
		return rt.operateSelected(in, f, to, o)
	}
	if f.sub != nil {
		return operateSub(in, f, o)
	}
	return operateWhole(in, f.attribute, o)
}

func (rt *resourceType) operateOnExtension(resource object, o operation, urn string) error {
	if o.op == opRemove {
		delete(resource, urn)
		return nil
	}
	members, is := o.value.(object)
	if !is {
		return refuse(typeInvalidValue, "The value of %s is an object.", urn)
	}
	return rt.operateOn(resource, o.op, urn+":", members)
}

// operateWhole is for a path that names an attribute.
func operateWhole(in object, a *attribute, o operation) error {
	value, err := read(a, o.value)
	switch {
	case err != nil:
		return err
	case value == nil && o.op != opRemove && sentParts(o.value):
		return nil // nothing here stands for any of them: what there is stays
	case o.op == opRemove && a.many && o.value != nil:
		// So says no standard, but a large service takes members out so.
		in[a.name] = without(some(in[a.name]), some(value))
	case o.op == opRemove || value == nil:
		if a.required {
			return refuse(typeMutability, "The attribute %s is required.", a.name)
		}
		delete(in, a.name)
	case o.op == opAdd && a.many:
		in[a.name] = joined(some(in[a.name]), some(value))
	case a.kind == kindComplex && !a.many:
		have, _ := in[a.name].(object)
		in[a.name] = merged(have, value.(object))
	default:
		in[a.name] = value
	}
	return nil
}

func sentParts(value any) bool {
	parts, is := value.(object)
	return is && len(parts) > 0
}

// merged gives the complex value with the parts of another one in place of its own (RFC 7644
// section 3.5.2.3).
func merged(have, with object) object {
	both := object{}
	maps.Copy(both, have)
	maps.Copy(both, with)
	return both
}

// same reports whether two values of an attribute are one: their value is, and their type
// unless one has none.
func same(a, b any) bool {
	left, isLeft := a.(object)
	right, isRight := b.(object)
	if !isLeft || !isRight || left["value"] == nil {
		return equal(a, b)
	}
	return left["value"] == right["value"] && (left["type"] == nil || right["type"] == nil || left["type"] == right["type"])
}

func without(have, gone []any) []any {
	return slices.DeleteFunc(slices.Clone(have), func(value any) bool {
		return slices.ContainsFunc(gone, func(other any) bool { return same(value, other) })
	})
}

// joined adds values that are not there. One that is the primary one makes others no longer
// be (RFC 7644 section 3.5.2).
func joined(have, added []any) []any {
	all := slices.Clone(have)
	for _, value := range added {
		if slices.ContainsFunc(all, func(other any) bool { return same(value, other) }) {
			continue
		}
		if complex, is := value.(object); is && complex["primary"] == true {
			for _, other := range all {
				if other, is := other.(object); is && other["primary"] == true {
					other["primary"] = false
				}
			}
		}
		all = append(all, value)
	}
	return all
}

// operateSub is for a path that names a sub-attribute, of all values if there are several.
func operateSub(in object, f found, o operation) error {
	values := complexValues(in, f.attribute)
	if len(values) == 0 && o.op != opRemove {
		made := object{}
		values = []object{made}
		in[f.attribute.name] = made
		if f.attribute.many {
			in[f.attribute.name] = []any{made}
		}
	}
	return setSub(values, f.sub, o)
}

func setSub(values []object, sub *attribute, o operation) error {
	value, err := read(sub, o.value)
	if err != nil {
		return err
	}
	for _, complex := range values {
		if have := complex[sub.name]; sub.may == immutable && have != nil && have != value {
			return refuse(typeMutability, "The sub-attribute %s cannot be changed: remove the value and add another one.", sub.name)
		}
		if o.op == opRemove || value == nil {
			delete(complex, sub.name)
		} else {
			complex[sub.name] = value
		}
	}
	return nil
}

// operateSelected is for a path with a filter: of the values that pass.
func (rt *resourceType) operateSelected(in object, f found, to path, o operation) error {
	if f.sub != nil || f.attribute.kind != kindComplex || !f.attribute.many {
		return refuse(typeInvalidPath, "The attribute %s has no values to choose from.", f.attribute.name)
	}
	match, err := scope{rt: rt, of: f.attribute}.compile(to.filter)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(list(in, f.attribute.name), func(value object) bool { return !match(value) })
	if to.sub == "" && o.op == opRemove {
		in[f.attribute.name] = slices.DeleteFunc(some(in[f.attribute.name]), func(value any) bool {
			complex, is := value.(object)
			return is && match(complex)
		})
		return nil
	}
	sub := f.attribute.sub(to.sub)
	switch {
	case to.sub == "" || sub != nil:
	case rt.isUnheld(f.attribute.name + "." + to.sub):
		return nil
	default:
		return refuse(typeInvalidPath, "The attribute %s has no sub-attribute %q.", f.attribute.name, cut(to.sub))
	}
	if len(chosen) == 0 && o.op != opRemove {
		made, err := makeSelected(f.attribute, to, o)
		if err != nil {
			return err
		}
		in[f.attribute.name] = append(some(in[f.attribute.name]), made)
		chosen = []object{made}
	}
	if sub != nil {
		err = setSub(chosen, sub, o)
	} else {
		err = mergeInto(chosen, f.attribute, o)
	}
	if err == nil {
		onePrimary(list(in, f.attribute.name), chosen)
	}
	return err
}

// onePrimary makes others no longer the primary value where one that was changed is (RFC
// 7644 section 3.5.2).
func onePrimary(all, changed []object) {
	is := slices.IndexFunc(changed, func(value object) bool { return value["primary"] == true })
	if is < 0 {
		return
	}
	for _, other := range all {
		if other["primary"] == true && !sameObject(other, changed[is]) {
			other["primary"] = false
		}
	}
}

// sameObject reports whether both are one object, not only alike.
func sameObject(a, b object) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}

func (rt *resourceType) isUnheld(path string) bool {
	return slices.ContainsFunc(rt.unheld, func(unheld string) bool { return strings.EqualFold(unheld, path) })
}

func mergeInto(chosen []object, a *attribute, o operation) error {
	value, err := readOne(a, o.value)
	if err != nil {
		return err
	}
	with, _ := value.(object)
	for _, complex := range chosen {
		maps.Copy(complex, with)
	}
	return nil
}

// makeSelected makes the value that the filter asks for, where none passes: services add the
// address of a person who has none by emails[type eq "work"].value. To replace what is not
// there is refused (RFC 7644 section 3.5.2.3), unless it may have been sent and forgotten.
func makeSelected(a *attribute, to path, o operation) (object, error) {
	made := object{}
	if !wanted(a, to.filter, made) || o.op != opAdd && !a.forgets(made) {
		return nil, refuse(typeNoTarget, "None of the values of %s passes the filter.", a.name)
	}
	return made, nil
}

// wanted fills in what the filter says by equality alone; false if it says more.
func wanted(a *attribute, e expression, into object) bool {
	switch e := e.(type) {
	case *conjunction:
		return wanted(a, e.left, into) && wanted(a, e.right, into)
	case *comparison:
		sub := a.sub(e.path)
		if sub == nil || e.op != opEqual || e.value == nil {
			return false
		}
		value, err := readOne(sub, e.value)
		into[sub.name] = value
		return err == nil
	}
	return false
}
