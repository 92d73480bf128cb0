package scim_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

const anna = `"externalId":"e-1","name":{"givenName":"Anna","familyName":"Berg","honorificPrefix":"Dr"},"displayName":"Anna Berg",
	"emails":[{"value":"anna@example.org","type":"work","primary":true}],"phoneNumbers":[{"value":"+49 30 1","type":"work"},{"value":"+49 170 1","type":"mobile"}],
	"addresses":[{"streetAddress":"Weg 1","locality":"Berlin","country":"DE","type":"work"}],"title":"Engineer","locale":"de","timezone":"Europe/Berlin","active":true,
	"password":"correct horse","` + urnEnterprise + `":{"department":"Sales","employeeNumber":"42","manager":{"value":"m-1"}}`

func TestCreatesAUser(t *testing.T) {
	w := newWorld(t)
	got := w.user("anna", anna)
	got.has("anna", "userName").has("e-1", "externalId").has("Anna", "name.givenName").has("Dr", "name.honorificPrefix").
		has("anna@example.org", "emails.0.value").has(true, "emails.0.primary").has("+49 170 1", "phoneNumbers.1.value").
		has("Berlin", "addresses.0.locality").has(true, "active").has(nil, "password").has("Sales", urnEnterprise, "department").
		has("m-1", urnEnterprise, "manager.value").has([]any{urnUser, urnEnterprise}, "schemas").
		has("User", "meta.resourceType").has("2026-11-25T12:00:00.000Z", "meta.created").has(base+"/Users/"+got.id(), "meta.location")
	if got.header.Get("Location") != base+"/Users/"+got.id() || got.header.Get("ETag") != got.at("meta.version") || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", got.header)
	}
	user := w.stored(got.id())
	if user.Email != "anna@example.org" || user.EmailVerified || user.Admin || user.PasswordHash == "" || user.Profile.Phone != "+49 30 1" || user.Org != core.DefaultOrganisation ||
		user.Attributes["phone_mobile"] != "+49 170 1" || user.Attributes["department"] != "Sales" || user.Attributes["manager"] != "m-1" || user.Profile.ExternalID != "e-1" {
		t.Errorf("stored as %+v", user)
	}
	if read := w.ask("GET", "/Users/"+got.id(), "").is(200); read.header.Get("ETag") != got.header.Get("ETag") {
		t.Errorf("the version of what was made is %s, and of what is read %s", got.header.Get("ETag"), read.header.Get("ETag"))
	}
	w.ask("DELETE", "/Users/"+got.id(), "").is(204)
	w.ask("GET", "/Users/"+got.id(), "").refused(404, "")
	w.ask("DELETE", "/Users/"+got.id(), "").refused(404, "")
}

func TestCreatesADisabledUser(t *testing.T) {
	w := newWorld(t)
	id := w.user("anna", `"active":"False"`).has(false, "active").id()
	if !w.stored(id).Disabled {
		t.Error("the user may sign in")
	}
}

// What is none of SCIM's business stays as it is, whatever a client sends (security 101 and
// 120).
func TestTakesNoPrivileges(t *testing.T) {
	w := newWorld(t)
	got := w.user("anna", `"admin":true,"is_admin":true,"org":"other","organization":"other","email_verified":true,"emailVerified":true,"passwordHash":"x",
		"id":"11111111-1111-7111-8111-111111111111","groups":[{"value":"g"}],"roles":[{"value":"owner","primary":true}],
		"emails":[{"value":"anna@example.org","verified":true,"email_verified":true}],"meta":{"created":"2000-01-01T00:00:00Z"}`)
	check := func(what string) {
		t.Helper()
		user := w.stored(got.id())
		if user.Admin || user.EmailVerified || user.Org != core.DefaultOrganisation || user.PasswordHash != "" || len(user.Groups) > 0 || len(user.Attributes) > 0 {
			t.Errorf("%s made %+v", what, user)
		}
	}
	check("POST")
	w.patch("/Users/"+got.id(), `{"op":"replace","value":{"admin":true,"email_verified":true,"groups":[{"value":"g"}],"roles":[{"value":"owner"}]}}`).is(200)
	check("PATCH without a path")
	for _, path := range []string{"admin", "email_verified", "emailVerified", "emails.verified", `emails[type eq \"work\"].verified`, "passwordHash", "org"} {
		w.patch("/Users/"+got.id(), `{"op":"replace","path":"`+path+`","value":true}`).refused(400, "invalidPath")
	}
	for _, path := range []string{"id", "groups", "meta.created", "schemas"} {
		w.patch("/Users/"+got.id(), `{"op":"replace","path":"`+path+`","value":"x"}`).refused(400, "mutability")
	}
	check("PATCH with a path")
	if user := w.stored(got.id()); user.CreatedAt.Year() == 2000 || string(user.ID) != got.id() {
		t.Errorf("stored as %+v", user)
	}
}

// An address that was proved is no longer when it is another one, and stays so when nothing
// is said about it.
func TestAnotherAddressIsUnproved(t *testing.T) {
	w := newWorld(t)
	created, err := w.admin.CreateUser(t.Context(), admin.Actor{Name: "cli:tester"}, admin.NewUser{Name: "anna", Email: "anna@example.org", EmailVerified: true})
	if err != nil {
		t.Fatal(err)
	}
	path := "/Users/" + string(created.User.ID)
	w.patch(path, `{"op":"replace","path":"title","value":"Boss"}`).is(200)
	if user := w.stored(string(created.User.ID)); !user.EmailVerified || user.Profile.Title != "Boss" {
		t.Errorf("stored as %+v", user)
	}
	w.patch(path, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"other@example.org"}`).is(200).has("other@example.org", "emails.0.value")
	if user := w.stored(string(created.User.ID)); user.EmailVerified || user.Email != "other@example.org" {
		t.Errorf("stored as %+v", user)
	}
}

func TestRefusesUsersThatCannotBe(t *testing.T) {
	w := newWorld(t)
	w.user("anna", `"emails":[{"value":"anna@example.org"}]`)
	for name, test := range map[string]struct {
		body   string
		status int
		kind   string
		detail string
	}{
		"no name":                          {`{"schemas":["` + urnUser + `"]}`, 400, "invalidValue", "user name is missing"},
		"a strange name":                   {`{"userName":"a b"}`, 400, "invalidValue", "no user name"},
		"a name taken":                     {`{"userName":"ANNA"}`, 409, "uniqueness", "taken"},
		"an address taken":                 {`{"userName":"b","emails":[{"value":"Anna@example.org"}]}`, 409, "uniqueness", "taken"},
		"no address":                       {`{"userName":"b","emails":[{"value":"anna"}]}`, 400, "invalidValue", "e-mail"},
		"a weak password":                  {`{"userName":"b","password":"x"}`, 400, "invalidValue", "too short"},
		"a name of a number":               {`{"userName":1}`, 400, "invalidValue", "userName is of the type string"},
		"a name of parts":                  {`{"userName":{"value":"b"}}`, 400, "invalidValue", "userName is of the type string"},
		"name of a string":                 {`{"userName":"b","name":"Berta"}`, 400, "invalidValue", "name is of the type complex"},
		"active of a word":                 {`{"userName":"b","active":"perhaps"}`, 400, "invalidValue", "active is of the type boolean"},
		"a wrong schema":                   {`{"schemas":["` + urnGroup + `"],"userName":"b"}`, 400, "invalidSyntax", urnUser},
		"no object":                        {`[]`, 400, "invalidSyntax", "no JSON object"},
		"a member twice":                   {`{"userName":"b","userName":"c"}`, 400, "invalidSyntax", "twice"},
		"a member twice in other capitals": {`{"userName":"b","USERNAME":"c"}`, 400, "invalidSyntax", "twice"},
	} {
		got := w.ask("POST", "/Users", test.body)
		if got.refused(test.status, test.kind); !strings.Contains(got.at("detail").(string), test.detail) {
			t.Errorf("%s: %v", name, got.body)
		}
	}
	if got := w.ask("GET", "/Users", "").names(); got != "anna" {
		t.Errorf("there are %q", got)
	}
}

// PUT makes a user what it says. Whether they may sign in, and their password, stay as they
// are unless it says so.
func TestReplacesAUser(t *testing.T) {
	w := newWorld(t)
	id := w.user("anna", anna).id()
	w.now = w.now.Add(time.Minute)
	w.ask("PUT", "/Users/"+id, `{"schemas":["`+urnUser+`"],"userName":"anna2","active":false,"displayName":"A"}`).is(200).
		has("anna2", "userName").has("A", "displayName").has(false, "active").has(nil, "emails").has(nil, "name").has(nil, urnEnterprise).
		has([]any{urnUser}, "schemas").has("2026-11-25T12:00:00.000Z", "meta.created").has("2026-11-25T12:01:00.000Z", "meta.lastModified")
	if user := w.stored(id); !user.Disabled || user.PasswordHash == "" || len(user.Attributes) > 0 || user.Profile.ExternalID != "" {
		t.Errorf("stored as %+v", user)
	}
	w.ask("PUT", "/Users/"+id, `{"userName":"anna2"}`).is(200).has(false, "active")
	w.ask("PUT", "/Users/"+id, `{"displayName":"x"}`).refused(400, "invalidValue")
}

// A change that somebody did not see coming is refused to whoever says what they saw.
func TestVersions(t *testing.T) {
	w := newWorld(t)
	made := w.user("anna", "")
	path, first := "/Users/"+made.id(), made.header.Get("ETag")
	w.now = w.now.Add(time.Minute)
	second := w.patch(path, `{"op":"add","path":"title","value":"Boss"}`, "If-Match", first).is(200).header.Get("ETag")
	if first == second || !strings.HasPrefix(first, `W/"`) {
		t.Errorf("versions %s and %s", first, second)
	}
	w.patch(path, `{"op":"add","path":"title","value":"Thief"}`, "If-Match", first).refused(412, "")
	w.ask("PUT", path, `{"userName":"thief"}`, "If-Match", first).refused(412, "")
	w.ask("DELETE", path, "", "If-Match", first).refused(412, "")
	w.ask("GET", path, "", "If-None-Match", first).is(200).has("Boss", "title").has(second, "meta.version")
	if got := w.ask("GET", path, "", "If-None-Match", `"other", `+second).is(304); got.body != nil || got.header.Get("ETag") != second {
		t.Errorf("%+v", got)
	}
	w.patch(path, `{"op":"add","path":"title","value":"Chief"}`, "If-Match", strings.TrimPrefix(second, "W/")).is(200)
	w.patch(path, `{"op":"replace","path":"active","value":false}`, "If-Match", "*").is(200)
	w.ask("DELETE", path, "", "If-Match", second).refused(412, "")
	w.ask("DELETE", path, "").is(204)
}

func TestReachesNobodyElsewhere(t *testing.T) {
	w := newWorld(t)
	if _, err := w.admin.CreateOrganisation(t.Context(), admin.Actor{Name: "cli:tester"}, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	id := w.user("anna", "").id()
	got := w.ask("POST", "/acme/Users", `{"userName":"berta"}`).is(201)
	got.has(base+"/acme/Users/"+got.id(), "meta.location")
	if user := w.stored(got.id()); user.Org != "acme" {
		t.Errorf("made in %s", user.Org)
	}
	w.ask("GET", "/acme/Users/"+id, "").refused(404, "")
	w.ask("DELETE", "/acme/Users/"+id, "").refused(404, "")
	w.patch("/acme/Users/"+id, `{"op":"add","path":"title","value":"x"}`).refused(404, "")
	w.ask("GET", "/Users/"+got.id(), "").refused(404, "")
	for _, filter := range []string{"", "?filter=userName+eq+%22anna%22", "?filter=id+eq+%22" + id + "%22"} {
		if names := w.ask("GET", "/acme/Users"+filter, "").names(); strings.Contains(names, "anna") {
			t.Errorf("%s shows %s", filter, names)
		}
	}

	for _, path := range []string{"/nowhere/Users", "/nowhere/Users/" + id, "/nowhere/ServiceProviderConfig", "/nowhere/Groups"} {
		w.ask("GET", path, "").refused(404, "")
	}

	// Somebody with a role in one organisation has nothing to do with another.
	w.who.Roles, w.org = []core.RoleGrant{{Org: "acme", Role: core.RoleAdministrator}}, "acme"
	w.ask("GET", "/Users/"+got.id(), "").is(200)
	w.ask("GET", "/"+core.DefaultOrganisation+"/Users/"+id, "").refused(404, "")
	w.ask("GET", "/nowhere/Users", "").refused(404, "")
	w.ask("DELETE", "/Users/"+id, "").refused(404, "")
	w.who.Roles[0].Role = core.RoleAuditor
	w.ask("GET", "/Users", "").is(200)
	w.ask("POST", "/Users", `{"userName":"carla"}`).refused(403, "")
	w.ask("DELETE", "/Users/"+got.id(), "").refused(403, "")
	w.who.Only = []core.Permission{core.ReadGroups}
	w.ask("GET", "/Users", "").refused(403, "")
}

// External identifiers are of whoever provisions an organisation: others may have the same,
// and find nobody by those of another one.
func TestExternalIDsAreOfAnOrganisation(t *testing.T) {
	w := newWorld(t)
	if _, err := w.admin.CreateOrganisation(t.Context(), admin.Actor{Name: "cli:tester"}, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	const same = `"externalId":"e-1"`
	here := map[string]string{"/Users": w.user("anna", same).id(), "/Groups": w.ask("POST", "/Groups", `{"displayName":"Staff",`+same+`}`).is(201).id()}
	there := map[string]string{
		"/Users":  w.ask("POST", "/acme/Users", `{"userName":"anna",`+same+`}`).is(201).id(),
		"/Groups": w.ask("POST", "/acme/Groups", `{"displayName":"Staff",`+same+`}`).is(201).id(),
	}
	for path := range here {
		w.find(path, "filter", `externalId eq "e-1"`).has(1.0, "totalResults").has(here[path], "Resources.0.id")
		w.find("/acme"+path, "filter", `externalId eq "e-1"`).has(1.0, "totalResults").has(there[path], "Resources.0.id").
			has(base+"/acme"+path+"/"+there[path], "Resources.0.meta.location")
		w.find(path, "filter", `externalId eq "E-1"`).has(0.0, "totalResults")
		w.patch(path+"/"+here[path], `{"op":"remove","path":"externalId"}`).is(200).has(nil, "externalId")
		w.find(path, "filter", `externalId eq "e-1"`).has(0.0, "totalResults")
		w.find("/acme"+path, "filter", `externalId eq "e-1"`).has(1.0, "totalResults")
	}
	w.ask("POST", "/acme/Groups", `{"displayName":"Strangers","members":[{"value":"`+here["/Users"]+`"}]}`).refused(400, "invalidValue")
}

func TestMe(t *testing.T) {
	w := newWorld(t)
	id := w.user("anna", "").id()
	w.who.ID = core.ID(id)
	w.ask("GET", "/Me", "").is(200).has("anna", "userName").has(base+"/Users/"+id, "meta.location")
	w.patch("/Me", `{"op":"add","path":"title","value":"Boss"}`).refused(http.StatusNotImplemented, "")
	w.who.ID = ""
	w.ask("GET", "/Me", "").refused(404, "")
}
