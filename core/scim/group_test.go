package scim_test

import (
	"fmt"
	"strings"
	"testing"

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
	w.user("carl", "")
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
	for filter, want := range map[string]string{
		`groups eq "` + got.id() + `"`: "anna berta", `groups[value eq "` + got.id() + `"]`: "anna berta", `groups.value eq "` + got.id() + `" and userName sw "b"`: "berta",
		`groups.value eq "` + anna + `"`: "", `groups.value eq "x"`: "", `groups.value ne "` + got.id() + `"`: "carl",
	} {
		if names := w.find("/Users", "filter", filter).names(); names != want {
			t.Errorf("%s gives %s", filter, names)
		}
	}
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

// The version of a group is one of its members too, whether they are shown or not, and
// however they come and go.
func TestVersionsOfGroups(t *testing.T) {
	w := newWorld(t)
	anna, berta := w.user("anna", "").id(), w.user("berta", "").id()
	made := w.groupOf("Staff")
	path := "/Groups/" + made.id()
	seen := map[string]bool{}
	last := ""
	// another checks that there is a version that there was not before.
	another := func(what string) string {
		t.Helper()
		got := w.ask("GET", path, "").is(200)
		version := got.header.Get("ETag")
		if version == "" || seen[version] || got.at("meta.version") != version {
			t.Errorf("%s: version %s, and %v in the resource", what, version, got.at("meta.version"))
		}
		if when := got.at("meta.lastModified").(string); when <= last {
			t.Errorf("%s: changed at %s, after %s", what, when, last)
		} else {
			last = when
		}
		w.find(path, "excludedAttributes", "members").has(nil, "members").has(version, "meta.version")
		w.find("/Groups").has(version, "Resources.0.meta.version")
		w.ask("GET", path, "", "If-None-Match", version).is(304)
		seen[version] = true
		return version
	}
	first := another("made")
	if first != made.header.Get("ETag") {
		t.Errorf("made as %s, read as %s", made.header.Get("ETag"), first)
	}
	add := `{"op":"add","path":"members","value":[{"value":"` + anna + `"}]}`
	added := w.patch(path, add, "If-Match", first).is(204).header.Get("ETag")
	if added != another("somebody comes") {
		t.Errorf("the answer has the version %s", added)
	}
	if w.patch(path, add).is(204).header.Get("ETag") != added {
		t.Error("who is a member already makes another version")
	}
	w.patch(path, add, "If-Match", first).refused(412, "")
	w.patch(path, `{"op":"remove","path":"members"}`, "If-Match", first).refused(412, "")
	w.patch(path, `{"op":"add","path":"externalId","value":"1"}`, "If-None-Match", added).refused(412, "")
	w.ask("PUT", path, `{"schemas":["`+urnGroup+`"],"displayName":"Thieves"}`, "If-Match", first).refused(412, "")
	w.ask("DELETE", path, "", "If-Match", first).refused(412, "")
	w.ask("GET", path, "", "If-Match", first).refused(412, "")
	w.patch(path, `{"op":"remove","path":"members[value eq \"`+anna+`\"]"}`).is(204)
	another("somebody goes")
	w.ask("PUT", path, `{"schemas":["`+urnGroup+`"],"displayName":"Staff","members":[{"value":"`+anna+`"},{"value":"`+berta+`"}]}`).is(200)
	another("replaced")
	w.ask("DELETE", "/Users/"+berta, "").is(204)
	another("a member is deleted")
	group, err := w.store.Group(t.Context(), w.org, "Staff")
	if err != nil {
		t.Fatal(err)
	}
	carl, err := w.admin.CreateUser(t.Context(), admin.Actor{Name: "cli:tester"}, admin.NewUser{Name: "carl", Groups: []string{"Staff"}})
	if err != nil {
		t.Fatal(err)
	}
	another("a user is made in it")
	if err := w.admin.RemoveMember(t.Context(), admin.Actor{Name: "cli:tester"}, group, &carl.User); err != nil {
		t.Fatal(err)
	}
	second := another("an administrator takes somebody out")
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
	got := w.bulk(`"Operations":[{"method":"POST","path":"/Groups","bulkId":"g","data":{"schemas":["` + urnGroup + `"],"displayName":"Staff","members":[{"value":"bulkId:a"},{"value":"bulkId:b"}]}},` +
		post("a", `{"userName":"anna"}`) + "," + post("b", `{"userName":"berta"}`) + "]")
	if got.statuses() != "201 201 201" || w.members("Staff") != "anna berta" {
		t.Errorf("%s: %v", got.statuses(), got.body)
	}
}
