package scim_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// described is an attribute as a document of /Schemas describes it.
type described struct {
	urn, path  string // "name.givenName"
	document   map[string]any
	sub        bool
	multiple   bool // it is one of several values, or of one of them
	whole      map[string]any
	wholeNamed string
}

func (d *described) is(member string, value any) bool {
	return reflect.DeepEqual(d.document[member], value)
}

// full is the path with the URN of its schema, as RFC 7644 section 3.10 writes it.
func (d *described) full() string { return d.urn + ":" + d.path }

// describedBy gives the attributes and sub-attributes of a schema.
func (w *world) describedBy(urn string) []described {
	w.t.Helper()
	var all []described
	attributes, _ := w.ask("GET", "/Schemas/"+urn, "").is(200).at("attributes").([]any)
	for _, element := range attributes {
		a := element.(map[string]any)
		name := a["name"].(string)
		all = append(all, described{urn: urn, path: name, document: a, multiple: a["multiValued"] == true, whole: a, wholeNamed: name})
		subs, _ := a["subAttributes"].([]any)
		for _, element := range subs {
			sub := element.(map[string]any)
			all = append(all, described{urn, name + "." + sub["name"].(string), sub, true, a["multiValued"] == true, a, name})
		}
	}
	return all
}

// sample gives a value of the attribute that the server takes.
func (d *described) sample(boss string) any {
	switch d.path {
	case "userName":
		return "Sample.Name"
	case "locale":
		return "de-CH"
	case "timezone":
		return "Europe/Berlin"
	case "profileUrl":
		return "https://people.example/Anna"
	case "emails.value":
		return "Sample@example.org"
	case "phoneNumbers.value":
		return "+49 30 123456"
	case "manager.value":
		return boss
	case "manager.$ref":
		return base + "/Users/" + boss
	}
	if values, is := d.document["canonicalValues"].([]any); is {
		return map[bool]any{true: true, false: values[0]}[d.is("type", "boolean")]
	}
	if d.is("type", "boolean") {
		return false
	}
	return "Sample " + d.path[strings.LastIndexByte(d.path, '.')+1:]
}

func (w *world) value(path string, d *described) any {
	w.t.Helper()
	value := w.ask("GET", path, "").is(200).body
	if d.urn == urnEnterprise {
		value = value.(map[string]any)[d.urn]
	}
	for name := range strings.SplitSeq(d.path, ".") {
		if list, is := value.([]any); is && len(list) > 0 {
			value = list[0]
		}
		members, _ := value.(map[string]any)
		value = members[name]
	}
	return value
}

// Each attribute that /Schemas describes is stored, answered, patched, found and removed as it
// is described there.
func TestSchemasAreTrue(t *testing.T) {
	w := newWorld(t)
	boss := w.user("boss", "").id()
	tried := 0
	for _, urn := range []string{urnUser, urnEnterprise} {
		for _, d := range w.describedBy(urn) {
			t.Run(d.full(), func(t *testing.T) {
				w.t = t
				tried++
				user := w.user(fmt.Sprintf("u%d", tried), "").id()
				switch {
				case d.is("mutability", "readOnly"), d.whole["mutability"] == "readOnly":
					w.isReadOnly(user, &d)
				case d.is("mutability", "writeOnly"):
					w.isWriteOnly(user, &d)
				case d.is("mutability", "readWrite") && !d.is("type", "complex"):
					w.isReadWrite(user, &d, boss)
				case !d.is("type", "complex"):
					t.Errorf("nobody knows what %v is", d.document["mutability"])
				}
				w.ask("DELETE", "/Users/"+user, "").is(204)
			})
		}
	}
	w.t = t
	if tried < 45 {
		t.Errorf("there were %d attributes: that is too little", tried)
	}
}

func (w *world) isReadOnly(user string, d *described) {
	w.t.Helper()
	before := w.value("/Users/"+user, d)
	w.patch("/Users/"+user, fmt.Sprintf(`{"op":"replace","path":%q,"value":"x"}`, d.full())).refused(400, "mutability")
	w.patch("/Users/"+user, fmt.Sprintf(`{"op":"replace","value":{%q:"x"}}`, d.full())).is(200)
	if after := w.value("/Users/"+user, d); !reflect.DeepEqual(before, after) {
		w.t.Errorf("it is %v, and was %v", after, before)
	}
	w.find("/Users", "filter", d.full()+" pr").is(200)
}

func (w *world) isWriteOnly(user string, d *described) {
	w.t.Helper()
	if !d.is("returned", "never") {
		w.t.Errorf("it is returned %v", d.document["returned"])
	}
	got := w.patch("/Users/"+user, fmt.Sprintf(`{"op":"replace","path":%q,"value":"correct horse"}`, d.full())).is(200)
	if got.at(d.path) != nil || w.value("/Users/"+user, d) != nil || w.find("/Users/"+user, "attributes", d.full()).at(d.path) != nil {
		w.t.Error("it is shown")
	}
	if w.stored(user).PasswordHash == "" {
		w.t.Error("it is not stored")
	}
	w.find("/Users", "filter", d.full()+" pr").refused(400, "invalidFilter")
}

func (w *world) isReadWrite(user string, d *described, boss string) {
	w.t.Helper()
	path, want := "/Users/"+user, d.sample(boss)
	op := map[bool]string{true: "add", false: "replace"}[d.sub]
	if d.multiple && d.path != d.wholeNamed+".value" && d.whole["name"] != "addresses" {
		// What says nothing without a value goes with one.
		value := (&described{path: d.wholeNamed + ".value", document: map[string]any{}}).sample(boss)
		w.patch(path, fmt.Sprintf(`{"op":"add","path":%q,"value":%q}`, d.urn+":"+d.wholeNamed+".value", value)).is(200)
	}
	if d.path == "addresses.type" {
		w.patch(path, `{"op":"add","path":"addresses.country","value":"DE"}`).is(200)
	}
	w.patch(path, fmt.Sprintf(`{"op":%q,"path":%q,"value":%s}`, op, d.full(), inJSON(want))).is(200)
	if got := w.value(path, d); !reflect.DeepEqual(got, want) {
		w.t.Fatalf("it is %v, not %v", got, want)
	}
	if _, is := want.(string); is {
		for _, test := range []struct {
			filter string
			found  bool
		}{
			{fmt.Sprintf("%s eq %q", d.full(), want), true},
			{fmt.Sprintf("%s eq %q", strings.ToUpper(d.full()), want), true},
			{fmt.Sprintf("%s sw %q", d.full(), want.(string)[:2]), true},
			{fmt.Sprintf("%s eq %q", d.full(), strings.ToUpper(want.(string))), !d.is("caseExact", true) || strings.ToUpper(want.(string)) == want},
			{fmt.Sprintf("%s ne %q", d.full(), want), false},
			{d.full() + " pr", true},
		} {
			w.findsOne(user, test.filter, test.found)
		}
	} else {
		w.findsOne(user, fmt.Sprintf("%s eq %v", d.full(), want), true)
		w.findsOne(user, fmt.Sprintf("%s eq %v", d.full(), want != true), false)
	}
	if d.is("uniqueness", "server") {
		w.ask("POST", "/Users", fmt.Sprintf(`{"userName":"other",%q:%s}`, d.path, inJSON(want))).is(map[bool]int{true: 409, false: 400}[d.path != "userName"])
	}
	w.removed(user, d)
}

// removed has an attribute that is required refused, and any other gone.
func (w *world) removed(user string, d *described) {
	w.t.Helper()
	operation := fmt.Sprintf(`{"op":"remove","path":%q}`, d.full())
	if d.is("required", true) {
		w.patch("/Users/"+user, operation).refused(400, "mutability")
		return
	}
	if d.wholeNamed == "emails" && d.path != "emails.value" {
		return // the one address is always the primary one of work
	}
	if strings.HasSuffix(d.path, ".type") || d.path == "manager.$ref" {
		return // it follows from the value
	}
	w.patch("/Users/"+user, operation).is(200)
	if d.path == "manager.value" {
		operation = strings.Replace(operation, "manager.value", "manager", 1)
		w.patch("/Users/"+user, operation).is(200)
	}
	if got := w.value("/Users/"+user, d); got != nil {
		w.t.Errorf("removed, it is %v", got)
	}
	w.findsOne(user, "not ("+d.full()+" pr)", true)
}

func (w *world) findsOne(user, filter string, want bool) {
	w.t.Helper()
	got := w.find("/Users", "filter", fmt.Sprintf(`id eq %q and %s`, user, filter)).is(200)
	if found := got.at("totalResults") == 1.0; found != want {
		w.t.Errorf("%s finds %v", filter, got.at("totalResults"))
	}
}

func inJSON(value any) string {
	if text, is := value.(string); is {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprint(value)
}

// What is always in an answer is there whatever is asked for, and what is not can be left out.
func TestReturnedIsTrue(t *testing.T) {
	w := newWorld(t)
	path := "/Users/" + w.user("anna", anna).id()
	for _, d := range w.describedBy(urnUser) {
		if d.sub || d.is("returned", "never") {
			continue
		}
		if got := w.find(path, "excludedAttributes", d.path); (got.at(d.path) != nil) != d.is("returned", "always") {
			t.Errorf("%s is returned %v, but excluded it is %v", d.path, d.document["returned"], got.at(d.path))
		}
		if got := w.find(path, "attributes", d.path); got.at("id") == nil || got.at("schemas") == nil {
			t.Errorf("with %s alone: %v", d.path, got.body)
		}
	}
}
