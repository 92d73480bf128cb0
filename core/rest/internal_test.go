package rest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

func TestCursor(t *testing.T) {
	c := cursors{key: [32]byte{1}}
	sealed := c.seal("users", "anna", "7")
	place, err := c.open("users", sealed, 2)
	if err != nil || !reflect.DeepEqual(place, []string{"anna", "7"}) {
		t.Fatalf("%v, %v", place, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(sealed)
	raw[len(raw)-3] ^= 1
	for name, try := range map[string]func() error{
		"another list":  func() error { _, err := c.open("groups", sealed, 2); return err },
		"another key":   func() error { _, err := cursors{key: [32]byte{2}}.open("users", sealed, 2); return err },
		"another size":  func() error { _, err := c.open("users", sealed, 1); return err },
		"changed":       func() error { _, err := c.open("users", base64.RawURLEncoding.EncodeToString(raw), 2); return err },
		"cut":           func() error { _, err := c.open("users", sealed[:8], 2); return err },
		"no base64":     func() error { _, err := c.open("users", "%", 2); return err },
		"without a key": func() error { _, err := cursors{}.open("users", sealed, 2); return err },
	} {
		if told, ok := errors.AsType[*failure](try()); !ok || told.Status != http.StatusBadRequest {
			t.Errorf("%s: %v", name, try())
		}
	}
}

func FuzzCursor(f *testing.F) {
	c := cursors{key: [32]byte{1}}
	f.Add(c.seal("users", "anna", "7"))
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		place, err := c.open("users", text, 2)
		if err == nil && c.seal("users", place...) != text {
			t.Errorf("%q opens to %v, which is sealed otherwise", text, place)
		}
	})
}

// FuzzDecode holds that what is read has no members but those of the type, and that what is
// refused says so as a problem.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"name":"anna","profile":{"address":{"country":"DE"}},"attributes":{"a":"b"},"groups":["x"]}`, `{"Name":"x"}`, `{"name":null}`, `[]`, `{"name":"a","name":"b"}`,
		`{"name":"a","profile":[]}`, "{\"name\":\"\xff\"}", `{"name":"a"}{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var read api.NewUser
		if err := decode(text, &read); err != nil {
			if told, known := problemOf(err); !known || told.Status != http.StatusBadRequest && told.Status != http.StatusUnprocessableEntity {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		back, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		var was, is map[string]any
		if json.Unmarshal(text, &was) != nil || json.Unmarshal(back, &is) != nil {
			t.Fatalf("%q is read as %s", text, back)
		}
		for name := range was {
			if _, known := fieldsOf(reflect.TypeFor[api.NewUser]())[name]; !known {
				t.Errorf("%q has the member %q", text, name)
			}
		}
	})
}

// FuzzMerge holds that whatever a patch says, what is the server's to say stays.
func FuzzMerge(f *testing.F) {
	user := wire.User(&core.User{ID: "u", Org: "acme", Name: "anna", Attributes: map[string]string{"a": "1"}, Groups: []string{"staff"}})
	for _, seed := range []string{`{}`, `{"id":"v"}`, `{"id":null}`, `{"name":null,"groups":[]}`, `{"profile":null}`, `{"profile":{"address":{"x":1}}}`, `{"attributes":{"a":null}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var sent api.Patch
		if decodePatch([]byte(text), &sent) != nil {
			return
		}
		after, err := merge(user, sent)
		if err != nil {
			if _, known := problemOf(err); !known {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if after.ID != user.ID || after.Organisation != user.Organisation || !reflect.DeepEqual(after.Groups, user.Groups) || after.Version != user.Version ||
			!after.CreatedAt.Equal(user.CreatedAt) || after.Disabled {
			t.Errorf("%q made %+v", text, after)
		}
	})
}

// TestSecretsAtTheTop holds that what is shown once stands where it is taken out of what is
// kept.
func TestSecretsAtTheTop(t *testing.T) {
	r := newRoutes(http.NewServeMux(), &Server{})
	r.families()
	if len(r.secretsOf) < 5 {
		t.Fatalf("found %v", r.secretsOf)
	}
	var look func(t reflect.Type, depth int, seen map[reflect.Type]bool) []string
	look = func(of reflect.Type, depth int, seen map[reflect.Type]bool) (deep []string) {
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] || of == typeTime {
			return nil
		}
		seen[of] = true
		for name, field := range fieldsOf(of) {
			if field.Tag.Get("secret") == "true" && depth > 0 {
				deep = append(deep, of.Name()+"."+name)
			}
			deep = append(deep, look(field.Type, depth+1, seen)...)
		}
		return deep
	}
	for _, made := range []any{api.CreatedClient{}, api.Invitation{}, api.CreatedUser{}, api.CreatedAPIToken{}, api.CreatedInitialToken{}, api.RecoveryCodes{}, api.Handed{}, api.Secret{}} {
		if deep := look(reflect.TypeOf(made), 0, map[reflect.Type]bool{}); len(deep) > 0 {
			t.Errorf("%T has secrets inside: %s", made, strings.Join(deep, ", "))
		}
	}
}

func TestVersionHeader(t *testing.T) {
	for header, want := range map[string]string{"": "", "*": "", `"v1"`: "v1", `"a-b"`: "a-b"} {
		if got, err := version(header); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", header, got, err)
		}
	}
	for _, header := range []string{"v1", `W/"v1"`, `"a", "b"`, `""`, `"`, `"a"b"`} {
		if got, err := version(header); err == nil {
			t.Errorf("%s is taken for %q", header, got)
		}
	}
}
