package rest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// made is a kind of object that programs keep: they make it, read it, change it, find it by
// its name and delete it, and expect of each of these what the others told them.
type made struct {
	create, body string // what makes one
	at           string // where the object is in the answer; empty: it is the answer
	path, id     string // of the object, and the member that names it there
	find         string // lists it by its name
	change       string // a patch of all that can be changed
	empty        string // a patch that takes away what change gave
	// unsaid are members of body that the object does not have by these names.
	unsaid []string
}

func kept() map[string]made {
	return map[string]made{
		"user": {
			create: "/users", at: "user", path: "/users/", id: "id", find: "/users?login=anna",
			body:   `{"name":"anna","email":"anna@example.org","email_verified":true,"profile":{"given_name":"Anna","address":{"country":"DE","street_address":"1\n2"}},"attributes":{"room":"1"},"groups":["people"],"password":"correct horse"}`,
			change: `{"name":"anne","email":"anne@example.org","email_verified":false,"profile":{"family_name":"Smith","address":{"country":"FR"}},"attributes":{"room":"2","floor":"3"}}`,
			empty:  `{"email":null,"email_verified":null,"profile":null,"attributes":null}`,
			unsaid: []string{"password"},
		},
		"group": {
			create: "/groups", path: "/groups/", id: "id", find: "/groups?name=staff", body: `{"name":"staff","display_name":"Staff","external_id":"7"}`,
			change: `{"name":"crew","display_name":"Crew","external_id":"8"}`, empty: `{"display_name":null,"external_id":null}`,
		},
		"client": {
			create: "/clients", at: "client", path: "/clients/", id: "id", find: "/clients?name=Wiki",
			body:   `{"name":"Wiki","preset":"web","settings":{"redirect_uris":["https://wiki.example/cb"],"scopes":["openid","email"],"access_ttl":600,"default_max_age":0,"contacts":["a@example.org"]}}`,
			change: `{"name":"Wikis","display_name":"The wiki","redirect_uris":["https://wiki.example/cb","https://wiki.example/cb2"],"scopes":["openid"],"access_ttl":300,"id_token_ttl":60,"require_pkce":true,"allowed_groups":["staff"],"contacts":["b@example.org"],"default_max_age":60,"logo_uri":"https://wiki.example/logo.png","subject_type":"pairwise"}`,
			empty:  `{"display_name":null,"access_ttl":null,"id_token_ttl":null,"allowed_groups":null,"contacts":null,"default_max_age":null,"logo_uri":null,"subject_type":null}`,
			unsaid: []string{"preset", "settings"},
		},
		"connector": {
			create: "/connectors", path: "/connectors/", id: "name", find: "/connectors/work",
			body:   `{"name":"work","plugin":"oidc","settings":{"issuer":"https://idp.example","a":{"b":[1,2.50,{"c":null}]}},"position":7,"connector":{"display_name":"Work","domains":["example.org"]}}`,
			change: `{"settings":{"issuer":"https://idp2.example","n":12345678901234567890},"position":8,"display_name":"Job","domains":["example.com"],"hidden":true,"create_users":true,"sync_groups":true,"group_prefix":"w-"}`,
			empty:  `{"display_name":null,"domains":null,"hidden":null,"sync_groups":null,"group_prefix":null}`,
			unsaid: []string{"connector"},
		},
		"instance": {
			create: "/instances", path: "/instances/", id: "name", find: "/instances/second", body: `{"name":"second","plugin":"oidc","settings":{"scopes":["openid"],"deep":{"a":[1.0]}}}`,
			change: `{"settings":{"scopes":["email"]},"limits":{"memory":8}}`, empty: `{"limits":null}`,
		},
		"organisation": {
			create: "/organisations", path: "/organisations/", id: "name", find: "/organisations/acme",
			body:   `{"name":"acme","display_name":"Acme","sign_in_methods":["password","totp"],"remember_days":30,"accent":"#1f6feb"}`,
			change: `{"display_name":"ACME","website_url":"https://acme.example","disabled":true,"sign_in_methods":["password"],"password_min":12,"registration":true,"registration_domains":["acme.example"],"keep_email":true,"accent":"#0a3d91"}`,
			empty:  `{"display_name":null,"website_url":null,"disabled":null,"sign_in_methods":null,"remember_days":null,"password_min":null,"registration":null,"registration_domains":null,"keep_email":null,"accent":null}`,
		},
		"service account": {
			create: "/service-accounts", path: "/service-accounts/", id: "id", find: "/service-accounts?name=deploy", body: `{"name":"deploy","description":"from CI"}`,
			change: `{"name":"release","description":"of releases","disabled":true}`, empty: `{"description":null,"disabled":null}`,
		},
	}
}

func read(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return object
}

// said fails unless an object has what a request said.
func said(t *testing.T, where string, sent, has any, unsaid ...string) {
	t.Helper()
	members, is := sent.(map[string]any)
	if !is {
		if !reflect.DeepEqual(sent, has) {
			t.Errorf("%s is %v, and %v was sent", where, has, sent)
		}
		return
	}
	object, _ := has.(map[string]any)
	for name, value := range members {
		if !slices.Contains(unsaid, name) {
			said(t, where+"."+name, value, object[name])
		}
	}
}

// TestKept walks through the life of an object of each kind as Terraform does: what was made
// is what is read, a plan without changes changes nothing, and what is gone is gone.
func TestKept(t *testing.T) {
	for name, kind := range kept() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			created := w.ask("owner", "POST "+kind.create, kind.body).want(http.StatusCreated)
			object := read(t, created.body)
			if kind.at != "" {
				object, _ = object[kind.at].(map[string]any)
			}
			said(t, name, read(t, []byte(kind.body)), object, kind.unsaid...)
			if settings, ok := read(t, []byte(kind.body))["settings"].(map[string]any); ok && slices.Contains(kind.unsaid, "settings") {
				said(t, name, settings, object)
			}
			path := kind.path + object[kind.id].(string)
			now := func() (map[string]any, string) {
				t.Helper()
				got := w.ask("owner", "GET "+path, "").want(http.StatusOK)
				return read(t, got.body), string(got.body)
			}
			is, text := now()
			if !reflect.DeepEqual(is, object) {
				t.Errorf("made %v,\nread %v", object, is)
			}
			if tag := created.header.Get("ETag"); tag != `"`+is["version"].(string)+`"` {
				t.Errorf("made with the ETag %s, the version is %v", tag, is["version"])
			}
			if found := read(t, w.ask("owner", "GET "+kind.find, "").want(http.StatusOK).body); strings.Contains(kind.find, "?") {
				items, _ := found["items"].([]any)
				if len(items) != 1 || !reflect.DeepEqual(items[0], any(is)) {
					t.Errorf("found %v,\nread %v", items, is)
				}
			}

			// Nothing is changed by who says what is so.
			w.now = w.now.Add(1e9)
			events := w.count("")
			for _, patch := range []string{"{}", text, kind.bodyAsPatch(t, is)} {
				w.ask("owner", "PATCH "+path, patch).want(http.StatusOK)
				w.ask("owner", "PATCH "+path, patch, "If-Match: \""+is["version"].(string)+`"`).want(http.StatusOK)
				if after, _ := now(); !reflect.DeepEqual(is, after) {
					t.Errorf("%s made %v\nof %v", patch, after, is)
				}
			}
			if more := w.count("") - events; more != 0 {
				t.Errorf("%d events tell of nothing", more)
			}

			// What is changed is read, and can be taken away.
			w.ask("owner", "PATCH "+path, kind.change).want(http.StatusOK)
			changed, whole := now()
			said(t, name, read(t, []byte(kind.change)), changed)
			if changed["version"] == is["version"] {
				t.Error("it has the version that it had before")
			}
			if w.count("") == events {
				t.Error("no event tells of a change")
			}
			w.ask("owner", "PATCH "+path, kind.empty).want(http.StatusOK)
			emptied, _ := now()
			for member := range read(t, []byte(kind.empty)) {
				if value := emptied[member]; !nothing(value) {
					t.Errorf("null leaves %v in %s", value, member)
				}
			}
			// Back to what it was.
			back := read(t, []byte(whole))
			maps.DeleteFunc(back, func(member string, _ any) bool { return member == "version" || member == "updated_at" })
			delete(back, "instance") // of a connector: it has a version of its own
			again, err := json.Marshal(back)
			if err != nil {
				t.Fatal(err)
			}
			w.ask("owner", "PATCH "+path, string(again)).want(http.StatusOK)
			restored, _ := now()
			for member, value := range back {
				if !reflect.DeepEqual(restored[member], value) {
					t.Errorf("%s is %v, and was %v", member, restored[member], value)
				}
			}

			w.ask("owner", "DELETE "+path, "").want(http.StatusNoContent)
			w.ask("owner", "GET "+path, "").want(http.StatusNotFound)
			w.ask("owner", "PATCH "+path, kind.change).want(http.StatusNotFound)
			w.ask("owner", "DELETE "+path, "").want(http.StatusNotFound)
			w.ask("owner", "POST "+kind.create, kind.body).want(http.StatusCreated)
		})
	}
}

// bodyAsPatch is what made the object, as far as a patch has it.
func (kind made) bodyAsPatch(t *testing.T, object map[string]any) string {
	sent := read(t, []byte(kind.body))
	maps.DeleteFunc(sent, func(member string, _ any) bool { return slices.Contains(kind.unsaid, member) || object[member] == nil })
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func nothing(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		return v == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !nothing(inner) {
				return false
			}
		}
		return true
	}
	return false
}

// count counts the audit events that a query finds.
func (w *world) count(query string) (all int) {
	w.t.Helper()
	var next string
	for {
		got := read(w.t, w.ask("owner", "GET /events?limit=200"+query+next, "").want(http.StatusOK).body)
		items, _ := got["items"].([]any)
		all += len(items)
		after, more := got["next"].(string)
		if !more {
			return all
		}
		next = "&after=" + after
	}
}
