package hook_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func sampleUser() hook.User {
	return hook.User{
		ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
		DisplayName: "Alice \"Al\" Liddell", GivenName: "Alice", FamilyName: "Liddell", MiddleName: "P", Nickname: "al",
		Profile: "https://p.example", Picture: "https://i.example", Website: "https://w.example", Gender: "f",
		Birthdate: "1852-05-04", Zoneinfo: "Europe/Berlin", Locale: "en", Phone: "2025550123", PhoneVerified: true,
		CountryCode: "US", Region: "BE", Location: "Berlin", Address: []string{"Street 1", "Berlin"}, Affiliation: "af",
		Title: "Dr", Bio: "b", Tag: "staff", Education: "ed", ExternalID: "x1", Admin: true,
		Groups: []string{"confluence-users", "R&D"}, Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}},
		CreatedAt: "2026-11-23T17:30:11Z", UpdatedAt: "2026-11-23T17:30:19Z", LastSignInAt: "2026-11-23T17:30:19Z",
		LastSignInIP: "127.0.0.1",
	}
}

func sampleClaims() *hook.ClaimsInput {
	return &hook.ClaimsInput{
		Target: hook.TargetIDToken, Settings: hook.FromObject(hook.Object{{Name: "login", Value: hook.String("email")}}),
		User:         sampleUser(),
		Organisation: hook.Organisation{Name: "built-in", DisplayName: "Built-in", WebsiteURL: "w", Logo: "l", Favicon: "f", CreatedAt: "c"},
		Client:       hook.Client{ID: "c1", Name: "wiki"}, Scopes: []string{"openid", "email"},
		Authentication: hook.Authentication{Time: "2026-11-23T17:30:19Z", AMR: []string{"pwd"}, ACR: "1"},
		Claims:         hook.Object{{Name: "email", Value: hook.String("alice@example.com")}, {Name: "exp", Value: hook.Int(1 << 40)}},
	}
}

// messages lists each message with its parser.
func messages() map[string]struct {
	message interface{ AppendJSON([]byte) []byte }
	parse   func([]byte) (any, error)
	input   bool
} {
	claims := sampleClaims()
	return map[string]struct {
		message interface{ AppendJSON([]byte) []byte }
		parse   func([]byte) (any, error)
		input   bool
	}{
		"claims input": {claims, func(b []byte) (any, error) { return hook.ParseClaimsInput(b) }, true},
		"claims output": {
			&hook.ClaimsOutput{Set: claims.Claims, Remove: []string{"name"}},
			func(b []byte) (any, error) { return hook.ParseClaimsOutput(b) }, false,
		},
		"account input": {&hook.AccountInput{
			Settings: claims.Settings, User: claims.User, Organisation: claims.Organisation, Client: claims.Client,
			Scopes: claims.Scopes, Authentication: claims.Authentication, Claims: claims.Claims,
		}, func(b []byte) (any, error) { return hook.ParseAccountInput(b) }, true},
		"scope input": {&hook.ScopeInput{
			Settings: claims.Settings, GrantType: "refresh_token", User: claims.User, Client: claims.Client,
			Scopes: claims.Scopes, Address: "192.0.2.1", Authentication: claims.Authentication,
		}, func(b []byte) (any, error) { return hook.ParseScopeInput(b) }, true},
		"scope output": {
			&hook.ScopeOutput{Scopes: []string{}, Deny: true, Reason: "no", ACR: "2", Fresh: true, Consent: true},
			func(b []byte) (any, error) { return hook.ParseScopeOutput(b) }, false,
		},
	}
}

func TestMessagesAgreeWithTheirTags(t *testing.T) {
	for name, m := range messages() {
		written := m.message.AppendJSON(nil)
		parsed, err := m.parse(written)
		if err != nil {
			t.Errorf("%s: %v in %s", name, err, written)
			continue
		}
		if !reflect.DeepEqual(parsed, m.message) {
			t.Errorf("%s: wrote %+v, read %+v", name, m.message, parsed)
		}
		want, got := membersByTag(reflect.TypeOf(m.message).Elem()), memberNames(decode(t, written))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: members %v, the struct has %v", name, got, want)
		}
	}
}

func TestZeroMessagesHaveNoNull(t *testing.T) {
	for _, m := range []interface{ AppendJSON([]byte) []byte }{
		&hook.ClaimsInput{Settings: hook.FromObject(nil)}, &hook.AccountInput{Settings: hook.FromObject(nil)},
		&hook.ScopeInput{Settings: hook.FromObject(nil)}, &hook.ClaimsOutput{}, &hook.ScopeOutput{},
	} {
		if text := string(m.AppendJSON(nil)); strings.Contains(text, "null") {
			t.Errorf("%T: %s", m, text)
		}
	}
}

func TestScopesThatAreNotSaid(t *testing.T) {
	for text, wantNil := range map[string]bool{`{}`: true, `{"deny":true}`: true, `{"scopes":[]}`: false} {
		out, err := hook.ParseScopeOutput([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if (out.Scopes == nil) != wantNil {
			t.Errorf("%s: nil is %v", text, out.Scopes == nil)
		}
		again, err := hook.ParseScopeOutput(out.AppendJSON(nil))
		if err != nil || (again.Scopes == nil) != wantNil {
			t.Errorf("%s does not survive as %s: %v", text, out.AppendJSON(nil), err)
		}
	}
}

func TestMembersInAnyOrder(t *testing.T) {
	out, err := hook.ParseScopeOutput([]byte(` { "consent":true , "acr":"2","scopes":["a"],"deny":false,"fresh":true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &hook.ScopeOutput{Scopes: []string{"a"}, ACR: "2", Fresh: true, Consent: true}
	if !reflect.DeepEqual(out, want) {
		t.Errorf("got %+v, want %+v", out, want)
	}
}

func TestUnknownMembers(t *testing.T) {
	in, err := hook.ParseScopeInput([]byte(`{"later":{"a":[1]},"grant_type":"x","user":{"newer":null,"name":"bob"},"z":1}`))
	if err != nil || in.GrantType != "x" || in.User.Name != "bob" {
		t.Errorf("a plugin must ignore what it does not know: %+v, %v", in, err)
	}
	if _, err := hook.ParseClaimsOutput([]byte(`{"set":{},"removed":["email"]}`)); err == nil {
		t.Error("the host must refuse a misspelt member")
	}
}

func TestMessagesRefuse(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `{"set":[]}`, `{"set":null}`, `{"remove":{}}`, `{"remove":[1]}`, `{"remove":null}`,
		`{"set":{},"set":{}}`, `{"remove":[],"set":{},"remove":[]}`, `{"set":{"a":1,"a":2}}`, `{"set":{}} x`, `{"set":{}`,
	} {
		if out, err := hook.ParseClaimsOutput([]byte(text)); err == nil {
			t.Errorf("%s is read as %+v", text, out)
		}
	}
	// Inputs come from the host, so only what cannot be read is refused.
	for _, text := range []string{``, `null`, `{"user":{"admin":"true"}}`, `{"user":{"name":"bob}`, `{"user":{"name":"a","name":"b"}}`, `{"scopes":[} x`} {
		if _, err := hook.ParseScopeInput([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

func TestManifests(t *testing.T) {
	list := []hook.Manifest{{
		ID: "a", Version: "1", Description: "d", HostAPI: 1, Hooks: []string{hook.ClaimsMap}, Capabilities: []string{},
		Secrets: []string{}, Settings: hook.FromObject(hook.Object{{Name: "type", Value: hook.String("object")}}),
		Samples: []hook.Sample{{Hook: hook.ClaimsMap, Input: hook.FromObject(hook.Object{})}},
	}, {ID: "b", Hooks: []string{}, Capabilities: []string{}, Secrets: []string{}, Settings: hook.FromObject(hook.Object{})}}
	text := hook.AppendManifests(nil, list)
	got, err := hook.ParseManifests(text)
	if err != nil || !reflect.DeepEqual(got, list) {
		t.Errorf("got %+v, %v; want %+v", got, err, list)
	}
	want := membersByTag(reflect.TypeFor[hook.Manifest]())
	if got := memberNames(decode(t, text).([]any)[0]); !reflect.DeepEqual(got, want) {
		t.Errorf("members %v, the struct has %v", got, want)
	}
	for _, text := range []string{`{}`, `[{"host_api":1.5}]`, `[{"host_api":"1"}]`, `[{"id":"a","color":1}]`, `[{}`} {
		if _, err := hook.ParseManifests([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// membersByTag gives the names that the tags of a struct promise, nested ones
// with a dot.
func membersByTag(typ reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range typ.NumField() {
		field := typ.Field(i)
		tag := field.Tag.Get("json")
		names[tag] = true
		element := field.Type
		if element.Kind() == reflect.Slice {
			element = element.Elem()
		}
		if element.Kind() != reflect.Struct || element == reflect.TypeFor[hook.Value]() || element == reflect.TypeFor[hook.Member]() {
			continue
		}
		for name := range membersByTag(element) {
			names[tag+"."+name] = true
		}
	}
	return names
}

func memberNames(v any) map[string]bool {
	names := map[string]bool{}
	for name, value := range v.(map[string]any) {
		names[name] = true
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		if _, ok := value.(map[string]any); !ok || name == "settings" || name == "claims" || name == "set" || name == "attributes" || name == "input" {
			continue
		}
		for inner := range memberNames(value) {
			names[name+"."+inner] = true
		}
	}
	return names
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	user := sampleUser()
	user.Attributes = nil // Object has no encoding/json form
	want, err := json.Marshal(user)
	if err != nil {
		t.Fatal(err)
	}
	in := hook.ScopeInput{User: user, Settings: hook.FromObject(nil)}
	got := decode(t, in.AppendJSON(nil)).(map[string]any)["user"]
	all := decode(t, want).(map[string]any)
	// What is empty is left out.
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil || v == "" || v == false })
	if !reflect.DeepEqual(got, all) {
		t.Errorf("got %v, want %v", got, all)
	}
}

func TestProtected(t *testing.T) {
	for _, name := range []string{"iss", "sub", "nonce", "acr", "cnf", "scope"} {
		if !hook.IsProtected(name) {
			t.Errorf("%s is not protected", name)
		}
	}
	if hook.IsProtected("email") {
		t.Error("email is protected")
	}
}

// FuzzMessages holds that a message that is accepted says the same after being
// written and read again.
func FuzzMessages(f *testing.F) {
	for _, m := range messages() {
		f.Add(m.message.AppendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, m := range messages() {
			first, err := m.parse(data)
			if err != nil {
				continue
			}
			written := first.(interface{ AppendJSON([]byte) []byte }).AppendJSON(nil)
			second, err := m.parse(written)
			if err != nil {
				t.Fatalf("%s: %q is refused: %v", name, written, err)
			}
			if again := second.(interface{ AppendJSON([]byte) []byte }).AppendJSON(nil); !bytes.Equal(again, written) {
				t.Fatalf("%s: %q, then %q", name, written, again)
			}
		}
		if list, err := hook.ParseManifests(data); err == nil {
			if _, err := hook.ParseManifests(hook.AppendManifests(nil, list)); err != nil {
				t.Fatalf("manifests: %q: %v", data, err)
			}
		}
	})
}

func BenchmarkClaimsInputAppend(b *testing.B) {
	in, buffer := sampleClaims(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		buffer = in.AppendJSON(buffer[:0])
	}
}

func BenchmarkClaimsInputParse(b *testing.B) {
	data := sampleClaims().AppendJSON(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := hook.ParseClaimsInput(data); err != nil {
			b.Fatal(err)
		}
	}
}
