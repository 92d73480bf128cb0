package schema_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// direction says who writes a message: what plugins write has no unknown members.
type direction bool

const (
	fromHost   direction = false
	fromPlugin direction = true
)

// message is a message with the file of its schema.
type message struct {
	file, title string
	from        direction
	typ         reflect.Type
}

func messages() []message {
	list := []message{
		{"claims.map.v1.input", "Input of claims.map/v1", fromHost, reflect.TypeFor[hook.ClaimsInput]()},
		{"claims.map.v1.output", "Output of claims.map/v1", fromPlugin, reflect.TypeFor[hook.ClaimsOutput]()},
		{"account.shape.v1.input", "Input of account.shape/v1", fromHost, reflect.TypeFor[hook.AccountInput]()},
		{"account.shape.v1.output", "Output of account.shape/v1", fromHost, reflect.TypeFor[hook.Object]()},
		{"scope.policy.v1.input", "Input of scope.policy/v1", fromHost, reflect.TypeFor[hook.ScopeInput]()},
		{"scope.policy.v1.output", "Output of scope.policy/v1", fromPlugin, reflect.TypeFor[hook.ScopeOutput]()},
		{"connector.login.v1.input", "Input of connector.login/v1", fromHost, reflect.TypeFor[hook.LoginInput]()},
		{"connector.login.v1.output", "Output of connector.login/v1", fromPlugin, reflect.TypeFor[hook.LoginOutput]()},
		{"connector.password.v1.input", "Input of connector.password/v1", fromHost, reflect.TypeFor[hook.PasswordInput]()},
		{"connector.password.v1.output", "Output of connector.password/v1", fromPlugin, reflect.TypeFor[hook.PasswordOutput]()},
		{"event.sink.v1.input", "Input of event.sink/v1", fromHost, reflect.TypeFor[hook.EventInput]()},
		{"event.sink.v1.output", "Output of event.sink/v1", fromPlugin, reflect.TypeFor[hook.EventOutput]()},
	}
	for _, capability := range []struct {
		name            string
		request, answer reflect.Type
	}{
		{hook.HTTPFetch, reflect.TypeFor[hook.FetchRequest](), reflect.TypeFor[hook.FetchAnswer]()},
		{hook.JWTVerify, reflect.TypeFor[hook.JWTVerifyRequest](), reflect.TypeFor[hook.JWTVerifyAnswer]()},
		{hook.KV, reflect.TypeFor[hook.KVRequest](), reflect.TypeFor[hook.KVAnswer]()},
		{hook.SecretGet, reflect.TypeFor[hook.SecretGetRequest](), reflect.TypeFor[hook.SecretGetAnswer]()},
		{hook.OIDCExchange, reflect.TypeFor[hook.OIDCExchangeRequest](), reflect.TypeFor[hook.OIDCExchangeAnswer]()},
		{hook.OAuthExchange, reflect.TypeFor[hook.OAuthExchangeRequest](), reflect.TypeFor[hook.OAuthExchangeAnswer]()},
		{hook.LDAPBind, reflect.TypeFor[hook.LDAPBindRequest](), reflect.TypeFor[hook.LDAPBindAnswer]()},
		{hook.LDAPSearch, reflect.TypeFor[hook.LDAPSearchRequest](), reflect.TypeFor[hook.LDAPSearchAnswer]()},
	} {
		list = append(list,
			message{capability.name + ".request", "Request of " + capability.name, fromPlugin, capability.request},
			message{capability.name + ".answer", "Answer of " + capability.name, fromHost, capability.answer})
	}
	return list
}

// rules are what the Go types do not say, by type and member. Members that may be
// empty allow it.
var rules = map[string]hook.Object{
	"ClaimsInput.target":       {enum(string(hook.TargetIDToken), string(hook.TargetUserInfo), string(hook.TargetAccessToken))},
	"ClaimsOutput.set":         {{Name: "propertyNames", Value: hook.FromObject(hook.Object{{Name: "not", Value: hook.FromObject(hook.Object{enum(hook.Protected[:]...)})}})}},
	"ClaimsOutput.remove":      {{Name: "items", Value: hook.FromObject(hook.Object{{Name: "type", Value: hook.String("string")}, {Name: "not", Value: hook.FromObject(hook.Object{enum(hook.Protected[:]...)})}})}},
	"ScopeOutput.reason":       {limit("maxLength", 300)},
	"LoginInput.phase":         {enum(string(hook.PhaseBegin), string(hook.PhaseFinish))},
	"LoginRedirect.parameters": {ofStrings()},
	"LoginRedirect.response_mode": {
		enum("", "query", "form_post"),
	},
	"LoginInput.parameters":           {ofStrings()},
	"Identity.attributes":             {ofStrings()},
	"User.attributes":                 {ofStrings()},
	"Event.detail":                    {ofStrings()},
	"CapabilityError.code":            {enum(hook.CodeDenied, hook.CodeInvalidRequest, hook.CodeUnavailable, hook.CodeTimeout, hook.CodeTooLarge, hook.CodeLimit, hook.CodeRefused)},
	"FetchRequest.requests":           {limit("minItems", 1), limit("maxItems", 8)},
	"Fetch.headers":                   {ofStrings()},
	"Fetch.body_base64":               {base64},
	"FetchResponse.headers":           {ofStrings()},
	"FetchResponse.body_base64":       {base64},
	"JWTVerifyRequest.leeway":         {limit("maximum", 300)},
	"KVRequest.op":                    {enum(hook.KVGet, hook.KVSet, hook.KVAdd, hook.KVDelete)},
	"KVRequest.key":                   {limit("minLength", 1), limit("maxLength", 128)},
	"KVRequest.value":                 {limit("maxLength", 4096)},
	"KVRequest.ttl":                   {limit("maximum", 30*24*60*60)},
	"OIDCExchangeRequest.auth_method": {authMethods},
	"OAuthExchangeRequest.auth_method": {
		authMethods,
	},
	"LDAPBindRequest.password": {limit("minLength", 1)},
	"LDAPSearchRequest.scope":  {enum("", "base", "one", "sub")},
	"LDAPSearchRequest.limit":  {limit("maximum", 1000)},
	"LDAPEntry.attributes":     {{Name: "additionalProperties", Value: hook.FromObject(arrayOf(typed("string")))}},
	"Manifest.id":              {{Name: "pattern", Value: hook.String("^[a-z][a-z0-9-]{0,62}$")}},
	"Manifest.version":         {limit("minLength", 1)},
	"Manifest.description":     {limit("minLength", 1)},
	"Manifest.host_api":        {{Name: "const", Value: hook.Int(1)}},
	"Manifest.hooks":           {limit("minItems", 1), {Name: "uniqueItems", Value: hook.Bool(true)}, {Name: "items", Value: hook.FromObject(hook.Object{enum(hook.Names[:]...)})}},
	"Manifest.samples":         {limit("minItems", 1)},
	"Manifest.presets":         {limit("maxItems", 32)},
	"Preset.name":              {{Name: "pattern", Value: hook.String("^[a-z][a-z0-9-]{0,62}$")}},
	"Preset.title":             {limit("minLength", 1), limit("maxLength", 64)},
	"Preset.icon":              {{Name: "pattern", Value: hook.String("^([a-z][a-z0-9-]{0,31})?$")}},
	"Manifest.settings":        {{Name: "$ref", Value: hook.String("#/$defs/settings")}},
	"CapabilityWish.name":      {enum(hook.Capabilities[:]...)},
	"SecretWish.name":          {limit("minLength", 1)},
	"Sample.hook":              {enum(hook.Names[:]...)},
	"HostCall.capability":      {enum(hook.Capabilities[:]...)},
}

// required are the members without which a message makes no sense. Inputs and
// answers have none: a plugin must do with what it gets.
var required = map[string][]string{
	"Identity": {"subject"}, "LoginRedirect": {"client_id"}, "FetchRequest": {"requests"}, "Fetch": {"url"}, "FetchSecret": {"header", "name"},
	"JWTVerifyRequest": {"token"}, "KVRequest": {"op", "key"}, "SecretGetRequest": {"name"},
	"OIDCExchangeRequest": {"issuer", "client_id"}, "OAuthExchangeRequest": {"token_endpoint", "client_id"},
	"LDAPServer": {"url"}, "LDAPBindRequest": {"server", "dn", "password"}, "LDAPSearchRequest": {"server"},
	"Manifest":       {"id", "version", "description", "host_api", "hooks", "settings", "samples"},
	"CapabilityWish": {"name"}, "SecretWish": {"name"}, "Preset": {"name", "title", "settings"}, "Sample": {"hook", "input"}, "HostCall": {"capability", "answer"},
}

var (
	authMethods = enum("", "client_secret_basic", "client_secret_post", "none", "private_key_jwt", "signed_client_secret")
	base64      = hook.Member{Name: "contentEncoding", Value: hook.String("base64")}
)

func enum(values ...string) hook.Member {
	return hook.Member{Name: "enum", Value: hook.Strings(values)}
}

func limit(word string, n int) hook.Member {
	return hook.Member{Name: word, Value: hook.Int(int64(n))}
}

func ofStrings() hook.Member {
	return hook.Member{Name: "additionalProperties", Value: hook.FromObject(typed("string"))}
}

func typed(name string) hook.Object { return hook.Object{{Name: "type", Value: hook.String(name)}} }

func arrayOf(items hook.Object) hook.Object {
	return append(typed("array"), hook.Member{Name: "items", Value: hook.FromObject(items)})
}

// generator makes the schema of one file.
type generator struct {
	text *normativeText
	from direction
	defs hook.Object
}

// schemas gives the text of each file by its name.
func schemas(text *normativeText) map[string][]byte {
	files := map[string][]byte{}
	for _, m := range messages() {
		g := &generator{text: text, from: m.from}
		files[m.file+".json"] = g.file(m.title, g.object(m.typ))
	}
	g := &generator{text: text, from: fromPlugin}
	manifests := arrayOf(g.reference(reflect.TypeFor[hook.Manifest]()))
	g.defs = append(g.defs, parse(settingsWords).Object()...)
	files["manifest.json"] = g.file("What a module describes", append(manifests, limit("minItems", 1)))
	g = &generator{text: text, from: fromPlugin}
	files["case.json"] = g.file("Test case of a plugin", g.testCase())
	return files
}

func (g *generator) file(title string, schema hook.Object) []byte {
	whole := hook.Object{
		{Name: "$schema", Value: hook.String("https://json-schema.org/draft/2020-12/schema")},
		{Name: "title", Value: hook.String(title)},
	}
	whole = append(whole, schema...)
	if len(g.defs) > 0 {
		whole.Set("$defs", hook.FromObject(g.defs))
	}
	return indented(whole.AppendJSON(nil))
}

// object describes the members of a message.
func (g *generator) object(typ reflect.Type) hook.Object {
	schema := typed("object")
	if typ.Kind() != reflect.Struct {
		return schema
	}
	var properties hook.Object
	descriptions := g.text.descriptions(typ)
	for i := range typ.NumField() {
		field := typ.Field(i)
		name := field.Tag.Get("json")
		property := g.value(field.Type)
		for _, rule := range rules[typ.Name()+"."+name] {
			property.Set(rule.Name, rule.Value)
		}
		if description := descriptions[name]; description != "" {
			property.Set("description", hook.String(description))
		}
		properties.Set(name, hook.FromObject(property))
	}
	schema.Set("properties", hook.FromObject(properties))
	if names := required[typ.Name()]; names != nil {
		schema.Set("required", hook.Strings(names))
	}
	if g.from == fromPlugin {
		schema.Set("additionalProperties", hook.Bool(false))
	}
	return schema
}

func (g *generator) value(typ reflect.Type) hook.Object {
	switch {
	case typ == reflect.TypeFor[hook.Value](), typ == reflect.TypeFor[hook.Object]():
		return typed("object")
	case typ.Kind() == reflect.Slice:
		return arrayOf(g.value(typ.Elem()))
	case typ.Kind() == reflect.Pointer:
		return g.reference(typ.Elem())
	case typ.Kind() == reflect.Struct:
		return g.reference(typ)
	case typ.Kind() == reflect.String:
		return typed("string")
	case typ.Kind() == reflect.Bool:
		return typed("boolean")
	case typ.Kind() == reflect.Int:
		return append(typed("integer"), limit("minimum", 0))
	default:
		panic(fmt.Sprintf("no schema for %s", typ))
	}
}

// reference puts a part into the definitions of the file.
func (g *generator) reference(typ reflect.Type) hook.Object {
	name := strings.ToLower(typ.Name()[:1]) + typ.Name()[1:]
	if _, ok := g.defs.Get(name); !ok {
		g.defs.Set(name, hook.Value{}) // keeps its place before its own parts
		g.defs.Set(name, hook.FromObject(g.object(typ)))
	}
	return hook.Object{{Name: "$ref", Value: hook.String("#/$defs/" + name)}}
}

// testCase ties the hook of a case to the messages of that hook.
func (g *generator) testCase() hook.Object {
	properties := hook.Object{}
	for _, member := range []struct {
		name  string
		value hook.Object
	}{
		{"name", append(typed("string"), limit("minLength", 1))},
		{"plugin", typed("string")},
		{"hook", append(typed("string"), enum(hook.Names[:]...))},
		{"input", typed("object")},
		{"calls", arrayOf(g.reference(reflect.TypeFor[hook.HostCall]()))},
		{"output", typed("object")},
		{"output_text", append(typed("string"), limit("minLength", 1))},
		{"fails", append(typed("string"), limit("minLength", 1))},
	} {
		member.value.Set("description", hook.String(g.text.table("Case")[member.name]))
		properties.Set(member.name, hook.FromObject(member.value))
	}
	call, _ := g.defs.Get("hostCall")
	bound := slices.Clone(call.Object())
	bound.Set("allOf", hook.Array(capabilityRules()...))
	g.defs.Set("hostCall", hook.FromObject(bound))

	schema := append(typed("object"), hook.Member{Name: "properties", Value: hook.FromObject(properties)})
	schema.Set("required", hook.Strings([]string{"name", "hook", "input"}))
	var expectations []hook.Value
	for _, name := range []string{"output", "output_text", "fails"} {
		expectations = append(expectations, hook.FromObject(hook.Object{{Name: "required", Value: hook.Strings([]string{name})}}))
	}
	schema.Set("oneOf", hook.Array(expectations...))
	schema.Set("allOf", hook.Array(hookRules()...))
	schema.Set("additionalProperties", hook.Bool(false))
	return schema
}

func hookRules() (list []hook.Value) {
	for _, name := range hook.Names {
		file := strings.ReplaceAll(name, "/", ".")
		members := hook.Object{
			{Name: "input", Value: hook.FromObject(refer(file + ".input.json"))},
			{Name: "output", Value: hook.FromObject(refer(file + ".output.json"))},
		}
		if name != hook.AccountShape {
			members.Set("output_text", hook.Bool(false))
		}
		list = append(list, ifThen("hook", name, members))
	}
	return list
}

func capabilityRules() (list []hook.Value) {
	now := append(typed("object"), hook.Member{Name: "properties", Value: hook.FromObject(hook.Object{
		{Name: "now", Value: hook.FromObject(typed("integer"))},
	})}, hook.Member{Name: "required", Value: hook.Strings([]string{"now"})})
	for _, name := range hook.Capabilities {
		members := hook.Object{
			{Name: "request", Value: hook.FromObject(refer(name + ".request.json"))},
			{Name: "answer", Value: hook.FromObject(refer(name + ".answer.json"))},
		}
		if name == hook.Clock {
			members = hook.Object{{Name: "answer", Value: hook.FromObject(now)}}
		}
		list = append(list, ifThen("capability", name, members))
	}
	return list
}

func refer(file string) hook.Object { return hook.Object{{Name: "$ref", Value: hook.String(file)}} }

// ifThen binds members to the value of another.
func ifThen(member, value string, members hook.Object) hook.Value {
	condition := hook.Object{{Name: member, Value: hook.FromObject(hook.Object{{Name: "const", Value: hook.String(value)}})}}
	return hook.FromObject(hook.Object{
		{Name: "if", Value: hook.FromObject(hook.Object{{Name: "properties", Value: hook.FromObject(condition)}, {Name: "required", Value: hook.Strings([]string{member})}})},
		{Name: "then", Value: hook.FromObject(hook.Object{{Name: "properties", Value: hook.FromObject(members)}})},
	})
}

// settingsWords are the words of JSON Schema that settings may be described in
// (sdk/abi.md section 5).
const settingsWords = `{
	"settings": {"$ref": "#/$defs/word", "properties": {"type": {"const": "object"}}, "required": ["type"]},
	"word": {
		"type": "object",
		"properties": {
			"type": {"enum": ["object", "array", "string", "integer", "number", "boolean", "null"]},
			"properties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/word"}},
			"required": {"type": "array", "items": {"type": "string"}},
			"additionalProperties": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/word"}]},
			"items": {"$ref": "#/$defs/word"},
			"enum": {"type": "array", "items": {"type": ["string", "integer", "boolean", "null"]}},
			"minLength": {"type": "integer"}, "maxLength": {"type": "integer"},
			"minItems": {"type": "integer"}, "maxItems": {"type": "integer"},
			"minProperties": {"type": "integer"}, "maxProperties": {"type": "integer"}, "pattern": {"type": "string"},
			"minimum": {"type": "integer"}, "maximum": {"type": "integer"},
			"$schema": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
			"default": {}, "examples": {"type": "array"}
		},
		"additionalProperties": false
	}
}`
