package scim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// find lists users by a query of pairs of a name and a value.
func (w *world) find(path string, query ...string) *answer {
	w.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	return w.ask("GET", path+"?"+values.Encode(), "")
}

// crew makes some users.
func (w *world) crew() {
	w.t.Helper()
	w.user("dora", `"title":"Boss","externalId":"4"`)
	w.user("anna", `"title":"Engineer","externalId":"1","emails":[{"value":"anna@example.org"}],"active":false`)
	w.user("Carl", `"title":"engineer","externalId":"3","name":{"familyName":"Berg"}`)
	w.user("berta", `"emails":[{"value":"b@example.com"}],"`+urnEnterprise+`":{"department":"Sales"}`)
}

func TestListsUsers(t *testing.T) {
	w := newWorld(t)
	w.find("/Users").is(200).has(0.0, "totalResults").has([]any{}, "Resources")
	w.crew()
	for _, test := range []struct {
		query []string
		want  string
		total float64
	}{
		{nil, "anna berta Carl dora", 4},
		{[]string{"count", "2"}, "anna berta", 4},
		{[]string{"count", "2", "startIndex", "3"}, "Carl dora", 4},
		{[]string{"count", "2", "startIndex", "4"}, "dora", 4},
		{[]string{"startIndex", "5"}, "", 4},
		{[]string{"startIndex", "-3", "count", "1"}, "anna", 4},
		{[]string{"startIndex", "99999999999"}, "", 4},
		{[]string{"count", "0"}, "", 4},
		{[]string{"count", "-1"}, "", 4},
		{[]string{"filter", `title eq "ENGINEER"`}, "anna Carl", 2},
		{[]string{"filter", `title eq "engineer"`, "count", "1", "startIndex", "2"}, "Carl", 2},
		{[]string{"filter", `userName eq "ANNA"`}, "anna", 1},
		{[]string{"filter", `userName eq "nobody"`}, "", 0},
		{[]string{"filter", `userName eq "anna@example.org"`}, "", 0},
		{[]string{"filter", `emails.value eq "Anna@example.org"`}, "anna", 1},
		{[]string{"filter", `emails[type eq "work"].value eq "anna@example.org"`}, "anna", 1},
		{[]string{"filter", `emails.value eq "anna"`}, "", 0},
		{[]string{"filter", `id eq "anna"`}, "", 0},
		{[]string{"filter", `externalId eq "3"`}, "Carl", 1},
		{[]string{"filter", `externalId eq "3" or userName eq "anna" or userName eq "carl"`}, "anna Carl", 2},
		{[]string{"filter", `userName eq "anna" and active eq true`}, "", 0},
		{[]string{"filter", `active eq false`}, "anna", 1},
		{[]string{"filter", urnEnterprise + `:department eq "sales"`}, "berta", 1},
		{[]string{"filter", `not (title pr)`}, "berta", 1},
		{[]string{"filter", `groups pr`}, "", 0},
		{[]string{"sortBy", "userName", "sortOrder", "descending"}, "dora Carl berta anna", 4},
		{[]string{"sortBy", "title"}, "dora anna Carl berta", 4},
		{[]string{"sortBy", "title", "sortOrder", "descending"}, "berta anna Carl dora", 4},
		{[]string{"sortBy", "title", "count", "2", "startIndex", "2"}, "anna Carl", 4},
		{[]string{"sortBy", "emails"}, "anna berta Carl dora", 4},
		{[]string{"sortBy", "name.familyName", "count", "1"}, "Carl", 4},
		{[]string{"sortBy", "active", "count", "1"}, "anna", 4},
		{[]string{"sortBy", "meta.lastModified", "count", "1"}, "anna", 4},
	} {
		got := w.find("/Users", test.query...)
		if got.names() != test.want {
			t.Errorf("%v gives %s", test.query, got.names())
		}
		got.has(test.total, "totalResults").has("urn:ietf:params:scim:api:messages:2.0:ListResponse", "schemas.0")
	}
}

func TestListRefuses(t *testing.T) {
	w := newWorld(t)
	for query, kind := range map[string]string{
		"filter=userName": "invalidFilter", "filter=nothing+pr": "invalidFilter", "filter=password+pr": "invalidFilter", "filter=%00": "invalidFilter",
		"filter=" + strings.Repeat("(", 10_000): "invalidFilter", "filter=" + strings.Repeat("not(", 2000): "invalidFilter",
		"sortBy=nothing": "invalidValue", "sortBy=title&sortOrder=up": "invalidValue", "sortBy=password": "invalidValue", "count=x": "invalidValue", "startIndex=1.5": "invalidValue",
		"attributes=userName&excludedAttributes=title": "invalidValue",
	} {
		w.ask("GET", "/Users?"+query, "").refused(400, kind)
	}
}

func TestAttributesOfAnswers(t *testing.T) {
	w := newWorld(t)
	path := "/Users/" + w.user("anna", anna).id()
	keys := func(a *answer) (found string) {
		members, _ := a.is(200).body.(map[string]any)
		for _, name := range []string{"id", "schemas", "meta", "userName", "name", "title", "emails", "active", urnEnterprise, "password"} {
			if members[name] != nil {
				found += " " + strings.TrimPrefix(name, "urn:ietf:params:scim:schemas:")
			}
		}
		return found[1:]
	}
	for query, want := range map[string]string{
		"attributes=userName":                                    "id schemas userName",
		"attributes=USERNAME,%20title":                           "id schemas userName title",
		"attributes=nothing":                                     "id schemas",
		"attributes=password,userName":                           "id schemas userName",
		"attributes=meta":                                        "id schemas meta",
		"attributes=" + urnUser + ":userName":                    "id schemas userName",
		"attributes=" + urnEnterprise:                            "id schemas extension:enterprise:2.0:User",
		"excludedAttributes=name,emails,title":                   "id schemas meta userName active extension:enterprise:2.0:User",
		"excludedAttributes=id,schemas,meta":                     "id schemas userName name title emails active extension:enterprise:2.0:User",
		"excludedAttributes=" + urnEnterprise:                    "id schemas meta userName name title emails active",
		"excludedAttributes=name.givenName,nothing,emails.value": "id schemas meta userName name title emails active extension:enterprise:2.0:User",
	} {
		if got := keys(w.ask("GET", path+"?"+query, "")); got != want {
			t.Errorf("%s gives %s, not %s", query, got, want)
		}
	}
	w.find(path, "attributes", "name.givenName,emails.value,emails.type,"+urnEnterprise+":department").
		has(map[string]any{"givenName": "Anna"}, "name").has([]any{map[string]any{"value": "anna@example.org", "type": "work"}}, "emails").
		has(map[string]any{"department": "Sales"}, urnEnterprise)
	w.find(path, "excludedAttributes", "name.givenName,emails.value").has("Berg", "name.familyName").has(nil, "name.givenName").has(nil, "emails.0.value")
	w.ask("PATCH", path+"?attributes=title", `{"schemas":["`+urnPatch+`"],"Operations":[{"op":"add","path":"title","value":"Boss"}]}`).
		is(200).has("Boss", "title").has(nil, "userName")
	w.ask("POST", "/Users?attributes=userName", `{"userName":"berta","title":"x"}`).is(201).has("berta", "userName").has(nil, "title")
	w.find("/Users", "attributes", "title", "filter", `userName eq "anna"`).has("Boss", "Resources.0.title").has(nil, "Resources.0.userName")
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	w.crew()
	ask := func(path, members string) *answer {
		return w.ask("POST", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`+members+`}`)
	}
	for _, path := range []string{"/.search", "/Users/.search"} {
		if got := ask(path, `,"filter":"title eq \"engineer\"","startIndex":2,"count":5,"attributes":["userName"]`); got.names() != "Carl" || got.at("Resources.0.title") != nil {
			t.Errorf("%s: %v", path, got.body)
		}
		ask(path, `,"filter":"title"`).refused(400, "invalidFilter")
		w.ask("POST", path, `{}`).refused(400, "invalidSyntax")
		w.ask("GET", path, "").refused(405, "")
	}
	ask("/Users/.search", `,"filter":"nothing pr"`).refused(400, "invalidFilter")
	// Names of members have no capitals, and what is of another type is not passed over.
	if got := ask("/Users/.search", `,"Filter":"title eq \"engineer\"","SORTBY":"userName","sortorder":"Descending","Count":1,"Attributes":["title"]`); got.at("Resources.0.title") != "engineer" || got.at("totalResults") != 2.0 {
		t.Errorf("%v", got.body)
	}
	for _, members := range []string{`"filter":["title pr"]`, `"filter":1`, `"count":"1"`, `"count":1.5`, `"startIndex":true`, `"sortBy":["title"]`, `"sortOrder":"up"`, `"attributes":[1]`, `"excludedAttributes":{}`} {
		ask("/Users/.search", ","+members).refused(400, "invalidValue")
	}
	ask("/Users/.search", `,"filter":null,"attributes":"userName"`).is(200).has(4.0, "totalResults").has(nil, "Resources.0.title")
}

func TestDiscovery(t *testing.T) {
	w := newWorld(t)
	w.ask("GET", "/ServiceProviderConfig", "").is(200).has(true, "patch.supported").has(true, "bulk.supported").has(200.0, "filter.maxResults").
		has(true, "etag.supported").has("oauthbearertoken", "authenticationSchemes.0.type").has(base+"/ServiceProviderConfig", "meta.location")
	types := w.ask("GET", "/ResourceTypes", "").is(200)
	for _, resource := range types.at("Resources").([]any) {
		members := resource.(map[string]any)
		w.ask("GET", "/ResourceTypes/"+members["id"].(string), "").is(200).has(members["endpoint"], "endpoint")
		schema := w.ask("GET", "/Schemas/"+members["schema"].(string), "").is(200).has(members["name"], "name")
		if schema.at("attributes.0.name") == nil {
			t.Errorf("%v", schema.body)
		}
	}
	schemas := w.ask("GET", "/Schemas", "").is(200)
	if schemas.at("totalResults") != float64(len(schemas.at("Resources").([]any))) {
		t.Errorf("%v", schemas.body)
	}
	w.ask("GET", "/Schemas/urn:nothing", "").refused(404, "")
	w.ask("GET", "/ResourceTypes/Nothing", "").refused(404, "")
	w.ask("GET", "/Schemas?filter=id+pr", "").refused(403, "")
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/" + urnUser} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			if got := w.ask(method, path, "{}").refused(405, ""); got.header.Get("Allow") != http.MethodGet {
				t.Errorf("%s %s: Allow %q", method, path, got.header.Get("Allow"))
			}
		}
	}
}
