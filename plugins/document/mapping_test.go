package document_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestAll(t *testing.T) {
	v := posterntest.Value(t, `{
		"id": 7, "data": {"user": {"id": "u1", "null": null}}, "list": [{"name": "a"}, {"name": "b"}, {"other": 1}, "text"], "nested": [[1, 2], [3]],
		"https://example.com/roles": ["r"], "a": {"b.c": "long", "b": {"c": "short"}}, "a.b": {"c": "longer"}, "empty": [], "": "no name"
	}`)
	for path, want := range map[string]string{
		"id": `[7]`, "data.user.id": `["u1"]`, "data.user": `[{"id":"u1","null":null}]`, "list.0.name": `["a"]`, "list.*.name": `["a","b"]`,
		"list.3": `["text"]`, "nested.*": `[[1,2],[3]]`, "nested.*.0": `[1,3]`, "nested.*.*": `[1,2,3]`, "nested.1.0": `[3]`,
		"https://example.com/roles": `[["r"]]`, "https://example.com/roles.0": `["r"]`, "a.b.c": `["longer"]`, "empty": `[[]]`,

		"data.user.null": `[]`, "data.user.none": `[]`, "none": `[]`, "id.more": `[]`, "list.4": `[]`, "list.-1": `[]`, "list.name": `[]`, "list.01x": `[]`,
		"empty.0": `[]`, "empty.*": `[]`, ".": `[]`, "data.": `[{"user":{"id":"u1","null":null}}]`, ".id": `[]`, "list.99999999999": `[]`, "data.*": `[]`,
	} {
		if got := string(hook.Array(document.All(v, path)...).AppendJSON(nil)); got != want {
			t.Errorf("%s gives %s, want %s", path, got, want)
		}
	}
}

func FuzzAll(f *testing.F) {
	f.Add(`{"a":[{"b":1},[2]],"a.b":null}`, "a.*.b")
	f.Add(`[[[]]]`, "*.*.0")
	f.Fuzz(func(t *testing.T, text, path string) {
		v, err := hook.Parse([]byte(text))
		if err != nil || len(path) > 255 {
			return
		}
		for _, found := range document.All(v, path) {
			if found.Kind() == hook.KindNull || !strings.Contains(string(v.AppendJSON(nil)), string(found.AppendJSON(nil))) {
				t.Errorf("%s at %q gives %s", text, path, found.AppendJSON(nil))
			}
		}
		first, ok := document.At(v, path)
		if all := document.All(v, path); ok != (len(all) > 0) || ok && string(first.AppendJSON(nil)) != string(all[0].AppendJSON(nil)) {
			t.Errorf("%s at %q: the first is not the first of all", text, path)
		}
	})
}

func TestIdentity(t *testing.T) {
	m := document.ReadMapping(posterntest.Value(t, `{"subject":"data.id","name":"data.login","email":"data.mail","email_verified":"data.mail_ok","display_name":"data.names.full",
		"given_name":"data.names.first","family_name":"data.names.last","picture":"data.images.0.url","locale":"data.lang","phone":"data.phone","groups":"data.teams.*.name"}`).Object())
	m.Attributes = posterntest.Value(t, `{"department":"data.unit","missing":"data.none","number":"data.count","list":"data.images"}`).Object()
	for text, want := range map[string]string{
		`{"data":{"id":42,"login":"jane","mail":"jane@example.com","mail_ok":true,"names":{"full":"Jane Doe","first":"Jane","last":"Doe"},
			"images":[{"url":"https://p.example/1.png"},{"url":"https://p.example/2.png"}],"lang":"de","phone":"+1 555 0100","teams":[{"name":"a"},{"name":"b"},{"name":"a"},{"name":""},{"name":7}],"unit":"R&D","count":7.50}}`: `{"subject":"42","name":"jane","email":"jane@example.com","email_verified":true,"display_name":"Jane Doe","given_name":"Jane","family_name":"Doe",` +
			`"picture":"https://p.example/1.png","locale":"de","phone":"+1 555 0100","groups":["a","b"],"attributes":{"department":"R&D","number":"7.50"}}`,
		`{"data":{"id":"u1"}}`: `{"subject":"u1"}`,
		`{"data":{"id":"u1","login":7,"mail":["a@b.example"],"mail_ok":true,"names":"Jane","images":{},"lang":null,"teams":"a","unit":{}}}`:     `{"subject":"u1"}`,
		`{"data":{"id":"u1","mail":"a@b.example","mail_ok":"true"}}`:                                                                            `{"subject":"u1","email":"a@b.example"}`,
		`{"data":{"id":"u1","mail":"a@b.example","mail_ok":1}}`:                                                                                 `{"subject":"u1","email":"a@b.example"}`,
		`{"data":{"id":"u1","mail":"","mail_ok":true}}`:                                                                                         `{"subject":"u1"}`,
		`{"data":{"id":"u1","login":"a\u0000b","images":[{"url":"javascript:alert(1)"}],"names":{"full":"` + strings.Repeat("x", 3000) + `"}}}`: `{"subject":"u1"}`,
		`{"data":{"id":123456789012345678901234567890}}`:                                                                                        `{"subject":"123456789012345678901234567890"}`,
	} {
		identity, err := m.Identity(posterntest.Value(t, text), "the answer")
		if err != nil {
			t.Errorf("%.100s: %v", text, err)
			continue
		}
		out := hook.PasswordOutput{Identity: identity}
		if got := string(out.AppendJSON(nil)); got != `{"identity":`+want+`}` {
			t.Errorf("%.100s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestTrustEmail(t *testing.T) {
	for said, want := range map[string][2]bool{ // with and without a path to what is said
		`{"id":"u","mail":"a@b.example"}`:             {true, true},
		`{"id":"u","mail":"a@b.example","ok":"true"}`: {false, true},
		`{"id":"u","mail":"a@b.example","ok":false}`:  {false, true},
		`{"id":"u","mail":"a@b.example","ok":true}`:   {true, true},
		`{"id":"u","ok":true}`:                        {false, false},
	} {
		for i, path := range []string{"ok", ""} {
			m := document.Mapping{Subject: "id", Email: "mail", EmailVerified: path, TrustEmail: true}
			identity, err := m.Identity(posterntest.Value(t, said), "it")
			if err != nil || identity.EmailVerified != want[i] {
				t.Errorf("%s with the path %q: %+v, %v", said, path, identity, err)
			}
		}
	}
}

// TestSubjectIsNobodys holds that no person is made of what services write where they know
// none: the first who comes would be everybody.
func TestSubjectIsNobodys(t *testing.T) {
	m := document.Mapping{Subject: "id"}
	for text, want := range map[string]string{
		`{}`: "has nothing at id", `{"id":null}`: "has nothing at id", `[]`: "has nothing at id", `"u1"`: "has nothing at id", `null`: "has nothing at id",
		`{"id":true}`: "neither a text nor a whole number", `{"id":[]}`: "neither a text", `{"id":["u1"]}`: "neither a text", `{"id":{"v":1}}`: "neither a text",
		`{"id":1.5}`: "neither a text", `{"id":1e3}`: "neither a text", `{"id":1.0}`: "neither a text", `{"id":-1}`: "neither a text", `{"id":-0}`: "neither a text",
		`{"id":"a\nb"}`: "neither a text", `{"id":"` + strings.Repeat("x", 3000) + `"}`: "neither a text",
		`{"id":""}`: "nobody's name", `{"id":" "}`: "nobody's name", `{"id":0}`: "nobody's name: 0", `{"id":"0"}`: "nobody's name", `{"id":"null"}`: "nobody's name",
		`{"id":"Undefined"}`: "nobody's name", `{"id":"none"}`: "nobody's name", `{"id":"[object Object]"}`: "nobody's name", `{"id":"anonymous"}`: "nobody's name",
	} {
		identity, err := m.Identity(posterntest.Value(t, text), "the answer")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "the answer") {
			t.Errorf("%.100s: %+v, %v; want %s", text, identity, err, want)
		}
	}
	if identity, err := (&document.Mapping{}).Identity(posterntest.Value(t, `{"id":"u1"}`), "the answer"); err == nil {
		t.Errorf("without a path: %+v", identity)
	}
}

func TestPathsSchema(t *testing.T) {
	schema := posterntest.Value(t, document.PathsSchema(`"subject"`)).Object()
	properties, _ := schema.Get("properties")
	if len(properties.Object()) != len(document.PathNames) {
		t.Errorf("%d properties", len(properties.Object()))
	}
	// Every path that settings may have is read.
	var settings hook.Object
	for _, name := range document.PathNames {
		settings.Set(name, hook.String(name))
	}
	got := document.ReadMapping(settings)
	want := document.Mapping{
		Subject: "subject", Name: "name", Email: "email", EmailVerified: "email_verified", DisplayName: "display_name", GivenName: "given_name",
		FamilyName: "family_name", Picture: "picture", Locale: "locale", Phone: "phone", Groups: "groups",
	}
	if got.Attributes != nil || got.TrustEmail {
		t.Errorf("got %+v", got)
	}
	for i, pair := range [][2]string{
		{got.Subject, want.Subject}, {got.Name, want.Name}, {got.Email, want.Email}, {got.EmailVerified, want.EmailVerified}, {got.DisplayName, want.DisplayName},
		{got.GivenName, want.GivenName}, {got.FamilyName, want.FamilyName}, {got.Picture, want.Picture}, {got.Locale, want.Locale}, {got.Phone, want.Phone}, {got.Groups, want.Groups},
	} {
		if pair[0] != pair[1] {
			t.Errorf("path %d is %q, want %q", i, pair[0], pair[1])
		}
	}
}

func TestKeep(t *testing.T) {
	o := hook.Object{{Name: "a", Value: hook.String("x")}, {Name: "long", Value: hook.String(strings.Repeat("x", 16<<10))}, {Name: "b", Value: hook.Int(1)}}
	if got := string(document.Keep(o).AppendJSON(nil)); got != `{"a":"x","b":1}` {
		t.Errorf("got %.100s", got)
	}
	var many hook.Object
	for i := range 100 {
		many = append(many, hook.Member{Name: strings.Repeat("n", i+1), Value: hook.String(strings.Repeat("x", 1000))})
	}
	if kept := document.Keep(many); len(kept) < 10 || len(kept.AppendJSON(nil)) > 16<<10 {
		t.Errorf("%d members of %d bytes are kept", len(kept), len(kept.AppendJSON(nil)))
	}
}
