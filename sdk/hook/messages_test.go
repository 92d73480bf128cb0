package hook_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

// wire is a message that goes over the wire.
type wire interface{ AppendJSON([]byte) []byte }

// messageType is a type of message with its parser.
type messageType struct {
	typ   reflect.Type // of the struct
	parse func([]byte) (wire, error)
	// strict is what the host reads: there, members that it does not know are
	// refused.
	strict bool
}

func (m messageType) zero() wire { return reflect.New(m.typ).Interface().(wire) }

// full has something in each member, however deep.
func (m messageType) full() wire {
	v := reflect.New(m.typ)
	fill(v.Elem(), m.typ.Name())
	return v.Interface().(wire)
}

func fromHost[T any, P interface {
	*T
	wire
}](parse func([]byte) (P, error)) messageType {
	return messageType{reflect.TypeFor[T](), func(data []byte) (wire, error) { return parse(data) }, false}
}

func fromPlugin[T any, P interface {
	*T
	wire
}](parse func([]byte) (P, error)) messageType {
	m := fromHost(parse)
	m.strict = true
	return m
}

// messageTypes are all of them but the manifest, which is part of an array.
func messageTypes() []messageType {
	return []messageType{
		fromHost(hook.ParseClaimsInput), fromPlugin(hook.ParseClaimsOutput), fromHost(hook.ParseAccountInput),
		fromHost(hook.ParseScopeInput), fromPlugin(hook.ParseScopeOutput),
		fromHost(hook.ParseLoginInput), fromPlugin(hook.ParseLoginOutput),
		fromHost(hook.ParsePasswordInput), fromPlugin(hook.ParsePasswordOutput),
		fromHost(hook.ParseEventInput), fromPlugin(hook.ParseEventOutput),
		fromPlugin(hook.ParseFetchRequest), fromHost(hook.ParseFetchAnswer),
		fromPlugin(hook.ParseJWTVerifyRequest), fromHost(hook.ParseJWTVerifyAnswer),
		fromPlugin(hook.ParseKVRequest), fromHost(hook.ParseKVAnswer),
		fromPlugin(hook.ParseSecretGetRequest), fromHost(hook.ParseSecretGetAnswer),
		fromPlugin(hook.ParseOIDCExchangeRequest), fromHost(hook.ParseOIDCExchangeAnswer),
		fromPlugin(hook.ParseOAuthExchangeRequest), fromHost(hook.ParseOAuthExchangeAnswer),
		fromPlugin(hook.ParseLDAPBindRequest), fromHost(hook.ParseLDAPBindAnswer),
		fromPlugin(hook.ParseLDAPSearchRequest), fromHost(hook.ParseLDAPSearchAnswer),
	}
}

var (
	valueType  = reflect.TypeFor[hook.Value]()
	objectType = reflect.TypeFor[hook.Object]()
)

// fill puts something into each field; what it is says where it stands.
func fill(v reflect.Value, path string) {
	switch {
	case v.Type() == valueType:
		v.Set(reflect.ValueOf(hook.FromObject(hook.Object{{Name: path, Value: hook.Array(hook.Int(1), hook.Value{})}})))
	case v.Type() == objectType:
		v.Set(reflect.ValueOf(hook.Object{{Name: path, Value: hook.String("é\n")}, {Name: "a", Value: hook.Bool(false)}}))
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), path+"[0]")
		fill(v.Index(1), path+"[1]")
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), path+"."+v.Type().Field(i).Tag.Get("json"))
		}
	case v.Kind() == reflect.String:
		v.SetString(path + ` "`)
	case v.Kind() == reflect.Int:
		v.SetInt(int64(len(path)))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		panic("a field of the type " + v.Type().String())
	}
}

// parts are the struct and those within it.
func parts(typ reflect.Type) []reflect.Type {
	for typ.Kind() == reflect.Slice && typ != objectType || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == valueType {
		return nil
	}
	all := []reflect.Type{typ}
	for i := range typ.NumField() {
		all = append(all, parts(typ.Field(i).Type)...)
	}
	return all
}

func TestEveryMessageIsTested(t *testing.T) {
	tested := map[reflect.Type]bool{}
	for _, m := range messageTypes() {
		for _, part := range parts(m.typ) {
			tested[part] = true
		}
	}
	for _, hooked := range []any{hook.User{}, hook.Identity{}, hook.LoginRedirect{}, hook.FetchSecret{}, hook.LDAPEntry{}, hook.CapabilityError{}, hook.Event{}} {
		if !tested[reflect.TypeOf(hooked)] {
			t.Errorf("no message has a %T", hooked)
		}
	}
	// A round for each hook, but for account.shape/v1, whose output is free, and a
	// round for each capability, but for the clock, which is a number.
	if want := 2*len(hook.Names) - 1 + 2*(len(hook.Capabilities)-1); len(messageTypes()) != want {
		t.Errorf("%d messages, want %d", len(messageTypes()), want)
	}
}

func TestFullMessages(t *testing.T) {
	for _, m := range messageTypes() {
		full := m.full()
		written := full.AppendJSON(nil)
		read, err := m.parse(written)
		if err != nil {
			t.Errorf("%s: %v in %s", m.typ, err, written)
			continue
		}
		if !reflect.DeepEqual(read, full) {
			t.Errorf("%s: wrote %+v, read %+v", m.typ, full, read)
		}
		agreeWithTags(t, m.typ, object(t, written))
	}
}

// agreeWithTags holds that the object has what the tags of the struct promise, in
// the order of its fields.
func agreeWithTags(t *testing.T, typ reflect.Type, o hook.Object) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if len(o) != typ.NumField() {
		t.Fatalf("%s: %d members, the struct has %d", typ, len(o), typ.NumField())
	}
	for i, member := range o {
		field := typ.Field(i)
		if member.Name != field.Tag.Get("json") {
			t.Errorf("%s: member %s, the field is %s", typ, member.Name, field.Tag.Get("json"))
		}
		inner := member.Value
		if inner.Kind() == hook.KindArray {
			inner = inner.List()[0]
		}
		if len(parts(field.Type)) > 0 {
			agreeWithTags(t, field.Type, inner.Object())
		}
	}
}

// TestEmptyMembersAreLeftOut holds it for each field: but for values and parts that
// are always there, an empty message says nothing.
func TestEmptyMembersAreLeftOut(t *testing.T) {
	for _, m := range messageTypes() {
		o := object(t, m.zero().AppendJSON(nil))
		for i := range m.typ.NumField() {
			field := m.typ.Field(i)
			v, written := o.Get(field.Tag.Get("json"))
			always := field.Type.Kind() == reflect.Struct
			if written != always || written && field.Type != valueType && v.Kind() != hook.KindObject {
				t.Errorf("%s.%s: written is %v in %s", m.typ, field.Name, written, o.AppendJSON(nil))
			}
		}
	}
}

// TestMembersLeftOut holds that each member may be left out, and is then empty.
func TestMembersLeftOut(t *testing.T) {
	for _, m := range messageTypes() {
		read, err := m.parse([]byte(` { } `))
		if err != nil || !reflect.DeepEqual(read, m.zero()) {
			t.Errorf("%s: {} is read as %+v, %v", m.typ, read, err)
		}
		for i := range m.typ.NumField() {
			o := object(t, m.full().AppendJSON(nil))
			o.Remove(m.typ.Field(i).Tag.Get("json"))
			want := reflect.ValueOf(m.full()).Elem()
			want.Field(i).SetZero()
			read, err := m.parse(o.AppendJSON(nil))
			if err != nil || !reflect.DeepEqual(read, want.Addr().Interface()) {
				t.Errorf("%s without %s: %+v, %v", m.typ, m.typ.Field(i).Name, read, err)
			}
		}
	}
}

func TestMembersInAnyOrder(t *testing.T) {
	for _, m := range messageTypes() {
		full := m.full()
		written := reversed(hook.FromObject(object(t, full.AppendJSON(nil))), m.typ).AppendJSON(nil)
		for _, text := range [][]byte{written, indented(t, written)} {
			read, err := m.parse(text)
			if err != nil || !reflect.DeepEqual(read, full) {
				t.Errorf("%s: %s is read as %+v, %v", m.typ, text, read, err)
			}
		}
	}
}

// reversed turns the order of members, within the parts of the message too.
func reversed(v hook.Value, typ reflect.Type) hook.Value {
	if len(parts(typ)) == 0 {
		return v
	}
	if v.Kind() == hook.KindArray {
		var list []hook.Value
		for _, element := range v.List() {
			list = append(list, reversed(element, typ.Elem()))
		}
		return hook.Array(list...)
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	o := slices.Clone(v.Object())
	for i := range o {
		o[i].Value = reversed(o[i].Value, typ.Field(i).Type)
	}
	slices.Reverse(o)
	return hook.FromObject(o)
}

func indented(t *testing.T, text []byte) []byte {
	t.Helper()
	var decoded json.RawMessage = text
	spaced, err := json.MarshalIndent(decoded, "\t", " ")
	if err != nil {
		t.Fatal(err)
	}
	return spaced
}

// TestUnknownMembers holds that the host refuses what it does not know, in each
// part of a message, and that plugins ignore it: a newer host may send more.
func TestUnknownMembers(t *testing.T) {
	unknown := []string{`"newer":{"a":[1,"b"]},`, `"":null,`, `"id2":"","z":[],`}
	for _, m := range messageTypes() {
		full := m.full()
		written := string(full.AppendJSON(nil))
		for at := range len(written) - 1 {
			// Where a member of the message, and not of an object of others, begins.
			if !isMember(written, at) {
				continue
			}
			for _, more := range unknown {
				text := written[:at] + more + written[at:]
				read, err := m.parse([]byte(text))
				if m.strict && err == nil {
					t.Fatalf("%s: the host accepts %s", m.typ, text)
				}
				if !m.strict && (err != nil || !reflect.DeepEqual(read, full)) {
					t.Fatalf("%s: %v, %+v of %s", m.typ, err, read, text)
				}
			}
		}
		text := strings.TrimSuffix(written, "}") + `,"newer":1}`
		if written == "{}" {
			text = `{"newer":1}`
		}
		if _, err := m.parse([]byte(text)); (err != nil) != m.strict {
			t.Errorf("%s: %v of %s", m.typ, err, text)
		}
	}
}

// isMember reports whether a member of fill's begins there: those of objects that
// are not of the contract have the path as their name, or are called a.
func isMember(text string, at int) bool {
	if text[at] != '"' || at == 0 || text[at-1] != '{' && text[at-1] != ',' {
		return false
	}
	name, rest, _ := strings.Cut(text[at+1:], `"`)
	return strings.HasPrefix(rest, ":") && name != "a" && !strings.Contains(name, ".")
}

// TestMembersTwice holds that nobody accepts a member of the contract twice.
func TestMembersTwice(t *testing.T) {
	for _, m := range messageTypes() {
		o := object(t, m.full().AppendJSON(nil))
		for _, member := range o {
			text := append(o[:len(o):len(o)], member).AppendJSON(nil)
			if _, err := m.parse(text); err == nil {
				t.Errorf("%s: %s twice is accepted", m.typ, member.Name)
			}
		}
	}
}

// TestWrongTypes holds that no member takes a value of another type.
func TestWrongTypes(t *testing.T) {
	for _, m := range messageTypes() {
		for i := range m.typ.NumField() {
			field := m.typ.Field(i)
			if field.Type == valueType {
				continue
			}
			for _, wrong := range wrongFor(field.Type) {
				text := `{"` + field.Tag.Get("json") + `":` + wrong + `}`
				if read, err := m.parse([]byte(text)); err == nil {
					t.Errorf("%s: %s is read as %+v", m.typ, text, read)
				}
			}
		}
		for _, text := range []string{``, `null`, `[]`, `"a"`, `{`, `{} x`, `{"`, `{}}`, `{"a"}`} {
			if text == `` && m.typ == reflect.TypeFor[hook.EventOutput]() {
				continue
			}
			if read, err := m.parse([]byte(text)); err == nil {
				t.Errorf("%s: %q is read as %+v", m.typ, text, read)
			}
		}
	}
}

func wrongFor(typ reflect.Type) []string {
	all := map[string]string{
		"string": `"a"`, "int": `7`, "bool": `true`, "object": `{}`, "array": `[]`, "null": `null`,
		"fraction": `1.5`, "exponent": `1e2`, "strings": `["a"]`, "numbers": `[1]`, "lists": `[[]]`, "long": `9223372036854775808`,
	}
	switch {
	case typ == objectType, typ.Kind() == reflect.Struct, typ.Kind() == reflect.Pointer:
		delete(all, "object")
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.String:
		delete(all, "array")
		delete(all, "strings")
	case typ.Kind() == reflect.Slice:
		delete(all, "array")
	default:
		delete(all, typ.Kind().String())
	}
	return slices.Collect(maps.Values(all))
}

func TestEventOutputIsNothing(t *testing.T) {
	for _, text := range []string{``, `{}`, ` {} `} {
		if out, err := hook.ParseEventOutput([]byte(text)); err != nil || out == nil {
			t.Errorf("%q: %v, %v", text, out, err)
		}
	}
	for _, text := range []string{` `, `{"ok":true}`, `{"":1}`, `[]`} {
		if _, err := hook.ParseEventOutput([]byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestParserReportsNoMemberOfTheText holds that errors name no value.
func TestErrorsOfMessagesDoNotQuote(t *testing.T) {
	_, err := hook.ParseKVRequest([]byte(`{"op":"set","hunter2":"hunter2"}`))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestCapabilityErrorIsReadable(t *testing.T) {
	answer, err := hook.ParseKVAnswer([]byte(`{"error":{"code":"denied","message":"grant it"}}`))
	if err != nil || answer.Error.Error() != "denied: grant it" {
		t.Errorf("%+v, %v", answer, err)
	}
	answer, err = hook.ParseKVAnswer([]byte(`{"found":true}`))
	if err != nil || answer.Error != nil || !answer.Found {
		t.Errorf("%+v, %v", answer, err)
	}
}

func object(t *testing.T, text []byte) hook.Object {
	t.Helper()
	o, err := hook.ParseObject(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}
