package scim_test

import (
	"strings"
	"testing"
)

// TestEntra says what Microsoft Entra says, in the form of its documentation of SCIM
// endpoints.
func TestEntra(t *testing.T) {
	w := newWorld(t)
	w.find("/Users", "filter", `userName eq "non-existent user"`).is(200).has(0.0, "totalResults").has([]any{}, "Resources")
	made := w.ask("POST", "/Users", `{"schemas":["`+urnUser+`","`+urnEnterprise+`"],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
		"userName":"Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1","active":true,
		"emails":[{"primary":true,"type":"work","value":"Test_User_fd0ea19b-0777-472c-9f96-4f70d2226f2e@testuser.com"}],
		"meta":{"resourceType":"User"},"name":{"formatted":"givenName familyName","familyName":"familyName","givenName":"givenName"},"roles":[]}`).is(201)
	path := "/Users/" + made.id()
	w.find("/Users", "filter", `externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"`).has(made.id(), "Resources.0.id")
	w.find("/Users", "filter", `emails[type eq "work"].value eq "test_user_fd0ea19b-0777-472c-9f96-4f70d2226f2e@testuser.com"`).has(made.id(), "Resources.0.id")
	w.patch(path, `{"op":"Replace","path":"emails[type eq \"work\"].value","value":"updatedEmail@microsoft.com"},{"op":"Replace","path":"name.familyName","value":"updatedFamilyName"}`).
		is(200).has("updatedEmail@microsoft.com", "emails.0.value").has("updatedFamilyName", "name.familyName")
	w.patch(path, `{"op":"Replace","path":"userName","value":"5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com"}`).is(200).
		has("5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com", "userName")
	w.patch(path, `{"op":"Add","path":"addresses[type eq \"work\"].formatted","value":"here"},{"op":"Add","path":"addresses[type eq \"work\"].country","value":"DE"},
		{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+1 555 0100"},{"op":"Add","path":"preferredLanguage","value":"en-US"},
		{"op":"Add","path":"`+urnEnterprise+`:department","value":"IT"},{"op":"Add","path":"`+urnEnterprise+`:manager","value":"`+made.id()+`"}`).
		is(200).has("DE", "addresses.0.country").has("mobile", "phoneNumbers.0.type").has("IT", urnEnterprise, "department").has(made.id(), urnEnterprise, "manager.value")
	w.find("/Users", "filter", `id eq "`+made.id()+`" and manager eq "`+made.id()+`"`, "attributes", "id").has(1.0, "totalResults")
	w.patch(path, `{"op":"Remove","path":"manager"}`).is(200).has(nil, urnEnterprise, "manager")
	w.patch(path, `{"op":"Replace","path":"active","value":"False"}`).is(200).has(false, "active")
	w.patch(path, `{"op":"replace","value":{"displayName":"Bob","name.givenName":"Bob","`+urnEnterprise+`:department":"Ops"}}`).
		is(200).has("Bob", "displayName").has("Bob", "name.givenName").has("Ops", urnEnterprise, "department")

	group := w.ask("POST", "/Groups", `{"schemas":["`+urnGroup+`","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
		"externalId":"8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159","displayName":"displayName","meta":{"resourceType":"Group"}}`).is(201)
	at := "/Groups/" + group.id()
	w.find(at, "excludedAttributes", "members").is(200).has("displayName", "displayName")
	w.find("/Groups", "excludedAttributes", "members", "filter", `displayName eq "displayName"`).has(group.id(), "Resources.0.id")
	w.patch(at, `{"op":"Replace","path":"displayName","value":"1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName"}`).is(200)
	w.patch(at, `{"op":"Add","path":"members","value":[{"$ref":null,"value":"`+made.id()+`"}]}`).is(204)
	w.find(at).has(made.id(), "members.0.value")
	w.find("/Groups", "filter", `id eq "`+group.id()+`" and members eq "`+made.id()+`"`, "attributes", "id").has(1.0, "totalResults")
	w.patch(at, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+made.id()+`"}]}`).is(204)
	w.find(at).has(nil, "members")
	w.ask("DELETE", at, "").is(204)
	w.ask("DELETE", path, "").is(204)
}

// TestOkta says what Okta says, in the form of its documentation of SCIM.
func TestOkta(t *testing.T) {
	w := newWorld(t)
	const name = "test.user@okta.local"
	w.find("/Users", "filter", `userName eq "`+name+`"`, "startIndex", "1", "count", "100").is(200).has(0.0, "totalResults").has(1.0, "startIndex").has(0.0, "itemsPerPage")
	const user = `{"schemas":["` + urnUser + `"],"userName":"test.user@okta.local","name":{"givenName":"Test","familyName":"User"},
		"emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],"displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],
		"password":"1mz050nq","active":true}`
	made := w.ask("POST", "/Users", user).is(201).has(true, "emails.0.primary").has("en-US", "locale")
	w.ask("POST", "/Users", user).refused(409, "uniqueness")
	path := "/Users/" + made.id()
	w.ask("GET", "/Users/01a21293-0000-70a5-a1a9-582adc23f41a", "").refused(404, "")
	w.find("/Users", "startIndex", "1", "count", "2").is(200).has(name, "Resources.0.userName")
	w.ask("PUT", path, `{"schemas":["`+urnUser+`"],"id":"`+made.id()+`","userName":"test.user@okta.local","name":{"givenName":"Another","middleName":"Excited","familyName":"User"},
		"emails":[{"primary":true,"value":"test.user@okta.local","type":"work","display":"x"}],"active":true,"groups":[],"meta":{"resourceType":"User"}}`).
		is(200).has("Another", "name.givenName").has("Excited", "name.middleName")
	w.patch(path, `{"op":"replace","value":{"active":false}}`).is(200).has(false, "active")
	w.patch(path, `{"op":"replace","value":{"password":"another-1mz050nq"}}`).is(200).has(nil, "password")

	group := w.ask("POST", "/Groups", `{"schemas":["`+urnGroup+`"],"displayName":"Test SCIMv2","members":[]}`).is(201)
	at := "/Groups/" + group.id()
	w.patch(at, `{"op":"replace","value":{"id":"`+group.id()+`","displayName":"Test SCIMv2 too"}}`).is(200).has("Test SCIMv2 too", "displayName")
	w.patch(at, `{"op":"remove","path":"members[value eq \"`+made.id()+`\"]"},{"op":"add","path":"members","value":[{"value":"`+made.id()+`","display":"`+name+`"}]}`).is(204)
	w.find(at).has(made.id(), "members.0.value")
	w.patch(at, `{"op":"replace","path":"members","value":[{"value":"`+made.id()+`","display":"`+name+`"}]}`).is(200).has(made.id(), "members.0.value")
	if list := w.find("/Groups", "startIndex", "1", "count", "100"); !strings.Contains(list.names(), "Test SCIMv2 too") {
		t.Errorf("%v", list.body)
	}
}
