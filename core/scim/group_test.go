package scim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// groupOf makes a group with members by SCIM.
func (w *world) groupOf(name string, members ...string) *answer {
	w.t.Helper()
	values := make([]string, len(members))
	for i, id := range members {
		values[i] = `{"value":"` + id + `"}`
	}
	return w.ask("POST", "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[%s]}`, urnGroup, name, strings.Join(values, ","))).is(201)
}

// members gives the names of those of a group, as the store has them.
func (w *world) members(name string) string {
	w.t.Helper()
	group, err := w.store.Group(w.t.Context(), w.org, name)
	if err != nil {
		w.t.Fatal(err)
	}
	users, err := w.store.Members(w.t.Context(), group.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	names := make([]string, len(users))
	for i, user := range users {
		names[i] = user.Name
	}
	return strings.Join(names, " ")
}

func TestCreatesAGroup(t *testing.T) {
	w := newWorld(t)
	anna, berta := w.user("anna", "").id(), w.user("berta", "").id()
	got := w.ask("POST", "/Groups", `{"schemas":["`+urnGroup+`"],"displayName":"Staff","externalId":"g-1","members":[{"value":"`+berta+`"},{"$ref":"`+base+`/Users/`+anna+`"}]}`).is(201)
	got.has("Staff", "displayName").has("g-1", "externalId").has(anna, "members.0.value").has(base+"/Users/"+berta, "members.1.$ref").has("User", "members.1.type").
		has("Group", "meta.resourceType").has(base+"/Groups/"+got.id(), "meta.location")
	if got.header.Get("ETag") == "" || got.header.Get("ETag") != w.ask("GET", "/Groups/"+got.id(), "").is(200).header.Get("ETag") {
		t.Errorf("versions %s", got.header.Get("ETag"))
	}
	if w.members("Staff") != "anna berta" {
		t.Errorf("its members are %s", w.members("Staff"))
	}
	w.ask("GET", "/Users/"+anna, "").has(got.id(), "groups.0.value").has("Staff", "groups.0.display").has("direct", "groups.0.type").has(base+"/Groups/"+got.id(), "groups.0.$ref")
	w.find("/Users", "filter", `groups.display eq "staff"`, "attributes", "userName").has(2.0, "totalResults")
	w.ask("DELETE", "/Groups/"+got.id(), "").is(204)
	w.ask("GET", "/Groups/"+got.id(), "").refused(404, "")
	w.ask("GET", "/Users/"+anna, "").has(nil, "groups")
}

// What a group is called reaches clients, where commas and semicolons separate names.
func TestNamesOfGroups(t *testing.T) {
	w := newWorld(t)
	got := w.groupOf("Sales, EMEA; Berlin").has("Sales, EMEA; Berlin", "displayName")
	group, err := w.store.Group(t.Context(), w.org, "Sales EMEA Berlin")
	if err != nil || group.DisplayName != "Sales, EMEA; Berlin" {
		t.Fatalf("%+v, %v", group, err)
	}
	w.find("/Groups", "filter", `displayName eq "sales, emea; berlin"`).has(got.id(), "Resources.0.id")
	w.patch("/Groups/"+got.id(), `{"op":"replace","value":{"id":"`+got.id()+`","displayName":"Sales"}}`).is(200).has("Sales", "displayName")
	if group, err = w.store.Group(t.Context(), w.org, "Sales"); err != nil || group.DisplayName != "" || string(group.ID) != got.id() {
		t.Errorf("%+v, %v", group, err)
	}

	// A name that people gave a group stays, whatever a program calls it.
	if _, err := w.admin.CreateGroup(t.Context(), admin.Actor{Name: "cli:tester"}, "", "staff", "Everybody here"); err != nil {
		t.Fatal(err)
	}
	staff := w.find("/Groups", "filter", `displayName eq "staff"`).has("staff", "Resources.0.displayName").at("Resources.0.id").(string)
	w.ask("PUT", "/Groups/"+staff, `{"displayName":"staff","externalId":"1"}`).is(200).has("staff", "displayName")
	if group, err = w.store.Group(t.Context(), w.org, "staff"); err != nil || group.DisplayName != "Everybody here" || group.ExternalID != "1" {
		t.Errorf("%+v, %v", group, err)
	}
}

func TestRefusesGroupsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	if _, err := w.admin.CreateOrganisation(t.Context(), admin.Actor{Name: "cli:tester"}, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	stranger := w.ask("POST", "/acme/Users", `{"userName":"carl"}`).is(201).id()
	w.ask("POST", "/Groups", `{"displayName":"Staff","externalId":"1"}`).is(201)
	for body, want := range map[string]struct {
		status int
		kind   string
	}{
		`{}`:                      {400, "invalidValue"},
		`{"displayName":" ; "}`:   {400, "invalidValue"},
		`{"displayName":"Staff"}`: {409, "uniqueness"},
		`{"displayName":"Other","externalId":"1"}`:                         {409, "uniqueness"},
		`{"displayName":"Other","members":[{"value":"` + stranger + `"}]}`: {400, "invalidValue"},
		`{"displayName":"Other","members":[{"value":"nobody"}]}`:           {400, "invalidValue"},
		`{"displayName":"Other","members":[{"type":"User"}]}`:              {400, "invalidValue"},
		`{"displayName":"Other","schemas":["` + urnUser + `"]}`:            {400, "invalidSyntax"},
	} {
		w.ask("POST", "/Groups", body).refused(want.status, want.kind)
	}
	if names := w.find("/Groups").names(); names != "Staff" {
		t.Errorf("there are %s", names)
	}
}

// TestPatchesMembers has the operations as the large services send them.
func TestPatchesMembers(t *testing.T) {
	w := newWorld(t)
	id := map[string]string{}
	for _, name := range []string{"anna", "berta", "carl"} {
		id[name] = w.user(name, "").id()
	}
	path := "/Groups/" + w.groupOf("Staff", id["anna"]).id()
	for _, test := range []struct {
		operations, want string
		status           int
	}{
		{`{"op":"add","path":"members","value":[{"value":"` + id["berta"] + `"}]}`, "anna berta", 204},
		{`{"op":"Add","path":"members","value":[{"$ref":null,"value":"` + id["berta"] + `"}]}`, "anna berta", 204},
		{`{"op":"remove","path":"members[value eq \"` + id["anna"] + `\"]"}`, "berta", 204},
		{`{"op":"remove","path":"members[value eq \"` + id["anna"] + `\"]"}`, "berta", 204},
		{`{"op":"Remove","path":"members","value":[{"value":"` + id["berta"] + `"}]}`, "", 204},
		{`{"op":"add","value":{"members":[{"value":"` + id["carl"] + `"}]}}`, "carl", 200},
		{`{"op":"replace","path":"members","value":[{"value":"` + id["anna"] + `"},{"value":"` + id["berta"] + `"}]}`, "anna berta", 200},
		{`{"op":"add","path":"members","value":"` + id["carl"] + `"},{"op":"remove","path":"members[value eq \"` + id["anna"] + `\" or value eq \"` + id["berta"] + `\"]"}`, "carl", 204},
		{`{"op":"remove","path":"members"}`, "", 200},
	} {
		got := w.patch(path, test.operations)
		if w.members("Staff") != test.want || got.status != test.status || got.body == nil != (test.status == 204) {
			t.Errorf("after %s there are %s: %d", test.operations, w.members("Staff"), got.status)
		}
	}
	w.patch(path, `{"op":"add","path":"members","value":[{"value":"`+id["anna"]+`"},{"value":"nobody"}]}`).refused(400, "invalidValue")
	w.patch(path, `{"op":"remove","path":"displayName"}`).refused(400, "mutability")
	w.patch(path, `{"op":"add","path":"members","value":"`+id["anna"]+`"},{"op":"replace","path":"members[value eq \"`+id["anna"]+`\"].value","value":"`+id["carl"]+`"}`).refused(400, "mutability")
	if w.members("Staff") != "" {
		t.Errorf("half of a patch made %s members", w.members("Staff"))
	}
	one := `{"schemas":["` + urnPatch + `"],"Operations":[{"op":"add","path":"members","value":[{"value":"` + id["anna"] + `"}]}]}`
	w.ask("PATCH", path+"?attributes=members", one).is(200).has(id["anna"], "members.0.value").has(nil, "displayName")
	w.ask("PATCH", path+"?excludedAttributes=members", one).is(200).has("Staff", "displayName").has(nil, "members")
	w.ask("PUT", path, `{"displayName":"All","members":[{"value":"`+id["carl"]+`"}]}`).is(200).has("All", "displayName").has(id["carl"], "members.0.value")
	if w.members("All") != "carl" {
		t.Errorf("replaced, it has %s", w.members("All"))
	}
}

// The version of a group is one of its members too.
func TestVersionsOfGroups(t *testing.T) {
	w := newWorld(t)
	anna := w.user("anna", "").id()
	made := w.groupOf("Staff")
	path, first := "/Groups/"+made.id(), made.header.Get("ETag")
	w.now = w.now.Add(time.Minute)
	add := `{"op":"add","path":"members","value":[{"value":"` + anna + `"}]}`
	second := w.patch(path, add, "If-Match", first).is(200).header.Get("ETag")
	w.patch(path, `{"op":"remove","path":"members"}`, "If-Match", first).refused(412, "")
	w.ask("DELETE", path, "", "If-Match", first).refused(412, "")
	w.ask("GET", path, "", "If-None-Match", second).is(304)
	w.ask("GET", path, "", "If-None-Match", first).is(200).has(anna, "members.0.value")
	without := w.find(path, "excludedAttributes", "members").is(200).has(nil, "members").has(nil, "meta.version")
	if without.header.Get("ETag") != "" {
		t.Errorf("what is shown without members has the version %s", without.header.Get("ETag"))
	}
	w.ask("DELETE", path, "", "If-Match", second).is(204)
}

func TestListsGroups(t *testing.T) {
	w := newWorld(t)
	anna, berta := w.user("anna", "").id(), w.user("berta", "").id()
	w.groupOf("Staff", anna, berta)
	sales := w.groupOf("Sales", berta).id()
	w.ask("POST", "/Groups", `{"displayName":"Guests","externalId":"7"}`).is(201)
	for query, want := range map[string]string{
		``:                       "Guests Sales Staff",
		`displayName eq "staff"`: "Staff", `displayName sw "S"`: "Sales Staff", `displayName eq "S"`: "", `displayName co "%"`: "",
		`externalId eq "7"`: "Guests", `id eq "` + sales + `"`: "Sales", `id eq "` + anna + `"`: "", `id eq "x"`: "",
		`members.value eq "` + berta + `"`: "Sales Staff", `members[value eq "` + anna + `"]`: "Staff", `members eq "` + anna + `" and displayName eq "Sales"`: "",
		`members eq "` + sales + `"`: "", `members eq "x"`: "", `not (members pr)`: "Guests", `members.value sw "` + anna[:8] + `"`: "Sales Staff",
		`displayName eq "Guests" or members.value eq "` + anna + `"`: "Guests Staff", `meta.resourceType eq "Group"`: "Guests Sales Staff",
	} {
		got := w.find("/Groups", "filter", query, "attributes", "displayName")
		if got.names() != want || got.at("Resources.0.members") != nil {
			t.Errorf("%s gives %s", query, got.names())
		}
	}
	if names := w.find("/Groups", "sortBy", "displayName", "sortOrder", "descending", "count", "2").names(); names != "Staff Sales" {
		t.Errorf("in descending order %s", names)
	}
	w.find("/Groups", "filter", `userName eq "anna"`).refused(400, "invalidFilter")

	// A search among everything takes what a type does not have for a thing without a value.
	all := w.ask("POST", "/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"anna\" or displayName sw \"s\"","sortBy":"meta.resourceType"}`)
	if all.names() != "Sales Staff anna" {
		t.Errorf("among everything %s", all.names())
	}
}

func TestGroupsElsewhere(t *testing.T) {
	w := newWorld(t)
	if _, err := w.admin.CreateOrganisation(t.Context(), admin.Actor{Name: "cli:tester"}, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	path := "/Groups/" + w.groupOf("Staff").id()
	for _, ask := range []func() *answer{
		func() *answer { return w.ask("GET", "/acme"+path, "") },
		func() *answer { return w.ask("DELETE", "/acme"+path, "") },
		func() *answer { return w.ask("PUT", "/acme"+path, `{"displayName":"x"}`) },
		func() *answer { return w.patch("/acme"+path, `{"op":"add","path":"displayName","value":"x"}`) },
	} {
		ask().refused(404, "")
	}
	w.who.Roles = []core.RoleGrant{{Org: core.DefaultOrganisation, Role: core.RoleAdministrator}}
	w.who.Only = []core.Permission{core.ReadUsers, core.WriteUsers}
	anna := w.user("anna", "")
	w.ask("GET", path, "").refused(403, "")
	w.ask("POST", "/Groups", `{"displayName":"x"}`).refused(403, "")
	w.ask("GET", "/Users/"+anna.id(), "").is(200).has(nil, "groups")
	w.who.Only = []core.Permission{core.ReadGroups}
	w.patch(path, `{"op":"add","path":"members","value":[{"value":"`+anna.id()+`"}]}`).refused(403, "")
}

func TestBulkOfGroups(t *testing.T) {
	w := newWorld(t)
	got := w.bulk(`"Operations":[{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"Staff","members":[{"value":"bulkId:a"},{"value":"bulkId:b"}]}},` +
		post("a", `{"userName":"anna"}`) + "," + post("b", `{"userName":"berta"}`) + "]")
	if got.statuses() != "201 201 201" || w.members("Staff") != "anna berta" {
		t.Errorf("%s: %v", got.statuses(), got.body)
	}
}
